"""The quickest way over the streets, for one profile. No I/O.

The search goes from edge to edge, not from junction to junction: what a turn costs and which turns are forbidden
depends on where one comes from. A vehicle turns back only where there is no other way on.
"""

import heapq
import math

from backend.demo.profiles import Profile
from backend.demo.streets import METRES_PER_DEGREE, WALK, Streets, turn_between

STRAIGHT = 30.0  # degrees: less is no turn
BACK = 150.0  # degrees: more is turning back
BACK_S = 15.0
LIGHT_S = 10.0
Onward = tuple[tuple[int, float], ...]


class Router:
    """Routes for one profile. `core` are the edges of the largest part in which each can be reached from each."""

    def __init__(self, streets: Streets, profile: Profile) -> None:
        self.streets = streets
        self.profile = profile
        edges = streets.edges
        self.speeds = [
            min(profile.speeds.get(kind, 0.0), limit) if modes & profile.mode else 0.0
            for kind, limit, modes in zip(edges.classes, edges.limits, edges.modes, strict=True)
        ]
        self._onward = [self._onward_from(edge) if speed else () for edge, speed in enumerate(self.speeds)]
        self.core = largest_component(self._onward, [bool(speed) for speed in self.speeds])
        scale = math.cos(math.radians(streets.latitudes[0])) if streets.latitudes else 1.0
        # On a plane whose unit is a second at the highest speed. It may be a little too short: so the guess never
        # is too long, though the plane is not quite true.
        unit = METRES_PER_DEGREE * 0.995 / max(*self.speeds, 0.1)
        self._x = [longitude * scale * unit for longitude in streets.longitudes]
        self._y = [latitude * unit for latitude in streets.latitudes]

    def onward(self, edge: int) -> Onward:
        """The edges that may follow, each with the seconds of the turn and of travelling it."""
        return self._onward[edge]

    def find(self, start: int, goal: int) -> list[int]:
        """The edges from `start` to `goal`, both included, of the route that takes least time from the end of the
        one to the end of the other. Raises ValueError when there is none.
        """
        targets, onward, x, y = self.streets.edges.targets, self._onward, self._x, self._y
        hypot, push, pop = math.hypot, heapq.heappush, heapq.heappop
        there = self.streets.edges.origins[goal]
        goal_x, goal_y = x[there], y[there]
        last = self.seconds(goal)
        best: dict[int, float] = {}
        before: dict[int, int] = {}
        done: set[int] = set()
        heap: list[tuple[float, int]] = [(0.0, start)]
        cost = 0.0
        begun = False
        while heap:
            _, edge = pop(heap)
            if begun:
                if edge == goal:
                    return _traced(before, start, goal)
                if edge in done:
                    continue
                done.add(edge)
                cost = best[edge]
            begun = True
            for following, seconds in onward[edge]:
                total = cost + seconds
                if total < best.get(following, math.inf):
                    best[following] = total
                    before[following] = edge
                    node = targets[following]
                    guess = 0.0 if following == goal else hypot(x[node] - goal_x, y[node] - goal_y) + last
                    push(heap, (total + guess, following))
        raise ValueError(f"there is no way from edge {start} to edge {goal}")

    def seconds(self, edge: int) -> float:
        """How long it takes to travel an edge of this profile."""
        return self.streets.edges.lengths[edge] / self.speeds[edge]

    def _onward_from(self, edge: int) -> Onward:
        edges, streets = self.streets.edges, self.streets
        obeys = self.profile.mode != WALK
        node, back = edges.targets[edge], edges.reverses[edge]
        usable = [
            other
            for other in streets.leaving[node]
            if self.speeds[other] and not (obeys and (edge, other) in streets.forbidden)
        ]
        onward = [other for other in usable if other != back] or usable
        return tuple((other, self._turn_seconds(edge, other) + self.seconds(other)) for other in onward)

    def _turn_seconds(self, edge: int, other: int) -> float:
        edges = self.streets.edges
        turn = turn_between(edges.last_headings[edge], edges.first_headings[other])
        waiting = LIGHT_S if self.profile.waits_at_lights and self.streets.lights[edges.targets[edge]] else 0.0
        if abs(turn) < STRAIGHT:
            return waiting
        if abs(turn) > BACK:
            return waiting + BACK_S
        return waiting + (self.profile.right_turn_s if turn > 0 else self.profile.left_turn_s)


def _traced(before: dict[int, int], start: int, goal: int) -> list[int]:
    route = [goal, before[goal]]
    while route[-1] != start:
        route.append(before[route[-1]])
    return route[::-1]


def largest_component(onward: list[Onward], usable: list[bool]) -> list[int]:
    """The largest set of edges of which each can be reached from each, in ascending order (Tarjan, without recursion).

    Of two equally large ones either; empty where there is no edge.
    """
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    stack: list[int] = []
    waiting: set[int] = set()
    largest: list[int] = []
    for root in range(len(onward)):
        if not usable[root] or root in order:
            continue
        order[root] = lowest[root] = len(order)
        stack.append(root)
        waiting.add(root)
        work = [(root, iter(onward[root]))]
        while work:
            edge, following = work[-1]
            for other, _ in following:
                if other not in order:
                    order[other] = lowest[other] = len(order)
                    stack.append(other)
                    waiting.add(other)
                    work.append((other, iter(onward[other])))
                    break
                if other in waiting:
                    lowest[edge] = min(lowest[edge], order[other])
            else:
                work.pop()
                if work:
                    lowest[work[-1][0]] = min(lowest[work[-1][0]], lowest[edge])
                if lowest[edge] == order[edge]:
                    component = stack[stack.index(edge) :] if stack[-1] != edge else [edge]
                    del stack[-len(component) :]
                    waiting.difference_update(component)
                    largest = max(largest, component, key=len)
    return sorted(largest)
