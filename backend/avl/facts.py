"""What happened and must not be lost: alarms and crossings, stated durably in the stream `facts`.

Ingest states a fact before it stores the fix that brought it, and so before the device is answered. A device that
comes again makes it state the fact again, under the same id: the stream knows it for two minutes, the store for ever.
"""

import struct
from dataclasses import astuple, dataclass

import msgpack

from backend.bus.subjects import fact_subject
from backend.identity.registry import KnownDevice

VERSION = 1
ALARM = "alarm"
ENTERED = "geofence.entered"
LEFT = "geofence.left"
KINDS = (ALARM, ENTERED, LEFT)

_NUMBERS = struct.Struct("<IiiiqqqQi")  # the ranges of the columns
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999  # the years 1 to 9999
_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. `id` is the same whenever the same thing is stated again.

    `at`: when it happened, `received_at`: when we heard of it, both ms since 1970. The place, degrees WGS-84, is
    None and `cell` 0 where it is not known. `alarms`: the bits that were raised (`messages.ALARM_…`).
    """

    id: str
    kind: str
    unit: int
    device: int
    district: int
    squad: int
    at: int
    received_at: int
    longitude: float | None
    latitude: float | None
    cell: int
    alarms: int = 0
    geofence: int = 0

    @property
    def subject(self) -> str:
        """Where it is stated."""
        return fact_subject(self.kind)


def alarm_fact(
    device: KnownDevice, at: int, received_at: int, place: tuple[float, float] | None, cell: int, alarms: int
) -> Fact:
    """The alarms (bits) that a device has raised."""
    unit = device.unit
    longitude, latitude = place or (None, None)
    return Fact(
        f"{ALARM}:{device.id}:{at}:{alarms}",
        ALARM,
        unit.number,
        device.id,
        unit.district,
        unit.squad,
        at,
        received_at,
        longitude,
        latitude,
        cell,
        alarms,
    )


def encode_fact(fact: Fact) -> bytes:
    """The fact as bytes."""
    packed: bytes = msgpack.packb([VERSION, *astuple(fact)])
    return packed


def decode_fact(data: bytes) -> Fact:
    """The inverse of `encode_fact`, with values that can be stored. Raises ValueError."""
    try:
        version, *values = msgpack.unpackb(data)
        if version != VERSION:
            raise ValueError(f"version {version!r:.40}")
        fact = Fact(*values)
        _NUMBERS.pack(
            fact.unit, fact.device, fact.district, fact.squad, fact.at, fact.received_at, fact.cell,
            fact.alarms, fact.geofence,
        )  # fmt: skip
        whole = (fact.longitude is None) is (fact.latitude is None)
        placed = fact.longitude is None or (-180 <= fact.longitude <= 180 and -90 <= (fact.latitude or 0.0) <= 90)
        named = type(fact.id) is str and 0 < len(fact.id) <= _LONGEST_ID and "\0" not in fact.id
        timed = _FIRST_MS <= fact.at <= _LAST_MS and _FIRST_MS <= fact.received_at <= _LAST_MS
    except (ValueError, TypeError, OverflowError, struct.error, msgpack.UnpackException) as error:
        raise ValueError(f"expected a fact, got {data[:40]!r} ({error})") from error
    if not (whole and placed and named and timed and fact.kind in KINDS):
        raise ValueError(f"expected a fact that can be stored, got {fact}")
    return fact
