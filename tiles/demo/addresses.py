"""House numbers: along each street from its start, odd ones on the left, even ones on the right."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.strtree import STRtree

from tiles.demo.buildings import Building
from tiles.demo.clearance import Clearance
from tiles.demo.network import Key, key_of
from tiles.demo.parcels import Parcel
from tiles.demo.plane import Points
from tiles.demo.roads import HALF_WIDTH, Road

NUMBERED = ("primary", "secondary", "tertiary", "residential", "living_street", "pedestrian")


@dataclass(slots=True)
class Address:
    """A street and a number on it; of a building (by index), or at a place in metres."""

    street: str
    number: int
    building: int | None
    x: float
    y: float


class Streets:
    """The named streets as long lines, each in one direction, for numbers and for what lies near."""

    def __init__(self, roads: list[Road], kept: set[str]) -> None:
        """Of centre lines, each street's in whatever parts; `kept`: names of streets that can be driven to."""
        parts: dict[str, list[Road]] = defaultdict(list)
        for road in roads:
            if road.name in kept and road.name and road.level == 0 and road.kind in NUMBERED:
                parts[road.name].append(road)
        self.lines: list[LineString] = []
        self.names: list[str] = []
        self.offsets: list[float] = []
        self.kinds: list[str] = []
        for name, own in sorted(parts.items()):
            start = 0.0
            for points in _chained(own):
                self.lines.append(LineString(points))
                self.names.append(name)
                self.offsets.append(start)
                self.kinds.append(own[0].kind)
                start += self.lines[-1].length
        self.tree = STRtree(self.lines)
        self._local = [i for i, name in enumerate(self.names) if not name.startswith(("二环", "环城"))]
        self._local_tree = STRtree([self.lines[i] for i in self._local])

    def nearest(self, place: Point, rings: bool = True) -> str:
        """The name of the nearest street; without `rings`, of the nearest that is no ring road."""
        if rings:
            return self.names[int(self.tree.nearest(place))]
        return self.names[self._local[int(self._local_tree.nearest(place))]]


def _chained(roads: list[Road]) -> list[Points]:
    """Parts of a street laid end to end in one direction, west to east or north to south."""
    left = [road.points for road in roads]
    whole = np.vstack(left)
    span = whole.max(axis=0) - whole.min(axis=0)
    sign = np.array([1.0, 0.0]) if span[0] >= span[1] else np.array([0.0, -1.0])
    turned = [p if (p[-1] - p[0]) @ sign >= 0 else p[::-1] for p in left]
    turned.sort(key=lambda p: (float(p.mean(axis=0) @ sign), float(p[0][0]), float(p[0][1])))
    runs: list[Points] = []
    ends: dict[Key, int] = {}
    for points in turned:
        index = ends.pop(key_of(points[0]), None)
        if index is None:
            runs.append(points)
            index = len(runs) - 1
        else:
            runs[index] = np.vstack([runs[index], points[1:]])
        ends[key_of(runs[index][-1])] = index
    return runs


def number_houses(
    streets: Streets, buildings: list[Building], parcels: list[Parcel], plots: list[Point], seed: int
) -> list[Address]:
    """Numbers of the old town's buildings, and of houses along other streets as single places.

    `plots`: places where a number may stand that is no drawn building's.
    """
    candidates: list[tuple[int | None, Point]] = [
        (index, building.area.centroid)
        for index, building in enumerate(buildings)
        if parcels[building.parcel].quarter == "old"
    ]
    candidates += [(None, place) for place in plots]
    places = np.array([place for _, place in candidates], dtype=object)
    pairs = _nearest_within(streets, places, 45.0)
    own, courses = (np.array(part, dtype=int) for part in zip(*pairs, strict=True))
    lines = np.array(streets.lines, dtype=object)[courses]
    along = shapely.line_locate_point(lines, places[own])
    before = shapely.get_coordinates(shapely.line_interpolate_point(lines, np.maximum(along - 3, 0)))
    step = shapely.get_coordinates(shapely.line_interpolate_point(lines, along + 3)) - before
    aside = shapely.get_coordinates(places[own]) - before
    left = step[:, 0] * aside[:, 1] - step[:, 1] * aside[:, 0] > 0
    rows: dict[tuple[str, int], list[tuple[float, int]]] = defaultdict(list)
    for row, line, odd, s in zip(own.tolist(), courses.tolist(), left.tolist(), along.tolist(), strict=True):
        rows[streets.names[line], int(odd)].append((round(streets.offsets[line] + s, 2), row))
    dice = np.random.default_rng(seed)
    result = []
    for (name, odd), houses in sorted(rows.items()):
        number = 1 if odd else 2
        for _, row in sorted(houses):
            building, place = candidates[row]
            result.append(Address(name, number, building, round(place.x, 1), round(place.y, 1)))
            number += 2 if dice.random() < 0.85 else 4
    return result


def _nearest_within(streets: Streets, places: np.ndarray, reach: float) -> list[tuple[int, int]]:
    """Each place's nearest street line within `reach` metres: pairs of their indices."""
    rows, lines = streets.tree.query(places, predicate="dwithin", distance=reach)
    gaps = np.round(shapely.distance(places[rows], np.array(streets.lines, dtype=object)[lines]), 2)
    order = np.lexsort((lines, gaps, rows))
    first = np.unique(rows[order], return_index=True)[1]
    return list(zip(rows[order][first].tolist(), lines[order][first].tolist(), strict=True))


def roadside_places(streets: Streets, clearance: Clearance, buildings: list[Building], seed: int) -> list[Point]:
    """Places along streets outside the old town where a house number stands, each 100-190 m on both sides."""
    dice = np.random.default_rng(seed)
    places: list[Point] = []
    for line, kind in zip(streets.lines, streets.kinds, strict=True):
        if kind == "living_street" or line.length < 120:
            continue
        for side in (-1, 1):
            marks = np.cumsum(dice.uniform(100, 190, int(line.length / 100) + 1)) - 80
            marks = marks[marks < line.length - 20]
            here = shapely.get_coordinates(shapely.line_interpolate_point(line, marks))
            step = shapely.get_coordinates(shapely.line_interpolate_point(line, marks + 1)) - here
            aside = np.column_stack([-step[:, 1], step[:, 0]]) * side * (HALF_WIDTH[kind] + 9)
            places += [Point(place) for place in here + aside]
    built = STRtree([building.area for building in buildings])
    hit = clearance.blocked(places) | set(
        built.query(np.array(places, dtype=object), predicate="intersects")[0].tolist()
    )
    return [place for index, place in enumerate(places) if index not in hit]
