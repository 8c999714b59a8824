"""The Traccar client, which says who it is with each request."""

import asyncio
from dataclasses import dataclass

from backend.demo.gps import Sample
from backend.demo.nmea import KNOTS_PER_METRE_PER_SECOND
from backend.demo.organisation import DemoDevice
from backend.demo.talk.call import Call
from backend.demo.talk.http import is_taken


@dataclass(slots=True)
class OsmAndCall:
    """A connection of the Traccar client."""

    device: DemoDevice
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def report(self, sample: Sample, moment: int) -> bool:
        """A fix in the address of a request, speed in knots."""
        fields = (
            f"id={self.device.identifier}-{self.device.token}&timestamp={moment}"
            f"&lat={sample.latitude:.7f}&lon={sample.longitude:.7f}"
            f"&speed={sample.speed * KNOTS_PER_METRE_PER_SECOND:.2f}&bearing={sample.heading:.1f}"
            f"&accuracy={sample.accuracy:.1f}"
        )
        request = f"POST /?{fields} HTTP/1.1\r\nHost: liandong\r\nContent-Length: 0\r\n\r\n".encode()
        return await is_taken(self.device.identifier, request, self.reader, self.writer)


async def call(device: DemoDevice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Call:
    """Nothing is said before the first fix."""
    return OsmAndCall(device, reader, writer)
