"""What a motion promises: speeds, accelerations, bends and lights are kept, at every moment."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.demo.motion import CYCLE_S, GREEN_S, Leg, Light, Motion, plan_motion

ACCELERATES, BRAKES = 1.8, 2.5
lights = st.builds(
    Light, st.floats(113.0, 113.2), st.floats(28.1, 28.3), st.sampled_from([0.0, 44.0, 90.0, 180.0, 271.0, 359.0])
)
legs = st.lists(
    st.builds(
        Leg,
        st.floats(0.5, 600),
        st.sampled_from([4.0, 8.0, 14.0, 22.0]),
        st.one_of(st.just(math.inf), st.floats(2.5, 10)),
        st.one_of(st.none(), st.none(), lights),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=200, deadline=None)
@given(legs, st.floats(0, 1e6))
def test_pieces_join_and_keep_all_bounds(route: list[Leg], begins: float) -> None:
    motion = plan_motion(route, begins, ACCELERATES, BRAKES)
    assert motion.length == pytest.approx(sum(leg.length for leg in route), abs=1e-6)
    ends = [*motion.times[1:], motion.ends]
    speed = distance = 0.0
    for piece, end in enumerate(ends):
        assert motion.speeds[piece] == pytest.approx(speed, abs=1e-6), "no jump in speed"
        assert motion.distances[piece] == pytest.approx(distance, abs=1e-6), "no jump in place"
        assert motion.accelerations[piece] in (0.0, ACCELERATES, -BRAKES)
        spent = end - motion.times[piece]
        distance += (speed + motion.accelerations[piece] * spent / 2) * spent
        speed += motion.accelerations[piece] * spent
        assert speed >= -1e-6
    assert speed == pytest.approx(0, abs=1e-6), "it ends standing"


@settings(max_examples=200, deadline=None)
@given(legs, st.floats(0, 1e6))
def test_limits_hold_on_each_leg_and_at_its_end(route: list[Leg], begins: float) -> None:
    motion = plan_motion(route, begins, ACCELERATES, BRAKES)
    marks, total = [], 0.0
    for leg in route:
        marks.append((total, total + leg.length, leg))
        total += leg.length
    step = max((motion.ends - begins) / 500, 0.05)
    moment = begins
    while moment < motion.ends:
        metres, speed = motion.at(moment)
        inside = [leg.limit for start, end, leg in marks if start - 1e-6 <= metres <= end + 1e-6]
        assert speed <= max(inside) + 1e-6
        moment += step
    for _, end, leg in marks[:-1]:
        assert motion.at(moment_at(motion, end))[1] <= min(leg.end_speed, leg.limit) + 1e-3


@settings(max_examples=200, deadline=None)
@given(legs, st.floats(0, 1e6))
def test_no_light_is_passed_while_red(route: list[Leg], begins: float) -> None:
    motion = plan_motion(route, begins, ACCELERATES, BRAKES)
    total = 0.0
    for leg in route[:-1]:
        total += leg.length
        if leg.light is not None:
            leaves = moment_at(motion, total + 1e-4)
            wait = leg.light.wait(leaves)
            # Who sets out at the first moment of green may by rounding be said to do so a millisecond before.
            assert wait < 0.02 or wait > CYCLE_S - GREEN_S - 0.02


def moment_at(motion: Motion, metres: float) -> float:
    """When the motion is so far, by halving."""
    early, late = (motion.times or [motion.ends])[0], motion.ends
    for _ in range(60):
        middle = (early + late) / 2
        if motion.at(middle)[0] < metres:
            early = middle
        else:
            late = middle
    return late


@given(lights, st.floats(0, 1e6))
def test_lights_turn_green_after_the_wait_and_never_for_both_axes(light: Light, moment: float) -> None:
    across = Light(light.longitude, light.latitude, (light.heading + 90) % 360)
    wait = light.wait(moment)
    assert 0 <= wait <= CYCLE_S - GREEN_S
    assert light.wait(moment + wait + 1e-6) == 0
    assert light.wait(moment + CYCLE_S) == pytest.approx(wait, abs=1e-6) or wait < 1e-6
    if light.heading != 44.0:  # 44 + 90 is of its own axis, by the rule of 45 degrees
        assert wait > 0 or across.wait(moment) > 0


def test_standing_motion_stands() -> None:
    assert Motion(ends=5.0).at(3.0) == (0.0, 0.0)
