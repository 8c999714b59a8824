"""The street graph: every road split into pieces between shared points, ready to be written as OSM nodes and ways."""

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from tiles.demo.network import drop_stubs, split_at_junctions
from tiles.demo.plane import GRAIN, Points, lines_of
from tiles.demo.ramps import hang_ramps
from tiles.demo.roads import RANK, Road
from tiles.demo.viaducts import Host

type Spot = tuple[int, int, int]
"""A grid place and a level: two roads meet where they share one."""


@dataclass(slots=True)
class Piece:
    """A road between two junctions or ends: `road` tells all about it but its course."""

    road: int
    spots: list[Spot]
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Graph:
    """Roads and their pieces. `points` of a spot are its numbers times the grain."""

    roads: list[Road]
    pieces: list[Piece]

    def degrees(self) -> dict[Spot, int]:
        """How many arms of road meet in each spot that ends a piece."""
        count: dict[Spot, int] = defaultdict(int)
        for piece in self.pieces:
            count[piece.spots[0]] += 1
            count[piece.spots[-1]] += 1
        return count


def over_water(roads: list[Road], water: BaseGeometry) -> list[Road]:
    """Roads on the ground, with the parts above water as bridges."""
    shapely.prepare(water)
    result = []
    for road in roads:
        line = road.line
        if not water.intersects(line):
            result.append(road)
            continue
        wet = line.intersection(water)
        dry = line.difference(water)
        for shape, bridge in ((dry, False), (wet, True)):
            for part in lines_of(shape):
                if part.length > 0.5:
                    piece = road.along(np.array(part.coords))
                    if bridge:
                        piece.tags.update(bridge="yes", layer="1")
                    result.append(piece)
    return result


def build_graph(ground: list[Road], above: list[Road], hosts: list[Host]) -> Graph:
    """Nodes the roads on the ground with each other; hangs ramps and viaducts on by their ends."""
    lines = [road.line for road in ground]
    pieces, owners = split_at_junctions(lines, [RANK[road.kind] for road in ground])
    longest = {index: 14.0 + road.median for index, road in enumerate(ground)}
    pieces, owners = drop_stubs(pieces, owners, longest)
    roads = list(ground)
    order = sorted(range(len(pieces)), key=owners.__getitem__)
    runs = _directed([pieces[i] for i in order], [owners[i] for i in order], lines)
    for road in above:
        roads.append(road)
        runs.append((len(roads) - 1, road.points))
    runs = hang_ramps(runs, roads, hosts)
    return Graph(roads, _without_crumbs([_piece(owner, points, roads[owner]) for owner, points in runs]))


def _without_crumbs(pieces: list[Piece]) -> list[Piece]:
    """The pieces without those shorter than 0.4 m that the grid leaves where roads meet askew: their ends become
    one."""
    moved: dict[Spot, Spot] = {}

    def now(spot: Spot) -> Spot:
        while spot in moved:
            spot = moved[spot]
        return spot

    for piece in pieces:
        a, b = now(piece.spots[0]), now(piece.spots[-1])
        if a != b and len(piece.spots) == 2 and abs(a[0] - b[0]) + abs(a[1] - b[1]) <= 4:
            moved[max(a, b)] = min(a, b)
    for piece in pieces:
        piece.spots[0], piece.spots[-1] = now(piece.spots[0]), now(piece.spots[-1])
    return [piece for piece in pieces if len(piece.spots) > 2 or piece.spots[0] != piece.spots[-1]]


def _directed(pieces: list[LineString], owners: list[int], lines: list[LineString]) -> list[tuple[int, Points]]:
    """Pieces in the direction of the road that they belong to."""
    shapes = np.array(pieces, dtype=object)
    courses = np.array(lines, dtype=object)[owners]
    starts = shapely.line_locate_point(courses, shapely.get_point(shapes, 0))
    ends = shapely.line_locate_point(courses, shapely.get_point(shapes, -1))
    jump = shapely.is_closed(courses) & (np.abs(ends - starts) > shapely.length(courses) / 2)
    back = (starts > ends) != jump
    points = [np.array(piece.coords) for piece in pieces]
    return [
        (owner, course[::-1] if turned else course)
        for owner, course, turned in zip(owners, points, back.tolist(), strict=True)
    ]


def _piece(owner: int, points: Points, road: Road) -> Piece:
    numbers = np.rint(points / GRAIN).astype(int).tolist()
    spots = [(x, y, road.level) for x, y in numbers]
    if road.ends is not None:
        spots[0], spots[-1] = (*spots[0][:2], road.ends[0]), (*spots[-1][:2], road.ends[1])
    return Piece(owner, spots, dict(road.tags))
