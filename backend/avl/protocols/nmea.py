"""NMEA 0183 over TCP, or over UDP on the same port: the sentences that every GNSS receiver speaks.

`$ttSSS,…*hh`, a line each; the checksum (XOR of what stands between $ and *) is needed. At most 82 signs by the
    standard, here 256. Talkers GP, BD, GB, GN, GL, GA.
RMC: time and date UTC, A or V (no fix: a sign of life), ddmm.mmmm with N or S, dddmm.mmmm with E or W, speed in
    **knots**, true course; mode N is no fix either.
GGA of the same moment, before or after: fix quality, satellites, HDOP (accuracy is 5 m × HDOP), altitude m.
    An RMC waits for its GGA until it is known that this device sends none.
Other sentences are read over.
Who speaks: `$PLDID,<identifier>,<token>*hh` or a plain line `<identifier>-<token>` before the sentences; a datagram
    holds such a line itself. Nothing is answered.
"""

import operator
import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import reduce
from typing import Any

from backend.avl.messages import Fix, Heartbeat, Login, Malformed, Message, Outcome
from backend.avl.protocols.values import KNOT
from backend.clock import to_ms

LONGEST_LINE = 256
TALKERS = frozenset({"GP", "BD", "GB", "GN", "GL", "GA"})
IDENTITY = re.compile(r"([A-Za-z0-9_.:-]{1,64})-([A-Za-z0-9_.:]{1,128})")
TIME = re.compile(r"(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?")
DATE = re.compile(r"(\d\d)(\d\d)(\d\d)")
LATITUDE = re.compile(r"(\d\d)([0-5]\d(?:\.\d{0,9})?)")
LONGITUDE = re.compile(r"(\d\d\d)([0-5]\d(?:\.\d{0,9})?)")
NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{0,9})?")
METRES_PER_HDOP = 5.0
RMC_FIELDS = 10  # up to the date; what follows came with later versions
GGA_FIELDS = 10  # up to the altitude
CENTURY = 80  # years of two digits from here on are of the last century


@dataclass(frozen=True, slots=True)
class _Quality:
    """What a GGA tells of a moment (ms of the day)."""

    moment: int
    accuracy: float | None = None
    altitude: float | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


class Nmea:
    """Decoder of one connection, or of one datagram."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False  # up to the end of a line that was too long
        self._frame = 0
        self._quality: _Quality | None = None
        self._held: Fix | None = None  # an RMC that waits for its GGA
        self._last: int | None = None  # moment of the last RMC with a fix
        self._alone = False  # this device sends no GGA after an RMC

    def feed(self, data: bytes) -> list[Message]:
        """What the complete lines mean, a frame each."""
        *lines, rest = (self._rest + data).replace(b"\r", b"\n").split(b"\n")
        if self._skipping:
            if not lines:
                return []
            del lines[0]
            self._skipping = False
        if len(rest) > LONGEST_LINE:
            lines.append(rest)
            rest, self._skipping = b"", True
        self._rest = rest
        return [self._framed(message) for line in lines if line.strip() for message in self._line(line.strip())]

    def rest(self) -> list[Message]:
        """At the end of the connection or datagram: the line that has no end, and the RMC that still waits."""
        messages = self.feed(b"\n")
        held, self._held = self._held, None
        return [*messages, self._framed(held)] if held is not None else messages

    @property
    def unfinished(self) -> bool:
        """Whether the last line has no end yet."""
        return bool(self._rest) or self._skipping

    def reply(self, frame: int, outcome: Outcome) -> bytes:
        """Nothing is answered."""
        return b""

    def ends(self, frame: int) -> bool:
        """A receiver's line stays open."""
        return False

    def _framed(self, message: Message) -> Message:
        self._frame += 1
        return replace(message, frame=self._frame)

    def _line(self, line: bytes) -> list[Message]:
        try:
            if len(line) > LONGEST_LINE:
                raise ValueError(f"more than {LONGEST_LINE} signs")
            if not line.startswith((b"$", b"!")):
                return self._speaker(_identity(line.decode("ascii")))
            fields = _checked(line[1:])
            if fields[0] == "PLDID":
                return self._speaker(_login(fields))
            talker, kind = fields[0][:2], fields[0][2:]
            if talker not in TALKERS:
                return []
            return self._rmc(fields) if kind == "RMC" else self._gga(fields) if kind == "GGA" else []
        except ValueError as error:
            return [Malformed(reason=f"expected a sentence or <identifier>-<token>, got {line[:82]!r} ({error})")]

    def _speaker(self, login: Login) -> list[Message]:
        """What waited is still of who spoke before."""
        held, self._quality, self._last, self._alone = self._released(), None, None, False
        return [*held, login]

    def _rmc(self, fields: list[str]) -> list[Message]:
        if len(fields) < RMC_FIELDS:
            raise ValueError(f"expected {RMC_FIELDS} fields of RMC, got {len(fields)}")
        if fields[2] == "V" or fields[12:13] == ["N"]:
            return [*self._released(), Heartbeat()]
        fix, moment = _fix(fields), _moment(fields[1])
        if self._held is not None and self._last != moment:
            self._alone = True
        elif self._held is not None:
            self._held = None  # the same moment by another talker
        messages = self._released()
        self._last = moment
        quality, self._quality = self._quality, None
        if quality is not None and quality.moment == moment:
            self._quality = quality
            return [*messages, _joined(fix, quality)]
        if self._alone:
            return [*messages, fix]
        self._held = fix
        return messages

    def _gga(self, fields: list[str]) -> list[Message]:
        if not fields[1:2] or not fields[1]:
            return []  # a receiver that does not know the time yet
        quality = _quality(fields)
        if self._last != quality.moment:
            self._quality = quality
            return self._released()
        self._alone = False
        held, self._held = self._held, None
        return [_joined(held, quality)] if held is not None else []

    def _released(self) -> list[Message]:
        held, self._held = self._held, None
        return [held] if held is not None else []


def _checked(sentence: bytes) -> list[str]:
    """The fields of a sentence whose checksum is right."""
    body, star, told = sentence.rpartition(b"*")
    if not star or not re.fullmatch(rb"[0-9A-Fa-f]{2}", told):
        raise ValueError("no checksum")
    found = reduce(operator.xor, body, 0)
    if int(told, 16) != found:
        raise ValueError(f"checksum {told.decode()}, it should be {found:02X}")
    return body.decode("ascii").split(",")


def _login(fields: list[str]) -> Login:
    match fields:
        case [_, identifier, token] if identifier and token:
            return Login(identifier=identifier, token=token)
    raise ValueError("expected $PLDID,<identifier>,<token>")


def _identity(line: str) -> Login:
    """The token is what stands behind the last hyphen; a device's own name may hold hyphens."""
    match = IDENTITY.fullmatch(line)
    if match is None:
        raise ValueError("neither begins with $ nor names a device")
    return Login(identifier=match[1], token=match[2])


def _fix(fields: list[str]) -> Fix:
    _, time, status, latitude, north, longitude, east, speed, course, date = fields[:10]
    if status != "A":
        raise ValueError(f"expected A or V, got {status}")
    day, month, year = (int(part) for part in _groups(DATE, date, "a date"))
    start = datetime(2000 + year if year < CENTURY else 1900 + year, month, day, tzinfo=UTC)
    knots, degrees = _number(speed), _number(course)
    return Fix(
        fixed_at=to_ms(start) + _moment(time),
        longitude=_degrees(LONGITUDE, longitude, east, "EW"),
        latitude=_degrees(LATITUDE, latitude, north, "NS"),
        speed=None if knots is None or knots < 0 else knots * KNOT,
        heading=None if degrees is None or degrees < 0 else degrees % 360,
    )


def _quality(fields: list[str]) -> _Quality:
    if len(fields) < GGA_FIELDS:
        raise ValueError(f"expected {GGA_FIELDS} fields of GGA, got {len(fields)}")
    moment = _moment(fields[1])
    kind, satellites, hdop = (_number(fields[place]) for place in (6, 7, 8))
    if not kind:
        return _Quality(moment)  # no fix: what else it tells is of no worth
    attributes = {"fix_quality": int(kind)} | ({} if satellites is None else {"satellites": int(satellites)})
    accuracy = None if hdop is None or hdop < 0 else hdop * METRES_PER_HDOP
    return _Quality(moment, accuracy, _number(fields[9]), attributes)


def _joined(fix: Fix, quality: _Quality) -> Fix:
    return replace(fix, accuracy=quality.accuracy, altitude=quality.altitude, attributes=quality.attributes)


def _moment(time: str) -> int:
    """ms of the day."""
    hours, minutes, seconds, fraction = _groups(TIME, time, "a time")
    if int(hours) > 23 or int(minutes) > 59 or int(seconds) > 60:
        raise ValueError(f"expected a time, got {time}")
    return (int(hours) * 3600 + int(minutes) * 60 + int(seconds)) * 1000 + int(f"{fraction or '':0<3}"[:3])


def _degrees(form: "re.Pattern[str]", text: str, side: str, sides: str) -> float:
    degrees, minutes = _groups(form, text, "degrees and minutes")
    if len(side) != 1 or side not in sides:
        raise ValueError(f"expected {sides[0]} or {sides[1]}, got {side}")
    value = int(degrees) + float(minutes) / 60
    return -value if side == sides[1] else value


def _number(text: str) -> float | None:
    if not text:
        return None
    if not NUMBER.fullmatch(text):
        raise ValueError(f"expected a number, got {text}")
    return float(text)


def _groups(form: "re.Pattern[str]", text: str, what: str) -> tuple[str, ...]:
    match = form.fullmatch(text)
    if match is None:
        raise ValueError(f"expected {what}, got {text}")
    return match.groups()
