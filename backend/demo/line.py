"""The line that a route runs along: where on Earth one is after so many metres. No I/O."""

import math
from bisect import bisect_right
from collections.abc import Iterable

from backend.demo.streets import METRES_PER_DEGREE, Point, metres_between

ROUNDING_M = 6.0  # before and behind a corner, in which one goes over from one side line to the other


class Line:
    """A line of WGS-84 points. `distances` of the points from the first in metres, `headings` of the pieces."""

    def __init__(self, points: Iterable[Point] = ()) -> None:
        self.points: list[Point] = []
        self.distances: list[float] = []
        self.headings: list[float] = []
        self.add(points)

    def add(self, points: Iterable[Point]) -> None:
        """Go on along these points; one that lies where the last one does is left out."""
        for point in points:
            if not self.points:
                self.distances.append(0.0)
            elif (metres := metres_between(self.points[-1], point)) > 0:
                self.distances.append(self.distances[-1] + metres)
                self.headings.append(heading_between(self.points[-1], point))
            else:
                continue
            self.points.append(point)

    def piece(self, distance: float) -> int:
        """The number of the piece (from point n to n + 1) at so many metres."""
        return min(max(bisect_right(self.distances, distance) - 1, 0), len(self.headings) - 1)

    def place(self, distance: float, shift: float) -> tuple[float, float, float]:
        """Longitude, latitude and heading after so many metres, `shift` metres right of the line."""
        number = self.piece(distance)
        begin, end = self.distances[number], self.distances[number + 1]
        share = (distance - begin) / (end - begin)
        (longitude, latitude), (longitude2, latitude2) = self.points[number], self.points[number + 1]
        east, north = self._right(number, distance - begin, end - distance)
        scale = shift / METRES_PER_DEGREE
        return (
            longitude + (longitude2 - longitude) * share + east * scale / math.cos(math.radians(latitude)),
            latitude + (latitude2 - latitude) * share + north * scale,
            self.headings[number],
        )

    def _right(self, number: int, behind: float, ahead: float) -> tuple[float, float]:
        """The unit vector (east, north) to the right; near a corner between that of both pieces."""
        other = number
        rounding = min(ROUNDING_M, (behind + ahead) / 2)
        to_corner = min(behind, ahead)
        if to_corner < rounding:
            other = number - 1 if behind < ahead else number + 1
            if not 0 <= other < len(self.headings):
                other = number
        own, theirs = math.radians(self.headings[number]), math.radians(self.headings[other])
        share = 0.5 - 0.5 * to_corner / rounding if other != number else 0.0
        east = math.cos(own) * (1 - share) + math.cos(theirs) * share
        north = -math.sin(own) * (1 - share) - math.sin(theirs) * share
        return east, north


def heading_between(one: Point, other: Point) -> float:
    """Degrees clockwise from north on the way from one near point to another."""
    east = (other[0] - one[0]) * math.cos(math.radians((one[1] + other[1]) / 2))
    return math.degrees(math.atan2(east, other[1] - one[1])) % 360
