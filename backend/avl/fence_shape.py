"""The exact test of a geofence: how far outside of its shape a point lies, in metres."""

from math import cos, radians
from typing import Any

import shapely
from shapely.geometry import MultiPolygon

from backend.avl.samples import Floats
from backend.geo.cells import METRES_PER_DEGREE

LEAVE_METRES = 25.0
"""A receiver that stands still wanders so far: who is in is out only when he is farther out than that."""
WORST_ACCURACY = 200.0
"""m; of a fix that says that it may lie farther off nobody knows on which side it is."""


def shape_from(wkb: bytes | memoryview) -> MultiPolygon:
    """A fence's shape out of the store."""
    found = shapely.from_wkb(bytes(wkb))
    assert isinstance(found, MultiPolygon)
    return found


class FenceShape:
    """A WGS-84 shape, made flat: degrees become metres at its middle, so that a straight side stays straight.

    A shape as tall as 50 km is off by less than 1 % at its ends: of 25 m nothing that matters.
    """

    def __init__(self, shape: MultiPolygon) -> None:
        _, south, _, north = shape.bounds
        self._scale = (METRES_PER_DEGREE * cos(radians((south + north) / 2)), METRES_PER_DEGREE)
        self._flat = shapely.transform(shape, lambda points: points * self._scale)
        shapely.prepare(self._flat)
        west, south, east, north = self._flat.bounds
        self._near = (west - LEAVE_METRES, south - LEAVE_METRES, east + LEAVE_METRES, north + LEAVE_METRES)

    def holds(self, longitude: float, latitude: float) -> bool:
        """Whether a point lies inside or on the border."""
        x, y = longitude * self._scale[0], latitude * self._scale[1]
        return bool(shapely.intersects_xy(self._flat, x, y))

    def is_left(self, longitude: float, latitude: float) -> bool:
        """Whether a point lies so far outside that it is no wandering of somebody inside."""
        x, y = longitude * self._scale[0], latitude * self._scale[1]
        west, south, east, north = self._near
        if not (west <= x <= east and south <= y <= north):
            return True
        return bool(shapely.distance(self._flat, shapely.Point(x, y)) > LEAVE_METRES)

    def metres_from(self, longitudes: Any, latitudes: Any) -> Floats:
        """Of many points at once: metres outside of the shape; 0 inside."""
        points = shapely.points(longitudes * self._scale[0], latitudes * self._scale[1])
        metres: Floats = shapely.distance(self._flat, points)
        return metres
