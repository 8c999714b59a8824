"""Viewers for the bench, in a process of their own: many sockets that read everything and look into little of it.

`python -m bench.viewers URL` with a JSON plan on standard input: `{"cookie", "looks": [look, …], "count", "seconds",
"warm": s}`; viewer i takes look i modulo their number; a look of null only reads what comes (for the raw server).
Prints JSON: bytes and frames per viewer, device→viewer times in ms, the largest frame, all within the window.
"""

import asyncio
import json
import struct
import sys
import time
from typing import Any

import uvloop
from websockets.asyncio.client import connect

HEADER, RECORD = 16, 32
TIME = struct.Struct("<q")
INSPECTED = 5  # viewers whose records are looked at; all of them would measure this process


class Tally:
    """What the viewers saw within the window."""

    def __init__(self) -> None:
        self.open = False
        self.begun: set[int] = set()
        self.bytes = 0
        self.frames = 0
        self.records = 0
        self.largest = 0
        self.delays: list[float] = []

    def take(self, message: bytes | str, number: int) -> None:
        """Count a message of a viewer."""
        if not self.open:
            if isinstance(message, bytes):
                self.begun.add(number)
            return
        self.bytes += len(message)
        if isinstance(message, bytes):
            self.frames += 1
            self.largest = max(self.largest, len(message))
            if number < INSPECTED and message[0] == 1:
                now = time.time_ns() / 1e6
                times = [TIME.unpack_from(message, at + 4)[0] for at in range(HEADER, len(message), RECORD)]
                self.records += len(times)
                self.delays += [now - moment for moment in times]


async def view(url: str, plan: dict[str, Any], number: int, tally: Tally) -> None:
    """One viewer until cancelled."""
    look = plan["looks"][number % len(plan["looks"])]
    headers = {"Cookie": plan["cookie"]}
    async with connect(url, additional_headers=headers, compression=None, max_size=None, ping_interval=None) as socket:
        if look is not None:
            hello = {
                "type": "hello",
                "version": 1,
                "topics": [],
                "look": {"type": "look", "look": 1, **look},
                "resume": None,
            }
            await socket.send(json.dumps(hello))
        async for message in socket:
            tally.take(message, number)


async def main(url: str, plan: dict[str, Any]) -> None:
    """Open all viewers, say so, measure, print."""
    tally = Tally()
    tasks = []
    for number in range(plan["count"]):
        tasks.append(asyncio.create_task(view(url, plan, number, tally)))
        if number % 20 == 19:
            await asyncio.sleep(0.05)
    while len(tally.begun) < plan["count"]:  # each has its snapshot: what follows is the steady state
        await asyncio.sleep(0.1)
    await asyncio.sleep(plan["warm"])
    print("ready", flush=True)
    tally.open = True
    await asyncio.sleep(plan["seconds"])
    tally.open = False
    failed = [task for task in tasks if task.done()]
    print(
        json.dumps(
            {
                "bytes": tally.bytes / plan["count"],
                "frames": tally.frames / plan["count"],
                "largest": tally.largest,
                "records": tally.records,
                "delays": sorted(tally.delays)[:: max(1, len(tally.delays) // 20000)],
                "failed": len(failed),
            }
        ),
        flush=True,
    )
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], json.load(sys.stdin)))
