"""Devices that report over real sockets and remember what was acknowledged."""

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from urllib.parse import urlencode

from backend.clock import now_ms
from backend.demo.gps import Gps
from tests.demo.networks import town_driver

ANSWER_S = 20.0


@dataclass
class Reporter:
    """One OsmAnd device. It sends a fix until it is answered with 200; `acknowledged` are those fixes' times (ms)."""

    identifier: str
    port: int
    seed: int
    acknowledged: list[int] = field(default_factory=list)
    refused: int = 0
    repeated: int = 0

    async def report(self, until: asyncio.Event, interval_s: float) -> None:
        """Report until told to stop; the last fix is tried until it is acknowledged."""
        driver, gps = town_driver("car", self.seed), Gps(self.seed)
        while not until.is_set():
            driver.advance(interval_s)
            sample, moment = gps.look(driver), now_ms()
            fields = {
                "id": self.identifier,
                "timestamp": moment,
                "lat": f"{sample.latitude:.7f}",
                "lon": f"{sample.longitude:.7f}",
                "speed": "12.5",
                "bearing": f"{sample.heading:.1f}",
            }
            await self._until_acknowledged(urlencode(fields))
            self.acknowledged.append(moment)
            await asyncio.sleep(interval_s * random.uniform(0.8, 1.2))

    async def _until_acknowledged(self, query: str) -> None:
        tries = 0
        while True:
            tries += 1
            with contextlib.suppress(OSError, EOFError, TimeoutError):
                if await send(self.port, query) == 200:
                    self.repeated += tries - 1
                    return
                self.refused += 1
            await asyncio.sleep(0.2)


async def send(port: int, query: str) -> int:
    """Send one request on a connection of its own and return the status."""
    async with asyncio.timeout(ANSWER_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(f"GET /?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            status = await reader.readline()
            return int(status.split()[1]) if status else 0
        finally:
            writer.close()
