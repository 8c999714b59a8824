"""The newest position of each unit, as ingest knows it: what is late, and what a starting board is filled with."""

import asyncio
import logging
import time
from collections.abc import Callable

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError
from sqlalchemy import text

from backend.avl.batch import decode
from backend.avl.speakers import Speakers
from backend.bus.connection import Bus
from backend.bus.fill import chunks
from backend.bus.record import SIZE, precedence_in, unit_and_time
from backend.bus.subjects import ALL_POSITIONS, BOARD_FILL, FIXES, Address, position_subject
from backend.clock import now_ms
from backend.db.engine import Database
from backend.identity.registry import Organisation

log = logging.getLogger(__name__)

STREAM_READ_S = 5.0


class Latest:
    """Newest moment (ms), subject and record of each unit. `moments` is what the pipeline's step `late` reads."""

    def __init__(self, bus: Bus, speakers: Speakers | None = None) -> None:
        self.moments: dict[int, int] = {}
        self._positions: dict[int, tuple[str, bytes]] = {}
        self._bus = bus
        self._speakers = Speakers() if speakers is None else speakers
        self._tasks: set[asyncio.Task[None]] = set()
        self._heard_newer: list[Callable[[int], None]] = []

    def note(self, unit: int, moment: int, subject: str, record: bytes) -> None:
        """Keep a position if no newer one is known."""
        if moment >= self.moments.get(unit, 0):
            self.moments[unit] = moment
            self._positions[unit] = (subject, record)

    def position(self, unit: int) -> tuple[str, bytes] | None:
        """Subject and record of the unit's newest position, None if none is known."""
        return self._positions.get(unit)

    def on_heard(self, callback: Callable[[int], None]) -> None:
        """Call this with each unit of which another ingest has a newer position."""
        self._heard_newer.append(callback)

    def forget_off_duty(self, organisation: Organisation) -> None:
        """Drop units that are off duty or gone: they are not to be seen any more."""
        for unit in list(self._positions):
            known = organisation.units.get(unit)
            if known is None or not known.on_duty:
                del self._positions[unit]

    async def fill(self, database: Database) -> None:
        """Read what was recorded, then what still waits in the stream (the newest batches first, bounded)."""
        async with database.snapshot() as session:
            for row in await session.execute(text("SELECT unit, moment, subject, record FROM unit_latest")):
                self.note(row.unit, row.moment, row.subject, bytes(row.record))
        await self._fill_from_stream()

    async def listen(self) -> None:
        """Hear what other ingests announce, and answer boards that ask."""
        await self._bus.subscribe(ALL_POSITIONS, self._heard)
        await self._bus.subscribe(BOARD_FILL, self._asked)

    async def _fill_from_stream(self) -> None:
        jetstream = self._bus.jetstream
        ends = time.monotonic() + STREAM_READ_S
        try:
            state = (await jetstream.stream_info(FIXES)).state
            sequence = state.last_seq
            while sequence >= state.first_seq > 0 and time.monotonic() < ends:
                try:
                    message = await jetstream.get_msg(FIXES, seq=sequence, direct=True)
                    self._note_batch(message.data or b"")
                except NotFoundError:
                    pass  # recorded meanwhile: unit_latest has it
                sequence -= 1
        except (NatsError, TimeoutError) as error:
            log.warning("the stream could not be read for newest positions: %s", error)

    def _note_batch(self, data: bytes) -> None:
        try:
            batch = decode(data)
        except ValueError as error:
            log.error("a batch in the stream is not one: %s", error)
            return
        for fix in batch.fixes:
            if not fix.may_lead:
                continue
            subject = position_subject(Address(fix.district, fix.squad, fix.cell, fix.unit))
            self.note(fix.unit, fix.moment, subject, fix.record())

    def _heard(self, message: Msg) -> None:
        if len(message.data) == SIZE:
            unit, moment = unit_and_time(message.data)
            if moment >= self.moments.get(unit, 0):
                self.note(unit, moment, message.subject, message.data)
                for callback in self._heard_newer:
                    callback(unit)
            self._speakers.heard_elsewhere(unit, precedence_in(message.data), moment, now_ms())

    def _asked(self, message: Msg) -> None:
        task = asyncio.ensure_future(self._answer(message.reply))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, inbox: str) -> None:
        for chunk in chunks(list(self._positions.values())):
            await self._bus.publish(inbox, chunk)
