"""Simulated units move as their kind can, and stay in their quarter."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.demo.wander import LEG_M, RANGE_M, SPEEDS, bearing_to, spread
from backend.geo.cells import distance_m, moved

CENTRE = (113.1, 28.2)
kinds = st.sampled_from(sorted(SPEEDS))


@settings(max_examples=30, deadline=None)
@given(kinds, st.integers(0, 10_000), st.sampled_from([0.2, 1.0, 5.0, 30.0]))
def test_stays_in_range_and_within_its_speeds(kind: str, seed: int, step: float) -> None:
    wanderer = spread(kind, CENTRE, seed, 9_000.0)
    assert distance_m(*CENTRE, *wanderer.home) <= 9_000.0 + 1
    slowest, fastest = SPEEDS[kind]
    stood = moving = 0
    for _ in range(400):
        before = (wanderer.longitude, wanderer.latitude)
        wanderer.advance(step)
        place = (wanderer.longitude, wanderer.latitude)
        assert distance_m(*before, *place) <= fastest * step + 0.01
        assert distance_m(*wanderer.home, *place) <= RANGE_M + LEG_M[1] + fastest
        assert wanderer.speed == 0 or slowest <= wanderer.speed <= fastest
        assert 0 <= wanderer.heading < 360
        stood += wanderer.speed == 0
        moving += wanderer.speed > 0
    assert moving > stood / 4, "it is there to be seen moving"


@given(kinds, st.integers(0, 100))
def test_same_seed_same_drive(kind: str, seed: int) -> None:
    one, two = spread(kind, CENTRE, seed, 5_000.0), spread(kind, CENTRE, seed, 5_000.0)
    for _ in range(20):
        one.advance(7)
        two.advance(7)
    assert (one.longitude, one.latitude, one.heading, one.speed) == (
        two.longitude,
        two.latitude,
        two.heading,
        two.speed,
    )


@pytest.mark.parametrize("heading", [0.0, 45.0, 90.0, 180.0, 300.0])
def test_bearing_to_is_the_way_there(heading: float) -> None:
    there = moved(*CENTRE, heading, 3_000)
    assert bearing_to(*CENTRE, *there) == pytest.approx(heading, abs=0.1)
