"""Visits out of a track: paired, with what nobody knows in between."""

import numpy as np
import pytest

from backend.avl.fence_shape import FenceShape
from backend.avl.samples import Samples
from backend.avl.visits import Visit, sides_of, visits_of
from tests.avl.fences import EAST, INSIDE, METRE, MIDDLE, OUT, box

MINUTE = 60_000


def told(sides: str, step: int = MINUTE) -> list[Visit]:
    """`+` inside, `-` outside, `.` at the border, a fix a minute; ` ` a minute without one."""
    signs = {"+": 1, "-": -1, ".": 0}
    kept = [(number * step, signs[sign]) for number, sign in enumerate(sides) if sign != " "]
    return visits_of(np.array([one for one, _ in kept], np.int64), np.array([one for _, one in kept], np.int8))


def minutes(sides: str) -> list[tuple[int | None, int | None, int, int, int, int]]:
    def in_minutes(moment: int | None) -> int | None:
        return None if moment is None else moment // MINUTE

    return [
        (
            in_minutes(one.enter),
            in_minutes(one.leave),
            one.seen_from // MINUTE,
            one.seen_to // MINUTE,
            one.duration // MINUTE,
            one.unknown // MINUTE,
        )
        for one in told(sides)
    ]


@pytest.mark.parametrize(
    ("sides", "visits"),
    [
        pytest.param("", [], id="no fix"),
        pytest.param("---.--", [], id="never in"),
        pytest.param("-++-", [(1, 3, 1, 2, 2, 0)], id="in and out"),
        pytest.param("++-", [(None, 2, 0, 1, 2, 0)], id="in from the beginning"),
        pytest.param("-++", [(1, None, 1, 2, 1, 0)], id="in until the end"),
        pytest.param("+", [(None, None, 0, 0, 0, 0)], id="one fix"),
        pytest.param("-+.+.+-", [(1, 6, 1, 5, 5, 0)], id="wandering over the border"),
        pytest.param("..+-", [(2, 3, 2, 2, 1, 0)], id="a border that was never in"),
        pytest.param("-+-+-", [(1, 2, 1, 1, 1, 0), (3, 4, 3, 3, 1, 0)], id="twice"),
        pytest.param("-+    +-", [(1, 7, 1, 6, 6, 5)], id="a gap inside"),
        pytest.param("-+    -", [(1, 6, 1, 1, 5, 5)], id="gone in a gap"),
        pytest.param("-    +-", [(5, 6, 5, 5, 1, 0)], id="come in a gap"),
        pytest.param("-+ +-", [(1, 4, 1, 3, 3, 0)], id="two minutes are no gap"),
    ],
)
def test_visits(sides: str, visits: list[tuple[int | None, ...]]) -> None:
    assert minutes(sides) == visits


def test_sides_are_those_of_the_step() -> None:
    places = np.array([OUT, INSIDE, EAST, EAST + 20 * METRE, EAST + 30 * METRE])
    nothing = np.full(5, np.nan)
    samples = Samples(np.arange(5), places, np.full(5, MIDDLE), nothing, nothing)
    assert sides_of(FenceShape(box()), samples).tolist() == [-1, 1, 1, 0, -1]
