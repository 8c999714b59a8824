"""The parts of the system: when one goes away or comes back, people hear of it, once, and with the right time."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest
import pytest_asyncio
from sqlalchemy import text

from backend import parts
from backend.bus.beats import PartState, Watch
from backend.clock import now_ms
from backend.db.events import StoredEvent, after
from backend.identity.registry import Organisation
from backend.parts import PartTeller
from backend.settings import Settings
from tests.conftest import TestBus, TestDatabase
from tests.live.site import Site, running_site

HEARD = {"pid": 5, "began": 1}


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city without processes."""
    async with running_site(database, nats_server) as running_one:
        yield running_one


@pytest_asyncio.fixture(autouse=True)
async def forgotten(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """No part has a stored state; the teller looks often."""
    monkeypatch.setattr(parts, "LOOK_S", 0.02)
    async with site.store.transaction() as session:
        await session.execute(text("DELETE FROM part_state"))


class Seen:
    """A watch that sees what the test says."""

    parts = parts.processes(Settings())

    def __init__(self, *states: PartState) -> None:
        self.states = list(states)

    async def listen(self) -> None: ...

    def look(self) -> list[PartState]:
        return self.states


@asynccontextmanager
async def telling(site: Site, seen: Seen) -> AsyncIterator[None]:
    """A worker's teller at work."""
    teller = PartTeller(cast(Watch, seen), site.store)
    await teller.start()
    task = asyncio.create_task(teller.run())
    try:
        yield
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def told(site: Site, since: int) -> list[StoredEvent]:
    async with site.store.snapshot() as session:
        return await after(session, since)


async def until(site: Site, since: int, happened: Callable[[list[StoredEvent]], bool], timeout: float = 5) -> None:
    async with asyncio.timeout(timeout):
        while not happened(await told(site, since)):
            await asyncio.sleep(0.05)


def state(name: str, now: str, since: int, **detail: int) -> PartState:
    return PartState(name, now, since, detail)


async def test_away_and_back_are_told_once_each(site: Site) -> None:
    began, seen = await site.newest(), Seen(state("recorder", "ok", 1, **HEARD))
    async with telling(site, seen):
        await asyncio.sleep(0.1)
        assert await told(site, began) == []
        seen.states = [state("recorder", "away", 5000)]
        await until(site, began, lambda events: len(events) == 1)
        seen.states = [state("recorder", "ok", 9000, **HEARD)]
        await until(site, began, lambda events: len(events) == 2)
        await asyncio.sleep(0.1)
        away, back = await told(site, began)
    assert (away.topic, away.kind, away.time) == ("system.part", "part.away", 5000)
    assert away.payload == {"part": "recorder", "since": 5000}
    assert (back.kind, back.time) == ("part.back", 9000)


async def test_a_restarted_worker_does_not_call_back_a_part_that_it_has_not_heard(site: Site) -> None:
    began = await site.newest()
    async with telling(site, Seen(state("recorder", "away", 5000))):
        await until(site, began, lambda events: len(events) == 1)
    # A new watch gives every part some seconds until it is called away.
    seen = Seen(state("recorder", "ok", 6000))
    async with telling(site, seen):
        await asyncio.sleep(0.2)
        seen.states = [state("recorder", "away", 6000)]
        await asyncio.sleep(0.2)
        assert len(await told(site, began)) == 1
        seen.states = [state("recorder", "ok", 9000, **HEARD)]
        await until(site, began, lambda events: len(events) == 2)
    assert [event.kind for event in await told(site, began)] == ["part.away", "part.back"]


@pytest.mark.parametrize(("silent_s", "count"), [(13, 2), (5, 0)], ids=["12 s or more", "a quick restart"])
async def test_a_worker_that_was_away_itself_tells_of_it_at_its_return(site: Site, silent_s: int, count: int) -> None:
    seen = Seen(state("worker", "ok", 1, **HEARD))
    async with telling(site, seen):
        await asyncio.sleep(0.2)
    async with site.store.transaction() as session:
        statement = "UPDATE part_state SET seen_at = now() - make_interval(secs => :silent) WHERE part = 'worker'"
        assert (await session.execute(text(statement), {"silent": silent_s})).rowcount == 1  # type: ignore[attr-defined]
    began = await site.newest()
    async with telling(site, seen):
        await asyncio.sleep(0.3)
    events = await told(site, began)
    assert [event.kind for event in events] == ["part.away", "part.back"][:count]
    if events:
        assert abs(now_ms() - silent_s * 1000 - events[0].time) < 3000
        assert events[0].payload["part"] == "worker"


async def test_what_happens_while_the_store_is_away_is_told_when_it_is_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, seen = await site.newest(), Seen(state("database", "ok", 1))
    real, down = site.store.transaction, asyncio.Event()

    def transaction() -> object:
        if down.is_set():
            raise ConnectionResetError
        return real()

    async with telling(site, seen):
        await asyncio.sleep(0.1)
        monkeypatch.setattr(site.store, "transaction", transaction)
        down.set()
        seen.states = [state("database", "away", 5000)]
        await asyncio.sleep(0.1)
        seen.states = [state("database", "ok", 9000)]
        await asyncio.sleep(0.1)
        assert await told(site, began) == []
        down.clear()
        await until(site, began, lambda events: len(events) == 2)
    assert [(event.kind, event.time) for event in await told(site, began)] == [("part.away", 5000), ("part.back", 9000)]


async def test_the_snapshot_is_the_last_state_of_each(site: Site) -> None:
    began = await site.newest()
    async with telling(site, Seen(state("web", "away", 5000), state("recorder", "ok", 1, **HEARD))):
        await until(site, began, lambda events: len(events) == 1)
    async with site.store.snapshot() as session:
        rows = {placed.row["part"]: placed.row for placed in await parts.snapshot(session, Organisation())}
    assert rows["web"] == {"part": "web", "state": "away", "since": 5000}


@pytest.mark.slow
async def test_a_killed_recorder_is_told_and_so_is_its_return(site: Site) -> None:
    """With the real processes."""
    began = await site.newest()
    worker, _ = site.start("worker", "import backend.bus.beats as beats; beats.SILENCE_MS = 2000")  # instead of 3.5 s
    recorder, _ = site.start("recorder")

    def kinds(events: list[StoredEvent]) -> list[str]:
        return [event.kind for event in events if event.payload.get("part") == "recorder"]

    heard = asyncio.Event()
    subscription = await site.bus.subscribe("beat.recorder", lambda message: heard.set())
    await asyncio.wait_for(heard.wait(), 15)
    async with asyncio.timeout(15):
        while True:
            async with site.store.snapshot() as session:
                if await session.scalar(text("SELECT seen_at FROM part_state WHERE part = 'worker'")):
                    break
            await asyncio.sleep(0.1)
    await asyncio.sleep(1.2)  # the worker hears a beat of the recorder
    recorder.send_signal(signal.SIGKILL)
    killed = now_ms()
    await until(site, began, lambda events: kinds(events) == ["part.away"], timeout=10)
    site.start("recorder")
    await until(site, began, lambda events: kinds(events) == ["part.away", "part.back"], timeout=15)
    away, back = [event for event in await told(site, began) if event.payload.get("part") == "recorder"]
    assert killed - 2500 < away.time <= killed + 500, "since its last sign of life"
    assert back.time > killed
    assert worker.poll() is None
    await subscription.unsubscribe()


def test_several_ingests_are_parts_of_their_own() -> None:
    assert parts.processes(Settings()) == ("ingest", "recorder", "worker", "web")
    assert parts.processes(Settings(ingest_processes=3))[:3] == ("ingest", "ingest-2", "ingest-3")
