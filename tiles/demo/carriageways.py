"""Centre lines become carriageways: two where a road has a median, a circle where it has a roundabout."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from tiles.demo.network import Key, key_of
from tiles.demo.plane import Axis, Points, lines_of, points_of, snap
from tiles.demo.roads import RANK, Road

CIRCLE = 26.0
"""Radius of a roundabout, metres."""
CROSSES_FROM = RANK["tertiary"]
"""Streets of this rank and above cross a median; lesser ones end at the near carriageway (right turns only)."""


@dataclass(slots=True)
class _Median:
    owner: int
    area: Polygon
    axis: Axis


def lay_carriageways(roads: list[Road], roundabouts: list[tuple[float, float]]) -> list[Road]:
    """Roads as they are driven: carriageways one way each, side streets cut back to where they join."""
    medians = []
    result: list[Road] = []
    pairs: list[tuple[int, Road]] = []
    known = STRtree([road.line for road in roads])
    axes = {i: Axis(np.array(shapely.segmentize(r.line, 36).coords)) for i, r in enumerate(roads) if r.median}
    _match_ends(list(axes.values()))
    for index, road in enumerate(roads):
        if road.median:
            axis = axes[index]
            aside = _aside(road, axis, [roads[i] for i in known.query(road.line).tolist() if i != index])
            left, right = axis.points + axis.normals * aside, axis.points - axis.normals * aside
            medians.append(_Median(index, Polygon(np.vstack([left, right[::-1]])).buffer(0), axis))
            right, left = (_reaching(course, road, axis, roads, known) for course in (right, left))
            for course in (right, left[::-1]):
                carriageway = road.along(snap(course))
                carriageway.oneway = True
                pairs.append((index, carriageway))
    tree = STRtree([median.area for median in medians])
    pairs += [(index, road) for index, road in enumerate(roads) if not road.median]
    near: dict[int, list[_Median]] = {}
    for row, median in zip(*tree.query([road.line for _, road in pairs], predicate="intersects").tolist(), strict=True):
        near.setdefault(row, []).append(medians[median])
    for row, (owner, road) in enumerate(pairs):
        others = [m for m in near.get(row, []) if not road.median or roads[m.owner].name != roads[owner].name]
        result.extend(_join(road, others) if others else [road])
    drawn = [road for road in roads if road.name and not road.quarter and not road.median]
    return _with_circles(result, [_crossing_near(Point(place), drawn) for place in roundabouts])


def _reaching(course: Points, road: Road, axis: Axis, roads: list[Road], known: STRtree) -> Points:
    """A carriageway drawn on at ends where another street meets its road, which may lie askew; what is too much
    goes later."""
    reach = 4 + road.median * 0.5
    for end, inner in ((0, 1), (-1, -2)):
        tip = Point(axis.points[end])
        meeting = {roads[i].name for i in known.query(tip, predicate="dwithin", distance=1.0).tolist()} - {road.name}
        if meeting:
            step = course[end] - course[inner]
            further = course[end] + step / np.hypot(*step) * reach
            course = np.vstack([further, course]) if end == 0 else np.vstack([course, further])
    return course


def _match_ends(axes: list[Axis]) -> None:
    """Where two roads of two carriageways go on as one, both end square to the same line, so that these meet."""
    ends: dict[Key, list[tuple[Axis, int, Points]]] = {}
    for axis in axes:
        for end, inner in ((0, 1), (-1, -2)):
            away = axis.points[inner] - axis.points[end]
            ends.setdefault(key_of(axis.points[end]), []).append((axis, end, away / np.hypot(*away)))
    for meeting in ends.values():
        if len(meeting) != 2 or meeting[0][2] @ meeting[1][2] > -0.8:
            continue
        through = meeting[0][2] - meeting[1][2]
        through /= np.hypot(*through)
        for (axis, end, _), sign in zip(meeting, (1, -1), strict=True):
            ahead = through * sign * (1 if end == 0 else -1)
            axis.normals[end] = (-ahead[1], ahead[0])


def _aside(road: Road, axis: Axis, near: list[Road]) -> Points:
    """Metres from the middle to the carriageways, as a column: they come together where one carriageway goes on
    alone."""
    aside = np.full(len(axis.points), float(road.median))
    for end in (0, -1):
        tip = road.points[end]
        meeting = {(r.name, r.median) for r in near if np.abs(r.points - tip).max(axis=1).min() < 0.3}
        if meeting == {(road.name, 0.0)}:
            reach = axis.along if end == 0 else axis.length - axis.along
            aside *= np.clip(reach / 70, 0.0, 1.0)
    return aside[:, None]


def _join(road: Road, medians: list[_Median]) -> list[Road]:
    """A road of one carriageway where it meets roads of two: across the median, or up to the near side."""
    points = road.points
    crosses = RANK[road.kind] >= CROSSES_FROM
    line: BaseGeometry = LineString(points)
    for median in medians:
        inside = line.intersection(median.area)
        if inside.is_empty or inside.length < 0.2:
            continue
        ends = [bool(median.area.distance(Point(points[i])) < 0.05) for i in (0, -1)]
        if not crosses:
            line = line.difference(median.area)
        elif any(ends):
            points = _reach_over(points, ends, median)
            line = LineString(points)
    parts = [np.array(part.coords) for part in lines_of(line) if part.length > 12]
    return [road.along(part) for part in parts]


def _reach_over(points: Points, ends: list[bool], median: _Median) -> Points:
    """A line that ends on the median's middle drawn on to the far carriageway."""
    rim = median.area.exterior
    for first, touches in zip((True, False), ends, strict=True):
        if not touches:
            continue
        run = points if first else points[::-1]
        tip, back = run[0], run[1]
        away = (tip - back) / np.hypot(*(tip - back))
        ray = LineString([tip, tip + away * 90])
        hit = ray.intersection(rim)
        if not points_of(hit):
            continue
        far = min(points_of(hit), key=lambda part: part.distance(Point(tip)))
        run = np.vstack([np.array(far.coords)[:1], run])
        points = run if first else run[::-1]
    return points


def _crossing_near(place: Point, roads: list[Road]) -> Point:
    """Where two named roads of one carriageway cross within 250 m."""
    near = [road for road in roads if road.line.distance(place) < 250]
    spots = [
        point
        for i, road in enumerate(near)
        for other in near[:i]
        if other.name != road.name
        for point in points_of(road.line.intersection(other.line))
    ]
    if not spots:
        raise ValueError(f"no crossing for a roundabout near {place.x}, {place.y}")
    return min(spots, key=lambda spot: spot.distance(place))


def _with_circles(roads: list[Road], centres: list[Point]) -> list[Road]:
    result = []
    discs = [centre.buffer(CIRCLE, quad_segs=8) for centre in centres]
    near: dict[int, list[Polygon]] = {}
    for disc, row in zip(*STRtree([road.line for road in roads]).query(discs, predicate="intersects"), strict=True):
        near.setdefault(int(row), []).append(discs[disc])
    for index, road in enumerate(roads):
        if index not in near:
            result.append(road)
            continue
        line: BaseGeometry = road.line
        for disc in near[index]:
            line = line.difference(disc)
        result.extend(road.along(np.array(part.coords)) for part in lines_of(line) if part.length > 3)
    for disc in discs:
        ring = np.array(disc.exterior.coords)
        counterclockwise = ring if Polygon(ring).exterior.is_ccw else ring[::-1]
        meeting = [road for road in result if road.line.distance(disc) < 0.2]
        kind = max((road.kind for road in meeting), key=lambda kind: RANK[kind], default="tertiary")
        circle = Road(kind, snap(counterclockwise), oneway=True, tags={"junction": "roundabout"})
        result.append(circle)
    return result
