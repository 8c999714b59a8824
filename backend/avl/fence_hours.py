"""The hours of a geofence: spans of a week by the clock of the city, which may run past midnight."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from backend.errors import BadInput
from backend.identity.login_routes import Strict

CHINA = timezone(timedelta(hours=8))
"""Asia/Shanghai, which has had no summer time since 1991."""
DAY = 24 * 60
MOST_SPANS = 20

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$")]


class Span(Strict):
    """On these days (1 Monday to 7 Sunday) from one time of day to another, `HH:MM`; the second one is outside.

    A span whose end is not after its beginning runs past midnight and counts to the day on which it begins.
    """

    days: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(min_length=1, max_length=7)]
    begin: Clock = Field(alias="from")
    end: Clock = Field(alias="to")

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.begin == self.end:
            raise ValueError("a span of hours ends at another time than it begins; the whole day is 00:00 to 24:00")
        if self.begin == "24:00":
            raise ValueError("a span of hours begins at 23:59 at the latest")
        return self

    def stored(self) -> dict[str, Any]:
        """As it is stored and told."""
        return {"days": sorted(set(self.days)), "from": self.begin, "to": self.end}


Week = tuple[tuple[frozenset[int], int, int], ...]
"""Days, first minute of the day and the one after the last; beyond 1440 it lies in the next day."""


def read_week(stored: Sequence[dict[str, Any]] | None) -> Week | None:
    """The hours out of their stored form; None: always."""
    if stored is None:
        return None
    spans = []
    for one in stored:
        begin, end = _minutes(one["from"]), _minutes(one["to"])
        spans.append((frozenset(one["days"]), begin, end if end > begin else end + DAY))
    return tuple(spans)


def holds_at(week: Week | None, moment: int) -> bool:
    """Whether a moment (ms since 1970) lies within the hours."""
    if week is None:
        return True
    local = datetime.fromtimestamp(moment / 1000, UTC).astimezone(CHINA)
    day, minute = local.isoweekday(), local.hour * 60 + local.minute
    yesterday = (day - 2) % 7 + 1
    return any(
        (day in days and begin <= minute < end) or (yesterday in days and minute + DAY < end)
        for days, begin, end in week
    )


def day_start(moment: int) -> int:
    """When the city's day of a moment began; both ms since 1970."""
    offset = 8 * 3_600_000
    return (moment + offset) // 86_400_000 * 86_400_000 - offset


def check_hours(spans: Sequence[Span] | None) -> list[dict[str, Any]] | None:
    """The stored form. Raises BadInput (`code` hours_bad)."""
    if spans is None:
        return None
    if not 0 < len(spans) <= MOST_SPANS:
        raise BadInput(
            f"expected 1 to {MOST_SPANS} spans of hours, or null for always, got {len(spans)}", code="hours_bad"
        )
    return [one.stored() for one in spans]


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
