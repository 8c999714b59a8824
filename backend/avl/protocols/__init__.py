"""The protocols that devices speak: one file each, one line in this table, one folder of fixtures in the tests.

A decoder does no I/O: `feed` takes whatever bytes came and gives the messages that are complete; `reply` gives the
bytes that answer a frame once it is settled.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from backend.avl.messages import Message, Outcome
from backend.avl.protocols.field import Field
from backend.avl.protocols.gpsd import Gpsd
from backend.avl.protocols.jt808.decoder import Jt808
from backend.avl.protocols.nmea import Nmea
from backend.avl.protocols.osmand import OsmAnd
from backend.avl.protocols.owntracks import OwnTracks
from backend.avl.protocols.traccar import Traccar

BUILT_IN, CARRIED = 100, 200
Transport = Literal["TCP", "HTTP", "TCP and UDP"]


class Decoder(Protocol):
    """One connection's (or one receiver's) state of a protocol."""

    @property
    def unfinished(self) -> bool:
        """Whether a part of a message has come of which the rest is still to come."""
        ...

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete, in order."""
        ...

    def reply(self, frame: int, outcome: Outcome) -> bytes:
        """What to send back for a frame; empty when the protocol expects nothing."""
        ...

    def ends(self, frame: int) -> bool:
        """Whether the connection is to be closed after this frame's reply."""
        ...


@runtime_checkable
class Holding(Protocol):
    """A decoder that keeps a message back until it has all that belongs to it."""

    def rest(self) -> list[Message]:
        """What it still holds, at the end of the connection or the datagram."""
        ...


@runtime_checkable
class Commandable(Protocol):
    """A decoder whose devices can be told something; they answer with a `Receipt`."""

    def check_text(self, words: str) -> None:
        """Raises ValueError for words that cannot be sent."""
        ...

    def text(self, identifier: str, words: str) -> tuple[int, bytes]:
        """Words for a device that has logged in here: the number of its `Receipt`, and the bytes to send."""
        ...


@dataclass(frozen=True, slots=True)
class ProtocolEntry:
    """`number` stands in records and rows and is never used again; `port` names the setting of its port.

    `typed` is what people type into a client, of its `identifier` and `token`; None where the program calls the device.
    `precedence` of its devices where they have none of their own: what is built into a vehicle is believed before a
    telephone. `answers` False: it knows no reply, so a device cannot be asked to come again.
    `bus_port` names the setting of a port that the bus itself opens for it, for MQTT.
    """

    name: str
    number: int
    decoder: Callable[[], Decoder]
    port: str | None
    typed: str | None
    transport: Transport = "TCP"
    answers: bool = True
    precedence: int = BUILT_IN
    bus_port: str | None = None


PROTOCOLS: dict[str, ProtocolEntry] = {
    entry.name: entry
    for entry in (
        ProtocolEntry("gpsd", 1, Gpsd, None, None, answers=False),
        ProtocolEntry("osmand", 2, OsmAnd, "osmand_port", "{identifier}-{token}", "HTTP", precedence=CARRIED),
        ProtocolEntry("jt808", 3, Jt808, "jt808_port", "{identifier} / {token}"),
        ProtocolEntry("nmea", 4, Nmea, "nmea_port", "{identifier}-{token}", "TCP and UDP", answers=False),
        ProtocolEntry(
            "owntracks",
            5,
            OwnTracks,
            "owntracks_port",
            "{identifier}:{token}",
            "HTTP",
            precedence=CARRIED,
            bus_port="mqtt_port",
        ),
        ProtocolEntry("traccar", 6, Traccar, "traccar_port", "Authorization: Bearer {token}", "HTTP"),
        ProtocolEntry("field", 7, Field, "field_port", "{identifier}-{token}", "HTTP", precedence=CARRIED),
    )
}
COMMANDABLE = frozenset(entry.name for entry in PROTOCOLS.values() if isinstance(entry.decoder(), Commandable))
"""The protocols whose devices can be told something."""
PRECEDENCES = {entry.name: entry.precedence for entry in PROTOCOLS.values()}
TYPED = {entry.name: entry.typed for entry in PROTOCOLS.values() if entry.typed is not None}
