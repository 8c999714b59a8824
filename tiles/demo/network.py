"""Lines become a net: where roads of one level meet they get one shared point."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
import shapely
import shapely.ops
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from tiles.demo.plane import GRAIN, Points, lines_of, points_of
from tiles.demo.roads import RANK, Road

type Key = tuple[int, int]
"""A place on the grid of `GRAIN` metres."""


def key_of(point: Points) -> Key:
    """The grid place of a point."""
    return round(float(point[0]) / GRAIN), round(float(point[1]) / GRAIN)


def split_at_junctions(lines: Sequence[BaseGeometry], ranks: Sequence[int]) -> tuple[list[LineString], list[int]]:
    """All `lines` noded with each other on the grid: the pieces, and of which line each is one.

    Where two lines run on top of each other the piece goes to the one of higher rank.
    """
    merged = shapely.union_all(list(lines), grid_size=GRAIN)
    pieces = lines_of(merged)
    middles = shapely.line_interpolate_point(np.array(pieces, dtype=object), 0.5, normalized=True)
    found = STRtree(list(lines)).query(middles, predicate="dwithin", distance=0.3)
    best: dict[int, tuple[int, float, int]] = {}
    gaps = shapely.distance(middles[found[0]], np.array(lines, dtype=object)[found[1]])
    for piece, line, gap in zip(found[0].tolist(), found[1].tolist(), gaps.tolist(), strict=True):
        claim = (-ranks[line], round(gap, 1), line)
        if piece not in best or claim < best[piece]:
            best[piece] = claim
    kept = [i for i in range(len(pieces)) if i in best]
    return [pieces[i] for i in kept], [best[i][2] for i in kept]


def drop_stubs(
    pieces: list[LineString], owners: list[int], longest: dict[int, float], wet: BaseGeometry | None = None
) -> tuple[list[LineString], list[int]]:
    """Without what hangs over: pieces with a free end that are shorter than their owner's `longest`, or end in
    water."""
    while True:
        shapes = np.array(pieces, dtype=object)
        tips = [shapely.get_coordinates(shapely.get_point(shapes, end)) for end in (0, -1)]
        numbers = [np.rint(points / GRAIN).astype(int).tolist() for points in tips]
        ends = [((ax, ay), (bx, by)) for (ax, ay), (bx, by) in zip(*numbers, strict=True)]
        degree = Counter(key for pair in ends for key in pair)
        lengths = shapely.length(shapes).tolist()
        keep = []
        for piece, owner, keys, length in zip(pieces, owners, ends, lengths, strict=True):
            free = [shapely.Point(piece.coords[i]) for i, key in zip((0, -1), keys, strict=True) if degree[key] == 1]
            drowned = wet is not None and any(wet.contains(tip) for tip in free)
            keep.append(not (free and (drowned or length < longest.get(owner, 0.0))))
        if all(keep):
            return pieces, owners
        pieces = [piece for piece, wanted in zip(pieces, keep, strict=True) if wanted]
        owners = [owner for owner, wanted in zip(owners, keep, strict=True) if wanted]


def joined(pieces: Iterable[LineString], course: LineString) -> list[Points]:
    """Pieces of one course in its direction, put together again where they touch end to end."""
    ordered: list[tuple[float, Points]] = []
    for piece in pieces:
        points = np.array(piece.coords)
        start, end = course.project(shapely.Point(points[0])), course.project(shapely.Point(points[-1]))
        if course.is_closed and abs(end - start) > course.length / 2:
            start, end = (start, course.length) if start > end else (course.length, end)
        ordered.append((min(start, end), points if start <= end else points[::-1]))
    ordered.sort(key=lambda item: item[0])
    runs: list[list[Points]] = []
    for _, points in ordered:
        if runs and key_of(runs[-1][-1][-1]) == key_of(points[0]):
            runs[-1].append(points[1:])
        else:
            runs.append([points])
    return [np.vstack(run) for run in runs]


def reach_out(roads: list[Road], reach: float = 220.0) -> list[Road]:
    """Drawn roads whose end falls short of another road, drawn on to it if it lies straight ahead within `reach`
    metres."""
    tree = STRtree([road.line for road in roads])
    result = []
    for index, road in enumerate(roads):
        points = road.points
        for end in (0, -1):
            tip, inner = points[end], points[1 if end == 0 else -2]
            near = tree.query(shapely.Point(tip), predicate="dwithin", distance=1.0)
            if any(i != index for i in near.tolist()):
                continue
            ray = LineString([tip, tip + (tip - inner) / np.hypot(*(tip - inner)) * reach])
            hits = [roads[i].line.intersection(ray) for i in tree.query(ray, predicate="intersects") if i != index]
            gaps = [hit.distance(shapely.Point(tip)) for hit in hits]
            if gaps:
                goal = np.array(ray.interpolate(min(gaps) + 2.0).coords)
                points = np.vstack([goal, points]) if end == 0 else np.vstack([points, goal])
        result.append(road.along(points))
    return result


def align_joints(roads: list[Road]) -> list[Road]:
    """Where a road changes from one to two carriageways near a crossing, it changes at that crossing."""
    roads = list(roads)
    tree = STRtree([road.line for road in roads])
    for i, road in enumerate(roads):
        for j, other in enumerate(roads):
            if i == j or (road.median == 0) == (other.median == 0):
                continue
            if key_of(roads[i].points[-1]) != key_of(roads[j].points[0]):
                continue
            whole = LineString(np.vstack([roads[i].points, roads[j].points[1:]]))
            joint = roads[i].line.length
            names = (road.name, other.name, "")
            near = [
                roads[k].line for k in tree.query(whole, predicate="intersects").tolist() if roads[k].name not in names
            ]
            spots = [whole.project(point) for line in near for point in points_of(whole.intersection(line))]
            close = [spot for spot in spots if abs(spot - joint) < 160]
            if close:
                spot = min(close, key=lambda value: abs(value - joint))
                roads[i] = roads[i].along(np.array(shapely.ops.substring(whole, 0, spot).coords))
                roads[j] = roads[j].along(np.array(shapely.ops.substring(whole, spot, whole.length).coords))
    return roads


def tidy(
    roads: list[Road], overhang: float, walls: Sequence[BaseGeometry], wet: BaseGeometry
) -> tuple[list[Road], list[LineString]]:
    """Drawn roads cut to where they meet, and the net of their pieces with that of the `walls` (for faces).

    `wet`: where no road ends.
    """
    lines: list[BaseGeometry] = [road.line for road in roads]
    pieces, owners = split_at_junctions(lines, [RANK[road.kind] for road in roads])
    longest = {index: float(road.tags.get("overhang", overhang)) for index, road in enumerate(roads)}
    pieces, owners = drop_stubs(pieces, owners, longest, wet)
    grouped: dict[int, list[LineString]] = defaultdict(list)
    for piece, owner in zip(pieces, owners, strict=True):
        grouped[owner].append(piece)
    kept = [road.along(points) for index, road in enumerate(roads) for points in joined(grouped[index], road.line)]
    for road in kept:
        road.tags.pop("overhang", None)
    return kept, lines_of(shapely.union_all([*pieces, *walls], grid_size=GRAIN))
