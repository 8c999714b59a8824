"""How one gets along a route in time: speeding up, braking for bends, waiting at red lights. No I/O.

A motion is found as a whole before it begins, in pieces of constant acceleration; asking where one is costs a search
in a list. Lights have a fixed cycle, so it is known before whether one will be red on arrival.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass, field

CYCLE_S = 80.0
GREEN_S = 36.0  # for each of two axes; between them all wait
GROUP_DEGREES = 0.0008  # lights so near to each other, as at one large crossing, change together


@dataclass(frozen=True, slots=True)
class Light:
    """Traffic lights as one sees them who comes at this heading; the axes north-south and east-west take turns."""

    longitude: float
    latitude: float
    heading: float

    def wait(self, moment: float) -> float:
        """Seconds from this moment (seconds since 1970) until they show green; 0 when they do."""
        column, row = round(self.longitude / GROUP_DEGREES), round(self.latitude / GROUP_DEGREES)
        begins = (column * 37 + row * 23) % CYCLE_S
        if 45 <= self.heading % 180 < 135:
            begins += CYCLE_S / 2
        phase = (moment - begins) % CYCLE_S
        return 0.0 if phase < GREEN_S else CYCLE_S - phase


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of a route: m, the highest speed on it and at its end (m/s), the lights at its end."""

    length: float
    limit: float
    end_speed: float
    light: Light | None = None


@dataclass(slots=True)
class Motion:
    """Pieces of constant acceleration: when each begins, where, how fast, with which acceleration."""

    times: list[float] = field(default_factory=list)
    distances: list[float] = field(default_factory=list)
    speeds: list[float] = field(default_factory=list)
    accelerations: list[float] = field(default_factory=list)
    ends: float = 0.0
    length: float = 0.0

    def at(self, moment: float) -> tuple[float, float]:
        """Metres from the begin of the route, and m/s, at this moment. At its end one stands."""
        if not self.times or moment >= self.ends:
            return self.length, 0.0
        piece = max(bisect_right(self.times, moment) - 1, 0)
        spent = max(moment - self.times[piece], 0.0)
        speed, acceleration = self.speeds[piece], self.accelerations[piece]
        return self.distances[piece] + (speed + acceleration * spent / 2) * spent, speed + acceleration * spent

    def add(self, seconds: float, speed: float, acceleration: float) -> None:
        """Go on for so long, from this speed, at this acceleration."""
        if seconds <= 0:
            return
        self.times.append(self.ends)
        self.distances.append(self.length)
        self.speeds.append(speed)
        self.accelerations.append(acceleration)
        self.ends += seconds
        self.length += (speed + acceleration * seconds / 2) * seconds

    def cut(self, pieces: int, ends: float, length: float) -> None:
        """Back to an earlier state."""
        for values in (self.times, self.distances, self.speeds, self.accelerations):
            del values[pieces:]
        self.ends, self.length = ends, length


def plan_motion(legs: list[Leg], begins: float, accelerates: float, brakes: float) -> Motion:
    """From standing to standing along the legs, beginning at a moment (seconds since 1970)."""
    motion = Motion(ends=begins)
    done = 0
    while done < len(legs):
        state = len(motion.times), motion.ends, motion.length
        # Up to the first light that is red on arrival. To stop there one brakes earlier, and so may find another
        # one red that was still green: look again.
        stop = len(legs) - 1
        while (red := _go(motion, legs[done : stop + 1], accelerates, brakes)) is not None:
            stop = done + red
            motion.cut(*state)
        light = legs[stop].light
        if light is not None:
            motion.add(light.wait(motion.ends), 0.0, 0.0)
        done = stop + 1
    return motion


def _go(motion: Motion, legs: list[Leg], accelerates: float, brakes: float) -> int | None:
    """Go from standing to standing at the end of these legs; the number of the leg at whose end a light is red."""
    speeds = _end_speeds(legs, brakes)
    speed = 0.0
    for number, leg in enumerate(legs):
        end = min(speeds[number], math.sqrt(speed**2 + 2 * accelerates * leg.length))
        both = 2 * accelerates * brakes * leg.length + brakes * speed**2 + accelerates * end**2
        top = max(min(leg.limit, math.sqrt(both / (accelerates + brakes))), speed, end)
        up, down = (top**2 - speed**2) / (2 * accelerates), (top**2 - end**2) / (2 * brakes)
        motion.add((top - speed) / accelerates, speed, accelerates)
        if top > 0:
            motion.add((leg.length - up - down) / top, top, 0.0)
        motion.add((top - end) / brakes, top, -brakes)
        speed = end
        if leg.light is not None and number < len(legs) - 1 and leg.light.wait(motion.ends) > 0:
            return number
    return None


def _end_speeds(legs: list[Leg], brakes: float) -> list[float]:
    """The highest speed at each leg's end from which all that comes can still be kept; the last is 0."""
    speeds = [0.0] * len(legs)
    for number in range(len(legs) - 2, -1, -1):
        following = legs[number + 1]
        could_brake = math.sqrt(speeds[number + 1] ** 2 + 2 * brakes * following.length)
        speeds[number] = min(legs[number].end_speed, legs[number].limit, following.limit, could_brake)
    return speeds
