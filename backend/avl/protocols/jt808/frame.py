"""Frames of JT/T 808 (JT/T 808-2019, section 4.4): `7E | header | body | xor | 7E`, big-endian.

In between, 7E is written 7D 02 and 7D is 7D 01; the checksum is the XOR of header and body before that.

    header   message WORD · properties WORD · [2019: version BYTE] · phone BCD[6], 2019 BCD[10] · serial WORD
             · [properties bit 13: count of fragments WORD, number from 1 WORD]
    properties   bits 0-9 length of the body · 10-12 encryption · 13 fragmented · 14 version flag (2019)
"""

from dataclasses import dataclass

MARK = 0x7E
ESCAPE = 0x7D
LONGEST_FRAME = 2 * (21 + 1023 + 1) + 2  # every byte escaped
VERSION_FLAG = 1 << 14
FRAGMENT_FLAG = 1 << 13
ENCRYPTION = 0b111 << 10
LONGEST_BODY = 1023


class BadFrame(ValueError):
    """Bytes between two marks that are no frame."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, or a fragment of one. `phone`: the digits without leading zeros, which is the terminal's identifier.

    `is_2019`: by the version flag; else 2011 or 2013, which have the same frames.
    """

    message: int
    phone: str
    serial: int
    body: bytes
    is_2019: bool
    fragments: int = 1
    number: int = 1


class Splitter:
    """Cuts a stream into what lies between marks. Keeps no more than one frame can be long."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes | None]:
        """The escaped frames that these bytes complete, without their marks; None for one that was too long."""
        found: list[bytes | None] = []
        *pieces, rest = data.split(bytes([MARK]))
        for piece in pieces:
            whole = bytes(self._rest) + piece
            self._rest.clear()
            if self._skipping or len(whole) > LONGEST_FRAME:
                found.append(None)
            elif whole:  # between the mark that ends one and the one that begins the next there is nothing
                found.append(whole)
            self._skipping = False
        self._rest += rest
        if len(self._rest) > LONGEST_FRAME:
            self._rest.clear()
            self._skipping = True
        return found

    @property
    def unfinished(self) -> bool:
        """Whether something came after the last mark."""
        return bool(self._rest) or self._skipping


def unescape(data: bytes) -> bytes:
    """The inverse of `escape`. Raises BadFrame for an escape that means nothing."""
    if ESCAPE not in data:
        return data
    first, *parts = data.split(bytes([ESCAPE]))
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
    """The XOR of all bytes."""
    total = 0
    for byte in data:
        total ^= byte
    return total


def read_frame(escaped: bytes, *, tolerate_checksum: bool = False) -> Frame:
    """A frame from what lies between its marks. Raises BadFrame.

    `tolerate_checksum`: for terminals that are known to send a wrong one.
    """
    plain = _with_checksum(escaped)
    if len(plain) < 13:
        raise BadFrame(f"expected at least 13 bytes, got {len(plain)}")
    if checksum(plain) != 0 and not tolerate_checksum:
        raise BadFrame(f"checksum: expected {checksum(plain[:-1]):02x}, got {plain[-1]:02x}")
    message, properties = int.from_bytes(plain[:2]), int.from_bytes(plain[2:4])
    is_2019 = bool(properties & VERSION_FLAG)
    phone_at, phone_bytes = (5, 10) if is_2019 else (4, 6)
    body_at = phone_at + phone_bytes + 2 + (4 if properties & FRAGMENT_FLAG else 0)
    length = properties & LONGEST_BODY
    if len(plain) != body_at + length + 1:
        raise BadFrame(f"expected a body of {length} bytes, got {max(0, len(plain) - body_at - 1)}")
    if properties & ENCRYPTION:
        raise BadFrame("the body is encrypted, and no key was agreed")
    phone = plain[phone_at : phone_at + phone_bytes].hex()
    if not phone.isdecimal():
        raise BadFrame(f"expected a telephone number in BCD, got {phone}")
    serial_at = phone_at + phone_bytes
    fragments, number = 1, 1
    if properties & FRAGMENT_FLAG:
        fragments = int.from_bytes(plain[serial_at + 2 : serial_at + 4])
        number = int.from_bytes(plain[serial_at + 4 : serial_at + 6])
        if not 1 <= number <= fragments:
            raise BadFrame(f"expected a fragment's number from 1 to {fragments}, got {number}")
    return Frame(
        message,
        phone.lstrip("0") or "0",
        int.from_bytes(plain[serial_at : serial_at + 2]),
        plain[body_at:-1],
        is_2019,
        fragments,
        number,
    )


def _with_checksum(escaped: bytes) -> bytes:
    """The plain bytes, put right where a terminal did not escape its checksum.

    As 7E that ends the frame before itself, as 7D it stands bare at the end.
    """
    if escaped.endswith(bytes([ESCAPE])):
        plain = unescape(escaped[:-1])
        if checksum(plain) == ESCAPE:
            return plain + bytes([ESCAPE])
    plain = unescape(escaped)
    if len(plain) >= 4 and checksum(plain) == MARK and len(plain) == _length_without_checksum(plain):
        return plain + bytes([MARK])
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
    digits = 20 if frame.is_2019 else 12
    if not frame.phone.isdecimal() or len(frame.phone) > digits:
        raise ValueError(f"expected a telephone number of at most {digits} digits, got {frame.phone!r}")
    parts = [frame.message.to_bytes(2), properties.to_bytes(2)]
    parts += [b"\x01"] if frame.is_2019 else []
    parts += [bytes.fromhex(frame.phone.zfill(digits)), frame.serial.to_bytes(2)]
    parts += [frame.fragments.to_bytes(2), frame.number.to_bytes(2)] if frame.fragments > 1 else []
    plain = b"".join([*parts, frame.body])
    return b"\x7e" + escape(plain + bytes([checksum(plain)])) + b"\x7e"
