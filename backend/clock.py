"""The one place that asks what time it is. Everything inside is UTC."""

import time
from datetime import UTC, datetime


def now_ms() -> int:
    """Milliseconds since 1970-01-01T00:00:00Z."""
    return time.time_ns() // 1_000_000


def utc_now() -> datetime:
    """The same moment as an aware datetime."""
    return datetime.now(UTC)


def from_ms(milliseconds: int) -> datetime:
    """Milliseconds since 1970 as an aware datetime."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def to_ms(moment: datetime) -> int:
    """An aware datetime as milliseconds since 1970.

    Raises ValueError for a naive one: a time without a zone is a guess.
    """
    if moment.tzinfo is None:
        raise ValueError(f"expected a time with a zone, got {moment.isoformat()}")
    return round(moment.timestamp() * 1000)
