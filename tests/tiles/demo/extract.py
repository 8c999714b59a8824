"""The demo city as its files tell it, read back with osmium."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

METRES = np.array([98_184.0, 110_852.0])
"""Metres of a degree of longitude and of latitude in the demo city."""

type Tags = dict[str, str]


@dataclass
class Way:
    """A way with its nodes and their places in metres."""

    id: int
    tags: Tags
    nodes: list[int]
    line: LineString

    @property
    def layer(self) -> int:
        """Its layer, 0 where none is told."""
        return int(self.tags.get("layer", "0"))


@dataclass
class City:
    """All of `city.osm.pbf` and `areas.geojson`."""

    places: dict[int, tuple[float, float]] = field(default_factory=dict)
    """Metres from longitude 113.10, latitude 28.20."""
    node_tags: dict[int, Tags] = field(default_factory=dict)
    ways: dict[int, Way] = field(default_factory=dict)
    relations: list[tuple[list[tuple[str, int, str]], Tags]] = field(default_factory=list)
    order: list[tuple[str, int]] = field(default_factory=list)
    areas: dict[str, dict[str, tuple[Tags, BaseGeometry]]] = field(default_factory=lambda: defaultdict(dict))
    """By kind and code: properties and shape in metres."""

    def roads(self, *kinds: str) -> list[Way]:
        """Ways of these highway values, of all where none is named."""
        return [
            way
            for way in self.ways.values()
            if way.tags.get("highway") in kinds or (not kinds and "highway" in way.tags)
        ]

    def named(self) -> list[Tags]:
        """Tags of all that has a name and is no street, river or railway line."""
        tags = [
            *self.node_tags.values(),
            *(way.tags for way in self.ways.values()),
            *(tags for _, tags in self.relations),
        ]
        lines = ("highway", "railway", "waterway", "boundary")
        return [
            t
            for t in tags
            if "name" in t and (t.get("highway") == "bus_stop" or "station" in t or not any(k in t for k in lines))
        ]


def read_city(folder: Path) -> City:
    """Reads both files of a demo city."""
    city = City()
    for item in osmium.FileProcessor(str(folder / "city.osm.pbf")):
        tags = {tag.k: tag.v for tag in item.tags}
        city.order.append((item.type_str(), item.id))
        if isinstance(item, osmium.osm.Node):
            x, y = (np.array([item.lon, item.lat]) - (113.10, 28.20)) * METRES
            city.places[item.id] = (float(x), float(y))
            if tags:
                city.node_tags[item.id] = tags
        elif isinstance(item, osmium.osm.Way):
            nodes = [node.ref for node in item.nodes]
            city.ways[item.id] = Way(item.id, tags, nodes, LineString([city.places[node] for node in nodes]))
        elif isinstance(item, osmium.osm.Relation):
            city.relations.append(([(m.type, m.ref, m.role) for m in item.members], tags))
    for feature in json.loads((folder / "areas.geojson").read_text())["features"]:
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        flat = shapely.transform(shape, lambda points: (points - (113.10, 28.20)) * METRES)
        city.areas[feature["properties"]["kind"]][feature["properties"]["code"]] = (feature["properties"], flat)
    return city
