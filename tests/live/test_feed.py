"""Events in number order, each once, whatever the bus does. On the real store and bus."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from backend.bus.subjects import event_subject
from backend.db.events import Event, StoredEvent, after, append, encode, newest_number
from backend.live import feed as module
from backend.live.feed import Feed
from tests.conftest import TestBus, TestDatabase
from tests.live.site import Site, running_site


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city without a web process."""
    async with running_site(database, nats_server) as running_one:
        yield running_one


class Heard:
    """A feed and what it told."""

    def __init__(self, site: Site) -> None:
        self.events: list[StoredEvent] = []
        self.feed = Feed(site.bus, site.store, self.events.append)

    @property
    def numbers(self) -> list[int]:
        return [event.number for event in self.events]

    async def until(self, number: int) -> None:
        async with asyncio.timeout(10):
            while self.feed.number < number:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def listening(site: Site, *, runs: bool = True) -> AsyncIterator[Heard]:
    """A started feed; without `runs` it only hears announcements."""
    heard = Heard(site)
    await heard.feed.start()
    task = asyncio.create_task(heard.feed.run()) if runs else None
    try:
        yield heard
    finally:
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def unannounced(site: Site) -> AsyncIterator[None]:
    """What is told here is not said on the bus."""
    site.announces = False
    try:
        yield
    finally:
        site.announces = True


def event(note: int = 0) -> Event:
    return Event("system.part", "part.back", {"note": note})


async def announce(site: Site, *events: StoredEvent) -> None:
    for one in events:
        await site.bus.publish(event_subject(one.topic, None, None), encode(one))
    await site.bus.flush()


async def test_out_of_order_repeated_and_lost_announcements_come_out_as_the_row(site: Site) -> None:
    chance = random.Random(7)
    async with listening(site) as heard:
        began = heard.feed.number
        async with unannounced(site):
            for note in range(60):
                await site.tell(event(note))
        async with site.store.snapshot() as session:
            stored = await after(session, began)
        said = [one for one in stored if chance.random() < 0.7] + chance.sample(stored, 20)
        chance.shuffle(said)
        await announce(site, *said)
        await heard.until(began + 60)
        assert heard.numbers == list(range(began + 1, began + 61))
        assert [one.payload["note"] for one in heard.events] == list(range(60))


async def test_an_announcement_and_the_table_say_the_same(site: Site) -> None:
    told = Event("unit.presence", "unit.online", {"b": 1.5, "a": [1, None], "中": "文"}, 3, 4, 5, 1795437601255)
    async with listening(site, runs=False) as heard:
        began = heard.feed.number
        await site.tell(told)
        await heard.until(began + 1)
        async with site.store.snapshot() as session:
            (stored,) = await after(session, began)
    assert heard.events == [stored]


async def test_the_tip_reveals_a_lost_tail(site: Site) -> None:
    async with listening(site) as heard, unannounced(site):
        began = heard.feed.number
        await site.tell(event(), event())
        await heard.until(began + 2)
        assert heard.numbers == [began + 1, began + 2]


async def test_an_announcement_during_the_look_at_the_tip_is_told_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store's state that is looked at is then older than what was heard: that is no restored store."""
    asked = asyncio.Event()

    async with listening(site, runs=False) as heard:
        began = heard.feed.number

        async def slow(session: AsyncSession) -> int:
            number = await newest_number(session)
            if not asked.is_set():
                asked.set()
                await site.tell(event())
                await heard.until(began + 1)
            return number

        monkeypatch.setattr(module, "newest_number", slow)
        await heard.feed._read()
        assert asked.is_set()
        await site.tell(event())
        await heard.feed._read()
        await heard.until(began + 2)
        assert heard.numbers == [began + 1, began + 2]
        assert heard.feed.since(began) is not None, "what is kept was not thrown away"


async def test_what_is_announced_while_starting_is_not_lost(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    began = await site.newest()

    async def slow(session: AsyncSession) -> int:
        number = await newest_number(session)
        monkeypatch.undo()
        await site.tell(event())
        return number

    monkeypatch.setattr(module, "newest_number", slow)
    async with listening(site) as heard:
        await heard.until(began + 1)
        assert heard.numbers == [began + 1]
        kept = heard.feed.since(began)
        assert kept is not None
        assert [one.number for one in kept] == [began + 1]


async def test_a_transaction_that_commits_late_is_not_missed(site: Site) -> None:
    async with listening(site) as heard:
        began = heard.feed.number
        release, numbered = asyncio.Event(), asyncio.Event()

        async def late() -> None:
            async with site.store.transaction() as session:
                append(session, event(1))
                await newest_number(session)
                numbered.set()
                await release.wait()

        task = asyncio.create_task(late())
        await numbered.wait()
        for note in (2, 3):
            await site.tell(event(note))
        await heard.until(began + 2)
        await asyncio.sleep(1.1)  # past a look at the tip
        release.set()
        await task
        await heard.until(began + 3)
        assert [one.payload["note"] for one in heard.events] == [2, 3, 1]
        assert heard.numbers == list(range(began + 1, began + 4))


async def test_two_feeds_agree_under_many_writers(site: Site) -> None:
    async with listening(site) as one, listening(site) as other:
        began = one.feed.number

        async def write(writer: int) -> None:
            for note in range(12):
                await site.tell(*[event(100 * writer + note)] * (1 + note % 3))

        await asyncio.gather(*[write(writer) for writer in range(6)])
        newest = await site.newest()
        await one.until(newest)
        await other.until(newest)
        assert newest == began + 6 * 24
        assert one.numbers == other.numbers == list(range(began + 1, newest + 1))
        assert one.events == other.events


async def test_since_answers_from_memory_or_not_at_all(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEPT", 5)
    async with listening(site) as heard:
        for note in range(3):
            await site.tell(event(note))
        newest = await site.newest()
        await heard.until(newest)
        assert heard.feed.since(newest) == []
        assert heard.feed.since(newest + 9) == []
        kept = heard.feed.since(newest - 5)
        assert kept is not None
        assert [one.number for one in kept] == list(range(newest - 4, newest + 1))
        assert heard.feed.since(newest - 6) is None


async def test_a_store_that_is_away_is_asked_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async with listening(site) as heard:
        began, failures = heard.feed.number, 2

        async def away(session: AsyncSession) -> int:
            nonlocal failures
            if failures:
                failures -= 1
                raise ConnectionResetError
            return await newest_number(session)

        monkeypatch.setattr(module, "newest_number", away)
        async with unannounced(site):
            await site.tell(event())
            await heard.until(began + 1)
        assert failures == 0


async def test_after_a_restore_it_goes_on_from_there(site: Site, database: TestDatabase) -> None:
    async with listening(site) as heard:
        newest = await site.newest()
        await heard.until(newest)
        owner = database.owner_url.replace("+psycopg", "", 1)
        async with await psycopg.AsyncConnection.connect(owner) as connection:
            await connection.execute("UPDATE event_counter SET number = %s", (newest - 4,))
            await connection.execute("DELETE FROM event WHERE number > %s", (newest - 4,))
        async with asyncio.timeout(5):
            while heard.feed.number != newest - 4:
                await asyncio.sleep(0.02)
        heard.events.clear()
        await site.tell(event(), event())
        await heard.until(newest - 2)
        assert heard.numbers == [newest - 3, newest - 2]
        assert heard.feed.since(newest - 5) is None, "it cannot say any more what came before"
