"""Stops, distance and times, against the page's own definitions written down once more, sample by sample."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.avl.journey import (
    GAP_MS,
    MOVING_SPEED,
    STOP_METRES,
    STOP_MS,
    Movement,
    Stop,
    movement_of,
    one_for_each_time,
    stops_of,
)
from backend.avl.samples import Samples
from backend.geo.cells import distance_m, moved

Sample = tuple[int, float, float]
HERE = (113.1, 28.2)


def samples_of(samples: list[Sample]) -> Samples:
    times, longitudes, latitudes = zip(*samples, strict=True) if samples else ((), (), ())
    unknown = np.full(len(times), np.nan)
    return Samples(np.array(times, np.int64), np.array(longitudes, float), np.array(latitudes, float), unknown, unknown)


@st.composite
def journeys(draw: st.DrawFn) -> list[Sample]:
    """Stays with jitter, rides, gaps, repeated times; in order of time, across the 180th meridian if need be."""
    place = draw(st.sampled_from([HERE, (179.9995, -16.5), (10.0, 69.0)]))
    time, samples = 1_700_000_000_000, []
    for _ in range(draw(st.integers(0, 8))):
        heading, step = draw(st.floats(0, 359)), draw(st.sampled_from([0.0, 0.2, 3.0, 9.0, 29.0, 31.0, 300.0]))
        every = draw(st.sampled_from([0, 1_000, 15_000, 59_999, 60_000, GAP_MS, GAP_MS + 1]))
        wanders = draw(st.floats(0, 12))
        for number in range(draw(st.integers(1, 30))):
            time += every
            place = moved(*place, heading, step)
            samples.append((time, *moved(*place, number * 137.5, wanders)))
    return samples


def metres(one: Sample, other: Sample) -> float:
    return distance_m(one[1], one[2], other[1], other[2])


def plain_pieces(samples: list[Sample]) -> list[list[Sample]]:
    """`piecesOf` of journey.ts."""
    pieces: list[list[Sample]] = []
    for sample in {one[0]: one for one in samples}.values():
        if pieces and sample[0] - pieces[-1][-1][0] <= GAP_MS:
            pieces[-1].append(sample)
        else:
            pieces.append([sample])
    return pieces


def plain_stays(piece: list[Sample], least_ms: int) -> list[list[Sample]]:
    """`stopsOf` of journey.ts."""
    found, index = [], 0
    while index < len(piece):
        end = index + 1
        while end < len(piece) and metres(piece[index], piece[end]) <= STOP_METRES:
            end += 1
        if piece[end - 1][0] - piece[index][0] >= least_ms:
            found.append(piece[index:end])
            index = end
        else:
            index += 1
    return found


@given(journeys(), st.sampled_from([30_000, STOP_MS, 600_000]))
def test_stops_are_those_of_the_page(samples: list[Sample], least_ms: int) -> None:
    expected = [stay for piece in plain_pieces(samples) for stay in plain_stays(piece, least_ms)]
    found = stops_of(samples_of(samples), least_ms)
    assert [(one.begin, one.end) for one in found] == [(stay[0][0], stay[-1][0]) for stay in expected]
    for stop, stay in zip(found, expected, strict=True):
        assert stop.end - stop.begin >= least_ms
        assert distance_m(stay[0][1], stay[0][2], stop.longitude, stop.latitude) <= STOP_METRES + 0.01
    assert all(one.end < other.begin for one, other in pairwise(found))


@given(journeys())
def test_movement_is_that_of_the_page_and_the_times_add_up(samples: list[Sample]) -> None:
    pieces = plain_pieces(samples)
    spans = [(stay[0][0], stay[-1][0]) for piece in pieces for stay in plain_stays(piece, STOP_MS)]

    def stands(sample: Sample) -> bool:
        return any(begin <= sample[0] <= end for begin, end in spans)

    distance, moving = 0.0, 0
    for one, other in (step for piece in pieces for step in pairwise(piece)):
        seconds = (other[0] - one[0]) / 1000
        if not (stands(one) and stands(other)) and metres(one, other) / seconds >= MOVING_SPEED:
            distance, moving = distance + metres(one, other), moving + other[0] - one[0]
    found = movement_of(samples_of(samples))
    assert found.distance == pytest.approx(distance, abs=1e-3)
    assert found.moving == moving
    whole = samples[-1][0] - samples[0][0] if samples else 0
    assert found.moving + found.standing + found.unknown == whole


@given(st.integers(2, 400), st.floats(0.6, 40), st.floats(0, 359))
def test_a_straight_ride_is_as_long_as_it_is(seconds: int, speed: float, heading: float) -> None:
    ride = [(second * 1000, *moved(*HERE, heading, speed * second)) for second in range(seconds + 1)]
    found = movement_of(samples_of(ride))
    if speed * 120 > STOP_METRES:
        assert found.distance == pytest.approx(speed * seconds, rel=1e-4)
        assert (found.moving, found.standing) == (seconds * 1000, 0)


def test_an_hour_of_jitter_is_one_stop_and_no_way() -> None:
    dice = np.random.default_rng(1)
    stay = [
        (second * 1000, *moved(*HERE, dice.uniform(0, 360), min(abs(dice.normal(0, 4)), 14))) for second in range(3601)
    ]
    samples = samples_of(stay)
    (stop,) = stops_of(samples)
    assert (stop.begin, stop.end) == (0, 3_600_000)
    assert distance_m(stop.longitude, stop.latitude, *HERE) < 0.5
    assert movement_of(samples) == Movement(0.0, 0, 3_600_000, 0)


def test_a_stop_across_the_180th_meridian_has_its_middle_there() -> None:
    stay = [(second * 30_000, 179.9999 if second % 2 else -179.9999, -16.5) for second in range(10)]
    (stop,) = stops_of(samples_of(stay))
    assert abs(abs(stop.longitude) - 180) < 1e-4


def test_nothing_and_one_fix_tell_nothing() -> None:
    for samples in ([], [(5, *HERE)]):
        assert stops_of(samples_of(samples)) == []
        assert movement_of(samples_of(samples)) == Movement()


def test_of_two_at_the_same_time_the_later_one_holds() -> None:
    one = one_for_each_time(samples_of([(1, 1.0, 1.0), (1, 2.0, 2.0), (3, 3.0, 3.0)]))
    assert (one.times.tolist(), one.longitudes.tolist()) == ([1, 3], [2.0, 3.0])


def test_a_long_stay_after_a_slow_walk_is_found_to_its_end() -> None:
    """Longer than what is looked at at once."""
    walk = [(second * 1000, *moved(*HERE, 90, second)) for second in range(600)]
    last = walk[-1]
    stay = [(last[0] + second * 1000, last[1], last[2]) for second in range(1, 2000)]
    (stop,) = stops_of(samples_of(walk + stay))
    assert isinstance(stop, Stop)
    assert stop.end == stay[-1][0]
    assert math.isclose(stop.begin, last[0] - 30_000, abs_tol=1000)
