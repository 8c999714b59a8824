"""Fixes as PostgreSQL's binary COPY reads them (manual, "COPY: Binary Format"), big-endian.

Each column is its length and its bytes, a length of -1 is NULL. Written here with one `struct` for all that is never
NULL, since a driver that asks each of 17 values for its type takes four times as long.
"""

import struct
from collections.abc import Sequence

import orjson
import psycopg

from backend.avl.batch import StoredFix

COLUMNS = (
    "device", "unit", "fixed_at", "digest", "received_at", "place", "cell", "alarms", "flags", "source", "district",
    "squad", "speed", "heading", "accuracy", "altitude", "attributes",
)  # fmt: skip

_HEAD = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = struct.pack(">h", -1)
# The place is extended WKB of a point, big-endian: type 1 with the SRID flag, EPSG:4326, x, y (PostGIS manual, "EWKB").
_FIXED = struct.Struct(">h ii iq iq iq iq iBIIdd iq iq ih ih ii ii")
_POINT_BYTES, _POINT, _SRID = 25, 0x20000001, 4326
_FLOAT = struct.Struct(">if")
_LENGTH = struct.Struct(">i")
_NULL = _LENGTH.pack(-1)
_JSONB_VERSION = b"\1"
_EPOCH_MS = 946_684_800_000  # 2000-01-01, from which PostgreSQL counts microseconds


def copy_data(fixes: Sequence[StoredFix]) -> bytes:
    """All that a `COPY … FROM STDIN (FORMAT BINARY)` of COLUMNS is sent. Raises psycopg.DataError."""
    try:
        return b"".join((_HEAD, *map(_row, fixes), _END))
    except (struct.error, OverflowError, TypeError) as error:
        raise psycopg.DataError(f"expected fixes that can be stored ({error})") from error


def _row(fix: StoredFix) -> bytes:
    fixed = _FIXED.pack(
        len(COLUMNS),
        4, fix.device,
        8, fix.unit,
        8, (fix.fixed_at - _EPOCH_MS) * 1000,
        8, fix.digest,
        8, (fix.received_at - _EPOCH_MS) * 1000,
        _POINT_BYTES, 0, _POINT, _SRID, fix.longitude, fix.latitude,
        8, fix.cell,
        8, fix.alarms,
        2, fix.flags,
        2, fix.source,
        4, fix.district,
        4, fix.squad,
    )  # fmt: skip
    return b"".join(
        (
            fixed,
            _float(fix.speed),
            _float(fix.heading),
            _float(fix.accuracy),
            _float(fix.altitude),
            _NULL if fix.attributes is None else _jsonb(orjson.dumps(fix.attributes)),
        )
    )


def _float(value: float | None) -> bytes:
    return _NULL if value is None else _FLOAT.pack(4, value)


def _jsonb(text: bytes) -> bytes:
    return _LENGTH.pack(1 + len(text)) + _JSONB_VERSION + text
