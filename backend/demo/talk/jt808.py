"""A terminal of JT/T 808, that is known: it authenticates, then reports."""

import asyncio
import logging
import struct
from dataclasses import dataclass, field

from backend.avl.protocols.jt808 import messages as jt
from backend.avl.protocols.jt808.frame import Frame, read_frame, write_frame
from backend.avl.protocols.jt808.location import STATUS_POSITIONED, STATUS_SOUTH, STATUS_WEST, write_time
from backend.avl.protocols.jt808.splitter import Splitter
from backend.demo.gps import Sample
from backend.demo.organisation import DemoDevice
from backend.demo.talk.call import ANSWER_S, Call, send

log = logging.getLogger(__name__)

IGNITION = 1


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
        serial = self._send(message, body)
        async with asyncio.timeout(ANSWER_S):
            while True:
                data = await self.reader.read(4096)
                if not data:
                    raise EOFError("the platform closed the line")
                result = self._result_of(data, struct.pack(">HH", serial, message))
                if result is not None:
                    if result != jt.DONE:
                        log.warning("%s: message %04x was answered %d", self.device.identifier, message, result)
                    return result == jt.DONE

    def _result_of(self, data: bytes, asked: bytes) -> int | None:
        """How the platform answers what was asked; its own words to the driver are acknowledged by the way."""
        result = None
        for escaped in self._splitter.feed(data):
            frame = read_frame(escaped or b"")
            if frame.message == jt.TEXT:
                self._send(jt.GENERAL_REPLY, struct.pack(">HHB", frame.serial, frame.message, jt.DONE))
            elif frame.body[:4] == asked:
                result = frame.body[4]
        return result

    def _send(self, message: int, body: bytes) -> int:
        self._serial = (self._serial + 1) & 0xFFFF
        frame = write_frame(Frame(message, self.device.identifier, self._serial, body, False))
        send(frame, self.reader, self.writer)
        return self._serial


async def call(device: DemoDevice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Call:
    """A terminal authenticates first. Raises EOFError where it is not believed: it calls again."""
    terminal = TerminalCall(device, reader, writer)
    if not await terminal.authenticate():
        raise EOFError("not believed yet")
    return terminal
