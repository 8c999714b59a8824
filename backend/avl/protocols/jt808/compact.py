"""What some makers' locks and trackers send instead of a location report: 0x5501, and 0x5502 out of the buffer.

    0 BCD[6] DDMMYYhhmmss, UTC · 6 BCD[4] latitude ddmm.mmmm · 10 BCD[5] longitude dddmm.mmmm, its last half byte flags
    (1 has a position, 2 north, 4 east) · 15 BCD speed, knots · 16 BYTE course / 2 · 17 BYTE signal · 18 BYTE satellites
    19 DWORD odometer, km · 23 BYTE battery, per cent (AA: charging)

Their serial number is one byte, and they are answered with 0x4401 where bit 15 of the properties asks for it.
"""

from datetime import UTC, datetime
from typing import Any

from backend.avl.protocols.jt808.location import Location
from backend.avl.protocols.values import KNOT
from backend.clock import to_ms

LEAST_BYTES = 24
CHARGING = 0xAA


def read_compact(body: bytes) -> Location:
    """A report in this form. Raises ValueError for one that is too short or no number."""
    if len(body) < LEAST_BYTES:
        raise ValueError(f"a compact report has at least {LEAST_BYTES} bytes, got {len(body)}")
    digits, flags = body[:14].hex() + body[14:15].hex()[0], body[14] & 0xF
    speed = f"{body[15]:02x}"
    if not (digits + speed).isdecimal():
        raise ValueError(f"expected digits of time, place and speed in BCD, got {digits} {speed}")
    try:
        moment = datetime.strptime(f"{digits[:4]}20{digits[4:12]}", "%d%m%Y%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"expected a time DDMMYYhhmmss, got {digits[:12]}") from error
    north, east = _degrees(digits[12:20]), _degrees(digits[20:29])
    attributes: dict[str, Any] = {
        "signal_strength": body[17],
        "satellites": body[18],
        "odometer_m": int.from_bytes(body[19:23]) * 1000,
    }
    attributes |= {"charging": True} if body[23] == CHARGING else {}
    attributes |= {"battery_percent": body[23]} if body[23] <= 100 else {}
    place = (east if flags & 4 else -east, north if flags & 2 else -north) if flags & 1 else None
    return Location(to_ms(moment), place, "wgs84", int(speed) * KNOT, body[16] * 2.0 % 360, None, 0, attributes)


def _degrees(digits: str) -> float:
    """Of ddmmmmmm or dddmmmmmm: degrees, and minutes × 10⁴."""
    return int(digits[:-6]) + int(digits[-6:]) / 10_000 / 60
