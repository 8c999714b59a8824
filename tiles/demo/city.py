"""The demo city from nothing to two files, step by step."""

import json
import os
from pathlib import Path

import numpy as np
import shapely

from tiles.demo.addresses import Streets
from tiles.demo.areas import Area, lay_areas
from tiles.demo.borders import write_borders
from tiles.demo.draft import Draft, write_extract
from tiles.demo.ground import Ground, lay_ground
from tiles.demo.ground_cover import tell_ground
from tiles.demo.net import lay_net
from tiles.demo.places import name_parcels, stem_of
from tiles.demo.plane import to_degrees
from tiles.demo.tell_houses import tell_houses
from tiles.demo.tell_streets import tell_streets
from tiles.demo.terrain import FRAME
from tiles.demo.uses import Namer

SEED = 20260
LARGE = 40_000.0
"""Square metres of an estate from which its name stands on the map from afar."""


def generate(folder: Path) -> None:
    """Writes `city.osm.pbf` and `areas.geojson` into a folder, the same content each time."""
    ground = lay_ground(SEED)
    graph = lay_net(ground)
    areas = lay_areas(ground.layout, ground.terrain)
    streets = Streets(
        ground.layout.drawn + ground.layout.cuts, {graph.roads[piece.road].name for piece in graph.pieces}
    )
    namer = Namer(lambda place: stem_of(streets.nearest(place, rings=False)), SEED + 7)
    name_parcels(ground.parcels, namer)
    middles = [area.shape.centroid for area in areas if area.kind == "squad"]
    draft = Draft()
    tell_streets(draft, ground, graph, streets, SEED)
    tell_ground(draft, ground, SEED)
    tell_houses(draft, ground, graph, streets, namer, middles, SEED)
    write_borders(draft, areas, ground.lanes.villages, _large_estates(ground))
    _write_files(draft, areas, folder)


def _large_estates(ground: Ground) -> list[tuple[str, str, float, float]]:
    """Name, English name and place of about half of the large estates."""
    found = []
    for parcel in ground.parcels:
        if parcel.use in ("estate", "housing") and parcel.name and parcel.area.area > LARGE and parcel.plot % 2:
            middle = parcel.area.representative_point()
            found.append((parcel.name, parcel.name_en, round(middle.x, 1), round(middle.y, 1)))
    return found


def _write_files(draft: Draft, areas: list[Area], folder: Path) -> None:
    """Both files, each under another name first, so that nobody reads half a file."""
    folder.mkdir(parents=True, exist_ok=True)
    corners = to_degrees(np.array([FRAME[:2], FRAME[2:]])).round(4)
    extract = folder / ".city.osm.pbf"
    write_extract(draft, extract, [*corners[0].tolist(), *corners[1].tolist()])
    os.replace(extract, folder / "city.osm.pbf")
    text = json.dumps(_features(areas), ensure_ascii=False, separators=(",", ":"))
    (folder / ".areas.geojson").write_text(text, encoding="utf-8")
    os.replace(folder / ".areas.geojson", folder / "areas.geojson")


def _features(areas: list[Area]) -> dict[str, object]:
    features = []
    for area in areas:
        shape = shapely.transform(area.shape, lambda points: to_degrees(points).round(7))
        told = {name: getattr(area, name) for name in ("kind", "code", "name", "name_en", "district", "squad")}
        features.append({"type": "Feature", "properties": told, "geometry": json.loads(shapely.to_geojson(shape))})
    return {"type": "FeatureCollection", "features": features}
