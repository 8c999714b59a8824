"""`areas.geojson`: districts, squads' areas and unit grids, as given: checked, and as places to search for."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import shapely
from shapely.geometry import shape

from tiles.extract import Box, Place, around
from tiles.failure import CannotBuild

KINDS = ("district", "squad", "grid")


@dataclass
class Areas:
    """The areas as places, the signs of their names, and the box around all of them."""

    places: list[Place] = field(default_factory=list)
    characters: set[str] = field(default_factory=set)
    box: Box | None = None


def read_areas(file: Path | None) -> Areas:
    """Read and check. Raises CannotBuild with the number of the wrong feature; none where there is no file."""
    areas = Areas()
    if file is None:
        return areas
    try:
        features = json.loads(file.read_text())["features"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CannotBuild(f"{file}: expected a GeoJSON FeatureCollection, but reading it failed: {error}") from error
    for number, feature in enumerate(features):
        try:
            properties, geometry = feature["properties"], shape(feature["geometry"])
            kind, code, name = (str(properties[key]) for key in ("kind", "code", "name"))
        except (KeyError, TypeError, ValueError, AttributeError, shapely.errors.GEOSException) as error:
            raise CannotBuild(
                f"{file}: feature {number}: expected properties kind, code and name and a geometry ({error!r})"
            ) from error
        if kind not in KINDS or geometry.geom_type not in ("Polygon", "MultiPolygon") or not geometry.is_valid:
            raise CannotBuild(
                f"{file}: feature {number} ({code}): expected a valid Polygon or MultiPolygon of kind "
                f"{', '.join(KINDS)}, got {geometry.geom_type} of kind {kind}"
            )
        inside = geometry.representative_point()
        areas.places.append(Place(name, properties.get("name_en"), kind, (inside.x, inside.y), (code,)))
        west, south, east, north = geometry.bounds
        areas.box = around([(west, south), (east, north)], areas.box)
        areas.characters.update(sign for sign in name if not sign.isascii())
    return areas
