"""A stored batch: what ingest puts into the durable stream and the recorder takes out. msgpack, with a version."""

import hashlib
import struct
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgpack

from backend.bus.record import FLAG_CLOCK_AHEAD, NEVER_NEWEST, Record, pack

VERSION = 1
_IDENTITY = struct.Struct("<iiQ")
_NUMBERS = struct.Struct("<iIiiBqqqB")  # the ranges of the columns and of the record
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999  # the years 1 to 9999
_LARGEST = 3e38  # a float4


@dataclass(slots=True)
class Counts:
    """What happened to the fixes of one source. A message that yields no fix counts as one."""

    received: int = 0
    repeat: int = 0
    rejected: dict[str, int] = field(default_factory=dict)

    def reject(self, reason: str, count: int = 1) -> None:
        """Count what was not taken, under its reason."""
        self.rejected[reason] = self.rejected.get(reason, 0) + count

    def add(self, other: "Counts") -> None:
        """Count what another has counted as well."""
        self.received += other.received
        self.repeat += other.repeat
        for reason, count in other.rejected.items():
            self.reject(reason, count)

    def settled(self) -> int:
        """How many of those received were settled without a row."""
        return self.repeat + sum(self.rejected.values())


class StoredFix(NamedTuple):
    """A fix as it is stored: who, when (ms), where, and what it is identified by together with device and time.

    A tuple, since ten thousand a second are made and packed.
    """

    device: int
    unit: int
    district: int
    squad: int
    source: int
    fixed_at: int
    received_at: int
    longitude: float
    latitude: float
    cell: int
    digest: int
    alarms: int
    flags: int
    speed: float | None
    heading: float | None
    accuracy: float | None
    altitude: float | None
    attributes: dict[str, Any] | None

    @property
    def moment(self) -> int:
        """The time (ms) by which it is newer or older than another: not later than its receipt."""
        return self.received_at if self.flags & FLAG_CLOCK_AHEAD else self.fixed_at

    @property
    def may_lead(self) -> bool:
        """Whether it may be its unit's newest; what was off duty or cannot be true is only stored."""
        return not self.flags & NEVER_NEWEST

    def record(self, precedence: int = 0) -> bytes:
        """The 32 bytes that are announced; a clock that is ahead shows the time of receipt.

        `precedence` of the device is known to who announces, and 0 in what is kept.
        """
        return pack(
            Record(
                unit=self.unit,
                time=self.moment,
                longitude=self.longitude,
                latitude=self.latitude,
                speed=self.speed,
                heading=self.heading,
                accuracy=self.accuracy,
                age=(self.received_at - self.moment) / 1000,
                flags=self.flags,
                source=self.source,
                precedence=precedence,
            )
        )


@dataclass(frozen=True, slots=True)
class Batch:
    """Fixes and counts of one ingest's incarnation; `cumulative` is received per source since it started."""

    incarnation: str
    number: int
    counts: dict[str, Counts]
    cumulative: dict[str, int]
    fixes: list[StoredFix]

    @property
    def message_id(self) -> str:
        """The id under which every try to store it goes out."""
        return f"{self.incarnation}-{self.number}"


def digest(longitude: float, latitude: float, alarms: int) -> int:
    """64 bits (signed) of place and alarm bits: what tells two fixes of one device and moment apart.

    Place counts at 1e-7 degrees, which is what is announced and more than any receiver knows.
    """
    data = _IDENTITY.pack(round(longitude * 1e7), round(latitude * 1e7), alarms)
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little", signed=True)


def encode(batch: Batch) -> bytes:
    """The batch as bytes."""
    packed: bytes = msgpack.packb(
        {
            "version": VERSION,
            "incarnation": batch.incarnation,
            "number": batch.number,
            "counts": {
                source: [counts.received, counts.repeat, counts.rejected] for source, counts in batch.counts.items()
            },
            "cumulative": batch.cumulative,
            "fixes": batch.fixes,
        }
    )
    return packed


def decode(data: bytes) -> Batch:
    """The inverse of `encode`. Raises ValueError for anything that is not a batch of this version."""
    try:
        fields = msgpack.unpackb(data)
        version = fields["version"]
        if version != VERSION:
            raise ValueError(f"expected batch version {VERSION}, got {version}")
        return Batch(
            incarnation=_text(fields["incarnation"]),
            number=_count(fields["number"]),
            counts={_text(source): _counts(*counts) for source, counts in fields["counts"].items()},
            cumulative={source: _count(fields["cumulative"][source]) for source in fields["cumulative"]},
            fixes=[_fix(row) for row in fields["fixes"]],
        )
    except (KeyError, TypeError, AttributeError, OverflowError, struct.error, msgpack.UnpackException) as error:
        raise ValueError(f"not a batch: {error!r}") from error


def _fix(row: list[Any]) -> StoredFix:
    """A row whose every value can be stored: a wrong one must be found here, not in the middle of a transaction."""
    fix = StoredFix(*row)
    _NUMBERS.pack(
        fix.device, fix.unit, fix.district, fix.squad, fix.source, fix.cell, fix.digest, fix.alarms, fix.flags
    )
    known = [value for value in (fix.speed, fix.heading, fix.accuracy, fix.altitude) if value is not None]
    if not (
        _FIRST_MS <= fix.fixed_at <= _LAST_MS
        and _FIRST_MS <= fix.received_at <= _LAST_MS
        and -180 <= fix.longitude <= 180
        and -90 <= fix.latitude <= 90
        and all(-_LARGEST < value < _LARGEST for value in known)
    ):
        raise ValueError(f"expected a fix that can be stored, got {fix}")
    return fix


def _counts(received: int, repeat: int, rejected: dict[str, int]) -> Counts:
    return Counts(_count(received), _count(repeat), {_text(reason): _count(rejected[reason]) for reason in rejected})


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError(f"expected a count, got {value!r}")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise ValueError(f"expected a name, got {value!r}")
    return value
