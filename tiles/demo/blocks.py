"""Between the drawn roads: each face is cut again and again, the largest first, until the blocks are small enough.

A cut is a street. It goes on with a street that already ends at the other side of the road, where one does; so streets
cross roads at some places and end in a T at others, as they do where a city has grown.
"""

import heapq
import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from tiles.demo.plane import Points, bent, snap
from tiles.demo.quarters import QUARTERS, Plan, Quarter
from tiles.demo.roads import Road


@dataclass(slots=True)
class Block:
    """A piece of land with streets (or water, rail, hills) around it and none through it."""

    area: Polygon
    quarter: str


@dataclass(slots=True)
class _Cut:
    start: Points
    end: Points
    first: int
    """Index of the corner before `start` on the ring; `second` the same for `end`."""
    second: int
    cost: float


class _Joints:
    """Where streets end at the rim of a face, for those on the other side to go on."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], list[tuple[float, float]]] = {}

    def add(self, point: Points) -> None:
        x, y = float(point[0]), float(point[1])
        self._cells.setdefault((int(x // 100), int(y // 100)), []).append((x, y))

    def nearest(self, point: Points) -> tuple[float, Points] | None:
        """The nearest joint within 100 m, and how far it is."""
        column, row = int(point[0] // 100), int(point[1] // 100)
        near = [
            place
            for i in (column - 1, column, column + 1)
            for j in (row - 1, row, row + 1)
            for place in self._cells.get((i, j), ())
        ]
        if not near:
            return None
        gap, x, y = min((float(np.hypot(x - point[0], y - point[1])), x, y) for x, y in near)
        return gap, np.array([x, y])


def cut_blocks(faces: list[Polygon], plan: Plan, corners: list[Points], seed: int) -> tuple[list[Road], list[Block]]:
    """Streets that cut the `faces`, and the blocks left. `corners`: junctions of the drawn roads."""
    dice = np.random.default_rng(seed)
    joints = _Joints()
    for corner in corners:
        joints.add(corner)
    heap: list[tuple[float, int, Polygon, int]] = []
    for serial, face in enumerate(faces):
        heapq.heappush(heap, (-face.area, serial, Polygon(face.exterior), 0))
    serial = len(faces)
    streets: list[Road] = []
    blocks: list[Block] = []
    while heap:
        size, _, area, _ = heapq.heappop(heap)
        middle = area.representative_point() if not area.contains(area.centroid) else area.centroid
        kind = plan.at(middle.x, middle.y)
        quarter = QUARTERS[kind]
        parts = None if -size < quarter.block * dice.uniform(0.7, 1.9) else _divide(area, quarter, joints, dice)
        if parts is None:
            blocks.append(Block(area, kind))
            continue
        street, left, right = parts
        road = next(road for least, road in quarter.steps if -size >= least)
        streets.append(Road(road, street, quarter=kind))
        for part in (left, right):
            serial += 1
            heapq.heappush(heap, (-part.area, serial, part, 0))
    return streets, blocks


def _divide(
    area: Polygon, quarter: Quarter, joints: _Joints, dice: np.random.Generator
) -> tuple[Points, Polygon, Polygon] | None:
    ring = np.array(area.exterior.coords)[:-1]
    box = shapely.get_coordinates(shapely.oriented_envelope(area))
    sides = np.diff(box[:3], axis=0)
    lengths = np.hypot(*sides.T)
    long, short = (0, 1) if lengths[0] > lengths[1] else (1, 0)
    if lengths[short] < 25:
        return None
    following = np.vstack([ring[1:], ring[:1]])
    scale = math.sqrt(quarter.block)
    best: _Cut | None = None
    for attempt in range(12):
        free = 1 + attempt / 7
        share = 0.5 + dice.uniform(-1, 1) * quarter.shift * free
        origin = box[0] + sides[long] * share + sides[short] / 2
        angle = np.arctan2(sides[short][1], sides[short][0]) + np.radians(dice.uniform(-1, 1) * quarter.turn * free)
        cut = _try_cut(ring, following, origin, angle, joints, scale)
        if cut is not None:
            cut.cost += abs(share - 0.5)
            if best is None or cut.cost < best.cost:
                best = cut
        if best is not None and attempt >= 3:
            break
    if best is None:
        return None
    street = _course(best, area, quarter, dice)
    joints.add(best.start)
    joints.add(best.end)
    one = np.vstack([street, ring[_walk(best.second + 1, best.first, len(ring))]])
    other = np.vstack([street[::-1], ring[_walk(best.first + 1, best.second, len(ring))]])
    left, right = Polygon(one), Polygon(other)
    if not (left.is_valid and right.is_valid) or min(left.area, right.area) < area.area * 0.12:
        return None
    return street, left, right


def _walk(start: int, end: int, count: int) -> list[int]:
    """Indices of ring corners from `start` to `end` going round."""
    start %= count
    return list(range(start, end + 1)) if start <= end else [*range(start, count), *range(end + 1)]


def _try_cut(
    ring: Points, following: Points, origin: Points, angle: float, joints: _Joints, scale: float
) -> _Cut | None:
    """Where a straight line would meet the rim of a face, drawn to joints that lie near; None if it meets it badly."""
    direction = np.array([math.cos(angle), math.sin(angle)])
    side = (ring[:, 0] - origin[0]) * -direction[1] + (ring[:, 1] - origin[1]) * direction[0]
    above = side >= 0
    hits = np.nonzero(above != np.concatenate([above[1:], above[:1]]))[0]
    if len(hits) < 2:
        return None
    after = np.concatenate([side[1:], side[:1]])[hits]
    share = side[hits] / (side[hits] - after)
    places = ring[hits] + (following[hits] - ring[hits]) * share[:, None]
    reach = (places - origin) @ direction
    order = np.argsort(reach)
    pairs = [(order[i], order[i + 1]) for i in range(0, len(order) - 1, 2)]
    low, high = max(pairs, key=lambda pair: reach[pair[1]] - reach[pair[0]])
    length = float(reach[high] - reach[low])
    cost = 0.0
    ends = []
    for index in (low, high):
        segment, place = int(hits[index]), places[index]
        joint = joints.nearest(place)
        if joint is not None and joint[0] < min(0.45 * scale, 0.3 * length):
            moved = _onto(ring, following, joint[1])
            if moved is None:
                if joint[0] < 0.12 * scale:
                    return None
            else:
                segment, place = moved, joint[1]
                cost -= 0.12
        ends.append((segment, place))
    (first, start), (second, end) = ends
    away = end - start
    if first == second or not (_square(ring, following, first, away) and _square(ring, following, second, away)):
        return None
    for segment, place in ends:
        gap = min(math.dist(ring[segment], place), math.dist(following[segment], place))
        if gap < 0.22 * scale and _is_corner(ring, segment, place):
            return None
    return _Cut(np.round(start, 1), np.round(end, 1), first, second, cost)


def _onto(ring: Points, following: Points, place: Points) -> int | None:
    """Index of the ring's segment on which a place lies, None if on none (or on one of its corners)."""
    step = following - ring
    length = np.hypot(step[:, 0], step[:, 1]) + 1e-9
    offset = place - ring
    across = np.abs(step[:, 0] * offset[:, 1] - step[:, 1] * offset[:, 0]) / length
    along = (offset * step).sum(axis=1) / length
    fits = np.nonzero((across < 0.25) & (along > 0.3) & (along < length - 0.3))[0]
    return int(fits[0]) if len(fits) else None


def _square(ring: Points, following: Points, segment: int, away: Points) -> bool:
    """Whether a street leaves a side of the ring at more than 48 degrees."""
    (ax, ay), (bx, by) = ring[segment], following[segment]
    x, y = bx - ax, by - ay
    return bool(abs(x * away[1] - y * away[0]) > 0.74 * math.hypot(x, y) * math.hypot(away[0], away[1]))


def _is_corner(ring: Points, segment: int, place: Points) -> bool:
    """Whether the ring's vertex nearest to a place on a segment is a real corner, not a point of a curve."""
    after = (segment + 1) % len(ring)
    near = segment if math.dist(ring[segment], place) < math.dist(ring[after], place) else after
    (ax, ay), (bx, by), (cx, cy) = ring[near - 1], ring[near], ring[(near + 1) % len(ring)]
    turn = math.atan2((bx - ax) * (cy - by) - (by - ay) * (cx - bx), (bx - ax) * (cx - bx) + (by - ay) * (cy - by))
    return abs(turn) > math.radians(28)


def _course(cut: _Cut, area: Polygon, quarter: Quarter, dice: np.random.Generator) -> Points:
    """The street's own line: straight, in an arc or crooked, as the quarter has it, and inside the face."""
    length = float(np.hypot(*(cut.end - cut.start)))
    count = max(3, int(length / 45) + 2)
    for bulge in (dice.uniform(-1, 1) * quarter.bend, 0.0):
        if quarter.bend == 0 and quarter.crooked == 0:
            break
        course = bent(cut.start, cut.end, bulge, count)
        course[1:-1] += dice.normal(0, 1, (count - 2, 2)) * quarter.crooked
        course = snap(course)
        inner = LineString(course[1:-1]) if count > 3 else shapely.Point(course[1])
        if area.contains(inner) and area.exterior.distance(inner) > 8:
            return np.vstack([cut.start, course[1:-1], cut.end])
    return np.vstack([cut.start, cut.end])
