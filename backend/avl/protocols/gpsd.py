"""gpsd: one JSON object a line, as `receiver_child.py` prints it for each poll.

A line is gpsd's TPV report as gpsd gave it (gpsd.io/gpsd_json.html, "TPV"):
    mode 0|1 no fix, 2 2D, 3 3D · time ISO 8601 UTC · lat, lon degrees · speed m/s · track degrees true
    epx, epy, eph m · altMSL, altHAE m (older: alt)
or `{"class": "STATE", "state": "down"|"quiet", "reason": …}`. gpsd knows no vehicle: the receiver's device is who
speaks. Absent fields are unknown; a receiver that fell silent is reported by gpsd with its last time again and
again, so equal times are one fix. gpsd reports a second twice, first without the course (from GGA, before RMC): a
report without one is held for a few polls, until the course comes or the next second shows that there is none.
"""

import json
from datetime import datetime
from typing import Any

from backend.avl.messages import Fix, Heartbeat, Malformed, Message, Outcome
from backend.clock import to_ms

LONGEST_LINE = 65536
POLLS_HELD = 4  # at five polls a second, still within the fix's own second


class Gpsd:
    """Decoder of one receiver's lines."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False  # up to the end of a line that was too long
        self._frame = 0
        self._last_time: str | None = None
        self._held: dict[str, Any] | None = None
        self._polls_held = 0

    def feed(self, data: bytes) -> list[Message]:
        """The fixes in the complete lines; a poll without a new fix is a heartbeat."""
        *lines, rest = (self._rest + data).split(b"\n")
        if self._skipping:
            if not lines:
                return []
            del lines[0]
            self._skipping = False
        if len(rest) > LONGEST_LINE:
            rest, self._skipping = b"", True
            lines.append(b"(no end of line)")
        self._rest = rest
        return [message for line in lines if line.strip() for message in self._line(line)]

    @property
    def unfinished(self) -> bool:
        """Whether the last line has no end yet."""
        return bool(self._rest) or self._skipping

    def reply(self, frame: int, outcome: Outcome) -> bytes:
        """gpsd expects nothing."""
        return b""

    def ends(self, frame: int) -> bool:
        """A receiver's line stays open."""
        return False

    def _line(self, line: bytes) -> list[Message]:
        self._frame += 1
        try:
            report = json.loads(line)
            if report["class"] == "STATE":
                return [Heartbeat(frame=self._frame)]
            if report["class"] != "TPV":
                raise ValueError(f"class {report['class']}")
            return self._report(report)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            return [Malformed(frame=self._frame, reason=f"expected a TPV report, got {line[:80]!r} ({error})")]

    def _report(self, report: dict[str, Any]) -> list[Message]:
        time = report.get("time")
        if report.get("mode", 0) < 2 or "lat" not in report or time is None or time == self._last_time:
            return [Heartbeat(frame=self._frame)]
        messages: list[Message] = []
        held, self._held = self._held, None
        if held is not None and held["time"] == time:
            report = held | report
            self._polls_held += 1
        else:
            if held is not None:
                messages.append(self._fix(held))
            self._polls_held = 0
        if "track" in report or self._polls_held >= POLLS_HELD:
            messages.append(self._fix(report))
        else:
            self._held = report
        return messages or [Heartbeat(frame=self._frame)]

    def _fix(self, report: dict[str, Any]) -> Fix:
        self._last_time = report["time"]
        return Fix(
            frame=self._frame,
            fixed_at=to_ms(datetime.fromisoformat(report["time"])),
            longitude=_finite(report["lon"]),
            latitude=_finite(report["lat"]),
            speed=_number(report, "speed"),
            heading=_number(report, "track"),
            accuracy=_accuracy(report),
            altitude=_number(report, "altMSL", "alt"),
        )


def _number(report: dict[str, Any], *names: str) -> float | None:
    return next((_finite(report[name]) for name in names if name in report), None)


def _finite(value: Any) -> float:
    number = float(value)
    if not -1e15 < number < 1e15:  # also false for NaN and the infinities, which JSON as Python reads it has
        raise ValueError(f"expected a finite number, got {value!r}")
    return number


def _accuracy(report: dict[str, Any]) -> float | None:
    """The horizontal error estimate: `eph` where the receiver's driver gives it, else the larger of both axes."""
    axes = [_finite(report[name]) for name in ("epx", "epy") if name in report]
    return _number(report, "eph") or (max(axes) if axes else None)
