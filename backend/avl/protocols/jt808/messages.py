"""What a terminal says beside its place, and what the platform answers (JT/T 808-2019, section 8)."""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from backend.avl.protocols.jt808.frame import LONGEST_BODY, Frame
from backend.avl.protocols.jt808.location import write_time
from backend.clock import from_ms

GENERAL_REPLY = 0x0001
HEARTBEAT = 0x0002
LOG_OUT = 0x0003
REGISTER = 0x0100
AUTHENTICATE = 0x0102
TIME_REQUEST = 0x0109
LOCATION = 0x0200
QUERIED_LOCATION = 0x0201
BATCH = 0x0704
COMPACT = 0x5501
COMPACT_BACK_FILL = 0x5502

PLATFORM_REPLY = 0x8001
REGISTERED = 0x8100
TIME_REPLY = 0x8109
TEXT = 0x8300
COMPACT_REPLY = 0x4401

DONE, FAILED, BAD_MESSAGE, UNSUPPORTED = range(4)
CODE_SIGNS = 20
NOTICE = 1
LONGEST_TEXT = LONGEST_BODY - 2
# Manufacturer, model, terminal id: of 2011, 2013, 2019. All three versions begin with province and city.
REGISTER_WIDTHS = ((5, 8, 7), (5, 20, 7), (11, 30, 30))


@dataclass(frozen=True, slots=True)
class Registration:
    """What a terminal says of itself when it is new; texts without their padding."""

    manufacturer: str
    model: str
    terminal: str
    plate_colour: int
    plate: str


def read_registration(frame: Frame) -> Registration:
    """Raises ValueError for a body that is too short for its version."""
    widths = REGISTER_WIDTHS[2] if frame.is_2019 else _older_widths(frame.body)
    if len(frame.body) < 4 + sum(widths) + 1:
        raise ValueError(f"a registration has at least {4 + sum(widths) + 1} bytes, got {len(frame.body)}")
    at, texts = 4, []
    for width in widths:
        texts.append(_text(frame.body[at : at + width]))
        at += width
    manufacturer, model, terminal = texts
    return Registration(manufacturer, model, terminal, frame.body[at], _text(frame.body[at + 1 :]))


def _older_widths(body: bytes) -> tuple[int, int, int]:
    """2011 and 2013 do not say which they are: 2013 has twelve bytes more before the plate, which has 7 to 17."""
    return REGISTER_WIDTHS[1] if len(body) >= 4 + sum(REGISTER_WIDTHS[1]) + 1 else REGISTER_WIDTHS[0]


def read_authentication(frame: Frame) -> str:
    """The code that the terminal was given. Raises ValueError for a length that lies."""
    if not frame.is_2019:
        return _text(frame.body)
    if not frame.body or len(frame.body) < 1 + frame.body[0]:
        raise ValueError(f"expected a code as long as its first byte says, got {frame.body[:40].hex()}")
    return _text(frame.body[1 : 1 + frame.body[0]])


def split_batch(body: bytes) -> Iterator[bytes]:
    """The location reports of a batch, 0x0704. Raises ValueError where its count or a length lies."""
    if len(body) < 3:
        raise ValueError(f"a batch has at least 3 bytes, got {len(body)}")
    count, at = int.from_bytes(body[:2]), 3
    for number in range(1, count + 1):
        end = at + 2 + int.from_bytes(body[at : at + 2])
        if at + 2 > len(body) or end > len(body):
            raise ValueError(f"report {number} of {count} ends after the batch")
        yield body[at + 2 : end]
        at = end
    if at != len(body):
        raise ValueError(f"{len(body) - at} bytes are left after {count} reports")


def code_of(secret: bytes, phone: str, terminal: str) -> str:
    """The code that a terminal gets: always the same, and nobody knows it who does not know both.

    So a terminal that registers again goes on to be known, and one that takes another's number is not.
    """
    return hmac.new(secret, f"jt808 {phone} {terminal}".encode(), hashlib.sha256).hexdigest()[:CODE_SIGNS]


def general_reply(frame: Frame, result: int) -> bytes:
    """The body of 0x8001."""
    return frame.serial.to_bytes(2) + frame.message.to_bytes(2) + bytes([result])


def registered(frame: Frame, code: str) -> bytes:
    """The body of 0x8100 with success."""
    return frame.serial.to_bytes(2) + bytes([DONE]) + code.encode("gbk")


def compact_reply(frame: Frame, result: int) -> bytes:
    """The body of 0x4401, which names the message that it answers, and not its serial number."""
    return frame.message.to_bytes(2) + bytes([result])


def sentence_reply(sentence: bytes, milliseconds: int) -> bytes:
    """The answer to a sentence that asks for the time, `(number,…,BASE,2,TIME)`, in UTC; others expect none."""
    if not sentence.endswith(b"BASE,2,TIME"):
        return b""
    moment = from_ms(milliseconds).strftime("%Y%m%d%H%M%S")
    return b"(" + sentence.removesuffix(b"TIME") + moment.encode() + b")"


def time_reply(milliseconds: int) -> bytes:
    """The body of 0x8109: the platform's time, which the standard has in UTC."""
    return write_time(milliseconds - 8 * 3_600_000)


def text(words: str, *, is_2019: bool = False, emergency: bool = False, spoken: bool = True) -> bytes:
    """The body of 0x8300: words for the driver's screen, and aloud. 2019 has a byte for the kind: 1 is a notice.

    Raises ValueError for words that GBK has not, or that are too long for a frame.
    """
    flags = (1 if emergency else 0) | 1 << 2 | (1 << 3 if spoken else 0)
    try:
        body = words.encode("gbk")
    except UnicodeEncodeError as error:
        raise ValueError(f"expected signs that GBK has, got {words[error.start]!a}") from error
    if not words.strip() or "\0" in words:
        raise ValueError("expected some words, and no zero bytes")
    if len(body) > LONGEST_TEXT:
        raise ValueError(f"expected at most {LONGEST_TEXT} bytes in GBK, got {len(body)}")
    return bytes([flags, NOTICE] if is_2019 else [flags]) + body


def read_receipt(frame: Frame) -> tuple[int, int, int]:
    """Of a terminal's general reply (0x0001): serial number and message that it answers, and its result.

    Raises ValueError for a body that is too short.
    """
    if len(frame.body) < 5:
        raise ValueError(f"a general reply has 5 bytes, got {len(frame.body)}")
    return int.from_bytes(frame.body[:2]), int.from_bytes(frame.body[2:4]), frame.body[4]


def _text(data: bytes) -> str:
    """GBK without padding; what is none becomes question marks: nothing here is worth losing a terminal for."""
    return data.rstrip(b"\0").decode("gbk", "replace").strip(" \0")
