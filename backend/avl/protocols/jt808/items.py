"""Extra items of a location report (JT/T 808-2019, table 27): `id BYTE · length BYTE · value`, as one table.

What is not in the table, or not as long as it must be, is left out: makers add items of their own.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any

Reader = Callable[[bytes], Any]

SIGNALS = (
    "low_beam", "high_beam", "right", "left", "brake", "reverse", "fog", "clearance", "horn", "air_conditioning",
    "neutral", "retarder", "anti_lock", "heater", "clutch",
)  # fmt: skip


def scaled(layout: str, factor: float) -> Reader:
    """A number that is told in other units."""
    return lambda value: round(struct.unpack(f">{layout}", value)[0] * factor, 6)


def flags(names: tuple[str, ...]) -> Reader:
    """The names of the bits that are set."""
    return lambda value: [name for bit, name in enumerate(names) if int.from_bytes(value) >> bit & 1]


def fields(*parts: tuple[str, int]) -> Reader:
    """Numbers one after the other, each with its name and its count of bytes; of those that are there."""

    def read(value: bytes) -> dict[str, int]:
        found, at = {}, 0
        for name, size in parts:
            if at + size <= len(value):
                found[name] = int.from_bytes(value[at : at + size])
            at += size
        return found

    return read


# id → name of ours, its length (None: any), how it is read. Metres, litres, m/s, °C.
ITEMS: dict[int, tuple[str, int | None, Reader]] = {
    0x01: ("odometer_m", 4, scaled("I", 100)),
    0x02: ("fuel_l", 2, scaled("H", 0.1)),
    0x03: ("recorder_speed", 2, scaled("H", 0.1 / 3.6)),
    0x04: ("alarm_event", 2, scaled("H", 1)),
    0x05: ("tyre_pressures", 30, lambda value: [one for one in value if one != 0xFF]),
    0x06: ("cabin_temperature", 2, scaled("h", 1)),
    0x11: ("overspeed", None, fields(("type", 1), ("area", 4))),
    0x12: ("area", 6, fields(("type", 1), ("area", 4), ("leaving", 1))),
    0x13: ("section", 7, fields(("section", 4), ("seconds", 2), ("too_long", 1))),
    0x25: ("signals", 4, flags(SIGNALS)),
    0x2A: ("io", 2, flags(("deep_sleep", "sleep"))),
    0x2B: ("analog", 4, lambda value: [int.from_bytes(value[2:]), int.from_bytes(value[:2])]),
    0x30: ("signal_strength", 1, scaled("B", 1)),
    0x31: ("satellites", 1, scaled("B", 1)),
}


def read_items(data: bytes) -> dict[str, Any]:
    """The items that the table knows, by name."""
    found: dict[str, Any] = {}
    for id, value in split(data):
        name, length, read = ITEMS.get(id, ("", None, bytes))
        if name and (length is None or len(value) == length):
            found[name] = read(value)
    return found


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Ids and values; ends where an item claims to be longer than what is there."""
    at = 0
    while at + 2 <= len(data):
        end = at + 2 + data[at + 1]
        if end > len(data):
            return
        yield data[at], data[at + 2 : end]
        at = end
