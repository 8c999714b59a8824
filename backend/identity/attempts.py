"""How often somebody may try: per address and minute, in memory of one process."""

import time
from collections import OrderedDict

from backend.errors import TooMany

WINDOW_S = 60.0
MOST_ADDRESSES = 10_000


class Attempts:
    """Counts per address in windows of a minute; the addresses longest unheard are forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, address: str) -> None:
        """One more. Raises TooMany."""
        now = time.monotonic()
        began, count = self._counts.pop(address, (now, 0))
        if now - began >= WINDOW_S:
            began, count = now, 0
        self._counts[address] = (began, count + 1)
        while len(self._counts) > MOST_ADDRESSES:
            self._counts.popitem(last=False)
        if count >= self._most:
            raise TooMany(
                "too many attempts from here; try again in a minute", seconds=int(WINDOW_S - (now - began)) + 1
            )
