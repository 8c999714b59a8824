"""Jumps, standing still and thinning, judged by what is stored and what is announced."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.avl.messages import ALARM_SOS, Fix
from backend.avl.movement import REACH, SLACK_M, STANDING_MS, metres
from backend.avl.passage import Knowledge, Passage, Spot
from backend.avl.pipeline import DAY_MS, run
from backend.bus.record import FLAG_JUMP, FLAG_STANDING
from backend.geo.cells import moved
from tests.avl.makers import device

NOW = 1_772_352_930_000
HOME = (113.1, 28.2)


def knowledge(thin_ms: int = 0) -> Knowledge:
    return Knowledge(retention_ms=90 * DAY_MS, future_limit_ms=DAY_MS, thin_ms=thin_ms)


def drive(known: Knowledge, seconds: float, place: tuple[float, float], **more: float) -> Passage:
    """A fix this long after NOW; received one second later."""
    at = NOW + round(seconds * 1000)
    one = Passage(Fix(fixed_at=at, longitude=place[0], latitude=place[1], **more), device(), 2, at + 1000)  # type: ignore[arg-type]
    assert run(one, known) is None
    return one


def away(metres: float, bearing: float = 90) -> tuple[float, float]:
    return moved(*HOME, bearing, metres)


@given(st.floats(-179.9, 179.9), st.floats(-70, 70), st.floats(0, 360), st.floats(0, 20_000))
def test_distances_are_good_to_two_percent(longitude: float, latitude: float, bearing: float, far: float) -> None:
    east, north = moved(longitude, latitude, bearing, far)
    found = metres(Spot(0, longitude, latitude), Spot(0, east, north))
    assert math.isclose(found, far, rel_tol=0.02, abs_tol=0.5)


def test_one_wild_fix_is_kept_flagged_and_not_announced() -> None:
    known = knowledge()
    drive(known, 0, HOME)
    wild = drive(known, 10, away(40_000))
    assert (wild.flags & FLAG_JUMP, wild.announce, wild.store) == (FLAG_JUMP, False, True)
    assert not wild.stored().may_lead
    after = drive(known, 20, away(100))
    assert (after.flags & FLAG_JUMP, after.announce) == (0, True)


def test_a_second_fix_at_the_same_place_is_believed() -> None:
    known = knowledge()
    drive(known, 0, HOME)
    assert drive(known, 10, away(40_000)).flags & FLAG_JUMP
    believed = drive(known, 20, away(40_100))
    assert (believed.flags & FLAG_JUMP, believed.announce) == (0, True)
    assert drive(known, 30, HOME).flags & FLAG_JUMP, "now that is the jump"


def test_two_wild_fixes_at_different_places_are_two_jumps() -> None:
    known = knowledge()
    drive(known, 0, HOME)
    assert drive(known, 10, away(40_000)).flags & FLAG_JUMP
    assert drive(known, 20, away(40_000, 270)).flags & FLAG_JUMP
    assert drive(known, 30, away(50)).announce


def test_what_a_poor_receiver_says_itself_is_allowed_for() -> None:
    known = knowledge()
    drive(known, 0, HOME)
    assert drive(known, 1, away(900), accuracy=1_000.0).flags & FLAG_JUMP == 0
    known = knowledge()
    drive(known, 0, HOME)
    assert drive(known, 1, away(900)).flags & FLAG_JUMP


def test_back_fill_is_not_judged_and_moves_nothing() -> None:
    known = knowledge()
    drive(known, 100, HOME)
    old = drive(known, 0, away(40_000))
    assert (old.flags & FLAG_JUMP, old.announce) == (0, False)
    assert drive(known, 101, away(20)).announce


@given(st.lists(st.tuples(st.floats(0.5, 600), st.floats(0, 1), st.floats(0, 360)), min_size=1, max_size=40))
def test_whatever_drives_within_reach_never_jumps(legs: list[tuple[float, float, float]]) -> None:
    known, place, seconds = knowledge(), HOME, 0.0
    drive(known, 0, place)
    for pause, share, bearing in legs:
        seconds += pause
        place = moved(*place, bearing, share * min(REACH * pause * 0.97, 30_000))
        one = drive(known, seconds, place)
        assert (one.flags & FLAG_JUMP, one.announce) == (0, True)


@given(st.lists(st.tuples(st.floats(1, 60), st.booleans()), min_size=1, max_size=30))
def test_after_a_jump_the_first_true_fix_is_announced(legs: list[tuple[float, bool]]) -> None:
    known, seconds = knowledge(), 0.0
    drive(known, 0, HOME)
    for number, (pause, wild) in enumerate(legs):
        seconds += pause
        place = away(60_000 + 20_000 * number, number * 137.5 % 360) if wild else away(SLACK_M / 4, number)
        assert drive(known, seconds, place).announce is not wild


def test_standing_is_told_after_a_while_and_ends_with_the_first_move() -> None:
    known = knowledge()
    seconds = 0
    while seconds * 1000 < STANDING_MS:
        assert not drive(known, seconds, away(seconds % 7)).flags & FLAG_STANDING
        seconds += 10
    assert drive(known, seconds, away(5), speed=0.3).flags & FLAG_STANDING
    assert not drive(known, seconds + 10, away(80)).flags & FLAG_STANDING
    assert not drive(known, seconds + 20, away(80)).flags & FLAG_STANDING
    assert not drive(known, seconds + 20 + STANDING_MS // 1000, away(82), speed=9.0).flags & FLAG_STANDING


def test_nothing_is_thinned_unless_it_is_asked_for() -> None:
    known = knowledge()
    assert all(drive(known, seconds, HOME).store for seconds in range(0, 300, 10))


def test_of_what_stands_one_in_the_time_is_stored_and_all_are_announced() -> None:
    known = knowledge(thin_ms=60_000)
    passages = [drive(known, seconds, away(seconds % 5)) for seconds in range(0, 300, 10)]
    assert [number for number, one in enumerate(passages) if one.store] == [0, 6, 12, 18, 24]
    assert all(one.announce for one in passages)


@pytest.mark.parametrize(
    ("place", "more"),
    [
        pytest.param(away(60), {}, id="it moved"),
        pytest.param(HOME, {"speed": 3.0}, id="it says that it moves"),
        pytest.param(HOME, {"alarms": ALARM_SOS}, id="an alarm"),
    ],
)
def test_what_matters_is_never_thinned(place: tuple[float, float], more: dict[str, float]) -> None:
    known = knowledge(thin_ms=60_000)
    drive(known, 0, HOME)
    assert not drive(known, 5, HOME).store
    assert drive(known, 10, place, **more).store


def test_a_slow_walk_is_not_thinned_away() -> None:
    known = knowledge(thin_ms=3_600_000)
    stored = [seconds for seconds in range(0, 600, 10) if drive(known, seconds, away(seconds * 1.0), speed=1.0).store]
    assert stored[:4] == [0, 30, 60, 90], "each time it got further than the bound"
