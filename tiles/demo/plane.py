"""The flat plane in which the city is drawn: metres east (x) and north (y) of its middle, and the curves drawn on
it."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

LONGITUDE, LATITUDE = 113.10, 28.20
"""The city's middle, WGS-84 degrees."""
METRES_PER_DEGREE = np.array([98_184.0, 110_852.0])
"""Of longitude and of latitude, at the city's middle (WGS-84 ellipsoid)."""
GRAIN = 0.1
"""All points of the city lie on a grid of this many metres, so that equal places are equal numbers."""

type Points = npt.NDArray[np.float64]
"""Rows of x, y in metres."""


def to_degrees(points: Points) -> Points:
    """Longitude and latitude of places of the plane."""
    return np.asarray(points / METRES_PER_DEGREE + np.array([LONGITUDE, LATITUDE]))


def snap(points: Points) -> Points:
    """The same points on the grid of `GRAIN` metres, without repeats one after the other."""
    snapped = np.round(points / GRAIN) * GRAIN
    keep = np.ones(len(snapped), dtype=bool)
    keep[1:] = np.any(np.abs(np.diff(snapped, axis=0)) > GRAIN / 2, axis=1)
    return np.asarray(snapped[keep])


def polygons_of(shape: BaseGeometry) -> list[Polygon]:
    """The polygons of a shape, whatever it is."""
    return [part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and not part.is_empty]


def lines_of(shape: BaseGeometry) -> list[LineString]:
    """The lines of a shape, whatever it is."""
    return [part for part in shapely.get_parts(shape) if isinstance(part, LineString) and not part.is_empty]


def points_of(shape: BaseGeometry) -> list[Point]:
    """The points of a shape, whatever it is."""
    return [part for part in shapely.get_parts(shape) if isinstance(part, Point) and not part.is_empty]


def curve(controls: Sequence[tuple[float, float]], step: float = 30.0, closed: bool = False) -> Points:
    """A smooth line through hand-drawn points (centripetal Catmull-Rom), with a vertex at least each `step` metres
    where it bends and fewer where it runs straight."""
    points = np.array(controls, dtype=np.float64)
    if len(points) == 2 and not closed:
        return points
    ends = (points[-1], points[0]) if closed else (2 * points[0] - points[1], 2 * points[-1] - points[-2])
    ring = np.vstack([ends[0], points, *([points[0], points[1]] if closed else [ends[1]])])
    parts = [_span(ring[i : i + 4], step) for i in range(len(ring) - 3)]
    whole = np.vstack([*parts, ring[-2]])
    return np.array(LineString(whole).simplify(0.35).coords)


def _span(four: Points, step: float) -> Points:
    """Points of a Catmull-Rom span from the second to the third of four points, without its end."""
    knots = np.concatenate([[0.0], np.cumsum(np.sqrt(np.hypot(*np.diff(four, axis=0).T)))])
    count = max(2, int(np.hypot(*(four[2] - four[1])) / step))
    t = np.linspace(knots[1], knots[2], count, endpoint=False)[:, None]

    def blend(i: int, j: int, a: Points, b: Points) -> Points:
        return np.asarray((knots[j] - t) / (knots[j] - knots[i]) * a + (t - knots[i]) / (knots[j] - knots[i]) * b)

    a1, a2, a3 = blend(0, 1, four[0], four[1]), blend(1, 2, four[1], four[2]), blend(2, 3, four[2], four[3])
    return blend(1, 2, blend(0, 2, a1, a2), blend(1, 3, a2, a3))


class Axis:
    """A line with a ruler: places are told by metres along it and metres to its left."""

    def __init__(self, points: Points, closed: bool = False) -> None:
        """`points` from start to end; of a closed axis the last equals the first."""
        self.points = points
        self.closed = closed
        self.along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
        self.length = float(self.along[-1])
        self.line = LineString(points)
        steps = np.diff(points, axis=0)
        steps /= np.hypot(*steps.T)[:, None]
        before = np.vstack([steps[-1] if closed else steps[0], steps])
        after = np.vstack([steps, steps[0] if closed else steps[-1]])
        mean = before + after
        mean /= np.hypot(*mean.T)[:, None]
        self.normals = np.column_stack([-mean[:, 1], mean[:, 0]])

    def at(self, along: npt.ArrayLike, left: npt.ArrayLike = 0.0) -> Points:
        """Places `along` metres from the start and `left` metres to the left (negative: to the right)."""
        s = np.asarray(along, dtype=np.float64)
        s = s % self.length if self.closed else s
        aside = np.asarray(left, dtype=np.float64)
        base = np.column_stack([np.interp(s, self.along, self.points[:, i]) for i in (0, 1)])
        normal = np.column_stack([np.interp(s, self.along, self.normals[:, i]) for i in (0, 1)])
        normal /= np.hypot(*normal.T)[:, None]
        return np.asarray(base + normal * aside.reshape(-1, 1))

    def beside(self, left: float) -> Points:
        """The parallel line `left` metres to the left (negative: right), in the axis' own direction."""
        return np.asarray(self.points + self.normals * left)

    def between(self, start: float, end: float, left: npt.ArrayLike = 0.0, step: float = 25.0) -> Points:
        """The part from `start` to `end` metres, `left` metres aside (one number, or one for each point)."""
        count = max(2, int(abs(end - start) / step) + 1)
        return self.at(np.linspace(start, end, count), left)


def bent(start: Points, end: Points, bulge: float, count: int = 7) -> Points:
    """From `start` to `end` in a flat arc that swings out by `bulge` of their distance (left is positive)."""
    chord = end - start
    control = (start + end) / 2 + np.array([-chord[1], chord[0]]) * bulge * 2
    t = np.linspace(0, 1, count)[:, None]
    return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end)
