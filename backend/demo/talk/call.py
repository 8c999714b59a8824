"""What every simulated tracker has in common: it is connected, reports, and waits for an answer."""

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
