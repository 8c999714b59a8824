"""What every simulated tracker has in common: it is connected, reports, and waits for an answer."""

import asyncio
from typing import Protocol

from backend.demo.gps import Sample

ANSWER_S = 30.0


class Call(Protocol):
    """A device that is connected and has said who it is."""

    async def report(self, sample: Sample, moment: int) -> bool:
        """Send one fix (`moment`: ms since 1970) and wait for its answer, if there is one; whether it was taken.

        Raises EOFError, OSError or TimeoutError on a cut line.
        """
        ...


def send(data: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Write to a line that is open. Raises EOFError where it was cut: not every event loop does so on a write."""
    if reader.at_eof() or writer.is_closing():
        raise EOFError("the platform closed the line")
    writer.write(data)
