"""Frames of JT/T 808 (JT/T 808-2019, section 4.4): `7E | header | body | xor | 7E`, big-endian.

In between, 7E is written 7D 02 and 7D is 7D 01; the checksum is the XOR of header and body before that.

    header   message WORD · properties WORD · [2019: version BYTE] · phone BCD[6], 2019 BCD[10] · serial WORD
             · [properties bit 13: count of fragments WORD, number from 1 WORD]
    properties   bits 0-9 length of the body · 10-12 encryption · 13 fragmented · 14 version flag (2019)

Some makers mark with E7, write E7 as E6 02, E6 as E6 01, 3D as 3E 02, 3E as 3E 01, and have numbers of seven bytes.
Their messages 0x5501, 0x5502 and the answer to them have a serial number of one byte.
"""

import struct
from typing import NamedTuple

from backend.avl.protocols.jt808.number import read_number, write_number
from backend.avl.protocols.jt808.splitter import MARK, Alternative

ESCAPE = 0x7D
ALTERNATIVE_ESCAPES = {b"\xe6\x01": b"\xe6", b"\xe6\x02": b"\xe7", b"\x3e\x01": b"\x3e", b"\x3e\x02": b"\x3d"}
SHORT_SERIAL = frozenset((0x5501, 0x5502, 0x4401))
_WORD = struct.Struct(">H")
_WORDS = struct.Struct(">HH")
_MARK, _ESCAPE = bytes([MARK]), bytes([ESCAPE])
ANSWER_FLAG = 1 << 15
VERSION_FLAG = 1 << 14
FRAGMENT_FLAG = 1 << 13
ENCRYPTION = 0b111 << 10
LONGEST_BODY = 1023
LEAST_BYTES = 12  # a header with a short serial number, and the checksum


class BadFrame(ValueError):
    """Bytes between two marks that are no frame."""


class Frame(NamedTuple):
    """One frame, or a fragment of one. `phone`: the number without leading zeros, which is the terminal's identifier.

    `is_2019`: by the version flag; else 2011 or 2013, which have the same frames. `alternative`: between E7;
    `wants_answer`: by bit 15, which the standard leaves free.
    """

    message: int
    phone: str
    serial: int
    body: bytes
    is_2019: bool
    fragments: int = 1
    number: int = 1
    alternative: bool = False
    wants_answer: bool = False


def unescape(data: bytes) -> bytes:
    """The inverse of `escape`. Raises BadFrame for an escape that means nothing."""
    if ESCAPE not in data:
        return data
    first, *parts = data.split(_ESCAPE)
    plain = bytearray(first)
    for part in parts:
        if part[:1] not in (b"\x01", b"\x02"):
            raise BadFrame(f"expected 01 or 02 after 7D, got {part[:1].hex() or 'the end'}")
        plain.append(ESCAPE if part[0] == 1 else MARK)
        plain += part[1:]
    return bytes(plain)


def escape(data: bytes) -> bytes:
    """7D becomes 7D 01 and 7E becomes 7D 02."""
    return data.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def checksum(data: bytes) -> int:
    """The XOR of all bytes: the number that they make, folded in half until one byte is left."""
    total, width = int.from_bytes(data), len(data)
    while width > 1:
        width = (width + 1) // 2
        total = total >> 8 * width ^ total & (1 << 8 * width) - 1
    return total


def read_frame(escaped: bytes, *, tolerate_checksum: bool = False) -> Frame:
    """A frame from what lies between its marks. Raises BadFrame.

    `tolerate_checksum`: for terminals that are known to send a wrong one.
    """
    plain, sum = _plain(escaped)
    if len(plain) < LEAST_BYTES:
        raise BadFrame(f"expected at least {LEAST_BYTES} bytes, got {len(plain)}")
    if sum != 0 and not tolerate_checksum:
        raise BadFrame(f"checksum: expected {checksum(plain[:-1]):02x}, got {plain[-1]:02x}")
    message, properties = _WORDS.unpack_from(plain)
    is_2019 = bool(properties & VERSION_FLAG)
    alternative = isinstance(escaped, Alternative)
    serial_at = 15 if is_2019 else 11 if alternative else 10
    short = message in SHORT_SERIAL
    body_at = serial_at + (1 if short else 2) + (4 if properties & FRAGMENT_FLAG else 0)
    length = properties & LONGEST_BODY
    if len(plain) != body_at + length + 1:
        raise BadFrame(f"expected a body of {length} bytes, got {max(0, len(plain) - body_at - 1)}")
    if properties & ENCRYPTION and not short:  # those bits mean something else there
        raise BadFrame("the body is encrypted, and no key was agreed")
    fragments, number = 1, 1
    if properties & FRAGMENT_FLAG:
        fragments, number = _WORDS.unpack_from(plain, body_at - 4)
        if not 1 <= number <= fragments:
            raise BadFrame(f"expected a fragment's number from 1 to {fragments}, got {number}")
    return Frame(
        message,
        read_number(plain[5 if is_2019 else 4 : serial_at]),
        plain[serial_at] if short else _WORD.unpack_from(plain, serial_at)[0],
        plain[body_at:-1],
        is_2019,
        fragments,
        number,
        alternative,
        bool(properties & ANSWER_FLAG),
    )


def _plain(escaped: bytes) -> tuple[bytes, int]:
    """The plain bytes with their checksum, and the XOR of all, which should be 0."""
    if isinstance(escaped, Alternative):
        plain = unescape_alternative(escaped)
        return plain, checksum(plain)
    if ESCAPE not in escaped and (sum := checksum(escaped)) == 0:
        return escaped, sum
    plain = _with_checksum(escaped)
    return plain, checksum(plain)


def unescape_alternative(data: bytes) -> bytes:
    """The inverse of `escape_alternative`. Raises BadFrame for an escape that means nothing."""
    plain, at = bytearray(), 0
    while at < len(data):
        if data[at] in (0xE6, 0x3E):
            sign = ALTERNATIVE_ESCAPES.get(bytes(data[at : at + 2]))
            if sign is None:
                raise BadFrame(
                    f"expected 01 or 02 after {data[at]:02X}, got {data[at + 1 : at + 2].hex() or 'the end'}"
                )
            plain += sign
            at += 2
        else:
            plain.append(data[at])
            at += 1
    return bytes(plain)


def escape_alternative(data: bytes) -> bytes:
    """As frames between E7 are escaped."""
    signs = {sign[0]: escape for escape, sign in ALTERNATIVE_ESCAPES.items()}
    return b"".join(signs.get(byte, bytes([byte])) for byte in data)


def _with_checksum(escaped: bytes) -> bytes:
    """The plain bytes, put right where a terminal did not escape its checksum.

    As 7E that ends the frame before itself, as 7D it stands bare at the end.
    """
    if escaped.endswith(_ESCAPE):
        plain = unescape(escaped[:-1])
        if checksum(plain) == ESCAPE:
            return plain + _ESCAPE
    plain = unescape(escaped)
    if len(plain) >= 4 and checksum(plain) == MARK and len(plain) == _length_without_checksum(plain):
        return plain + _MARK
    return plain


def _length_without_checksum(plain: bytes) -> int:
    properties = int.from_bytes(plain[2:4])
    header = (17 if properties & VERSION_FLAG else 12) + (4 if properties & FRAGMENT_FLAG else 0)
    return header + (properties & LONGEST_BODY)


def write_frame(frame: Frame) -> bytes:
    """The bytes of a frame with its marks. Raises ValueError for a body or a number that does not fit."""
    if len(frame.body) > LONGEST_BODY:
        raise ValueError(f"a body has at most {LONGEST_BODY} bytes, got {len(frame.body)}")
    properties = len(frame.body) | (VERSION_FLAG if frame.is_2019 else 0)
    properties |= FRAGMENT_FLAG if frame.fragments > 1 else 0
    properties |= ANSWER_FLAG if frame.wants_answer else 0
    parts = [_WORDS.pack(frame.message, properties)]
    parts += [b"\x01"] if frame.is_2019 else []
    parts.append(write_number(frame.phone, 10 if frame.is_2019 else 7 if frame.alternative else 6))
    parts.append(bytes([frame.serial & 0xFF]) if frame.message in SHORT_SERIAL else _WORD.pack(frame.serial))
    parts += [_WORDS.pack(frame.fragments, frame.number)] if frame.fragments > 1 else []
    plain = b"".join([*parts, frame.body])
    whole = plain + bytes([checksum(plain)])
    if frame.alternative:
        return b"\xe7" + escape_alternative(whole) + b"\xe7"
    return b"\x7e" + escape(whole) + b"\x7e"
