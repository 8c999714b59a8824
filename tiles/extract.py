"""The OSM extract, read once: its bounds, the signs of its names, its streets and its named places.

Coordinates are WGS-84 degrees, longitude before latitude.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import osmium

from tiles.failure import CannotBuild
from tiles.kinds import kind_of

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # west, south, east, north

NAMES = ("name", "name:zh", "name:en", "ref", "addr:housenumber")
OTHER_NAMES = ("name", "alt_name", "official_name", "short_name", "old_name")
# What is no street for a person who looks for one.
NO_STREETS = ("proposed", "construction", "platform", "bus_stop", "corridor", "elevator", "rest_area", "services")
CHINESE = re.compile("[\u3400-\u9fff]")


@dataclass(slots=True)
class Street:
    """One way with a street's name: its nodes' numbers and their places."""

    name: str
    name_en: str | None
    nodes: list[int]
    points: list[Point]


@dataclass(slots=True)
class Place:
    """Something that people look for by name, or by another name of it."""

    name: str
    name_en: str | None
    kind: str
    point: Point
    also: tuple[str, ...] = ()


@dataclass
class Extract:
    """What the map needs to know of an extract before its tiles are made."""

    bounds: Box
    characters: str = ""
    streets: list[Street] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    coastlines: list[list[Point]] = field(default_factory=list)
    has_island: bool = False
    has_water: bool = False


def read(pbf: Path) -> Extract:
    """Read an OSM PBF file. Raises CannotBuild when there is none, it is no such file, or nothing is in it."""
    if not pbf.is_file():
        raise CannotBuild(f"{pbf}: no such file. Expected an OSM extract (….osm.pbf)")
    reading = _Reading()
    try:
        # Nodes without tags only lend their places to the ways.
        with_tags = osmium.filter.EmptyTagFilter()
        with_tags.enable_for(osmium.osm.NODE)
        processor = osmium.FileProcessor(str(pbf)).with_locations().with_filter(with_tags)
        for one in processor:
            reading.take(one)
        header = processor.header
    except RuntimeError as error:
        raise CannotBuild(f"{pbf}: expected an OSM extract (….osm.pbf), but reading it failed: {error}") from error
    if reading.box is None:
        raise CannotBuild(f"{pbf}: nothing is in it: no way and no node with tags")
    stated = header.box()
    bounds = reading.box
    if stated.valid():
        bounds = (stated.bottom_left.lon, stated.bottom_left.lat, stated.top_right.lon, stated.top_right.lat)
    return Extract(
        bounds=bounds,
        characters="".join(sorted(sign for sign in reading.characters if not sign.isascii())),
        streets=reading.streets,
        places=reading.places,
        coastlines=reading.coastlines,
        has_island=reading.has_island,
        has_water=reading.has_water,
    )


class _Reading:
    """What was gathered so far. Ways come before relations, as every extract has them."""

    def __init__(self) -> None:
        self.box: Box | None = None
        self.characters: set[str] = set()
        self.streets: list[Street] = []
        self.places: list[Place] = []
        self.coastlines: list[list[Point]] = []
        self.has_island = False
        self.has_water = False
        self._boxes: dict[int, Box] = {}  # of ways that an area may be made of

    def take(self, one: Any) -> None:
        """Gather what one node, way or relation tells."""
        tags = {tag.k: tag.v for tag in one.tags}
        self.has_water |= tags.get("natural") == "water" or "waterway" in tags
        for key in NAMES:
            self.characters.update(tags.get(key, ""))
        if one.is_node():
            if one.location.valid():
                point = (one.location.lon, one.location.lat)
                self.box = around([point], self.box)
                self._name(tags, lambda: point)
        elif one.is_way():
            self._way(one, tags)
        elif one.is_relation() and tags.get("type") == "multipolygon":
            boxes = [self._boxes[m.ref] for m in one.members if m.type == "w" and m.ref in self._boxes]
            if boxes:
                corners = [corner for box in boxes for corner in (box[:2], box[2:])]
                self._name(tags, lambda: middle(around(corners)))

    def _way(self, way: Any, tags: dict[str, str]) -> None:
        known = [(node.ref, (node.lon, node.lat)) for node in way.nodes if node.location.valid()]
        points = [point for _, point in known]
        if not points:
            return
        box = around(points)
        self.box = around([box[:2], box[2:]], self.box)
        self.has_island |= tags.get("place") in ("island", "islet")
        highway = tags.get("highway")
        if tags.get("natural") == "coastline":
            self.coastlines.append(points)
        name = name_of(tags)
        if highway and highway not in NO_STREETS and tags.get("area") != "yes":
            if name and len(points) > 1:
                self.streets.append(Street(name, tags.get("name:en"), [ref for ref, _ in known], points))
            return
        if "building" not in tags:
            self._boxes[way.id] = box
        self._name(tags, lambda: middle(box))

    def _name(self, tags: dict[str, str], where: Callable[[], Point]) -> None:
        name, kind = name_of(tags), kind_of(tags)
        if name and kind:
            also = tuple(tags[key] for key in OTHER_NAMES if key in tags and tags[key] != name)
            self.places.append(Place(name, tags.get("name:en"), kind, where(), also))
        street, number = tags.get("addr:street"), tags.get("addr:housenumber")
        if street and number:
            self.places.append(Place(address(street, number), None, "address", where()))


def name_of(tags: dict[str, str]) -> str | None:
    """The name to show: the Chinese one where there is one, else the local one. As process.lua has it."""
    return tags.get("name:zh") or tags.get("name")


def address(street: str, number: str) -> str:
    """A house's address as people write it: 解放路12号, Landstrasse 12."""
    if CHINESE.search(street):
        return f"{street}{number}" + ("号" if number[-1].isdigit() else "")
    return f"{street} {number}"


def around(points: Iterable[Point], box: Box | None = None) -> Box:
    """The smallest box around these points, and the box if there is one."""
    xs, ys = zip(*points, *([box[:2], box[2:]] if box else []), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def middle(box: Box) -> Point:
    """The middle of a box."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
