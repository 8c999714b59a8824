"""Small street networks, written in the format of `roads.msgpack`."""

import random
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple

import msgpack
import numpy as np

from backend.demo.driver import Driver
from backend.demo.profiles import PROFILES
from backend.demo.route import Router
from backend.demo.streets import DRIVE, RIDE, WALK, Point, Streets, metres_between, parse_streets

CENTRE = (113.1, 28.2)
EVERYBODY = DRIVE | RIDE | WALK
CLASSES = ["motorway", "primary", "tertiary", "residential", "living_street", "cycleway", "footway"]
METRE = 1e-5  # degrees, roughly


class Street(NamedTuple):
    """A directed edge between two nodes; `bends` are points between them."""

    origin: int
    target: int
    kind: str = "residential"
    modes: int = EVERYBODY
    bends: tuple[Point, ...] = ()
    limit: float = 14.0


def both_ways(street: Street) -> list[Street]:
    """The street and its way back."""
    return [street, street._replace(origin=street.target, target=street.origin, bends=street.bends[::-1])]


def encode(
    nodes: Sequence[Point],
    streets: Sequence[Street],
    lights: Iterable[int] = (),
    forbidden: Iterable[tuple[int, int]] = (),
) -> dict[str, Any]:
    """The map of the file; an edge's way back is the next or previous one that lies on the same points."""
    shapes = [[nodes[one.origin], *one.bends, nodes[one.target]] for one in streets]
    reverses = [
        next((other for other in (n - 1, n + 1) if 0 <= other < len(shapes) and shapes[other] == shape[::-1]), -1)
        for n, shape in enumerate(shapes)
    ]
    counts = [len(shape) for shape in shapes]
    lengths = [sum(metres_between(a, b) for a, b in pairwise(s)) for s in shapes]
    return {
        "format": "liandong-roads",
        "version": 1,
        "classes": CLASSES,
        "names": [["", ""]],
        "nodes": {**_angles(nodes), "signal": bytes(n in set(lights) for n in range(len(nodes)))},
        "edges": {
            "from": _bytes([one.origin for one in streets], "<i4"),
            "to": _bytes([one.target for one in streets], "<i4"),
            "length": _bytes(lengths, "<f4"),
            "class": _bytes([CLASSES.index(one.kind) for one in streets], "u1"),
            "limit": _bytes([one.limit for one in streets], "<f4"),
            "modes": _bytes([one.modes for one in streets], "u1"),
            "name": _bytes([0 for _ in streets], "<i4"),
            "reverse": _bytes(reverses, "<i4"),
            "shape": _bytes([sum(counts[:n]) for n in range(len(counts))], "<i4"),
            "points": _bytes(counts, "<i4"),
        },
        "shape": _angles([point for shape in shapes for point in shape]),
        "forbidden": _bytes([part for a, b in forbidden for part in (a, streets[a].target, b)], "<i4"),
    }


def build(
    nodes: Sequence[Point],
    streets: Sequence[Street],
    lights: Iterable[int] = (),
    forbidden: Iterable[tuple[int, int]] = (),
) -> Streets:
    """The network as the program reads it."""
    return parse_streets(msgpack.packb(encode(nodes, streets, lights, forbidden)))


def _bytes(values: Sequence[Any], kind: str) -> bytes:
    return np.array(values, dtype=kind).tobytes()


def _angles(points: Sequence[Point]) -> dict[str, bytes]:
    return {
        "longitude": _bytes([round(longitude * 1e7) for longitude, _ in points], "<i4"),
        "latitude": _bytes([round(latitude * 1e7) for _, latitude in points], "<i4"),
    }


@cache
def town() -> dict[str, Any]:
    """A crooked grid of 8 × 8 crossings, 150 m apart: main streets with lights, one-way lanes, paths, dead ends."""
    chance = random.Random(7)
    size = 8
    nodes = [
        (
            CENTRE[0] + (x * 150 + chance.uniform(-25, 25)) * METRE,
            CENTRE[1] + (y * 150 + chance.uniform(-25, 25)) * METRE,
        )
        for y in range(size)
        for x in range(size)
    ]
    streets: list[Street] = []
    for y in range(size):
        for x in range(size):
            for x2, y2 in ((x + 1, y), (x, y + 1)):
                if x2 < size and y2 < size:
                    streets += _town_street(nodes, (y * size + x, y2 * size + x2), across=x if x == x2 else y)
    for node in (0, 27, 63):  # dead ends
        nodes.append((nodes[node][0] + 40 * METRE, nodes[node][1] + 70 * METRE))
        streets += both_ways(Street(node, len(nodes) - 1, "living_street"))
    lights = [node for node in range(size * size) if node % size in (2, 5) and node // size in (2, 5)]
    turns = [
        (a, b) for a, one in enumerate(streets) for b, two in enumerate(streets) if one.target == two.origin and a != b
    ]
    return encode(nodes, streets, lights, chance.sample(turns, 12))


def _town_street(nodes: list[Point], ends: tuple[int, int], across: int) -> list[Street]:
    (x1, y1), (x2, y2) = nodes[ends[0]], nodes[ends[1]]
    middle = ((x1 + x2) / 2 + 9 * METRE, (y1 + y2) / 2 - 7 * METRE)
    street = Street(*ends, "residential", EVERYBODY, (middle,))
    if across in (2, 5):
        return both_ways(street._replace(kind="primary"))
    if across == 3:  # one-way: walkers may go back
        there, back = both_ways(street)
        return [there, back._replace(modes=WALK)]
    if across == 6:
        return both_ways(street._replace(kind="footway", modes=WALK))
    return both_ways(street)


@cache
def town_streets() -> Streets:
    """The town as the program reads it."""
    return parse_streets(msgpack.packb(town()))


@cache
def town_router(kind: str) -> Router:
    """Routes through the town for a kind of unit."""
    return Router(town_streets(), PROFILES[kind])


def town_driver(kind: str, seed: int, moment: float = 0.0) -> Driver:
    """Somebody who is at home in the whole town."""
    router = town_router(kind)
    return Driver(router, router.core, seed, moment)
