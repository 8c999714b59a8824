"""A shape as H3 cells: an index, not the truth. Where the shape's border runs, the shape itself is asked.

`whole` cells lie wholly inside and are compacted: seven children give way to their parent. The others, all of
resolution `FINE`, meet the border. A point's fine cell and its parents are therefore enough to find every shape that
may hold it.
"""

from dataclasses import dataclass

import h3.api.basic_int as h3
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from backend.geo.cells import FINE, METRES_PER_DEGREE
from backend.geo.outline import area_m2

MOST_SQUARE_METRES = 100_000e6
"""More than any city (Chongqing: 82 400 km²); what is larger was given in metres for degrees, or worse."""
MARGIN = 1.0 / METRES_PER_DEGREE
"""A metre, in degrees: the sides of a cell are arcs, those of a shape are straight in degrees."""


@dataclass(frozen=True, slots=True)
class Cover:
    """The cells of a shape; the two sets have no point in common."""

    whole: frozenset[int]
    border: frozenset[int]


def cover(shape: MultiPolygon) -> Cover:
    """The cells of a valid WGS-84 shape. Raises ValueError for one that is larger than MOST_SQUARE_METRES."""
    if area_m2(shape) > MOST_SQUARE_METRES:
        raise ValueError(f"{area_m2(shape) / 1e6:.0f} km² is more than any city has")
    inside = _cells(shape.buffer(-MARGIN, join_style="mitre"), "full")
    return Cover(frozenset(h3.compact_cells(inside)), frozenset(touched(shape) - inside))


def touched(shape: MultiPolygon) -> set[int]:
    """The fine cells that may hold a point of a valid WGS-84 shape."""
    return _cells(shape.buffer(MARGIN, join_style="mitre"), "overlap")


def _cells(shape: BaseGeometry, contain: str) -> set[int]:
    if shape.is_empty:
        return set()
    parts = shape.geoms if isinstance(shape, MultiPolygon) else [shape]
    found: set[int] = set()
    for part in parts:
        outline = h3.geo_to_h3shape(part)
        found.update(h3.polygon_to_cells_experimental(outline, FINE, contain=contain))
    return found
