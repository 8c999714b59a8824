"""The body of a location report, 0x0200 (JT/T 808-2019, table 23): 28 bytes and extra items.

    0 DWORD alarms · 4 DWORD status · 8 DWORD latitude × 10⁶ · 12 DWORD longitude × 10⁶ · 16 WORD altitude m
    18 WORD speed 0.1 km/h · 20 WORD direction, degrees clockwise from north · 22 BCD[6] YYMMDDhhmmss, GMT+8

Latitude and longitude have no sign: status bit 2 says south, bit 3 west. Without bit 1 the terminal has no position.
Bit 5 says that a state map-secrecy plug-in has moved the coordinates (GCJ-02).
"""

import struct
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any, NamedTuple

from backend.avl.messages import ALARM_SOS
from backend.avl.protocols.jt808.items import read_items
from backend.clock import to_ms

FIXED = struct.Struct(">IIIIhHH6s")
CHINA = timezone(timedelta(hours=8))
KMH = 1 / 3.6

STATUS_POSITIONED = 1 << 1
STATUS_SOUTH = 1 << 2
STATUS_WEST = 1 << 3
STATUS_PLUG_IN = 1 << 5

# Table 24. Bit 0 is the emergency button.
ALARMS = (
    "emergency", "overspeed", "fatigue", "danger", "gnss_fault", "antenna_open", "antenna_short", "low_voltage",
    "power_lost", "display_fault", "speaker_fault", "camera_fault", "card_fault", "overspeed_soon", "fatigue_soon",
    "illegal_driving", "tyre_pressure", "right_turn_blind_area", "driving_too_long", "parking_too_long",
    "area_crossed", "route_crossed", "section_time", "off_route", "speed_sensor_fault", "fuel", "stolen",
    "illegal_ignition", "illegal_move", "collision", "rollover", "illegal_door",
)  # fmt: skip
# Table 25: those that say something of the vehicle.
STATUSES = {0: "ignition", 4: "out_of_service", 10: "oil_cut", 11: "circuit_cut", 12: "doors_locked"}
LOADS = ("empty", "half", None, "full")


class Location(NamedTuple):
    """A location report in plain units; the place is None where the terminal has none, in `datum` wgs84 or gcj02.

    `alarms` are those of ours (`messages.ALARM_…`); every alarm stands by name in `attributes`.
    """

    fixed_at: int
    place: tuple[float, float] | None
    datum: str
    speed: float
    heading: float | None
    altitude: float | None
    alarms: int
    attributes: dict[str, Any]


def read_location(body: bytes) -> Location:
    """A location report. Raises ValueError for one that is too short or whose time is none."""
    if len(body) < FIXED.size:
        raise ValueError(f"a location report has at least {FIXED.size} bytes, got {len(body)}")
    alarms, status, latitude, longitude, altitude, speed, direction, time = FIXED.unpack_from(body)
    attributes = dict(_attributes(alarms, status))
    if len(body) > FIXED.size:
        attributes |= read_items(body[FIXED.size :])
    place = None
    if status & STATUS_POSITIONED:
        place = (
            longitude / 1e6 * (-1 if status & STATUS_WEST else 1),
            latitude / 1e6 * (-1 if status & STATUS_SOUTH else 1),
        )
    return Location(
        fixed_at=read_time(time),
        place=place,
        datum="gcj02" if status & STATUS_PLUG_IN else "wgs84",
        speed=speed / 10 * KMH,
        heading=float(direction) if direction < 360 else None,
        altitude=float(altitude),
        alarms=ALARM_SOS if alarms & 1 else 0,
        attributes=attributes,
    )


@lru_cache(maxsize=1024)  # a fleet has few different ones
def _attributes(alarms: int, status: int) -> tuple[tuple[str, Any], ...]:
    """What these two words say beside the place."""
    found: list[tuple[str, Any]] = []
    if raised := [name for bit, name in enumerate(ALARMS) if alarms >> bit & 1]:
        found.append(("alarms", raised))
    found += [(name, True) for bit, name in STATUSES.items() if status >> bit & 1]
    if load := LOADS[status >> 8 & 0b11]:
        found.append(("load", load))
    return tuple(found)


@lru_cache(maxsize=4096)  # a whole fleet reports within the same few seconds
def read_time(bcd: bytes) -> int:
    """ms since 1970 of YYMMDDhhmmss in GMT+8. Raises ValueError."""
    digits = bcd.hex()
    if not digits.isdecimal():
        raise ValueError(f"expected a time in BCD, got {digits}")
    try:
        moment = datetime.strptime(f"20{digits}", "%Y%m%d%H%M%S").replace(tzinfo=CHINA)
    except ValueError as error:
        raise ValueError(f"expected a time YYMMDDhhmmss, got {digits}") from error
    return to_ms(moment)


def write_time(milliseconds: int) -> bytes:
    """The inverse of `read_time`, in whole seconds."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(CHINA)
    return bytes.fromhex(moment.strftime("%y%m%d%H%M%S"))
