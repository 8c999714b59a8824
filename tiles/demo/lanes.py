"""The smallest roads: drives inside estates with their gates, village lanes with their houses, paths in parks and
by the river."""

from dataclasses import dataclass, field

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from tiles.demo.blocks import Block
from tiles.demo.naming import pinyin, words
from tiles.demo.parcels import Parcel, frame_of
from tiles.demo.plane import Points, bent, lines_of, polygons_of, snap
from tiles.demo.roads import Road

GATED = ("estate", "villas", "housing", "university", "industrial", "warehouse", "techpark", "hospital")


@dataclass(slots=True)
class Lanes:
    """Small roads, where gates stand on them, and the villages."""

    roads: list[Road] = field(default_factory=list)
    gates: list[Point] = field(default_factory=list)
    villages: list[tuple[str, str, Polygon]] = field(default_factory=list)
    """Name, English name, built-up area."""


def lay_drives(parcels: list[Parcel], streets: list[Road], closed: BaseGeometry, lanes: Lanes, seed: int) -> None:
    """A drive into each larger parcel that has one: from the nearest street through a gate, along the middle or
    round."""
    dice = np.random.default_rng(seed)
    tree = STRtree([street.line for street in streets])
    shapely.prepare(closed)
    for parcel in parcels:
        chance = float(dice.random())
        if parcel.use not in GATED or parcel.area.area < 14_000 or chance < 0.62:
            continue
        drive = _round(parcel.area) if parcel.area.area > 24_000 and chance > 0.75 else _spine(parcel.area)
        if drive is None:
            continue
        best: tuple[float, Point, Point] | None = None
        for place in (Point(drive[i]) for i in range(0, len(drive), max(1, len(drive) // 8))):
            for i in sorted(tree.query(place, predicate="dwithin", distance=110).tolist()):
                line = streets[i].line
                gap = line.distance(place)
                if best is None or gap < best[0] - 0.01:
                    best = (gap, place, line.interpolate(line.project(place)))
        if best is None or best[0] < 4:
            continue
        _, inner, outer = best
        entry = np.array([[inner.x, inner.y], [outer.x, outer.y]])
        if closed.intersects(LineString(entry)):
            continue
        gate = parcel.area.exterior.intersection(LineString(entry))
        entry = snap(entry)
        over = (entry[1] - entry[0]) / np.hypot(*(entry[1] - entry[0]))
        entry[1] += over * 0.6
        lanes.roads.append(Road("service", entry, quarter=parcel.quarter))
        lanes.roads.append(Road("service", drive, quarter=parcel.quarter, tags={"access": "destination"}))
        if parcel.use in ("estate", "villas", "housing") and isinstance(gate, Point):
            lanes.gates.append(gate)


def _round(area: Polygon) -> Points | None:
    inner = area.buffer(-22, join_style="mitre").simplify(3)
    if not isinstance(inner, Polygon) or inner.area < 3000 or len(inner.exterior.coords) > 14:
        return None
    return snap(np.array(inner.exterior.coords))


def _spine(area: Polygon) -> Points | None:
    origin, long, short = frame_of(area)
    line = LineString([origin + short * 0.5 - long, origin + short * 0.5 + long * 2]).intersection(area.buffer(-14))
    parts = [part for part in lines_of(line) if part.length > 50]
    if not parts:
        return None
    return snap(np.array(shapely.segmentize(max(parts, key=lambda part: part.length), 30).coords))


def lay_villages(blocks: list[Block], streets: list[Road], closed: BaseGeometry, lanes: Lanes, seed: int) -> None:
    """Villages at roads of the open country: a lane leaves the road, side lanes leave it, houses stand around."""
    dice = np.random.default_rng(seed)
    villages = words("villages")
    called = [villages[i] for i in dice.permutation(len(villages))]
    tree = STRtree([street.line for street in streets])
    shapely.prepare(closed)
    for block in blocks:
        if block.quarter != "rural" or not called:
            continue
        rim = block.area.exterior
        for _ in range(2 if block.area.area > 700_000 else 1):
            place = rim.interpolate(float(dice.uniform(0, rim.length)))
            near = sorted(tree.query(place, predicate="dwithin", distance=1.0).tolist())
            if not near or not called:
                continue
            inward = np.array(block.area.representative_point().coords)[0] - np.array(place.coords)[0]
            ahead = inward / np.hypot(*inward)
            start = np.array(place.coords)[0]
            lane = snap(bent(start - ahead * 0.5, start + ahead * dice.uniform(230, 380), dice.uniform(-0.12, 0.12), 9))
            round_it = LineString(lane[1:]).buffer(float(dice.uniform(75, 120)))
            body = round_it.intersection(block.area.buffer(-9)).difference(closed)
            if not isinstance(body, Polygon) or body.area < 20_000 or closed.intersects(LineString(lane).buffer(12)):
                continue
            if any(body.distance(other) < 250 for _, _, other in lanes.villages):
                continue
            side = np.array([-ahead[1], ahead[0]])
            lanes.roads.append(Road("residential", lane, quarter="rural"))
            for index in (3, 5, 7):
                reach = dice.uniform(55, 95) * (1 if index == 5 else -1)
                branch = LineString([lane[index], lane[index] + side * reach + ahead * dice.uniform(-20, 30)])
                if body.contains(Point(branch.coords[-1])):
                    lanes.roads.append(Road("service", snap(np.array(branch.coords)), quarter="rural"))
            name = called.pop()
            shape = Polygon(snap(np.array(polygons_of(body.simplify(3))[0].exterior.coords)))
            lanes.villages.append((name, pinyin(name), shape))


def lay_paths(parcels: list[Parcel], streets: list[Road], water: BaseGeometry, lanes: Lanes) -> None:
    """Foot paths round and through parks, each with a way in from the street."""
    tree = STRtree([street.line for street in streets])
    for parcel in parcels:
        if parcel.use != "park" or parcel.area.area < 5_000:
            continue
        ring = parcel.area.buffer(-12).simplify(2)
        if not isinstance(ring, Polygon) or ring.area < 2_000:
            continue
        if water.intersects(ring.exterior):
            continue
        lanes.roads.append(Road("footway", snap(np.array(ring.exterior.coords)), quarter="park"))
        entry = _entry(ring, streets, tree)
        if entry is not None and not water.intersects(LineString(entry)):
            lanes.roads.append(Road("footway", entry, quarter="park"))
        middle = _spine(parcel.area)
        if middle is not None:
            path = LineString(middle).intersection(ring.buffer(0.6))
            if isinstance(path, LineString) and path.length > 30 and not water.intersects(path):
                lanes.roads.append(Road("footway", np.array(path.coords), quarter="park"))


def _entry(ring: Polygon, streets: list[Road], tree: STRtree) -> Points | None:
    """From a path to the nearest street, if one lies within 90 m."""
    near = sorted(tree.query(ring, predicate="dwithin", distance=90).tolist())
    if not near:
        return None
    street = min((streets[i].line for i in near), key=lambda line: round(line.distance(ring.exterior), 2))
    ends = np.array(shapely.shortest_line(ring.exterior, street).coords)
    step = ends[1] - ends[0]
    if np.hypot(*step) < 3:
        return None
    return snap(np.vstack([ends[0] - step / np.hypot(*step) * 0.6, ends[1] + step / np.hypot(*step) * 0.6]))
