"""What a protocol's decoder may give. All in plain units: WGS-84 degrees, m/s, degrees from north, metres, UTC."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`frame` numbers the frame or request on its connection; each frame is answered once, when all is settled."""

    frame: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Login(Message):
    """Who speaks: holds for what follows on the connection until the next one."""

    identifier: str
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix(Message):
    """One position.

    `fixed_at` is ms since 1970; None where the source tells no time, which stands for the moment of receipt.
    `speed` m/s, `heading` degrees clockwise from true north, `accuracy` and `altitude` m: None is unknown.
    `alarms` are bits (`ALARM_…`); `attributes` whatever else the device said, under our names.
    """

    fixed_at: int | None
    longitude: float
    latitude: float
    speed: float | None = None
    heading: float | None = None
    accuracy: float | None = None
    altitude: float | None = None
    alarms: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat(Message):
    """The device is there and has no position to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm(Message):
    """An alarm that comes without a position. `at`: ms since 1970; None stands for the moment of receipt."""

    alarms: int
    at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed(Message):
    """A frame that yields nothing: what was expected and what came, for the log and the answer."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt(Message):
    """What a device answers to what it was sent: under which number, and 0 for yes, all else for no."""

    number: int
    answer: int


ALARM_SOS = 1
GIVEN_GCJ02 = "given_gcj02"  # the attribute that keeps a place as given, [longitude, latitude], after its conversion


class Outcome(Enum):
    """What became of a frame, for `Decoder.reply`."""

    STORED = "stored"  # everything in it is durable, or counted as repeat or rejected
    HEARD = "heard"  # it held nothing to store
    UNKNOWN_DEVICE = "unknown_device"
    MALFORMED = "malformed"
    BUSY = "busy"  # not taken: come again
