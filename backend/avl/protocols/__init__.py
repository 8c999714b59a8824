"""The protocols that devices speak: one file each, one line in this table, one folder of fixtures in the tests.

A decoder does no I/O: `feed` takes whatever bytes came and gives the messages that are complete; `reply` gives the
bytes that answer a frame once it is settled.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from backend.avl.messages import Message, Outcome
from backend.avl.protocols.gpsd import Gpsd
from backend.avl.protocols.osmand import OsmAnd


class Decoder(Protocol):
    """One connection's (or one receiver's) state of a protocol."""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete, in order."""
        ...

    def reply(self, frame: int, outcome: Outcome) -> bytes:
        """What to send back for a frame; empty when the protocol expects nothing."""
        ...

    def ends(self, frame: int) -> bool:
        """Whether the connection is to be closed after this frame's reply."""
        ...


@dataclass(frozen=True, slots=True)
class ProtocolEntry:
    """`number` stands in records and rows and is never used again; `port` names the setting of its TCP port.

    `typed` is what people type into a client, of its `identifier` and `token`; None where the program calls the device.
    """

    name: str
    number: int
    decoder: Callable[[], Decoder]
    port: str | None
    typed: str | None


PROTOCOLS: dict[str, ProtocolEntry] = {
    entry.name: entry
    for entry in (
        ProtocolEntry("gpsd", 1, Gpsd, None, None),
        ProtocolEntry("osmand", 2, OsmAnd, "osmand_port", "{identifier}-{token}"),
    )
}
TYPED = {entry.name: entry.typed for entry in PROTOCOLS.values() if entry.typed is not None}
