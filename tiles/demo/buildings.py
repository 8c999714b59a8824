"""Buildings on parcels: courtyards wall to wall in the old town, rows of slabs, towers, halls, farm houses."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
import shapely
from shapely.geometry import Polygon

from tiles.demo.clearance import Clearance
from tiles.demo.parcels import Parcel, sides_of
from tiles.demo.plane import Points, snap


@dataclass(slots=True)
class Building:
    """A building: footprint, OSM building value, storeys, and the parcel (by index) on which it stands."""

    area: Polygon
    kind: str
    levels: int
    parcel: int
    name: str = ""
    name_en: str = ""


@dataclass(frozen=True)
class Style:
    """How a use is built on: metres of length, depth and the gaps beside and behind, share left out, storeys."""

    kind: str
    length: tuple[float, float]
    depth: tuple[float, float]
    beside: float
    behind: float
    bare: float
    levels: tuple[int, int]
    margin: float = 3.0


STYLES = {
    "old": Style("house", (24, 52), (19, 27), 0.8, 2.8, 0.18, (1, 3), 0.0),
    "danwei": Style("apartments", (50, 84), (12, 15), 22, 34, 0.32, (5, 7), 5),
    "estate": Style("apartments", (42, 64), (15, 19), 44, 56, 0.33, (11, 33), 9),
    "villa": Style("house", (15, 20), (12, 15), 13, 20, 0.2, (2, 3), 6),
    "office": Style("office", (36, 66), (24, 40), 26, 34, 0.3, (6, 24), 7),
    "tower": Style("office", (34, 46), (34, 44), 34, 36, 0.2, (22, 58), 8),
    "mall": Style("retail", (80, 130), (55, 80), 14, 16, 0.0, (4, 6), 6),
    "market": Style("retail", (44, 76), (20, 28), 10, 12, 0.05, (1, 2), 3),
    "school": Style("school", (46, 70), (13, 18), 18, 42, 0.35, (4, 5), 6),
    "nursery": Style("kindergarten", (30, 44), (13, 17), 20, 26, 0.4, (3, 4), 6),
    "hospital": Style("hospital", (46, 70), (18, 24), 16, 24, 0.25, (6, 18), 6),
    "campus": Style("university", (56, 90), (16, 24), 40, 52, 0.35, (4, 8), 12),
    "government": Style("public", (50, 76), (16, 22), 20, 34, 0.35, (5, 12), 8),
    "industrial": Style("industrial", (62, 120), (28, 46), 18, 20, 0.18, (1, 2), 10),
    "warehouse": Style("warehouse", (90, 140), (34, 48), 22, 26, 0.12, (1, 1), 10),
    "temple": Style("temple", (16, 26), (11, 15), 10, 16, 0.25, (1, 2), 5),
    "station": Style("train_station", (80, 130), (30, 44), 20, 30, 0.0, (2, 3), 8),
    "village": Style("house", (11, 16), (9, 12), 12, 19, 0.42, (2, 3), 3),
}
BUILT = {
    "oldtown": "old", "housing": "danwei", "estate": "estate", "villas": "villa", "office": "office", "cbd": "tower",
    "mall": "mall", "market": "market", "school": "school", "kindergarten": "nursery", "hospital": "hospital",
    "university": "campus", "government": "government", "police": "government", "fire": "market",
    "industrial": "industrial", "warehouse": "warehouse", "temple": "temple", "village": "village", "museum": "office",
    "bus_station": "market", "techpark": "office", "station": "station",
}  # fmt: skip
"""The style of a parcel's use; other uses have no buildings in rows."""


def raise_buildings(parcels: list[Parcel], clearance: Clearance, seed: int) -> list[Building]:
    """Buildings of all parcels, clear of each other and of roads, rails and water."""
    dice = Random(seed)
    found: list[Building] = []
    styles = [STYLES.get(BUILT.get(parcel.use, "")) for parcel in parcels]
    margins = [-style.margin if style else 0.0 for style in styles]
    rooms = shapely.buffer([parcel.area for parcel in parcels], margins, join_style="mitre")
    boxes = shapely.oriented_envelope(rooms)
    for index, (parcel, style, room) in enumerate(zip(parcels, styles, rooms, strict=True)):
        if style is None:
            continue
        first = len(found)
        if isinstance(room, Polygon) and room.area > 120:
            found += _rows(room, boxes[index], style, index, dice)
        if len(found) == first and parcel.use not in ("oldtown", "village") and 700 < parcel.area.area < 20_000:
            inset = parcel.area.buffer(-0.17 * parcel.area.area**0.5, join_style="mitre").simplify(2)
            if isinstance(inset, Polygon) and inset.area > 150:
                found.append(
                    Building(Polygon(snap(np.array(inset.exterior.coords))), style.kind, style.levels[0], index)
                )
    blocked = clearance.blocked([building.area for building in found])
    return [building for index, building in enumerate(found) if index not in blocked]


def _rows(room: Polygon, box: Polygon, style: Style, parcel: int, dice: Random) -> list[Building]:
    origin, long, short = sides_of(box)
    if abs(long[0]) < abs(long[1]) and style.kind in ("apartments", "school"):
        origin, long, short = origin, short, long  # rooms look south: rows run from west to east
    width, depth = math.hypot(*long), math.hypot(*short)
    tight = style.beside < 2
    boxes: list[tuple[float, float, float, float]] = []
    for y, row in _packed(depth, style.depth, style.behind, tight, dice):
        for x, size in _packed(width, style.length, style.beside, tight, dice):
            if dice.random() >= style.bare:
                boxes.append((x, y, size, row * (dice.uniform(0.8, 1.0) if tight else 1.0)))
    if not boxes:
        return []
    x0, y0, dx, dy = np.array(boxes).T
    corners = np.stack([[x0, x0 + dx, x0 + dx, x0], [y0, y0, y0 + dy, y0 + dy]], axis=-1).transpose(1, 0, 2)
    placed = np.round(origin + corners @ np.vstack([long / width, short / depth]), 1)
    shapes = shapely.polygons(placed)
    shapely.prepare(room)
    whole = shapely.contains_properly(room, shapes)
    storeys = dice.randint(*style.levels)
    result = []
    for index, (shape, inside) in enumerate(zip(shapes, whole.tolist(), strict=True)):
        level = max(1, storeys + dice.randint(-1, 1))
        if inside:
            result.append(Building(_formed(shape, placed[index], style, dice), style.kind, level, parcel))
        elif tight:
            part = shape.intersection(room)
            if isinstance(part, Polygon) and part.area > max(70.0, 0.45 * dx[index] * dy[index]):
                result.append(Building(Polygon(snap(np.array(part.exterior.coords))), style.kind, level, parcel))
    return result


def _packed(
    room: float, sizes: tuple[float, float], gap: float, tight: bool, dice: Random
) -> list[tuple[float, float]]:
    """Start and size of what fits side by side into `room` metres: stretched to fill it, or with what is left
    around."""
    spans: list[tuple[float, float]] = []
    at = 0.0
    while at + sizes[0] <= room:
        size = dice.uniform(*sizes)
        spans.append((at, size))
        at += size + gap * dice.uniform(0.95, 1.2)
    if not spans:
        return []
    end = sum(spans[-1])
    if tight or end > room:
        return [(start * room / end, size * room / end) for start, size in spans]
    return [(start + (room - end) / 2, size) for start, size in spans]


def _formed(shape: Polygon, corners: Points, style: Style, dice: Random) -> Polygon:
    """The plan of a building: mostly its box, at times an L, a U, or a step in a slab."""
    if dice.random() < FORMED.get(style.kind, 0.75):
        return shape
    u, v = corners[1] - corners[0], corners[3] - corners[0]
    plan = dice.choice(PLANS)(dice.uniform(0.35, 0.6), dice.uniform(0.3, 0.55))
    return Polygon(np.round(corners[0] + np.array(plan) @ np.vstack([u, v]), 1))


FORMED = {"house": 0.7, "apartments": 0.5, "school": 0.3, "university": 0.3, "hospital": 0.3, "retail": 0.5}
"""Share of plain boxes by kind."""
PLANS: tuple[Callable[[float, float], list[tuple[float, float]]], ...] = (
    lambda a, b: [(0, 0), (1, 0), (1, b), (a, b), (a, 1), (0, 1)],
    lambda a, b: [(0, 0), (1, 0), (1, 1), (1 - a * 0.5, 1), (1 - a * 0.5, b), (a * 0.5, b), (a * 0.5, 1), (0, 1)],
    lambda a, b: [(0, 0), (a, 0), (a, b * 0.5), (1, b * 0.5), (1, 1), (a, 1), (0, 1)],
    lambda a, b: [(0, 0), (1, 0), (1, 1), (a, 1), (a, 1 - b * 0.4), (0, 1 - b * 0.4)],
)
