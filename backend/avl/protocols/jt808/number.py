"""A terminal's number as its frames carry it: 6 bytes, in 2019 10, in frames between E7 7.

The standard has a telephone number in BCD there. Makers that have none put an IMEI without its check digit as one
number into six bytes, or bytes of their own.
"""

import re
from functools import lru_cache

IMEI_DIGITS = 15


@lru_cache(maxsize=1 << 15)  # the same terminals call again and again
def read_number(data: bytes) -> str:
    """The terminal's identifier: digits without leading zeros, an IMEI, or the bytes in hexadecimal."""
    digits = data.hex()
    if digits.isdecimal():
        return digits.lstrip("0") or "0"
    whole = str(int.from_bytes(data))
    if len(data) == 6 and len(whole) == IMEI_DIGITS - 1:
        return whole + check_digit(whole)
    return digits


@lru_cache(maxsize=1 << 15)
def write_number(identifier: str, size: int) -> bytes:
    """The inverse of `read_number`. Raises ValueError for what does not fit into so many bytes."""
    if identifier.isdecimal() and identifier.isascii():
        if len(identifier) <= 2 * size:
            return bytes.fromhex(identifier.zfill(2 * size))
        if size == 6 and len(identifier) == IMEI_DIGITS:
            return int(identifier[:-1]).to_bytes(size)
    elif re.fullmatch(f"[0-9a-f]{{{2 * size}}}", identifier):
        return bytes.fromhex(identifier)
    raise ValueError(f"expected a terminal's number of {size} bytes, got {identifier!r}")


def check_digit(digits: str) -> str:
    """The last digit of an IMEI (3GPP TS 23.003, annex B: Luhn)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 - place % 2)
        total += value - 9 * (value > 9)
    return str(-total % 10)
