"""From the real stream of facts into the real store: each once, with its event; nothing lost, whatever breaks."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.msg import Msg
from sqlalchemy import text

from backend.avl.crossings import alarms_told, crossings_told
from backend.avl.fact_recording import FactRecording
from backend.avl.facts import ALARM, ENTERED, LEFT, Fact, encode_fact
from backend.avl.geofences import Drawn, add_geofence
from backend.avl.holds import LEGAL, put_hold
from backend.bus.connection import Bus
from backend.bus.streams import FACTS_READER, ensure_facts
from backend.bus.subjects import FACTS
from backend.clock import from_ms, now_ms, to_ms
from backend.db.cluster import Cluster
from backend.db.engine import Database
from backend.db.events import StoredEvent, after
from backend.geo.cells import cell_of
from backend.identity.audit import COMMAND_LINE
from backend.identity.devices import add_node
from backend.identity.registry import Organisation
from tests.avl.fences import box
from tests.avl.makers import DISTRICT, SQUAD
from tests.bus.servers import beside, connected, until
from tests.conftest import TestBus, TestDatabase
from tests.db.outages import away, cut

RETENTION_DAYS = 30
DAY_MS = 86_400_000
CELL = cell_of(113.1, 28.2)


class Desk:
    """A recording between a real stream and a real store; there is one fence."""

    def __init__(self, bus: Bus, database: Database, fence: int) -> None:
        self.bus = bus
        self.database = database
        self.fence = fence
        self.recording = FactRecording(database, RETENTION_DAYS)

    def fact(self, kind: str = ENTERED, at: int | None = None, **more: Any) -> Fact:
        """A fact of just now; its id follows from what is in it."""
        at = now_ms() if at is None else at
        alarms, fence = (1, 0) if kind == ALARM else (0, self.fence)
        made = Fact("", kind, 7, 1, DISTRICT, SQUAD, at, at + 100, 113.1, 28.2, CELL, alarms, fence)
        made = replace(made, **more)
        return replace(made, id=more.get("id", f"{kind}:{made.unit}:{at}"))

    async def state(self, *facts: Fact | bytes) -> None:
        for fact in facts:
            data = fact if isinstance(fact, bytes) else encode_fact(fact)
            await self.bus.jetstream.publish(f"{FACTS}.{'alarm' if isinstance(fact, bytes) else fact.kind}", data)

    async def record(self, *facts: Fact | bytes) -> None:
        """Through the stream into the store, in one go."""
        await self.state(*facts)
        await self.recording.record(await self.fetched(len(facts)))
        assert await self.waiting() == 0

    async def fetched(self, count: int) -> list[Msg]:
        subscription = await self.bus.jetstream.pull_subscribe_bind(FACTS_READER, FACTS)
        messages: list[Msg] = []
        while len(messages) < count:
            messages += await subscription.fetch(count - len(messages), timeout=5)
        await subscription.unsubscribe()
        return messages

    async def waiting(self) -> int:
        """Facts that the stream still keeps; the last acknowledgement may be on its way."""
        for _ in range(100):
            await self.bus.flush()
            if not (left := (await self.bus.jetstream.stream_info(FACTS)).state.messages):
                return 0
            await asyncio.sleep(0.01)
        return left

    async def rows(self, statement: str) -> list[dict[str, Any]]:
        async with self.database.snapshot() as session:
            return [dict(row._mapping) for row in await session.execute(text(statement))]

    async def events(self) -> list[StoredEvent]:
        async with self.database.snapshot() as session:
            return await after(session, 0)


@pytest_asyncio.fixture(loop_scope="module")
async def desk(nats_server: TestBus, database: TestDatabase) -> AsyncIterator[Desk]:
    store = Database(database.application_url)
    async with connected(nats_server.url) as bus:
        await ensure_facts(bus)
        async with store.transaction() as session:
            for table in ("geofence_crossing", "unit_alarm", "fact_refused", "geofence", "event", "hold"):
                await session.execute(text(f"DELETE FROM {table}"))
            await session.execute(text("UPDATE event_counter SET number = 0"))
            body = await session.scalar(text("SELECT min(id) FROM node")) or await add_node(session, "市局", "city")
            drawn = Drawn("学校", box(), body, None, None, None, "both", None, None)
            fence = await add_geofence(session, COMMAND_LINE, drawn)
        yield Desk(bus, store, fence)
        await bus.jetstream.delete_stream(FACTS)
    await store.close()


async def test_a_crossing_is_a_row_and_an_event(desk: Desk) -> None:
    entered, left = desk.fact(), desk.fact(LEFT, now_ms() + 1)
    await desk.record(entered, left)
    row, second = await desk.rows("SELECT *, ST_X(place) AS x, ST_Y(place) AS y FROM geofence_crossing ORDER BY id")
    assert (row["fact"], row["geofence"], row["unit"], row["device"]) == (entered.id, desk.fence, 7, 1)
    assert (row["entered"], second["entered"]) == (True, False)
    assert (to_ms(row["at"]), to_ms(row["received_at"])) == (entered.at, entered.received_at)
    assert (row["x"], row["y"], row["cell"]) == (113.1, 28.2, CELL)
    assert (row["district"], row["squad"]) == (DISTRICT, SQUAD)
    event, _ = await desk.events()
    assert (event.topic, event.kind, event.time) == ("geofence.crossing", "geofence.entered", entered.at)
    assert (event.district, event.squad, event.unit, event.cell) == (DISTRICT, SQUAD, 7, CELL)
    assert event.payload == {
        "id": row["id"],
        "geofence": desk.fence,
        "name": "学校",
        "unit": 7,
        "entered": True,
        "at": entered.at,
    }
    assert desk.recording.committed == 2


async def test_an_alarm_is_a_row_and_an_event_with_or_without_a_place(desk: Desk) -> None:
    placed = desk.fact(ALARM, alarms=5)
    lost = desk.fact(ALARM, placed.at + 1, longitude=None, latitude=None, cell=0, district=0)
    await desk.record(placed, lost)
    first, second = await desk.rows("SELECT *, ST_X(place) AS x FROM unit_alarm ORDER BY id")
    assert (first["alarms"], first["x"], first["cell"]) == (5, 113.1, CELL)
    assert (second["alarms"], second["x"], second["cell"]) == (1, None, 0)
    event, unplaced = await desk.events()
    assert (event.topic, event.kind) == ("unit.alarm", "unit.alarmed")
    assert event.payload == {"id": first["id"], "unit": 7, "at": placed.at, "alarms": 5}
    assert (unplaced.district, unplaced.squad, unplaced.cell) == (None, SQUAD, None)


async def test_a_fact_that_comes_again_changes_and_tells_nothing(desk: Desk) -> None:
    fact, alarm = desk.fact(), desk.fact(ALARM)
    await desk.record(fact, alarm)
    await desk.record(fact, alarm, fact)
    assert len(await desk.rows("SELECT id FROM geofence_crossing")) == 1
    assert len(await desk.rows("SELECT id FROM unit_alarm")) == 1
    assert (len(await desk.events()), desk.recording.committed) == (2, 2)


async def test_what_is_no_fact_is_set_aside_and_the_others_go_through(desk: Desk) -> None:
    unknown = desk.fact(geofence=2**31 - 1, id="unknown fence")
    beyond = desk.fact(ALARM, alarms=2**64 - 1, id="too many bits")
    await desk.record(b"rubbish", desk.fact(), unknown, beyond, desk.fact(ALARM))
    assert len(await desk.rows("SELECT id FROM geofence_crossing")) == 1
    assert len(await desk.rows("SELECT id FROM unit_alarm")) == 1
    refused = await desk.rows("SELECT payload FROM fact_refused ORDER BY stream_sequence")
    assert [bytes(one["payload"]) for one in refused] == [b"rubbish", encode_fact(unknown), encode_fact(beyond)]
    assert (desk.recording.refused, len(await desk.events())) == (3, 2)


async def test_it_goes_on_when_the_database_comes_back(desk: Desk, cluster: Cluster, database: TestDatabase) -> None:
    async with beside(desk.recording.follow(desk.bus.jetstream)):
        await desk.state(desk.fact(id="before"))
        await until(lambda: desk.recording.committed == 1)
        with away(cluster, database.name):
            await desk.state(desk.fact(id="meanwhile"), desk.fact(ALARM, id="too"))
            await asyncio.sleep(0.7)
            assert desk.recording.committed == 1
        await until(lambda: desk.recording.committed == 3)
        cut(cluster, database.name)
        await desk.state(desk.fact(id="after"))
        await until(lambda: desk.recording.committed == 4)
    assert await desk.waiting() == 0
    assert [row["fact"] for row in await desk.rows("SELECT fact FROM geofence_crossing ORDER BY id")] == [
        "before",
        "meanwhile",
        "after",
    ]


async def test_a_process_that_died_after_its_commit_tells_nothing_twice(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.state(desk.fact())
    (message,) = await desk.fetched(1)

    async def dead() -> None:
        raise ConnectionResetError

    monkeypatch.setattr(message, "ack", dead)
    with contextlib.suppress(ConnectionResetError):
        await desk.recording.record([message])
    await message.nak()
    (again,) = await desk.fetched(1)
    await FactRecording(desk.database, RETENTION_DAYS).record([again])
    assert await desk.waiting() == 0
    assert (len(await desk.rows("SELECT id FROM geofence_crossing")), len(await desk.events())) == (1, 1)


async def test_the_snapshots_are_the_last_day_the_newest_first(desk: Desk) -> None:
    now = now_ms()
    old = desk.fact(at=now - DAY_MS - 1000)
    await desk.record(old, desk.fact(at=now - 2000), desk.fact(LEFT, now - 1000), desk.fact(ALARM, now - 500))
    async with desk.database.snapshot() as session:
        left, entered = await crossings_told(session, Organisation())
        (alarm,) = await alarms_told(session, Organisation())
    assert (left.row["entered"], left.row["at"], entered.row["entered"]) == (False, now - 1000, True)
    assert (left.district, left.squad, left.unit, left.cell) == (DISTRICT, SQUAD, 7, CELL)
    assert set(left.row) == {"id", "geofence", "name", "unit", "entered", "at"}
    assert alarm.row == {"id": alarm.row["id"], "unit": 7, "at": now - 500, "alarms": 1}


async def test_past_retention_only_what_is_held_stays(desk: Desk) -> None:
    old = now_ms() - (RETENTION_DAYS + 1) * DAY_MS
    await desk.record(desk.fact(at=old), desk.fact(at=old + 1, unit=8), desk.fact(ALARM, old), desk.fact())
    async with desk.database.transaction() as session:
        span = from_ms(old), from_ms(old + 10)
        await put_hold(session, COMMAND_LINE, LEGAL, "case", [8], *span, "a test")
    async with beside(desk.recording.keep_house()):
        async with asyncio.timeout(5):
            while await desk.rows("SELECT id FROM unit_alarm"):
                await asyncio.sleep(0.02)
    kept = await desk.rows("SELECT unit FROM geofence_crossing ORDER BY at")
    assert [row["unit"] for row in kept] == [8, 7]
