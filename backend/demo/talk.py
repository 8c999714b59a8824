"""How a simulated tracker talks: a kept-open connection for each protocol that it can speak."""

import asyncio
import logging
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

from backend.avl.protocols.jt808 import messages as jt
from backend.avl.protocols.jt808.frame import Frame, read_frame, write_frame
from backend.avl.protocols.jt808.location import STATUS_POSITIONED, STATUS_SOUTH, STATUS_WEST, write_time
from backend.avl.protocols.jt808.splitter import Splitter
from backend.demo.gps import Sample
from backend.demo.nmea import KNOTS_PER_METRE_PER_SECOND
from backend.demo.organisation import DemoDevice

log = logging.getLogger(__name__)

ANSWER_S = 30.0
IGNITION = 1


class Call(Protocol):
    """A device that is connected."""

    async def report(self, sample: Sample, moment: int) -> bool:
        """Send one fix and wait for its answer; whether it was taken. Raises EOFError or OSError on a cut line."""
        ...


@dataclass(slots=True)
class OsmAndCall:
    """A connection of the Traccar client."""

    device: DemoDevice
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def report(self, sample: Sample, moment: int) -> bool:
        """Send one fix and wait for its answer; whether it was taken. Raises EOFError or OSError on a cut line."""
        fields = (
            f"id={self.device.identifier}-{self.device.token}&timestamp={moment}"
            f"&lat={sample.latitude:.7f}&lon={sample.longitude:.7f}"
            f"&speed={sample.speed * KNOTS_PER_METRE_PER_SECOND:.2f}&bearing={sample.heading:.1f}"
            f"&accuracy={sample.accuracy:.1f}"
        )
        self.writer.write(f"POST /?{fields} HTTP/1.1\r\nHost: liandong\r\nContent-Length: 0\r\n\r\n".encode())
        async with asyncio.timeout(ANSWER_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
            status, _, rest = head.partition(b"\r\n")
            lines = (line for line in rest.split(b"\r\n") if line.lower().startswith(b"content-length:"))
            body = await self.reader.readexactly(next((int(line[15:]) for line in lines), 0))
        if b" 200 " not in status:
            log.warning("%s: %s %s", self.device.identifier, status.decode(), body.decode().strip())
            return False
        return True


@dataclass(slots=True)
class TerminalCall:
    """A connection of a JT/T 808 terminal that has authenticated."""

    device: DemoDevice
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    _splitter: Splitter = field(default_factory=Splitter)
    _serial: int = 0

    async def authenticate(self) -> bool:
        """Say who it is; whether that was believed."""
        return await self._ask(jt.AUTHENTICATE, self.device.token.encode())

    async def report(self, sample: Sample, moment: int) -> bool:
        """Send one fix and wait for its answer; whether it was taken."""
        status = IGNITION | STATUS_POSITIONED
        status |= STATUS_SOUTH if sample.latitude < 0 else 0
        status |= STATUS_WEST if sample.longitude < 0 else 0
        body = struct.pack(
            ">IIIIhHH6s",
            0,
            status,
            round(abs(sample.latitude) * 1e6),
            round(abs(sample.longitude) * 1e6),
            0,
            round(sample.speed * 36),
            round(sample.heading) % 360,
            write_time(moment),
        )
        return await self._ask(jt.LOCATION, body) or (await self.authenticate() and await self._ask(jt.LOCATION, body))

    async def _ask(self, message: int, body: bytes) -> bool:
        self._serial = (self._serial + 1) & 0xFFFF
        self.writer.write(write_frame(Frame(message, self.device.identifier, self._serial, body, False)))
        async with asyncio.timeout(ANSWER_S):
            while True:
                data = await self.reader.read(4096)
                if not data:
                    raise EOFError("the platform closed the line")
                for escaped in self._splitter.feed(data):
                    answer = read_frame(escaped) if escaped is not None else None
                    if answer is not None and answer.body[:4] == struct.pack(">HH", self._serial, message):
                        if answer.body[4] != jt.DONE:
                            log.warning(
                                "%s: message %04x was answered %d", self.device.identifier, message, answer.body[4]
                            )
                        return answer.body[4] == jt.DONE


async def call_osmand(device: DemoDevice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Call:
    """The Traccar client says who it is with each request."""
    return OsmAndCall(device, reader, writer)


async def call_terminal(device: DemoDevice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Call:
    """A terminal authenticates first. Raises EOFError where it is not believed: it calls again."""
    call = TerminalCall(device, reader, writer)
    if not await call.authenticate():
        raise EOFError("not believed yet")
    return call


CALLS: dict[str, Callable[[DemoDevice, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Call]]] = {
    "osmand": call_osmand,
    "jt808": call_terminal,
}
