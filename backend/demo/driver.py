"""A unit on patrol: it picks a goal in its home area, takes the route, stands there for a while. No I/O.

Everything follows from the seed and the moment at which it begins; whoever asks often and whoever asks seldom see the
same drive.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from backend.demo.line import Line
from backend.demo.motion import Leg, Light, Motion, plan_motion
from backend.demo.route import Router
from backend.demo.streets import Streets, turn_between

LONGEST_FIRST_STAND_S = 120.0  # not all set out, and not all routes are searched, at once; most do soon
STAND_S = (20.0, 180.0)
MOST_GOALS = 2  # on one drive
STOP_LINE_M = 8.0  # before the lights, which the map has in the middle of the crossing
BEND_M = (4.0, 20.0)  # the length of street that a bend between two straight pieces takes
GENTLE = 5.0  # degrees


class Driver:
    """One unit. Place in WGS-84 degrees, `heading` degrees from north, `speed` m/s, `edge` the street it is on.

    `home` are edges of the router's core, the goals of its drives; `moment` is in seconds since 1970.
    """

    def __init__(self, router: Router, home: Sequence[int], seed: int, moment: float = 0.0) -> None:
        if not home:
            raise ValueError("expected at least one edge as home area, got none")
        self._router = router
        self._home = home
        self._random = random.Random(seed)
        self._pace = self._random.uniform(*router.profile.pace)
        self._moment = moment
        self._route = [self._random.choice(home)]
        self._line = Line(router.streets.shape(self._route[0]))
        self._ends = [self._line.distances[-1]]
        self._begins_m = middle_of_longest(self._line)
        self._motion = Motion(ends=moment)
        self._leaves = moment + LONGEST_FIRST_STAND_S * self._random.random() ** 3
        self._look()

    def advance(self, seconds: float) -> None:
        """Go on by this much time."""
        self._moment += seconds
        while self._moment >= self._leaves:
            self._set_out()
        self._look()

    def _look(self) -> None:
        metres, self.speed = self._motion.at(self._moment)
        metres += self._begins_m
        self.longitude, self.latitude, self.heading = self._line.place(metres, self._router.profile.shift)
        self.edge = self._route[min(bisect_right(self._ends, metres), len(self._route) - 1)]

    def _set_out(self) -> None:
        """A new drive from where it stands, and how long it will stand at its end."""
        streets = self._router.streets
        # The middle of the longest piece again: so the new line goes through the place where it stands.
        begins = middle_of_longest(Line(streets.shape(self._route[-1])))
        self._route = self._route[-1:]
        for _ in range(self._random.randint(1, MOST_GOALS)):
            self._route += self._router.find(self._route[-1], self._random.choice(self._home))[1:]
        self._line, self._ends = line_of(streets, self._route)
        goal = Line(streets.shape(self._route[-1]))
        ends = self._line.distances[-1] - goal.distances[-1] + middle_of_longest(goal)
        legs = self._legs(begins, ends)
        profile = self._router.profile
        self._begins_m = begins
        self._motion = plan_motion(legs, self._leaves, profile.accelerates, profile.brakes)
        self._leaves = self._motion.ends + self._random.uniform(*STAND_S)

    def _legs(self, begins: float, ends: float) -> list[Leg]:
        """The route from `begins` to `ends` (metres of the line), cut where the highest speed changes."""
        router, line = self._router, self._line
        legs: list[Leg] = []
        done, number = begins, 0
        limit = router.speeds[self._route[0]] * self._pace
        for point in range(line.piece(begins) + 1, len(line.headings)):
            at = line.distances[point]
            if at >= ends:
                break
            light, following = None, limit
            # A route's edges end at points of its line.
            while number < len(self._ends) - 1 and self._ends[number] <= at:
                light = self._light(number, line.headings[point - 1])
                number += 1
                following = router.speeds[self._route[number]] * self._pace
            end_speed = self._bend(point)
            if light is not None:
                stop = at - min(STOP_LINE_M, (at - done) / 2)
                legs.append(Leg(stop - done, limit, limit, light))
                done = stop
            if light is not None or end_speed < limit or following != limit:
                legs.append(Leg(at - done, limit, end_speed))
                done, limit = at, following
        legs.append(Leg(ends - done, limit, 0.0))
        return legs

    def _light(self, number: int, heading: float) -> Light | None:
        """The lights at the end of the route's edge, for whoever waits at lights."""
        streets = self._router.streets
        node = streets.edges.targets[self._route[number]]
        if not (self._router.profile.waits_at_lights and streets.lights[node]):
            return None
        return Light(streets.longitudes[node], streets.latitudes[node], heading)

    def _bend(self, point: int) -> float:
        """The highest speed at a point of the line: the bend there is an arc that takes the street beside it."""
        line, profile = self._line, self._router.profile
        turn = abs(turn_between(line.headings[point - 1], line.headings[point]))
        if turn < GENTLE:
            return math.inf
        beside = min(b - a for a, b in pairwise(line.distances[point - 1 : point + 2]))
        radius = min(max(beside, BEND_M[0]), BEND_M[1]) / (2 * math.tan(math.radians(min(turn, 179.0)) / 2))
        return max(math.sqrt(profile.sideways * radius), profile.slowest_turn)


def line_of(streets: Streets, route: Sequence[int]) -> tuple[Line, list[float]]:
    """The line along these edges, and where on it each edge ends, in metres."""
    line = Line()
    ends = []
    for edge in route:
        line.add(streets.shape(edge))
        ends.append(line.distances[-1])
    return line, ends


def middle_of_longest(line: Line) -> float:
    """Metres to the middle of the line's longest straight piece: away from corners."""
    begin, end = max(pairwise(line.distances), key=lambda piece: piece[1] - piece[0])
    return (begin + end) / 2
