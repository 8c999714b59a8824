"""A recorder between a real stream and a real store, driven step by step."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from nats.aio.msg import Msg
from nats.js.client import JetStreamContext
from sqlalchemy import text

from backend.avl.batch import Batch, encode
from backend.avl.recorder import Recorder
from backend.bus.connection import Bus
from backend.bus.streams import ensure_stream, fixes_stream
from backend.bus.subjects import FIXES, batch_subject
from backend.db.engine import Database
from backend.db.events import StoredEvent
from tests.bus.servers import connected
from tests.conftest import TestBus, TestDatabase

RETENTION_DAYS = 30


class Desk:
    """What the tests of the recorder work with. Devices 1…5 exist; each reports for the unit of its number."""

    def __init__(self, bus: Bus, database: Database, consumer: JetStreamContext.PullSubscription) -> None:
        self.bus = bus
        self.database = database
        self.consumer = consumer
        self.recorder = Recorder(database, RETENTION_DAYS)
        self.announced: list[StoredEvent] = []

    async def put(self, *batches: Batch | bytes, incarnation: str = "raw") -> None:
        """Into the stream."""
        for batch in batches:
            subject = batch_subject(incarnation if isinstance(batch, bytes) else batch.incarnation)
            await self.bus.jetstream.publish(subject, batch if isinstance(batch, bytes) else encode(batch))

    async def fetch(self, count: int) -> list[Msg]:
        """Out of the stream."""
        messages: list[Msg] = []
        while len(messages) < count:
            messages += await self.consumer.fetch(count - len(messages), timeout=5)
        return messages

    async def record(self, *batches: Batch | bytes) -> None:
        """Through the stream into the store, in one go."""
        await self.put(*batches)
        await self.recorder.record(await self.fetch(len(batches)))
        await self.all_acknowledged()

    async def all_acknowledged(self) -> None:
        """Wait until the stream has let go of everything. Raises TimeoutError."""
        async with asyncio.timeout(5):
            while await self.unacknowledged():
                await asyncio.sleep(0.005)

    async def unacknowledged(self) -> int:
        """Messages that the stream still keeps."""
        await self.bus.flush()
        return (await self.bus.jetstream.stream_info(FIXES)).state.messages

    async def rows(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """What the store says."""
        async with self.database.snapshot() as session:
            return [dict(row._mapping) for row in await session.execute(text(statement), values)]

    async def value(self, statement: str, **values: Any) -> Any:
        """The one value that the store says."""
        (row,) = await self.rows(statement, **values)
        (value,) = row.values()
        return value


PREPARE = """
INSERT INTO node (kind, name) VALUES ('squad', 'squad') ON CONFLICT DO NOTHING;
INSERT INTO unit (squad, call_sign, kind, name) SELECT (SELECT min(id) FROM node), 'S' || n, 'car', 'car'
FROM generate_series(1, 5) AS n ON CONFLICT DO NOTHING;
INSERT INTO device (identifier, unit, protocol, token_hash)
SELECT 'd' || n, n, 'osmand', '' FROM generate_series(1, 5) n ON CONFLICT DO NOTHING
"""
EMPTY = ("device_seen", "fix", "fix_batch", "fix_tally", "fix_batch_refused", "unit_latest", "unit_presence", "event")


@contextlib.asynccontextmanager
async def open_desk(nats_url: str, database_url: str) -> AsyncIterator[Desk]:
    """An empty stream and an empty store with five devices."""
    async with connected(nats_url) as bus:
        await ensure_stream(bus, fixes_stream(64 * 1024 * 1024))
        consumer = await bus.jetstream.pull_subscribe(f"{FIXES}.>", "recorder", stream=FIXES)
        announced: list[StoredEvent] = []

        async def announce(events: Any) -> None:
            announced.extend(events)

        database = Database(database_url, announce)
        async with database.transaction() as session:
            for statement in PREPARE.split(";"):
                await session.execute(text(statement))
            for table in EMPTY:
                await session.execute(text(f"DELETE FROM {table}"))
            await session.execute(text("UPDATE device SET first_seen_at = NULL"))
            await session.execute(text("UPDATE event_counter SET number = 0"))
        desk = Desk(bus, database, consumer)
        desk.announced = announced
        await desk.recorder.start()
        try:
            yield desk
        finally:
            await bus.jetstream.delete_stream(FIXES)
            await database.close()


@pytest_asyncio.fixture(loop_scope="module")
async def desk(nats_server: TestBus, database: TestDatabase) -> AsyncIterator[Desk]:
    """A fresh desk."""
    async with open_desk(nats_server.url, database.application_url) as opened:
        yield opened
