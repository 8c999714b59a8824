"""JT/T 808 terminals over real sockets that send each fix until it is answered, and remember what was."""

import asyncio
import contextlib
import random
import struct
from dataclasses import dataclass, field

from backend.avl.protocols.jt808 import messages as jt
from backend.avl.protocols.jt808.frame import Frame, read_frame, write_frame
from backend.avl.protocols.jt808.location import STATUS_POSITIONED, write_time
from backend.avl.protocols.jt808.splitter import Splitter
from backend.clock import now_ms

ANSWER_S = 10.0
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
PLACE = (113_100_000, 28_200_000)  # 1e-6 degrees


@dataclass
class Terminal:
    """One terminal. `acknowledged`: time (ms) and longitude (1e-6 degrees) of each fix that was answered as done."""

    number: str
    code: str
    port: int
    acknowledged: list[tuple[int, int]] = field(default_factory=list)
    again: int = 0
    _serial: int = 0

    async def report(self, until: asyncio.Event, interval_s: float) -> None:
        """Report until told to stop; the last fix is tried until it is answered."""
        line: Line | None = None
        step = 0
        while not until.is_set():
            step += 1
            moment, east = now_ms() // 1000 * 1000, PLACE[0] + step % 1000
            body = struct.pack(">IIIIhHH6s", 0, 1 | STATUS_POSITIONED, PLACE[1], east, 45, 36, 90, write_time(moment))
            while True:
                try:
                    line = line or await self._call()
                    await self._ask(line, jt.LOCATION, body)
                    break
                except (OSError, EOFError, TimeoutError):
                    self.again += 1
                    if line is not None:
                        await hang_up(line)
                    line = None
                    await asyncio.sleep(random.uniform(0.2, 0.6))
            self.acknowledged.append((moment, east))
            await asyncio.sleep(interval_s * random.uniform(0.8, 1.2))
        if line is not None:
            await hang_up(line)

    async def _call(self) -> Line:
        line = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            await self._ask(line, jt.AUTHENTICATE, self.code.encode())
        except BaseException:
            await hang_up(line)
            raise
        return line

    async def _ask(self, line: Line, message: int, body: bytes) -> None:
        """Raises EOFError unless it is answered as done."""
        self._serial = (self._serial + 1) & 0xFFFF
        line[1].write(write_frame(Frame(message, self.number, self._serial, body, False)))
        splitter = Splitter()
        async with asyncio.timeout(ANSWER_S):
            while data := await line[0].read(4096):
                for escaped in splitter.feed(data):
                    answer = read_frame(escaped or b"")
                    if answer.body[:4] == struct.pack(">HH", self._serial, message):
                        if answer.body[4] != jt.DONE:
                            raise EOFError(f"answered {answer.body[4]}")
                        return
        raise EOFError("the line was cut")


async def hang_up(line: Line) -> None:
    """Close it, whatever the other side did before."""
    line[1].close()
    with contextlib.suppress(OSError):
        await line[1].wait_closed()
