"""Gives each connection's bytes their turn, a few milliseconds at a time.

libuv reads up to 48 times 1 024 ready sockets before it does anything else. If each of those reads decoded and stored,
ten thousand terminals that report at once would keep the event loop for seconds: the stream's answers were not heard,
so nobody was answered, and everything came to a stand. So bytes only queue up when they are read, and between two
slices the loop does all else that is due. What waits is bounded: beyond that, sockets are not read.
"""

import asyncio
import time
from collections import deque
from typing import Protocol

SLICE_S = 0.005
MOST_BYTES = 16 * 1024 * 1024
ITEM_BYTES = 200  # what an entry takes beside its bytes


class Speaker(Protocol):
    """A connection whose turn comes."""

    def turn(self, data: bytes | None) -> None:
        """Take these bytes; None: it is closed, and nothing more will come."""
        ...

    def hold(self) -> None:
        """Read no more until the next turn."""
        ...


class Turns:
    """The connections that have said something, in the order in which they said it."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Speaker, bytes | None]] = deque()
        self._bytes = 0
        self._is_due = False

    def put(self, speaker: Speaker, data: bytes | None) -> None:
        """Queue what a connection said, or None for its end."""
        self._waiting.append((speaker, data))
        self._bytes += ITEM_BYTES + len(data or b"")
        if data is not None and self._bytes > MOST_BYTES:
            speaker.hold()
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._run)

    def _run(self) -> None:
        self._is_due = False
        ends = time.monotonic() + SLICE_S
        try:
            while self._waiting:
                speaker, data = self._waiting.popleft()
                self._bytes -= ITEM_BYTES + len(data or b"")
                speaker.turn(data)
                if time.monotonic() > ends:
                    break
        finally:
            if self._waiting and not self._is_due:
                self._is_due = True
                asyncio.get_running_loop().call_soon(self._run)
