"""How a simulated unit moves: straight legs at a steady speed, with stops, never far from its home. No I/O."""

import math
import random
from dataclasses import dataclass

from backend.geo.cells import distance_m, moved

SPEEDS = {"car": (6.0, 14.0), "e_bike": (3.0, 7.0), "foot": (0.8, 1.6), "command": (6.0, 12.0)}  # m/s
RANGE_M = 4_000.0
STOP_CHANCE = 0.15
STOP_S = (10.0, 40.0)
LEG_M = (150.0, 900.0)


@dataclass(slots=True)
class Wanderer:
    """One unit. Place in WGS-84 degrees, `heading` degrees from north, `speed` m/s."""

    kind: str
    home: tuple[float, float]
    longitude: float
    latitude: float
    random: random.Random
    heading: float = 0.0
    speed: float = 0.0
    _leg_m: float = 0.0
    _stop_s: float = 0.0

    def advance(self, seconds: float) -> None:
        """Move on by this much time."""
        while seconds > 0:
            if self._stop_s > 0:
                spent = min(self._stop_s, seconds)
                self._stop_s -= spent
                self.speed = 0.0
            elif self._leg_m > 0:
                spent = min(self._leg_m / self.speed, seconds)
                self.longitude, self.latitude = moved(self.longitude, self.latitude, self.heading, self.speed * spent)
                self._leg_m = max(self._leg_m - self.speed * spent, 0.0)
                if self._leg_m < 0.01:
                    self._leg_m = 0.0
            else:
                spent = 0.0
                self._next_leg()
            seconds -= spent

    def _next_leg(self) -> None:
        if self.speed > 0 and self.random.random() < STOP_CHANCE:
            self._stop_s = self.random.uniform(*STOP_S)
            self.speed = 0.0
            return
        self.speed = self.random.uniform(*SPEEDS[self.kind])
        self._leg_m = self.random.uniform(*LEG_M) * (0.3 if self.kind == "foot" else 1.0)
        away = distance_m(*self.home, self.longitude, self.latitude)
        turn = self.random.choice((-90.0, -60.0, -20.0, 0.0, 0.0, 20.0, 60.0, 90.0))
        self.heading = (self.heading + turn) % 360
        if away > RANGE_M:
            self.heading = bearing_to(self.longitude, self.latitude, *self.home)


def bearing_to(longitude1: float, latitude1: float, longitude2: float, latitude2: float) -> float:
    """Degrees from north, roughly: good for turning back over a few kilometres."""
    east = (longitude2 - longitude1) * math.cos(math.radians(latitude1))
    return math.degrees(math.atan2(east, latitude2 - latitude1)) % 360


def spread(kind: str, centre: tuple[float, float], seed: int, radius_m: float) -> Wanderer:
    """A wanderer at a repeatable place within `radius_m` of the centre."""
    chance = random.Random(seed)
    home = moved(*centre, chance.uniform(0, 360), radius_m * chance.random() ** 0.5)
    return Wanderer(kind, home, *home, chance, heading=chance.uniform(0, 360))
