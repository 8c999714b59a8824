"""`liandong simulate`: units that report through the real OsmAnd port, as the Traccar client would."""

import asyncio
import contextlib
import logging
import random
from urllib.parse import urlencode

from backend.clock import now_ms
from backend.demo.nmea import KNOTS_PER_METRE_PER_SECOND
from backend.demo.organisation import DemoDevice
from backend.demo.wander import Wanderer, spread

log = logging.getLogger(__name__)

RADIUS_M = 9_000.0
PAUSE_S = 1.0


async def simulate(
    devices: list[DemoDevice], host: str, port: int, centre: tuple[float, float], interval_s: float
) -> None:
    """Drive these devices' units around the centre for ever, each reporting every `interval_s` seconds."""
    async with asyncio.TaskGroup() as tasks:
        for index, device in enumerate(devices):
            wanderer = spread(device.kind, centre, index, RADIUS_M)
            tasks.create_task(drive(device, wanderer, host, port, interval_s))


async def drive(device: DemoDevice, wanderer: Wanderer, host: str, port: int, interval_s: float) -> None:
    """One unit for ever: connect, report, connect again when the line is cut."""
    # Not all at once, and not before every process has heard of the new devices.
    await asyncio.sleep(1 + random.uniform(0, interval_s))
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            with contextlib.closing(writer):
                while True:
                    wanderer.advance(interval_s)
                    await report(device, wanderer, reader, writer)
                    await asyncio.sleep(interval_s)
        except (OSError, EOFError, TimeoutError) as error:
            log.debug("%s: %r", device.identifier, error)
            await asyncio.sleep(PAUSE_S)


async def report(
    device: DemoDevice, wanderer: Wanderer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Send one fix and wait for its acknowledgement. Raises EOFError or OSError when the line is cut."""
    fields = {
        "id": f"{device.identifier}-{device.token}",
        "timestamp": now_ms(),
        "lat": f"{wanderer.latitude:.7f}",
        "lon": f"{wanderer.longitude:.7f}",
        "speed": f"{wanderer.speed * KNOTS_PER_METRE_PER_SECOND:.2f}",
        "bearing": f"{wanderer.heading:.1f}",
        "accuracy": "6",
    }
    writer.write(f"POST /?{urlencode(fields)} HTTP/1.1\r\nHost: liandong\r\nContent-Length: 0\r\n\r\n".encode())
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
    status, _, rest = head.partition(b"\r\n")
    length = next((int(line[15:]) for line in rest.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    body = await reader.readexactly(length)
    if b" 200 " not in status:
        log.warning("%s: %s %s", device.identifier, status.decode(), body.decode().strip())
