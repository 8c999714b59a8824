"""A small invented town as an OSM extract with one of each thing that the map shows, and ways to look into its tiles.

Its middle is MIDDLE; streets are straight lines east and north of it, so that every place is known by heart.
"""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import asinh, pi, radians, tan
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import osmium
from osmium.osm.mutable import Node, Relation, Way
from shapely import transform
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from backend.geo.tiles import TileArchive

MIDDLE = (113.1, 28.2)
Point = tuple[float, float]
Tags = Mapping[str, str]


def at(east: float, north: float) -> Point:
    """The place so many thousandths of a degree (about 100 m) east and north of the middle."""
    return MIDDLE[0] + east / 1000, MIDDLE[1] + north / 1000


class Drawing:
    """An extract in the making. Equal places are one node, so that ways that meet share it."""

    def __init__(self) -> None:
        self._nodes: dict[Point, int] = {}
        self._tags: dict[int, Tags] = {}
        self._ways: list[Way] = []
        self._relations: list[Relation] = []

    def node(self, place: Point, /, **tags: str) -> int:
        """A node at this place; a second call adds to its tags."""
        number = self._nodes.setdefault((round(place[0], 7), round(place[1], 7)), len(self._nodes) + 1)
        self._tags[number] = {**self._tags.get(number, {}), **_tags(tags)}
        return number

    def way(self, places: Sequence[Point], /, **tags: str) -> int:
        """A line through these places."""
        nodes = [self.node(place) for place in places]
        self._ways.append(Way(id=len(self._ways) + 1, nodes=nodes, tags=_tags(tags), version=1))
        return len(self._ways)

    def area(self, west: float, south: float, east: float, north: float, /, **tags: str) -> int:
        """A rectangle; its sides in thousandths of a degree from the middle."""
        corners = [at(west, south), at(east, south), at(east, north), at(west, north)]
        return self.way([*corners, corners[0]], **tags)

    def relation(self, members: Sequence[tuple[int, str]], /, **tags: str) -> None:
        """A relation of ways with their roles."""
        ways = [("w", way, role) for way, role in members]
        self._relations.append(Relation(id=len(self._relations) + 1, members=ways, tags=_tags(tags), version=1))

    def write(self, file: Path) -> Path:
        """The extract, without bounds in its head."""
        with osmium.SimpleWriter(str(file), overwrite=True) as writer:
            for place, number in self._nodes.items():
                writer.add_node(Node(id=number, location=place, tags=dict(self._tags[number]), version=1))
            for way in self._ways:
                writer.add_way(way)
            for relation in self._relations:
                writer.add_relation(relation)
        return file


def _tags(tags: Tags) -> dict[str, str]:
    """`addr__street` is addr:street: a colon cannot stand in a Python name."""
    return {key.replace("__", ":"): value for key, value in tags.items()}


def draw_town() -> Drawing:
    """人民路 runs east through the middle, 解放路 north; a motorway with a ramp in the north; a lake in the south."""
    town = Drawing()
    town.node(at(0, 0), place="city", name="试城", name__en="Testville")
    town.way([at(-10, 0), at(-4, 0)], highway="primary", name="人民路", name__en="Renmin Road")
    town.way([at(-4, 0), at(0, 0)], highway="primary", name="人民路", bridge="yes", layer="1")
    town.way([at(0, 0), at(5, 0), at(10, 0)], highway="primary", name="人民路", ref="S1")
    town.way(
        [at(0, -10), at(0, 0), at(0, 10)], highway="secondary", name="解放路", name__en="Jiefang Road", oneway="yes"
    )
    town.way([at(5, 0), at(5, 5)], highway="residential", name="和平路", oneway="-1")
    town.way([at(5, 5), at(6, 5)], highway="footway", tunnel="yes")
    town.way([at(-10, 10), at(10, 10)], highway="motorway", ref="G1", name="北环高速")
    town.way([at(-5, 10), at(-4, 0)], highway="motorway_link", oneway="yes")
    town.way([at(-10, 3), at(10, 3)], railway="rail", name="试城铁路", bridge="yes")
    town.way([at(-10, -3), at(10, -3)], railway="subway", name="地铁1号线")
    # Buildings, points, uses of land
    house = {"addr__street": "人民路", "addr__housenumber": "12"}
    town.area(1, 1, 2, 2, building="apartments", building__levels="5", name="明珠大厦", **house)
    town.node(at(3, 1), amenity="hospital", name="试城医院", name__en="Testville Hospital")
    town.node(at(3, 2), highway="bus_stop", name="人民路口")
    town.node(at(0, -3), railway="station", station="subway", name="人民广场站")
    town.node(at(3, 3), shop="convenience", name="小卖部")
    town.area(6, 1, 8, 2, amenity="school", name="第一小学")
    town.area(-8, 1, -6, 3, landuse="residential", residential="old_town", name="老街坊")
    town.area(-8, 4, -6, 6, landuse="residential")
    # A lake with an island, and a border that is drawn nowhere
    shore, island = town.area(-6, -9, -1, -5), town.area(-4, -8, -3, -6)
    town.relation([(shore, "outer"), (island, "inner")], type="multipolygon", natural="water", name="月湖")
    border = town.area(-10, -10, 10, 10)
    town.relation([(border, "outer")], type="boundary", boundary="administrative", admin_level="6", name="试城")
    return town


def areas_of_town() -> dict[str, Any]:
    """A district that is the whole town, and the squads' areas west and east of 解放路."""

    def feature(kind: str, code: str, name: str, west: float, east: float, **more: str) -> dict[str, Any]:
        ring = [list(at(x, y)) for x, y in ((west, -10), (east, -10), (east, 10), (west, 10), (west, -10))]
        properties = {"kind": kind, "code": code, "name": name, "name_en": None, **more}
        return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}

    features = [
        feature("district", "439901", "试城区", -10, 10, district="439901"),
        feature("squad", "439901001", "城西中队", -10, 0, district="439901", squad="439901001"),
        feature("squad", "439901002", "城东中队", 0, 10, district="439901", squad="439901002"),
    ]
    return {"type": "FeatureCollection", "features": features}


def write_town(folder: Path) -> Path:
    """`town.osm.pbf` with `areas.geojson` beside it."""
    (folder / "areas.geojson").write_text(json.dumps(areas_of_town()))
    return draw_town().write(folder / "town.osm.pbf")


# Looking into tiles


@dataclass(frozen=True)
class Feature:
    """A feature of a tile: its attributes, and its shape in degrees."""

    properties: dict[str, Any]
    shape: BaseGeometry


def features(archive: TileArchive, zoom: int, layer: str) -> Iterator[Feature]:
    """All features of a layer at a zoom; one that crosses tiles comes once from each, a point only from its own."""
    for x, y in tiles_at(archive, zoom):
        decoded = decode(archive, zoom, x, y)
        if layer not in decoded:
            continue
        extent = decoded[layer]["extent"]
        for one in decoded[layer]["features"]:
            drawn = shape(one["geometry"])
            inside = all(0 <= value <= extent for value in drawn.bounds)
            if drawn.geom_type != "Point" or inside:
                yield Feature(one["properties"], _in_degrees(drawn, zoom, x, y, extent))


def decode(archive: TileArchive, zoom: int, x: int, y: int) -> dict[str, Any]:
    """The layers of one tile."""
    content = archive.get(zoom, x, y)
    assert content is not None
    decoded: dict[str, Any] = mapbox_vector_tile.decode(
        gzip.decompress(content), default_options={"y_coord_down": True}
    )
    return decoded


def tiles_at(archive: TileArchive, zoom: int) -> list[tuple[int, int]]:
    """Columns and rows of the tiles around the town."""
    column, row = tile_of(MIDDLE, zoom)
    near = [(column + dx, row + dy) for dx in (-2, -1, 0, 1, 2) for dy in (-2, -1, 0, 1, 2)]
    return [(x, y) for x, y in near if archive.get(zoom, x, y) is not None]


def tile_of(place: Point, zoom: int) -> tuple[int, int]:
    """The column and the row of the tile that holds a place."""
    x, y = (place[0] + 180) / 360, (1 - asinh(tan(radians(place[1]))) / pi) / 2
    return int(x * (1 << zoom)), int(y * (1 << zoom))


def _in_degrees(drawn: BaseGeometry, zoom: int, x: int, y: int, extent: int) -> BaseGeometry:
    def placed(points: Any) -> Any:
        across, down = ((np.array([x, y]) + points / extent) / (1 << zoom)).T
        return np.column_stack([across * 360 - 180, np.degrees(np.arctan(np.sinh(pi * (1 - 2 * down))))])

    return transform(drawn, placed)
