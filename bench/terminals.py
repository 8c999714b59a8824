"""JT/T 808 terminals for the bench, in a process of their own: `python -m bench.terminals PORT` with a plan as JSON.

`{"terminals": [[number, code, longitude, latitude], …], "rate": fixes/s, "seconds": s, "warm": s, "bus": url | null}`:
every terminal keeps a connection of its own and reports in turn, whether or not it was answered; the whole fleet makes
`rate`. With `bus` the announced positions are heard as well. Prints JSON: how many were sent and acknowledged within
the window, refused, the times to the acknowledgement and to the bus (ms), and the longest silence of a terminal.

A second's frames are made together, column by column, so that this process costs little beside what it measures.
"""

import asyncio
import json
import sys
import time
from typing import Any

import nats
import numpy
import uvloop
from numpy.typing import NDArray

from backend.avl.protocols.jt808 import messages as jt
from backend.avl.protocols.jt808.frame import Frame, escape, unescape, write_frame
from backend.avl.protocols.jt808.location import STATUS_POSITIONED, write_time
from backend.bus.record import LAYOUT
from backend.bus.subjects import ALL_POSITIONS
from backend.clock import now_ms

HEADER, FIXED = 12, 28
TICK_S = 0.01
LEAST_SAMPLE = 20_000
CONNECTING = 200  # at once
STEPS = 512  # places of a terminal, 1e-6 degrees apart: tells its fixes apart within one second


class Terminal(asyncio.Protocol):
    """One connection; `waiting` has the moment (perf_counter) at which each serial number was sent."""

    def __init__(self, fleet: "Fleet", index: int) -> None:
        self.fleet, self.index = fleet, index
        self.waiting: dict[int, float] = {}
        self.authenticated: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.transport: Any = None
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def connection_lost(self, error: Exception | None) -> None:
        self.fleet.lost += 1

    def data_received(self, data: bytes) -> None:
        *pieces, self._rest = (self._rest + data).split(b"\x7e")
        now = time.perf_counter()
        for piece in pieces:
            if piece:
                self._answered(unescape(piece) if b"\x7d" in piece else piece, now)

    def _answered(self, frame: bytes, now: float) -> None:
        """0x8001: serial number and message that it answers, and the result."""
        serial, message, result = int.from_bytes(frame[12:14]), int.from_bytes(frame[14:16]), frame[16]
        if message == jt.AUTHENTICATE:
            if not self.authenticated.done():
                self.authenticated.set_result(result == jt.DONE)
            return
        sent = self.waiting.pop(serial, None)
        if sent is not None:
            self.fleet.answered(sent, now, result == jt.DONE)


class Fleet:
    """All terminals, and what is counted."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.terminals: list[Terminal] = []
        self.plan = plan
        self.numbers = [one[0] for one in plan["terminals"]]
        self.place = numpy.array([[one[2], one[3]] for one in plan["terminals"]])
        self.window = (0.0, 0.0)
        self.sent = self.acknowledged = self.refused = self.lost = 0
        self.took: list[float] = []
        self.heard: list[float] = []
        self.on_bus: dict[tuple[int, int], float] = {}
        self._serial = 0

    def answered(self, sent: float, now: float, well: bool) -> None:
        """An acknowledgement counts when it comes within the window."""
        if self.window[0] <= now < self.window[1]:
            self.acknowledged += well
            self.refused += not well
            self.took.append((now - sent) * 1000)

    async def connect(self, port: int) -> None:
        """Open every connection and authenticate."""
        for start in range(0, len(self.numbers), CONNECTING):
            some = range(start, min(start + CONNECTING, len(self.numbers)))
            made = await asyncio.gather(*(self._open(index, port) for index in some))
            for (transport, terminal), index in zip(made, some, strict=True):
                number, code = self.plan["terminals"][index][:2]
                transport.write(write_frame(Frame(jt.AUTHENTICATE, number, 0, code.encode(), False)))
                self.terminals.append(terminal)
            answers = await asyncio.gather(*(terminal.authenticated for _, terminal in made))
            if not all(answers):
                raise SystemExit("a terminal was not believed")

    async def _open(self, index: int, port: int) -> tuple[asyncio.Transport, Terminal]:
        return await asyncio.get_running_loop().create_connection(lambda: Terminal(self, index), "127.0.0.1", port)

    def frames(self, indexes: NDArray[numpy.int64], serial: int) -> list[bytes]:
        """A location report of each of these terminals, with this serial number."""
        count = len(indexes)
        plain = numpy.zeros((count, HEADER + FIXED + 1), dtype=numpy.uint8)
        plain[:, 0:4] = [jt.LOCATION >> 8, jt.LOCATION & 0xFF, 0, FIXED]
        plain[:, 4:10] = self._bcd[indexes]
        plain[:, 10:12] = [serial >> 8 & 0xFF, serial & 0xFF]
        body = numpy.zeros((count, 7), dtype=">u4")
        body[:, 1] = 1 | STATUS_POSITIONED
        body[:, 2] = numpy.round(self.place[indexes, 1] * 1e6)
        body[:, 3] = numpy.round(self.place[indexes, 0] * 1e6) + serial % STEPS
        body[:, 4] = 45 << 16 | 360  # altitude m, speed 0.1 km/h
        whole = body.view(numpy.uint8).reshape(count, FIXED)
        whole[:, 20:22] = [0, 90]
        whole[:, 22:28] = list(write_time(now_ms()))
        plain[:, HEADER:-1] = whole
        plain[:, -1] = numpy.bitwise_xor.reduce(plain[:, :-1], axis=1)
        return [b"\x7e" + escape(row.tobytes()) + b"\x7e" for row in plain]

    async def drive(self) -> None:
        """Report at the rate for the warm-up and the window, then wait a little for what is still under way."""
        count, rate = len(self.numbers), float(self.plan["rate"])
        self._bcd = numpy.array([list(bytes.fromhex(number.zfill(12))) for number in self.numbers], dtype=numpy.uint8)
        began = time.perf_counter() + 0.1
        self.window = (began + self.plan["warm"], began + self.plan["warm"] + self.plan["seconds"])
        done, turn = 0, 0
        while (now := time.perf_counter()) < self.window[1]:
            due = int(max(0.0, now - began) * rate)
            while done < due:
                some = min(due - done, count - turn)
                self._send(numpy.arange(turn, turn + some))
                done, turn = done + some, turn + some
                if turn == count:
                    turn, self._serial = 0, self._serial + 1
            await asyncio.sleep(max(0.0, TICK_S - (time.perf_counter() - now)))
        await asyncio.sleep(2)

    def _send(self, indexes: NDArray[numpy.int64]) -> None:
        serial = self._serial & 0xFFFF
        for index, frame in zip(indexes.tolist(), self.frames(indexes, serial), strict=True):
            terminal, now = self.terminals[index], time.perf_counter()
            terminal.waiting[serial] = now
            terminal.transport.write(frame)
            if self.plan["bus"]:
                east = round(self.place[index, 0] * 1e6) + serial % STEPS
                self.on_bus[east * 10, round(self.place[index, 1] * 1e6) * 10] = now
            if self.window[0] <= now < self.window[1]:
                self.sent += 1

    async def listen(self, message: Any) -> None:
        """A position was announced: how long after it was sent."""
        now = time.perf_counter()
        fields = LAYOUT.unpack(message.data)
        sent = self.on_bus.pop((fields[2], fields[3]), None)
        if sent is not None and self.window[0] <= now < self.window[1]:
            self.heard.append((now - sent) * 1000)


async def main(port: int, plan: dict[str, Any]) -> None:
    """Drive the fleet and print what came of it."""
    fleet = Fleet(plan)
    bus = await nats.connect(plan["bus"]) if plan["bus"] else None
    if bus is not None:
        await bus.subscribe(ALL_POSITIONS, cb=fleet.listen)
    await fleet.connect(port)
    print("ready", flush=True)
    await fleet.drive()
    waiting = sum(len(terminal.waiting) for terminal in fleet.terminals)
    print(
        json.dumps(
            {
                "sent": fleet.sent,
                "acknowledged": fleet.acknowledged,
                "refused": fleet.refused,
                "lost": fleet.lost,
                "unanswered": waiting,
                "took": sorted(fleet.took)[:: max(1, len(fleet.took) // LEAST_SAMPLE)],
                "heard": sorted(fleet.heard)[:: max(1, len(fleet.heard) // LEAST_SAMPLE)],
            }
        ),
        flush=True,
    )
    if bus is not None:
        await bus.close()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), json.loads(sys.stdin.readline())))
