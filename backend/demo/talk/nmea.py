"""A GNSS receiver with a network: NMEA 0183 over TCP."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from backend.demo.gps import Sample
from backend.demo.nmea import epoch, sentence
from backend.demo.organisation import DemoDevice
from backend.demo.talk.call import ANSWER_S, Call, send


@dataclass(slots=True)
class NmeaCall:
    """A line that sentences go down. Nothing comes back: a fix counts as taken once it is sent."""

    device: DemoDevice
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def report(self, sample: Sample, moment: int) -> bool:
        """The sentences of one moment, after the one that says who speaks: nobody tells whether that was believed."""
        speaker = sentence(f"PLDID,{self.device.identifier},{self.device.token}")
        told = speaker + epoch(datetime.fromtimestamp(moment / 1000, UTC), sample)
        send(told.encode(), self.reader, self.writer)
        async with asyncio.timeout(ANSWER_S):
            await self.writer.drain()
        return True


async def call(device: DemoDevice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Call:
    """Nothing is said before the first fix."""
    return NmeaCall(device, reader, writer)
