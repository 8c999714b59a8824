"""Routes against a plain search over all pairs of edges, on small random networks."""

import math
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.demo.profiles import CAR, E_BIKE, FOOT, PROFILES, Profile
from backend.demo.route import BACK_S, LIGHT_S, Router
from backend.demo.streets import DRIVE, RIDE, WALK, Streets, turn_between
from tests.demo.networks import CENTRE, CLASSES, METRE, Street, both_ways, build, town_router

profiles = st.sampled_from([CAR, E_BIKE, FOOT])


@st.composite
def networks(draw: st.DrawFn) -> Streets:
    """Three to seven crossings, some streets between them, lights and forbidden turns."""
    places = draw(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=3, max_size=7, unique=True))
    nodes = [(CENTRE[0] + x * METRE, CENTRE[1] + y * METRE) for x, y in places]
    ends = st.tuples(st.integers(0, len(nodes) - 1), st.integers(0, len(nodes) - 1)).filter(lambda e: e[0] != e[1])
    streets: list[Street] = []
    for origin, target in draw(st.lists(ends, min_size=2, max_size=9)):
        modes = draw(st.sampled_from([7, 7, DRIVE, DRIVE | RIDE, RIDE | WALK, WALK]))
        street = Street(origin, target, draw(st.sampled_from(CLASSES)), modes)
        streets += both_ways(street) if draw(st.booleans()) else [street]
    pairs = [(a, b) for a, one in enumerate(streets) for b, two in enumerate(streets) if one.target == two.origin]
    forbidden = draw(st.lists(st.sampled_from(pairs), max_size=4)) if pairs else []
    return build(nodes, streets, draw(st.lists(st.integers(0, len(nodes) - 1), max_size=2)), forbidden)


def may_follow(streets: Streets, profile: Profile) -> list[list[int]]:
    """The rules once more: same node, a street for this profile, no forbidden turn, back only where nothing else is."""
    edges = streets.edges
    usable = [
        edge
        for edge in range(len(edges))
        if edges.modes[edge] & profile.mode and profile.speeds.get(edges.classes[edge], 0)
    ]
    follows: list[list[int]] = [[] for _ in range(len(edges))]
    for edge in usable:
        on = [other for other in usable if edges.origins[other] == edges.targets[edge]]
        if profile is not FOOT:
            on = [other for other in on if (edge, other) not in streets.forbidden]
        follows[edge] = [other for other in on if other != edges.reverses[edge]] or on
    return follows


def cost(streets: Streets, profile: Profile, edge: int, other: int) -> float:
    """Seconds of a turn and the street after it."""
    edges = streets.edges
    turn = turn_between(edges.last_headings[edge], edges.first_headings[other])
    seconds = edges.lengths[other] / min(profile.speeds[edges.classes[other]], edges.limits[other])
    if profile.waits_at_lights and streets.lights[edges.targets[edge]]:
        seconds += LIGHT_S
    if abs(turn) > 150:
        return seconds + BACK_S
    if turn >= 30:
        return seconds + profile.right_turn_s
    return seconds + (profile.left_turn_s if turn <= -30 else 0)


def least_seconds(streets: Streets, profile: Profile, start: int) -> list[float]:
    """From the end of `start` to the end of each edge: relax every pair until nothing changes."""
    follows = may_follow(streets, profile)
    least = [math.inf] * len(follows)
    for other in follows[start]:
        least[other] = min(least[other], cost(streets, profile, start, other))
    changed = True
    while changed:
        changed = False
        for edge, others in enumerate(follows):
            for other in others:
                through = least[edge] + cost(streets, profile, edge, other)
                if through < least[other] - 1e-9:
                    least[other], changed = through, True
    return least


def seconds_of(streets: Streets, profile: Profile, route: Sequence[int]) -> float:
    return sum(cost(streets, profile, a, b) for a, b in pairwise(route))


@settings(max_examples=150, deadline=None)
@given(networks(), profiles, st.data())
def test_route_is_the_quickest_that_is_allowed(streets: Streets, profile: Profile, data: st.DataObject) -> None:
    router = Router(streets, profile)
    usable = [edge for edge, speed in enumerate(router.speeds) if speed]
    if not usable:
        return
    follows = may_follow(streets, profile)
    start = data.draw(st.sampled_from(usable))
    least = least_seconds(streets, profile, start)
    for goal in usable:
        if math.isinf(least[goal]):
            with pytest.raises(ValueError, match="no way"):
                router.find(start, goal)
            continue
        route = router.find(start, goal)
        assert (route[0], route[-1]) == (start, goal)
        assert len(route) > 1
        assert all(other in follows[edge] for edge, other in pairwise(route))
        assert seconds_of(streets, profile, route) == pytest.approx(least[goal], abs=1e-6)


@settings(max_examples=100, deadline=None)
@given(networks(), profiles)
def test_core_is_the_largest_part_in_which_all_is_reached(streets: Streets, profile: Profile) -> None:
    follows = may_follow(streets, profile)
    reach = [{edge} for edge in range(len(follows))]
    for _ in follows:
        for edge, others in enumerate(follows):
            reach[edge].update(*(reach[other] for other in others))
    router = Router(streets, profile)
    parts = [
        sorted(other for other in reach[edge] if edge in reach[other])
        for edge, speed in enumerate(router.speeds)
        if speed
    ]
    assert len(router.core) == max(map(len, parts), default=0)
    assert router.core in parts or not parts


@pytest.mark.parametrize("kind", sorted(PROFILES))
def test_town_has_a_core_for_everybody(kind: str) -> None:
    router = town_router(kind)
    usable = sum(1 for speed in router.speeds if speed)
    assert len(router.core) > 0.9 * usable
    assert {router.streets.edges.classes[edge] for edge in router.core} <= set(PROFILES[kind].speeds)


def test_forbidden_turn_makes_a_detour() -> None:
    """A block with streets around it: the left turn is forbidden, so one goes around; a walker does not care."""
    at = [(0, 0), (100, 0), (100, 100), (0, 100), (200, 0), (200, 100), (100, -100), (200, -100)]
    nodes = [(CENTRE[0] + x * METRE, CENTRE[1] + y * METRE) for x, y in at]
    pairs = [(0, 1), (1, 2), (2, 3), (3, 0), (1, 4), (4, 5), (5, 2), (1, 6), (6, 7), (7, 4)]
    streets = [one for a, b in pairs for one in both_ways(Street(a, b))]
    there, left = 0, 2
    free = build(nodes, streets)
    assert Router(free, CAR).find(there, left) == [there, left]
    closed = build(nodes, streets, forbidden=[(there, left)])
    assert Router(closed, FOOT).find(there, left) == [there, left]
    route = Router(closed, CAR).find(there, left)
    assert len(route) > 3
    assert (there, left) not in set(pairwise(route))


@pytest.mark.parametrize("kind", ["car", "e_bike", "foot"])
def test_quickest_through_a_whole_town(kind: str) -> None:
    """Enough streets for a guess that is too long to lead astray."""
    router = town_router(kind)
    for start in router.core[::40]:
        least = least_seconds(router.streets, router.profile, start)
        for goal in router.core[::3]:
            route = router.find(start, goal)
            assert seconds_of(router.streets, router.profile, route) == pytest.approx(least[goal], abs=1e-6)
