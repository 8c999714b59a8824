"""Facts from their stream into the store, with an event for each that people must hear of. Runs in `worker`.

One transaction takes the rows and the events; after its commit the facts are acknowledged. A fact that is there already
changes nothing and tells nothing.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from nats.aio.msg import Msg
from nats.js.client import JetStreamContext
from sqlalchemy.exc import DataError, IntegrityError

from backend.avl import fact_rows
from backend.avl.facts import Fact, decode_fact
from backend.avl.pulling import pull
from backend.bus.streams import FACTS_READER
from backend.bus.subjects import FACTS
from backend.clock import now_ms
from backend.db.engine import Database, is_away

log = logging.getLogger(__name__)

FETCH = 100
FORGET_S = 600.0
DAY_MS = 86_400_000

# What only the data can be to blame for.
BAD_DATA = (DataError, IntegrityError)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A fact with the message that brought it."""

    message: Msg
    fact: Fact


class FactRecording:
    """Writes facts. `committed` and `refused` count since the start."""

    def __init__(self, database: Database, retention_days: int) -> None:
        self._database = database
        self._retention_ms = retention_days * DAY_MS
        self.committed = 0
        self.refused = 0

    async def record(self, messages: Sequence[Msg]) -> None:
        """Store these messages and acknowledge them; what can never be stored is set aside, not lost."""
        left = [message for message in messages if not message.is_acked]
        fetched = [one for one in [await self._decoded(message) for message in left] if one is not None]
        try:
            await self._store([one.fact for one in fetched])
        except BAD_DATA as error:
            log.warning("storing %d facts together failed (%s), trying each", len(fetched), error)
            for one in fetched:
                await self._store_or_refuse(one)
        for one in fetched:
            if not one.message.is_acked:
                await one.message.ack()

    async def follow(self, jetstream: JetStreamContext) -> None:
        """Record for ever, through an absence of bus or database."""
        await pull(lambda: jetstream.pull_subscribe_bind(FACTS_READER, FACTS), self.record, FETCH)

    async def keep_house(self) -> None:
        """Let go of what is past retention, for ever."""
        while True:
            try:
                async with self._database.transaction() as session:
                    gone = await fact_rows.forget_facts(session, now_ms() - self._retention_ms)
                if gone:
                    log.info("let go of %d crossings and alarms past retention", gone)
                    continue
            except Exception as error:
                if not is_away(error):
                    raise
            await asyncio.sleep(FORGET_S)

    async def _store(self, facts: Sequence[Fact]) -> None:
        async with self._database.transaction() as session:
            new = await fact_rows.insert_facts(session, facts)
        self.committed += new

    async def _decoded(self, message: Msg) -> Fetched | None:
        try:
            return Fetched(message, decode_fact(message.data))
        except ValueError as error:
            await self._refuse(message, str(error))
            return None

    async def _store_or_refuse(self, one: Fetched) -> None:
        try:
            await self._store([one.fact])
        except BAD_DATA as error:
            await self._refuse(one.message, str(error))

    async def _refuse(self, message: Msg, reason: str) -> None:
        sequence = message.metadata.sequence.stream
        log.error("fact %d of the stream is set aside in fact_refused: %s", sequence, reason)
        async with self._database.transaction() as session:
            await fact_rows.set_aside(session, sequence, reason.replace("\0", ""), message.data)
        await message.ack()
        self.refused += 1
