"""Binary frames of the live socket: a header of 16 bytes, then records (docs/live-protocol.md)."""

import struct

from backend.clock import now_ms

CHANGES = 1
SNAPSHOT = 2
RESUME = 3
VERSION = 1
HEADER = struct.Struct("<BBHIq")


def frame(
    kind: int, look: int, count: int, records: bytes, units: list[int] | None = None, time: int | None = None
) -> bytes:
    """A frame of `count` records; a resume frame also names all units in view. `time`: ms since 1970, if not now."""
    present = b"" if units is None else struct.pack(f"<{len(units)}I", *units)
    return HEADER.pack(kind, VERSION, look, count, now_ms() if time is None else time) + records + present
