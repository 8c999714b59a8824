"""The hours of a fence, by the clock of the city."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from backend.avl.fence_hours import Span, check_hours, day_start, holds_at, read_week
from backend.clock import to_ms
from backend.errors import BadInput

SHANGHAI = ZoneInfo("Asia/Shanghai")
# 2026-11-23 is a Monday.
MONDAY, SATURDAY, SUNDAY = 23, 28, 29


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> int:
    return to_ms(datetime(2026, 11, day, hour, minute, second, tzinfo=SHANGHAI))


def span(days: list[int], begin: str, end: str) -> Span:
    return Span.model_validate({"days": days, "from": begin, "to": end})


def within(moment: int, *spans: Span) -> bool:
    return holds_at(read_week(check_hours(spans)), moment)


def test_no_hours_are_always() -> None:
    assert holds_at(read_week(check_hours(None)), 0)


def test_the_end_is_outside() -> None:
    work = span([1, 2, 3, 4, 5], "08:30", "17:00")
    assert not within(at(MONDAY, 8, 29, 59), work)
    assert within(at(MONDAY, 8, 30), work)
    assert within(at(MONDAY, 16, 59, 59), work)
    assert not within(at(MONDAY, 17), work)
    assert not within(at(SATURDAY, 12), work)


def test_past_midnight_counts_to_the_day_on_which_it_begins() -> None:
    night = span([6], "22:00", "06:00")
    assert not within(at(SATURDAY, 5, 59), night)
    assert within(at(SATURDAY, 22), night)
    assert within(at(SUNDAY, 5, 59), night)
    assert not within(at(SUNDAY, 6), night)
    assert not within(at(SUNDAY, 23), night)
    from_sunday = span([7], "23:00", "01:00")
    assert within(at(MONDAY + 7, 0, 59), from_sunday), "from Sunday into Monday"


def test_the_whole_day_and_several_spans() -> None:
    assert within(at(SUNDAY, 23, 59, 59), span([7], "00:00", "24:00"))
    assert not within(at(MONDAY + 7, 0), span([7], "00:00", "24:00"))
    both = (span([1], "06:00", "08:00"), span([1], "18:00", "20:00"))
    assert [within(at(MONDAY, hour), *both) for hour in (7, 12, 19)] == [True, False, True]


@pytest.mark.parametrize(
    ("days", "begin", "end"),
    [
        pytest.param([], "08:00", "09:00", id="no day"),
        pytest.param([0], "08:00", "09:00", id="days begin with 1"),
        pytest.param([8], "08:00", "09:00", id="and end with 7"),
        pytest.param([1], "8:00", "09:00", id="two figures"),
        pytest.param([1], "08:60", "09:00", id="no such minute"),
        pytest.param([1], "25:00", "09:00", id="no such hour"),
        pytest.param([1], "08:00", "08:00", id="no time at all"),
        pytest.param([1], "24:00", "08:00", id="begins the day after"),
    ],
)
def test_what_is_no_span(days: list[int], begin: str, end: str) -> None:
    with pytest.raises(ValidationError):
        span(days, begin, end)


@pytest.mark.parametrize("count", [0, 21])
def test_no_span_or_too_many(count: int) -> None:
    with pytest.raises(BadInput) as refused:
        check_hours([span([1], "08:00", "09:00")] * count)
    assert refused.value.facts["code"] == "hours_bad"


def test_the_day_begins_at_the_citys_midnight() -> None:
    assert day_start(at(MONDAY, 0)) == at(MONDAY, 0)
    assert day_start(at(MONDAY, 7, 59)) == at(MONDAY, 0), "in UTC it is still Sunday"
    assert day_start(at(MONDAY, 23, 59, 59)) == at(MONDAY, 0)
