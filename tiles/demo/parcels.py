"""The land between the streets: plots with their kerbs taken off, and the parcels into which larger ones are split."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from tiles.demo.blocks import Block
from tiles.demo.plane import Points, polygons_of

PARCEL = {"old": 90_000, "danwei": 42_000, "estate": 56_000, "new": 46_000, "campus": 100_000, "industry": 95_000}
"""About how large a parcel is by quarter, square metres; elsewhere plots stay whole."""
KERB = {
    "old": 4.7,
    "danwei": 8.0,
    "estate": 8.5,
    "new": 9.0,
    "campus": 9.0,
    "industry": 9.0,
    "rural": 6.0,
    "hill": 6.0,
    "park": 7.0,
}


@dataclass(slots=True)
class Parcel:
    """A piece of ground in one hand."""

    area: Polygon
    quarter: str
    plot: int
    """Number of the plot that it is part of."""
    use: str = ""
    name: str = ""
    name_en: str = ""


def lay_parcels(blocks: list[Block], taken: list[BaseGeometry], seed: int) -> list[Parcel]:
    """Parcels of all blocks outside hills. `taken`: what the ground is used for already (water, wide roads, rails)."""
    dice = np.random.default_rng(seed)
    tree = STRtree(taken)
    kerbs = np.array([-KERB[block.quarter] for block in blocks])
    inner = shapely.simplify(shapely.buffer([block.area for block in blocks], kerbs, join_style="mitre"), 0.5)
    parcels: list[Parcel] = []
    for number, (block, area) in enumerate(zip(blocks, inner, strict=True)):
        if area.is_empty:
            continue
        near = [taken[i] for i in sorted(tree.query(area, predicate="intersects").tolist())]
        free = area.difference(shapely.union_all(near)).simplify(0.6) if near else area
        for part in polygons_of(free):
            if part.area < 900:
                continue
            size = PARCEL.get(block.quarter, 9e9)
            pieces = split(part, size * dice.uniform(0.7, 1.4), dice)
            parcels += [Parcel(area, block.quarter, number) for area in pieces]
    return parcels


def split(area: Polygon, size: float, dice: np.random.Generator) -> list[Polygon]:
    """An area in parts of about `size` square metres, 5 m from each other."""
    if area.area < size * 1.5:
        return [area] if area.area > 700 else []
    origin, long, short = frame_of(area)
    share = dice.uniform(0.4, 0.6)
    parts = []
    for low, high in ((-1.0, share), (share, 2.0)):
        corners = np.array([[low, -1], [high, -1], [high, 2], [low, 2]])
        half = Polygon(origin + corners @ np.vstack([long, short]))
        for part in polygons_of(area.intersection(half.buffer(-2.5, join_style="mitre"))):
            parts += split(part, size, dice)
    return parts


def frame_of(area: Polygon) -> tuple[Points, Points, Points]:
    """The least box around an area: a corner, its long side and its short side."""
    return sides_of(shapely.oriented_envelope(area))


def sides_of(box: BaseGeometry) -> tuple[Points, Points, Points]:
    """Of a rectangle: a corner, its long side and its short side."""
    corners = shapely.get_coordinates(box)
    one, other = corners[1] - corners[0], corners[3] - corners[0]
    return (corners[0], one, other) if np.hypot(*one) >= np.hypot(*other) else (corners[0], other, one)
