"""What a receiver makes of where a unit is: a little beside it, and steadily so. No I/O.

The error changes with the way that is made, as it does among houses, not with every fix: a unit that stands does not
dance, since receivers hold still when they do.
"""

import math
import random
from dataclasses import dataclass

from backend.demo.driver import Driver
from backend.demo.streets import METRES_PER_DEGREE, metres_between

CORRELATED_M = 200.0
USUAL_M, BEST_M, WORST_M = 5.0, 3.0, 12.0  # accuracy: two of three fixes lie within it
SPREAD = 0.5  # standard deviation in each direction, as a share of the accuracy


@dataclass(frozen=True, slots=True)
class Sample:
    """What the receiver tells: degrees WGS-84, m/s, degrees from north, metres."""

    longitude: float
    latitude: float
    speed: float
    heading: float
    accuracy: float


class Gps:
    """One receiver, repeatable by its seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._east, self._north, self._sky = (self._random.gauss(0, 1) for _ in range(3))
        self._last: tuple[float, float] | None = None

    def look(self, driver: Driver) -> Sample:
        """What it tells of where the driver is now."""
        here = driver.longitude, driver.latitude
        moved = metres_between(self._last, here) if self._last else 0.0
        self._last = here
        if moved > 0:
            keeps = math.exp(-moved / CORRELATED_M)
            renews = math.sqrt(1 - keeps**2)
            self._east, self._north, self._sky = (
                value * keeps + self._random.gauss(0, 1) * renews for value in (self._east, self._north, self._sky)
            )
        accuracy = min(max(USUAL_M * math.exp(0.4 * self._sky), BEST_M), WORST_M)
        scale = accuracy * SPREAD / max(1.0, math.hypot(self._east, self._north) * SPREAD) / METRES_PER_DEGREE
        return Sample(
            here[0] + self._east * scale / math.cos(math.radians(here[1])),
            here[1] + self._north * scale,
            driver.speed,
            driver.heading,
            accuracy,
        )
