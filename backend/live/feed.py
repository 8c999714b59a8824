"""Events in number order, without holes, as this web process knows them.

An announcement that continues the row is taken as it comes; any other sign that there is more (a higher number, the
tip that is read each second) makes the feed read the table. Numbers are given in commit order, so nothing can appear
behind what was read.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable

from nats.aio.msg import Msg

from backend.bus.connection import Bus
from backend.bus.subjects import ALL_EVENTS
from backend.db.engine import Database, is_away
from backend.db.events import StoredEvent, after, decode, newest_number

log = logging.getLogger(__name__)

KEPT = 5_000
TIP_S = 1.0


class Feed:
    """`number` is the newest event told; `deliver` is called with each event in order.

    `went_back` is called when the store was restored: the numbers that were told will be given again.
    """

    def __init__(
        self,
        bus: Bus,
        database: Database,
        deliver: Callable[[StoredEvent], None],
        went_back: Callable[[], None] = lambda: None,
    ) -> None:
        self.number = 0
        self._bus = bus
        self._database = database
        self._deliver = deliver
        self._went_back = went_back
        self._kept: deque[StoredEvent] = deque(maxlen=KEPT)
        self._more = asyncio.Event()

    async def start(self) -> None:
        """Read the last events and hear announcements."""
        async with self._database.snapshot() as session:
            self.number = await newest_number(session)
            self._kept.extend(await after(session, max(self.number - KEPT, 0), KEPT))
        await self._bus.subscribe(ALL_EVENTS, self._announced)
        self._more.set()  # what was announced between the two is in the table

    async def run(self) -> None:
        """Read what announcements did not bring, for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._more.wait(), TIP_S)
            self._more.clear()
            await self.catch_up()

    async def catch_up(self) -> None:
        """Read what the table has and we have not; nothing while the database is away."""
        try:
            await self._read()
        except Exception as error:
            if not is_away(error):
                raise

    def since(self, number: int) -> list[StoredEvent] | None:
        """The events after `number`, from memory; None when some of them are not kept here."""
        if number >= self.number:
            return []
        first_kept = self._kept[0].number if self._kept else self.number + 1
        if number + 1 < first_kept:
            return None
        return [event for event in self._kept if event.number > number]

    def _announced(self, message: Msg) -> None:
        event = decode(message.data)
        if event.number == self.number + 1:
            self._tell(event)
        elif event.number > self.number:
            self._more.set()

    async def _read(self) -> None:
        told = self.number  # before the snapshot is taken: what is announced meanwhile need not be in it
        async with self._database.snapshot() as session:
            newest = await newest_number(session)
            if newest < told:
                log.error("the store's event number went back: it was restored; telling from there")
                self.number = newest
                self._kept.clear()
                self._went_back()
            while page := await after(session, self.number):
                for event in page:
                    if event.number > self.number:  # announced meanwhile
                        self._tell(event)

    def _tell(self, event: StoredEvent) -> None:
        self.number = event.number
        self._kept.append(event)
        self._deliver(event)
