"""Subjects of the bus. A position's subject is its address: bodies, then the H3 index spelled out, then the unit.

`pos.<district>.<squad>.<base>.<d1>…<d9>.<unit>`: whoever wants a part of the city subscribes to a prefix.
"""

from functools import lru_cache
from typing import NamedTuple

RESOLUTION = 9
ALL_POSITIONS = "pos.>"
ALL_EVENTS = "event.>"
BOARD_FILL = "board.fill"
IDENTITY_CHANGED = "identity.changed"
ALL_COMMANDS = "command.*"
FIXES = "fixes"
FACTS = "facts"

_MODE_CELL = 1 << 59
_LAST_BASE = 121
_UNUSED_DIGITS = (1 << 45) - 1  # all fifteen digits 7, the mark of "not used"


class Address(NamedTuple):
    """Where a position belongs: district body, squad, H3 cell at resolution 9, unit number. Body 0 is none."""

    district: int
    squad: int
    cell: int
    unit: int


@lru_cache(maxsize=1 << 16)
def cell_tokens(cell: int) -> str:
    """A resolution-9 cell as `base.d1.….d9`. Raises ValueError for another resolution.

    The bits are H3's: base cell in bits 45-51, three bits a digit from bit 42 down (h3geo.org, "H3 index").
    """
    resolution = (cell >> 52) & 0xF
    if resolution != RESOLUTION:
        raise ValueError(f"expected an H3 cell of resolution {RESOLUTION}, got {cell:x} of {resolution}")
    digits = ((cell >> (45 - 3 * level)) & 7 for level in range(1, RESOLUTION + 1))
    return ".".join(str(token) for token in ((cell >> 45) & 0x7F, *digits))


@lru_cache(maxsize=1 << 16)
def tokens_cell(tokens: str) -> int:
    """The inverse of `cell_tokens`, for a prefix of any resolution from 0 to 15. Raises ValueError for no cell."""
    base, *digits = (int(token) for token in tokens.split("."))
    if not 0 <= base <= _LAST_BASE or len(digits) > 15 or not all(0 <= digit <= 6 for digit in digits):
        raise ValueError(f"expected a base cell and up to 15 digits of an H3 cell, got {tokens}")
    cell = _MODE_CELL | (len(digits) << 52) | (base << 45) | _UNUSED_DIGITS
    for level, digit in enumerate(digits, start=1):
        shift = 45 - 3 * level
        cell = (cell & ~(7 << shift)) | (digit << shift)
    return cell


def position_subject(address: Address) -> str:
    """The subject on which a position is announced."""
    return f"pos.{address.district}.{address.squad}.{cell_tokens(address.cell)}.{address.unit}"


def parse_position(subject: str) -> Address:
    """The inverse of `position_subject`. Raises ValueError when it is not one."""
    parts = subject.split(".", 3)
    if len(parts) != 4 or parts[0] != "pos":
        raise ValueError(f"expected pos.<district>.<squad>.<cell>.<unit>, got {subject}")
    tokens, _, unit = parts[3].rpartition(".")
    if tokens.count(".") != RESOLUTION:
        raise ValueError(f"expected a cell of resolution {RESOLUTION}, got {subject}")
    return Address(int(parts[1]), int(parts[2]), tokens_cell(tokens), int(unit))


def event_subject(topic: str, district: int | None, squad: int | None) -> str:
    """The subject on which an event is announced; 0 stands for the whole city."""
    return f"event.{district or 0}.{squad or 0}.{topic}"


def batch_subject(incarnation: str) -> str:
    """The stream subject of one ingest's batches."""
    return f"{FIXES}.{incarnation}"


def fact_subject(kind: str) -> str:
    """The stream subject of facts of a kind."""
    return f"{FACTS}.{kind}"


def command_subject(device: int) -> str:
    """The subject on which it is said that something waits for a device."""
    return f"command.{device}"


def beat_subject(part: str) -> str:
    """The subject on which a process says that it is alive."""
    return f"beat.{part}"
