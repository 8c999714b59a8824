"""Fewer points, the same line: nothing farther off than half a pixel, and what stops and gaps tell stays."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from backend.avl.journey import GAP_MS, stops_of
from backend.avl.samples import Samples
from backend.avl.simplify import TOLERANCE, pixels, simplified
from tests.avl.test_journey import Sample, journeys, samples_of

zooms = st.floats(0, 22)


def farthest(samples: Samples, kept: list[int], zoom: float) -> float:
    """Pixels: how far a point that is gone lies from the line between the two that stayed around it."""
    places = pixels(samples, zoom)
    most = 0.0
    for begin, end in pairwise(kept):
        if end - begin > 1:
            line = shapely.LineString(places[[begin, end]])
            most = max(most, float(shapely.distance(line, shapely.points(places[begin + 1 : end])).max()))
    return most


@given(journeys(), zooms)
def test_no_point_is_farther_than_half_a_pixel_from_the_line(samples: list[Sample], zoom: float) -> None:
    whole = samples_of(samples)
    kept = simplified(whole, zoom).tolist()
    assert kept == sorted(set(kept))
    assert farthest(whole, kept, zoom) <= TOLERANCE + 1e-4


@given(journeys(), zooms)
def test_the_ends_every_stop_and_every_gap_stay(samples: list[Sample], zoom: float) -> None:
    whole = samples_of(samples)
    kept = simplified(whole, zoom)
    left = whole.at(kept)
    if samples:
        assert (kept[0], kept[-1]) == (0, len(samples) - 1)
    ends = {moment for stop in stops_of(whole) for moment in (stop.begin, stop.end)}
    assert ends <= set(left.times.tolist())

    def gaps(some: Samples) -> list[tuple[int, int]]:
        wide = np.flatnonzero(np.diff(some.times) > GAP_MS)
        return [(int(some.times[one]), int(some.times[one + 1])) for one in wide]

    assert gaps(left) == gaps(whole)


def day_at_1_hz() -> Samples:
    """A car on streets: straight for a while, a turn, a stop now and then."""
    dice = np.random.default_rng(5)
    count = 86_400
    heading = np.repeat(np.cumsum(dice.choice([-90, 0, 0, 90], count // 60)), 60)
    speed = np.repeat(dice.choice([0, 8, 12], count // 600), 600)
    east, north = np.cumsum(speed * np.sin(np.radians(heading))), np.cumsum(speed * np.cos(np.radians(heading)))
    unknown = np.full(count, np.nan)
    return Samples(
        np.arange(count, dtype=np.int64) * 1000, 113.1 + east / 98_000, 28.2 + north / 111_195, unknown, unknown
    )


@pytest.mark.parametrize(("zoom", "most"), [(10, 2000), (14, 3000), (18, 4000)])
def test_a_day_becomes_much_smaller(zoom: float, most: int) -> None:
    day = day_at_1_hz()
    kept = simplified(day, zoom)
    assert 700 < len(kept) < most
    assert farthest(day, kept.tolist(), zoom) <= TOLERANCE + 1e-6


def test_what_has_few_points_is_kept() -> None:
    for count in (0, 1, 2):
        samples = samples_of([(number, 1.0, 1.0) for number in range(count)])
        assert simplified(samples, 10).tolist() == list(range(count))


def test_a_pixel_is_that_of_squares_of_512() -> None:
    places = pixels(samples_of([(0, -180.0, 0.0), (1, 0.0, 85.0511287798)]), 1)
    assert places[1] - places[0] == pytest.approx([512, 512], rel=1e-6)
