"""The street graph, `roads.msgpack`: from the highways of an OSM extract to junctions and the edges between them.

One msgpack map. Arrays are bytes, little-endian: i4 = int32, u1 = byte, f4 = float32, one element for each node,
edge or point. Angles are WGS-84 degrees × 10⁷.

    format    "liandong-roads"        version   1
    classes   names of the classes    names     [[name, English name or ""], …]; number 0 is "no name"
    nodes     longitude i4, latitude i4, signal u1 (1 = traffic lights)
    edges     from i4, to i4 (nodes), length f4 (m), class u1, limit f4 (m/s), modes u1 (who may: 1 drive, 2 ride,
              4 walk), name i4, reverse i4 (the edge back, -1 = none), shape i4 (its first point), points i4 (how many)
    shape     longitude i4, latitude i4: each edge's line, its two junctions included
    forbidden i4, three by three: edge, node, edge: vehicles must not turn so. What `only_…` relations demand stands
              here as its contrary: all other turns.

Edges are directed; a street for both directions is two. A vehicle may go against a one-way street on no edge, but
walkers may: the edge back is there with the mode "walk" alone.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import osmium

from tiles.road_tags import CLASSES, Road, read_road

FORMAT = "liandong-roads"
VERSION = 1
EARTH_RADIUS_M = 6_371_008.8
CARS = {"motorcar", "motor_vehicle", "psv"}

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Way:
    """A road with its nodes, in order, as far as the extract has their places."""

    id: int
    road: Road
    name: tuple[str, str]
    nodes: list[int]
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Restriction:
    """A turn restriction over one node; ids of OSM."""

    kind: str
    origins: list[int]
    via: int
    targets: list[int]


@dataclass
class Edge:
    """A directed edge of the graph; `origin` and `target` are numbers of nodes."""

    way: int
    origin: int
    target: int
    road: Road
    modes: int
    name: int
    points: list[Point]
    reverse: int = -1


@dataclass
class Graph:
    """What is written: places and lights of the nodes, edges, names, forbidden turns."""

    places: list[Point] = field(default_factory=list)
    lights: list[bool] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    names: dict[tuple[str, str], int] = field(default_factory=lambda: {("", ""): 0})
    forbidden: set[tuple[int, int, int]] = field(default_factory=set)


def write_roads(pbf: Path, out: Path) -> None:
    """Read the extract and write its street graph. Raises ValueError when it holds no road."""
    ways, lights, restrictions = _read(pbf)
    if not ways:
        raise ValueError(f"{pbf} holds no road: expected OSM data with highways")
    graph, numbers = _cut(ways, lights, {one.via for one in restrictions})
    graph.forbidden = set(_forbidden(graph.edges, numbers, restrictions))
    out.write_bytes(msgpack.packb(_packed(graph)))


def _read(pbf: Path) -> tuple[list[Way], set[int], list[Restriction]]:
    """Roads, nodes with traffic lights, turn restrictions."""
    ways: list[Way] = []
    lights: set[int] = set()
    restrictions: list[Restriction] = []
    wanted = osmium.filter.KeyFilter("highway", "restriction")
    for one in osmium.FileProcessor(str(pbf)).with_locations().with_filter(wanted):
        if isinstance(one, osmium.osm.Node):
            if one.tags.get("highway") == "traffic_signals":
                lights.add(one.id)
        elif isinstance(one, osmium.osm.Way):
            ways += _ways(one)
        elif isinstance(one, osmium.osm.Relation):
            restrictions += _restrictions(one)
    return ways, lights, restrictions


def _ways(way: osmium.osm.Way) -> Iterator[Way]:
    """The road of an OSM way; in pieces where the extract's border took nodes away."""
    tags = dict(way.tags)
    road = read_road(tags)
    if road is None:
        return
    name = tags.get("name") or tags.get("name:zh") or tags.get("ref", "")
    names = (name, tags.get("name:en", "") if name else "")
    piece = Way(way.id, road, names, [], [])
    for node in way.nodes:
        if node.location.valid():
            piece.nodes.append(node.ref)
            piece.points.append((node.location.lon, node.location.lat))
            continue
        if len(piece.nodes) > 1:
            yield piece
        piece = Way(way.id, road, names, [], [])
    if len(piece.nodes) > 1:
        yield piece


def _restrictions(relation: osmium.osm.Relation) -> Iterator[Restriction]:
    """A restriction for cars over one node; those over ways and for lorries only are left out."""
    tags = dict(relation.tags)
    kind = tags.get("restriction", "")
    excepted = set(tags.get("except", "").split(";"))
    members = [(member.type, member.ref, member.role) for member in relation.members]
    via = [ref for sort, ref, role in members if role == "via" and sort == "n"]
    if not kind.startswith(("no_", "only_")) or excepted & CARS or len(via) != 1:
        return
    origins = [ref for sort, ref, role in members if role == "from" and sort == "w"]
    targets = [ref for sort, ref, role in members if role == "to" and sort == "w"]
    yield Restriction(kind, origins, via[0], targets)


def _cut(ways: list[Way], lights: set[int], vias: set[int]) -> tuple[Graph, dict[int, int]]:
    """The graph, ways cut at junctions and lights; and the number of each OSM node in it."""
    uses = Counter(node for way in ways for node in way.nodes)
    junctions = {node for node, count in uses.items() if count > 1 or node in lights or node in vias}
    junctions.update(end for way in ways for end in (way.nodes[0], way.nodes[-1]))
    graph = Graph()
    numbers: dict[int, int] = {}
    for way in ways:
        name = graph.names.setdefault(way.name, len(graph.names))
        cuts = [index for index, node in enumerate(way.nodes) if node in junctions]
        for index in cuts:
            if way.nodes[index] not in numbers:
                numbers[way.nodes[index]] = len(graph.places)
                graph.places.append(way.points[index])
                graph.lights.append(way.nodes[index] in lights)
        for start, end in pairwise(cuts):
            ends = numbers[way.nodes[start]], numbers[way.nodes[end]]
            _add_street(graph, way, name, ends, way.points[start : end + 1])
    return graph, numbers


def _add_street(graph: Graph, way: Way, name: int, ends: tuple[int, int], points: list[Point]) -> None:
    """The edges of one piece of a way, in each direction in which somebody may go."""
    points = [point for index, point in enumerate(points) if index == 0 or point != points[index - 1]]
    if len(points) < 2:  # two nodes at one place
        points = points * 2
    there, back = ends
    first = len(graph.edges)
    if way.road.forward:
        graph.edges.append(Edge(way.id, there, back, way.road, way.road.forward, name, points))
    if way.road.backward:
        graph.edges.append(Edge(way.id, back, there, way.road, way.road.backward, name, points[::-1]))
    if len(graph.edges) == first + 2:
        graph.edges[first].reverse, graph.edges[first + 1].reverse = first + 1, first


def _forbidden(
    edges: list[Edge], numbers: dict[int, int], restrictions: list[Restriction]
) -> Iterator[tuple[int, int, int]]:
    """The turns (edge, node, edge) that restrictions take away."""
    arriving: dict[int, list[int]] = defaultdict(list)
    leaving: dict[int, list[int]] = defaultdict(list)
    for number, edge in enumerate(edges):
        arriving[edge.target].append(number)
        leaving[edge.origin].append(number)
    for restriction in restrictions:
        via = numbers.get(restriction.via, -1)
        origins = [number for number in arriving[via] if edges[number].way in restriction.origins]
        targets = [number for number in leaving[via] if edges[number].way in restriction.targets]
        if restriction.kind.startswith("only_"):
            # Without the way that is meant, the extract ends here: nothing can be said.
            others = [number for number in leaving[via] if number not in targets] if targets else []
            yield from ((origin, via, other) for origin in origins for other in others)
        else:
            is_back = restriction.kind == "no_u_turn"
            yield from (
                (origin, via, target)
                for origin in origins
                for target in targets
                if (edges[origin].reverse == target) is is_back
            )


def _packed(graph: Graph) -> dict[str, Any]:
    """The map of the file."""
    classes = list(CLASSES)
    edges = graph.edges
    points = [len(edge.points) for edge in edges]
    starts = np.concatenate(([0], np.cumsum(points)[:-1]))
    return {
        "format": FORMAT,
        "version": VERSION,
        "classes": classes,
        "names": [list(name) for name in graph.names],
        "nodes": {**_angles(graph.places), "signal": _bytes(graph.lights, "u1")},
        "edges": {
            "from": _bytes((edge.origin for edge in edges), "<i4"),
            "to": _bytes((edge.target for edge in edges), "<i4"),
            "length": _bytes((_length(edge.points) for edge in edges), "<f4"),
            "class": _bytes((classes.index(edge.road.name) for edge in edges), "u1"),
            "limit": _bytes((edge.road.limit for edge in edges), "<f4"),
            "modes": _bytes((edge.modes for edge in edges), "u1"),
            "name": _bytes((edge.name for edge in edges), "<i4"),
            "reverse": _bytes((edge.reverse for edge in edges), "<i4"),
            "shape": _bytes(starts, "<i4"),
            "points": _bytes(points, "<i4"),
        },
        "shape": _angles([point for edge in edges for point in edge.points]),
        "forbidden": _bytes((part for turn in sorted(graph.forbidden) for part in turn), "<i4"),
    }


def _bytes(values: Iterable[Any], kind: str) -> bytes:
    return np.array(list(values), dtype=kind).tobytes()


def _angles(points: list[Point]) -> dict[str, bytes]:
    return {
        "longitude": _bytes((round(longitude * 1e7) for longitude, _ in points), "<i4"),
        "latitude": _bytes((round(latitude * 1e7) for _, latitude in points), "<i4"),
    }


def _length(points: list[Point]) -> float:
    """Metres along a line of WGS-84 points."""
    total = 0.0
    for (longitude, latitude), (longitude2, latitude2) in pairwise(points):
        east = math.radians(longitude2 - longitude) * math.cos(math.radians((latitude + latitude2) / 2))
        total += math.hypot(east, math.radians(latitude2 - latitude)) * EARTH_RADIUS_M
    return total
