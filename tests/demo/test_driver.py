"""Drivers keep to the streets and to the rules, as seen from outside each quarter of a second."""

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.demo.driver import STAND_S, STOP_LINE_M, Driver
from backend.demo.line import ROUNDING_M, Line
from backend.demo.motion import Light
from backend.demo.profiles import PROFILES
from backend.demo.streets import METRES_PER_DEGREE, Point, metres_between, turn_between
from tests.demo.networks import town_driver, town_router, town_streets

kinds = st.sampled_from(sorted(PROFILES))
seeds = st.integers(0, 10_000)
STEP_S = 0.25


@settings(max_examples=25, deadline=None)
@given(kinds, seeds)
def test_it_keeps_to_its_streets(kind: str, seed: int) -> None:
    driver, profile = town_driver(kind, seed), PROFILES[kind]
    streets, follows = town_streets(), town_router(kind)
    for _ in range(1600):
        before = driver.edge
        driver.advance(STEP_S)
        edge = driver.edge
        assert streets.edges.modes[edge] & profile.mode, "neither against a one-way nor where its kind may not go"
        if edge != before:
            assert edge in [other for other, _ in follows.onward(before)], "no forbidden turn, no leap"
        off, heading = nearest(streets.shape(edge), (driver.longitude, driver.latitude), driver.heading)
        assert off <= profile.shift + 0.1
        assert off <= 6
        assert abs(turn_between(heading, driver.heading)) < 5


@settings(max_examples=25, deadline=None)
@given(kinds, seeds)
def test_its_speed_is_true_and_changes_as_it_can(kind: str, seed: int) -> None:
    driver, profile = town_driver(kind, seed), PROFILES[kind]
    fastest = max(profile.speeds.values()) * profile.pace[1]
    meant = made = 0.0
    for _ in range(1600):
        speed, heading, place = driver.speed, driver.heading, (driver.longitude, driver.latitude)
        driver.advance(STEP_S)
        assert driver.speed <= fastest
        assert -profile.brakes * STEP_S - 1e-6 <= driver.speed - speed <= profile.accelerates * STEP_S + 1e-6
        metres = metres_between(place, (driver.longitude, driver.latitude))
        turned = math.radians(abs(turn_between(heading, driver.heading)))
        # Over a corner the line that is driven is longer than the street's.
        corner = profile.shift * max(turned, 2 * metres / ROUNDING_M)
        assert metres <= (max(speed, driver.speed) + profile.accelerates * STEP_S) * STEP_S + corner + 0.01
        meant += (speed + driver.speed) / 2 * STEP_S
        made += metres
    assert made == pytest.approx(meant, rel=0.1, abs=10)


@settings(max_examples=20, deadline=None)
@given(kinds, seeds, st.lists(st.floats(0.1, 60), min_size=1, max_size=20))
def test_how_often_one_looks_changes_nothing(kind: str, seed: int, steps: list[float]) -> None:
    often, seldom = town_driver(kind, seed, 1e9), town_driver(kind, seed, 1e9)
    for step in steps:
        often.advance(step / 2)
        often.advance(step / 2)
        seldom.advance(step)
        assert seen(often) == pytest.approx(seen(seldom), abs=1e-5)
        assert often.edge == seldom.edge


def test_it_stands_and_moves_in_turn() -> None:
    driver = town_driver("car", 3)
    states = []
    for _ in range(7200):
        driver.advance(1)
        states.append(driver.speed == 0)
    share = sum(states) / len(states)
    assert 0.1 < share < 0.8
    longest = max(map(len, "".join("s" if one else " " for one in states).split()))
    assert longest <= STAND_S[1] + 1


@pytest.mark.parametrize("kind", ["car", "e_bike"])
def test_it_waits_at_red_lights_and_nowhere_else_on_its_way(kind: str) -> None:
    streets = town_streets()
    lit = [node for node, light in enumerate(streets.lights) if light]
    waited = 0
    for seed in range(10):
        driver = town_driver(kind, seed)
        for moment in range(1, 1801):
            driver.advance(1)
            node = streets.edges.targets[driver.edge]
            place = streets.longitudes[node], streets.latitudes[node]
            if driver.speed == 0 and metres_between(place, (driver.longitude, driver.latitude)) < STOP_LINE_M + 4:
                assert node in lit
                light = Light(*place, driver.heading)
                assert light.wait(moment) > 0 or light.wait(moment - 0.5) > 0, "or just green"
                waited += 1
    assert waited > 100


def test_it_sees_much_of_its_home() -> None:
    router = town_router("car")
    home = router.core[:40]
    driver = Driver(router, home, 5)
    visited = set()
    for _ in range(4 * 3600):
        driver.advance(1)
        visited.add(driver.edge)
    assert len(visited & set(home)) > 20


def test_two_units_do_not_drive_the_same() -> None:
    one, other = town_driver("car", 1), town_driver("car", 2)
    one.advance(300)
    other.advance(300)
    assert seen(one)[:2] != pytest.approx(seen(other)[:2], abs=1e-5)


def test_without_a_home_it_is_refused() -> None:
    with pytest.raises(ValueError, match="home"):
        Driver(town_router("car"), [], 1)


@pytest.mark.parametrize(("kind", "lane"), [("car", 2.5), ("e_bike", 3.0)])
def test_it_keeps_right(kind: str, lane: float) -> None:
    line = Line([(113.1, 28.2), (113.102, 28.2)])  # eastward
    longitude, latitude, heading = line.place(100.0, lane)
    assert heading == pytest.approx(90, abs=0.01)
    assert (28.2 - latitude) * METRES_PER_DEGREE == pytest.approx(lane, abs=0.01)
    assert metres_between((113.1, 28.2), (longitude, 28.2)) == pytest.approx(100, abs=0.01)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)), min_size=3, max_size=8, unique=True))
def test_a_line_has_no_leap(corners: list[tuple[int, int]]) -> None:
    line = Line((113.1 + x * 1e-5, 28.2 + y * 1e-5) for x, y in corners)
    length = line.distances[-1]
    before = line.place(0.0, 2.5)[:2]
    for step in range(1, 2001):
        place = line.place(length * step / 2000, 2.5)[:2]
        # From side to side within the rounding, which short pieces make shorter.
        pieces = [b - a for a, b in pairwise(line.distances)]
        rounding = min(ROUNDING_M, min(pieces) / 2)
        assert metres_between(before, place) <= length / 2000 * (1 + 2.5 * 2 / rounding) + 1e-3
        before = place


def seen(driver: Driver) -> tuple[float, float, float, float]:
    return driver.longitude, driver.latitude, driver.heading, driver.speed


def nearest(shape: list[Point], place: Point, heading: float) -> tuple[float, float]:
    """Metres to the line, and the heading of the piece of it that is nearest; of equally near ones the fitting one."""
    scale = math.cos(math.radians(place[1]))
    found = []
    for (x1, y1), (x2, y2) in pairwise(shape):
        dx, dy = (x2 - x1) * scale, y2 - y1
        px, py = (place[0] - x1) * scale, place[1] - y1
        share = min(max((px * dx + py * dy) / (dx * dx + dy * dy), 0), 1)
        off = math.hypot(px - share * dx, py - share * dy) * METRES_PER_DEGREE
        found.append((off, math.degrees(math.atan2(dx, dy)) % 360))
    least = min(off for off, _ in found)
    near = [one for one in found if one[0] <= least + 3.5]
    return least, min((one[1] for one in near), key=lambda one: abs(turn_between(one, heading)))
