"""One position as 32 bytes, little-endian: the same on the bus, in `unit_latest` and on the live socket.

    0 u32 unit number            20 u16 speed, cm/s          28 u8 flags
    4 i64 time of fix, ms        22 u16 heading, 0.01°       29 u8 source (number of the protocol)
   12 i32 longitude × 10⁷        24 u16 accuracy, dm         30 u8 layout version
   16 i32 latitude × 10⁷         26 u16 age at receipt, s    31 u8 precedence of the device, 0 unknown

Unknown is 0xFFFF, never 0. Only unit and time are read on the way, at fixed offsets.
"""

import struct
from typing import NamedTuple

SIZE = 32
VERSION = 1
UNKNOWN = 0xFFFF
LAYOUT = struct.Struct("<IqiiHHHHBBBB")
UNIT_AND_TIME = struct.Struct("<Iq")

FLAG_CLOCK_AHEAD = 1
FLAG_ALARM = 2
FLAG_SIMULATED = 4
FLAG_STANDING = 64  # it has stayed where it is for a while

# Of a stored fix: what is one of these is never announced, nor its unit's newest.
FLAG_OFF_DUTY = 8
FLAG_SECOND_SOURCE = 16  # a better device of the same unit told where it was
FLAG_JUMP = 32  # too far from the fix before it to be true
NEVER_NEWEST = FLAG_OFF_DUTY | FLAG_SECOND_SOURCE | FLAG_JUMP


class Record(NamedTuple):
    """A position in plain units: ms since 1970, degrees WGS-84, m/s, degrees from north, metres, seconds."""

    unit: int
    time: int
    longitude: float
    latitude: float
    speed: float | None
    heading: float | None
    accuracy: float | None
    age: float | None
    flags: int
    source: int
    precedence: int = 0


def _scaled(value: float | None, factor: float) -> int:
    """A value in the record's unit; what is too large to be told is told as the largest that can be."""
    if value is None:
        return UNKNOWN
    return min(max(round(value * factor), 0), UNKNOWN - 1)


def pack(record: Record) -> bytes:
    """The 32 bytes. Raises struct.error when unit, time or place are out of range."""
    return LAYOUT.pack(
        record.unit,
        record.time,
        round(record.longitude * 1e7),
        round(record.latitude * 1e7),
        _scaled(record.speed, 100),
        UNKNOWN if record.heading is None else round(record.heading * 100) % 36000,
        _scaled(record.accuracy, 10),
        _scaled(record.age, 1),
        record.flags,
        record.source,
        VERSION,
        record.precedence,
    )


def unpack(data: bytes) -> Record:
    """The inverse of `pack`, within the record's resolution. Raises ValueError for another size or version."""
    if len(data) != SIZE:
        raise ValueError(f"expected a record of {SIZE} bytes, got {len(data)}")
    fields = LAYOUT.unpack(data)
    unit, time, longitude, latitude, speed, heading, accuracy, age, flags, source, version, precedence = fields
    if version != VERSION:
        raise ValueError(f"expected layout version {VERSION}, got {version}")
    return Record(
        unit=unit,
        time=time,
        longitude=longitude / 1e7,
        latitude=latitude / 1e7,
        speed=None if speed == UNKNOWN else speed / 100,
        heading=None if heading == UNKNOWN else heading / 100,
        accuracy=None if accuracy == UNKNOWN else accuracy / 10,
        age=None if age == UNKNOWN else float(age),
        flags=flags,
        source=source,
        precedence=precedence,
    )


def unit_and_time(data: bytes) -> tuple[int, int]:
    """Unit number and time of fix (ms), without decoding the rest."""
    unit, time = UNIT_AND_TIME.unpack_from(data)
    return unit, time


def precedence_in(data: bytes) -> int:
    """The precedence of the device that told it, without decoding the rest: 1 to 255, 0 is unknown."""
    return data[SIZE - 1]
