"""Numbers, moments and words as devices write them, brought into our units. Raises ValueError for what is none."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from backend.clock import to_ms

KNOT = 1852 / 3600  # m/s
KILOMETRE_PER_HOUR = 1 / 3.6  # m/s
MILLISECONDS_FROM = 1 << 31  # an epoch number from here on is in ms, below in s
MOST_FIXES = 500  # in one request
WORD = re.compile(r"[A-Za-z0-9_.,:/ -]{1,64}")


def finite(value: Any) -> float:
    """The value as a number that can be kept."""
    result = float(value)
    if not -1e15 < result < 1e15:  # also false for NaN and the infinities, which JSON as Python reads it has
        raise ValueError(f"expected a finite number, got {value!r:.40}")
    return result


def number(fields: Mapping[str, Any], *names: str) -> float | None:
    """The first of these fields that is there, as a finite number."""
    value = next((fields[name] for name in names if fields.get(name) not in (None, "")), None)
    return None if value is None else finite(value)


def known(value: float | None) -> float | None:
    """Negative stands for unknown."""
    return None if value is None or value < 0 else value


def heading(value: float | None) -> float | None:
    """Degrees from 0 to below 360; negative stands for unknown."""
    return None if value is None or value < 0 else value % 360


def speed(value: float | None, unit: float = 1.0) -> float | None:
    """m/s of a speed in this unit; negative stands for unknown."""
    return None if value is None or value < 0 else value * unit


def battery(value: float | None, to_percent: float = 1.0) -> dict[str, Any]:
    """The attribute of a battery's charge, if it is known."""
    return {} if value is None or value < 0 else {"battery_percent": round(value * to_percent, 1)}


def timestamp(value: Any) -> int:
    """ms since 1970 of a number (s or ms) or an ISO 8601 time, which is UTC if it names no zone."""
    try:
        moment = finite(value)
    except (ValueError, TypeError):
        try:
            time = datetime.fromisoformat(str(value))
        except ValueError as error:
            raise ValueError(f"expected a time in seconds or ISO 8601, got {value!r:.40}") from error
        return to_ms(time if time.tzinfo else time.replace(tzinfo=UTC))
    return round(moment if moment >= MILLISECONDS_FROM else moment * 1000)


def word(value: Any) -> str | None:
    """A short text that can be stored and shown anywhere; None for anything else."""
    return value if isinstance(value, str) and WORD.fullmatch(value) else None


def table(value: Any, what: str) -> dict[str, Any]:
    """The value as a JSON object."""
    if not isinstance(value, dict):
        raise ValueError(f"expected {what} as an object, got {value!r:.40}")
    return value


def at_most(count: int) -> None:
    """Raises ValueError for more fixes than a request may hold."""
    if count > MOST_FIXES:
        raise ValueError(f"expected at most {MOST_FIXES} locations in a request, got {count}")
