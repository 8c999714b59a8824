"""Roads that touch the streets only by ramps: the second ring's viaduct and the expressways with their interchanges."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
import shapely.ops
from shapely.geometry import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from tiles.demo.plane import Axis, Points, curve, lines_of, points_of, snap
from tiles.demo.roads import Road

VIADUCT, EXPRESS = 7.0, 13.0
"""Half the distance of the carriageways, metres."""
RING_TAGS = {"maxspeed": "80", "lanes": "3"}
EXPRESS_TAGS = {"maxspeed": "100", "lanes": "3", "ref": "S51"}
SPUR_TAGS = {"maxspeed": "120", "lanes": "2"}
SPUR_NAMES = (("联澄高速", "G5631"), ("联阳高速", "G5632"))

# metres along and left of the expressway; the spur is on its left
TRUMPET: tuple[Sequence[tuple[float, float]], ...] = (
    ((420, 13), (300, 17), (120, 60), (25, 170), (9, 300)),
    ((-9, 300), (-25, 170), (-120, 60), (-300, 17), (-420, 13)),
    ((-9, 300), (-9, 100), (-9, -60), (10, -128), (75, -160), (165, -120), (260, -45), (450, -13)),
    ((-120, -13), (30, -15), (72, -22), (107, -40), (118, -75), (95, -110), (55, -114), (22, -92), (11, -50), (9, 60),
     (9, 300)),
)  # fmt: skip
CLOVERLEAF: tuple[Sequence[tuple[float, float]], ...] = (
    ((-430, -13), (-300, -20), (-150, -90), (-35, -270), (-9, -400)),
    ((430, 13), (300, 20), (150, 90), (35, 270), (9, 400)),
    ((9, -400), (35, -270), (150, -90), (300, -20), (430, -13)),
    ((-9, 400), (-35, 270), (-150, 90), (-300, 20), (-430, 13)),
)
"""The outer ramps of a cloverleaf; its loops are circles of `LOOP` metres."""
LOOP = 58.0


@dataclass(slots=True)
class Host:
    """A ramp's end that must become a point of a street: which ramp, its first (0) or last (-1) point."""

    ramp: Road
    end: int
    name: str


def express_crossings(expressway: Axis, roads: list[Road]) -> list[tuple[float, str]]:
    """Where drawn primary roads cross the expressway: metres along it and their name, each crossing once."""
    crossings: list[tuple[float, str]] = []
    for road in roads:
        if road.kind == "primary":
            for point in points_of(road.line.intersection(expressway.line)):
                crossings.append((expressway.line.project(point), road.name))
    crossings.sort()
    return [
        (along, name)
        for index, (along, name) in enumerate(crossings)
        if all(name != other or along - before > 900 for before, other in crossings[:index])
    ]


def expressways(expressway: Axis, spurs: list[Axis]) -> list[Road]:
    """The carriageways of the outer ring and of its spurs, one way each, on level 2."""
    roads = [
        Road("motorway", snap(points), "联动绕城高速", oneway=True, level=2, tags=dict(EXPRESS_TAGS))
        for points in (expressway.beside(-EXPRESS), expressway.beside(EXPRESS)[::-1])
    ]
    for spur, (name, ref) in zip(spurs, SPUR_NAMES, strict=True):
        part = Axis(np.array(shapely.ops.substring(spur.line, 300, spur.length).coords))
        for points in (part.beside(-11.0), part.beside(11.0)[::-1]):
            roads.append(Road("motorway", snap(points), name, oneway=True, level=2, tags={**SPUR_TAGS, "ref": ref}))
    return roads


def viaduct(ring: Axis) -> list[Road]:
    """The carriageways of the second ring, one way each, on level 2."""
    return [
        Road(
            "trunk", snap(points), "二环线", oneway=True, level=2, tags={**RING_TAGS, "bridge": "viaduct", "layer": "2"}
        )
        for points in (ring.beside(-VIADUCT), ring.beside(VIADUCT)[::-1])
    ]


def ring_ramps(ring: Axis, ground: list[Road], water: BaseGeometry, half: float) -> tuple[list[Road], list[Host]]:
    """Ramps between the viaduct and the streets beside it, wherever a kilometre's stretch has room for one.

    `ground`: roads on the ground; `water`: over which no ramp
    leads; `half`: distance of the ring's street from its axis, metres.
    """
    tree = STRtree([road.line for road in ground])
    ramps, hosts = [], []
    length = 190.0
    for side in (-1, 1):
        down, last = True, -1e9
        for s in np.arange(0.0, ring.length - 300, 20.0):
            if s - last < (260 if not down else 620):
                continue
            lane = ring.between(s - 15, s + length + 15, side * (half - 3.0), step=12)
            blocked = LineString(lane).buffer(2.0)
            if water.intersects(blocked) or any(ground[i].line.intersects(blocked) for i in tree.query(blocked)):
                continue
            t = np.linspace(0, 1, 12)
            sunk = (t * t * (3 - 2 * t)) if down else 1 - (t * t * (3 - 2 * t))
            course = ring.at(s + t * length, side * (VIADUCT + (half - VIADUCT) * sunk))
            leaves = down if side < 0 else not down
            points = snap(course if side < 0 else course[::-1])
            ramp = Road("trunk_link", points, oneway=True, level=2, ends=(2, 0) if leaves else (0, 2))
            ramps.append(ramp)
            hosts.append(Host(ramp, 0, "" if not leaves else "二环线"))
            hosts.append(Host(ramp, -1, "" if leaves else "二环线"))
            last, down = s + length, not down
    return ramps, hosts


def interchanges(
    expressway: Axis, spurs: list[Axis], crossings: list[tuple[float, str]], ground: list[Road]
) -> tuple[list[Road], list[Host]]:
    """Ramps of all interchanges: trumpets for the spurs, one cloverleaf, diamonds for the other crossings."""
    ramps: list[Road] = []
    hosts: list[Host] = []
    for spur, (name, _) in zip(spurs, SPUR_NAMES, strict=True):
        s0 = expressway.line.project(Point(spur.points[0]))
        for course in TRUMPET:
            points = _placed(expressway, s0, course)
            ramp = Road("motorway_link", points, oneway=True, level=2)
            ramps.append(ramp)
            hosts.append(Host(ramp, 0, name if abs(course[0][1]) == 300 else "联动绕城高速"))
            hosts.append(Host(ramp, -1, name if abs(course[-1][1]) == 300 else "联动绕城高速"))
    for s0, name in crossings:
        if name == "建设大道":
            _cloverleaf(expressway, s0, name, ground, ramps, hosts)
        else:
            _diamond(expressway, s0, name, ground, ramps, hosts)
    return ramps, hosts


def _placed(axis: Axis, s0: float, course: Sequence[tuple[float, float]]) -> Points:
    smooth = curve(list(course), step=12)
    return snap(axis.at(s0 + smooth[:, 0], smooth[:, 1]))


def _cloverleaf(axis: Axis, s0: float, name: str, ground: list[Road], ramps: list[Road], hosts: list[Host]) -> None:
    """Eight ramps around a crossing, drawn along the expressway and along the street as they lie there."""
    middle = axis.at([s0])[0]
    ahead = axis.at([s0 + 100])[0] - axis.at([s0 - 100])[0]
    ahead /= np.hypot(*ahead)
    near = min((road for road in ground if road.name == name), key=lambda road: road.line.distance(Point(middle)))
    place = near.line.project(Point(middle))
    ends = [np.array(near.line.interpolate(place + step).coords[0]) for step in (-150, 150)]
    aside = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
    aside *= np.sign(ahead[0] * aside[1] - ahead[1] * aside[0])
    frame = np.vstack([ahead, aside])
    courses = [curve(list(course), step=15) for course in CLOVERLEAF]
    turn = np.linspace(0, 1.5 * np.pi, 19)
    for side in (1, -1):
        up = np.column_stack([9 + LOOP - LOOP * np.cos(turn), 13 + LOOP + LOOP * np.sin(turn)]) * side
        courses += [up, (up * np.array([1, -1]))[::-1]]
    for course in courses:
        leaves = abs(course[0][1]) < 14
        ramp = Road(
            "motorway_link", snap(middle + course @ frame), oneway=True, level=2, ends=(2, 0) if leaves else (0, 2)
        )
        ramps.append(ramp)
        hosts.append(Host(ramp, 0, "联动绕城高速" if leaves else name))
        hosts.append(Host(ramp, -1, name if leaves else "联动绕城高速"))


def raised(roads: list[Road], below: BaseGeometry, deep: BaseGeometry) -> list[Road]:
    """Roads of level 2 in parts: bridges over what lies `below`, tunnels where it is `deep`, else on an embankment."""
    shapely.prepare(below)
    shapely.prepare(deep)
    result = []
    for road in roads:
        if road.level != 2 or "bridge" in road.tags:
            result.append(road)
            continue
        line = road.line
        parts = [
            (line.intersection(below).difference(deep), {"bridge": "yes", "layer": "2"}),
            (line.intersection(deep), {"tunnel": "yes", "layer": "-1"}),
            (line.difference(below.union(deep)), {}),
        ]
        for shape, tags in parts:
            for part in lines_of(shape):
                if part.length > 1:
                    piece = road.along(snap(np.array(part.coords)))
                    piece.tags.update(tags)
                    result.append(piece)
    return result


def _diamond(axis: Axis, s0: float, name: str, ground: list[Road], ramps: list[Road], hosts: list[Host]) -> None:
    """Four ramps; each leaves or meets the street that crosses 95 m from the expressway's middle."""
    streets = [road for road in ground if road.name == name]
    for side in (-1, 1):
        level_line = LineString(axis.between(s0 - 170, s0 + 170, side * 95.0, step=10))
        meets = [
            axis.line.project(point) for road in streets for point in points_of(road.line.intersection(level_line))
        ]
        if not meets:
            continue
        low, high = min(meets), max(meets)
        before = [
            (s0 - 430, side * 13),
            (s0 - 330, side * 15),
            (s0 - 210, side * 38),
            (s0 - 110, side * 78),
            (low - 40, side * 95),
            (low, side * 95),
        ]
        after = [(2 * s0 - s, d) for s, d in before[:4]] + [(high + 40, side * 95), (high, side * 95)]
        for course, arrives in ((before, side < 0), (after, side > 0)):
            points = _placed(axis, 0.0, course if arrives else course[::-1])
            ramp = Road("motorway_link", points, oneway=True, level=2, ends=(2, 0) if arrives else (0, 2))
            ramps.append(ramp)
            hosts.append(Host(ramp, 0, "联动绕城高速" if arrives else name))
            hosts.append(Host(ramp, -1, name if arrives else "联动绕城高速"))
        if high - low > 5:
            cross = Road("primary_link", snap(axis.at([low, high], side * 95.0)), level=0)
            ramps.append(cross)
            hosts += [Host(cross, 0, name), Host(cross, -1, name)]
