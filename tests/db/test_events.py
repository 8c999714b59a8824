"""Numbers are commit order without holes, on the real store with writers that hurry, dawdle and fail."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.db.engine import Database
from backend.db.events import (
    Event,
    StoredEvent,
    after,
    append,
    decode,
    encode,
    from_message,
    newest_number,
    pending,
    store_pending,
)
from tests.conftest import TestDatabase

WRITERS = 20


class Failed(Exception):
    """What a writer of these tests fails with."""


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def store(database: TestDatabase) -> AsyncIterator[Database]:
    opened = Database(database.application_url, pool_size=WRITERS + 5)
    yield opened
    await opened.close()


async def newest(store: Database) -> int:
    async with store.snapshot() as session:
        return await newest_number(session)


async def read(store: Database, number: int) -> list[StoredEvent]:
    async with store.snapshot() as session:
        return await after(session, number)


@pytest.mark.slow
async def test_numbers_are_commit_order_without_holes(store: Database) -> None:
    """Whoever polls `after(what I know)` beside 20 writers sees each committed event once and in order."""
    begun = await newest(store)
    chance = random.Random(5)
    committed: set[str] = set()
    seen: list[StoredEvent] = []
    done = asyncio.Event()

    async def write(writer: int) -> None:
        for turn in range(12):
            events = [Event("story", "told", {"name": f"{writer}.{turn}.{n}"}) for n in range(chance.randint(1, 4))]
            fails = chance.random() < 0.25
            try:
                async with store.transaction() as session:
                    for event in events[:1]:
                        append(session, event)
                    await session.execute(text("SELECT pg_sleep(:s)"), {"s": chance.choice((0, 0, 0.002, 0.02))})
                    for event in events[1:]:
                        append(session, event)
                    if fails:
                        # Late, with the numbers taken already.
                        await store_pending(session)
                        raise Failed
            except Failed:
                continue
            committed.update(event.payload["name"] for event in events)

    async def poll() -> None:
        while True:
            was_done = done.is_set()
            seen.extend(await read(store, seen[-1].number if seen else begun))
            if was_done:
                return

    poller = asyncio.create_task(poll())
    await asyncio.gather(*(write(writer) for writer in range(WRITERS)))
    done.set()
    await poller
    assert [event.number for event in seen] == list(range(begun + 1, begun + 1 + len(committed)))
    assert sorted(event.payload["name"] for event in seen) == sorted(committed)
    assert await newest(store) == begun + len(committed)
    by_number = [event.payload["name"] for event in seen]
    for name in by_number:
        writer, turn, n = name.split(".")
        if n != "0":
            earlier = by_number.index(f"{writer}.{turn}.0")
            assert by_number[earlier + int(n)] == name, "events of one transaction stand together, in their order"


async def test_who_began_first_and_commits_last_has_the_later_number(store: Database) -> None:
    begun = await newest(store)
    may_end = asyncio.Event()
    wrote = asyncio.Event()

    async def slow() -> None:
        async with store.transaction() as session:
            append(session, Event("story", "told", {"who": "slow"}))
            await session.execute(text("INSERT INTO node (kind, name) VALUES ('city', 'slow')"))
            wrote.set()
            await may_end.wait()

    async def quick() -> None:
        async with store.transaction() as session:
            append(session, Event("story", "told", {"who": "quick"}))

    slow_one = asyncio.create_task(slow())
    await wrote.wait()
    await quick()
    assert [(event.number, event.payload["who"]) for event in await read(store, begun)] == [(begun + 1, "quick")]
    may_end.set()
    await slow_one
    assert [(event.number, event.payload["who"]) for event in await read(store, begun + 1)] == [(begun + 2, "slow")]


async def test_a_number_is_never_visible_before_a_smaller_one(store: Database) -> None:
    """A transaction that took its numbers and dawdles holds back those behind it."""
    begun = await newest(store)
    may_end = asyncio.Event()
    numbered = asyncio.Event()

    async def dawdle() -> None:
        async with store.transaction() as session:
            append(session, Event("story", "told", {"who": "first"}))
            await store_pending(session)
            numbered.set()
            await may_end.wait()

    async def next_one() -> None:
        async with store.transaction() as session:
            append(session, Event("story", "told", {"who": "second"}))

    first = asyncio.create_task(dawdle())
    await numbered.wait()
    second = asyncio.create_task(next_one())
    await asyncio.sleep(0.1)
    assert not second.done()
    assert await read(store, begun) == []
    may_end.set()
    await asyncio.gather(first, second)
    assert [event.payload["who"] for event in await read(store, begun)] == ["first", "second"]


async def test_stored_event_is_what_was_said(store: Database) -> None:
    begun = await newest(store)
    event = Event(
        "unit.presence",
        "unit.online",
        {"since": 1, "words": "上线 ☂", "deep": [None, 1.5]},
        3,
        12,
        2**32 - 1,
        1234567890123,
    )
    whole_city = Event("system.part", "part.away")
    async with store.transaction() as session:
        append(session, event)
        append(session, whole_city)
        assert list(pending(session)) == [event, whole_city]
    stored = await read(store, begun)
    for one, given in zip(stored, (event, whole_city), strict=True):
        for name in ("topic", "kind", "payload", "district", "squad", "unit", "time"):
            assert getattr(one, name) == getattr(given, name), name
        assert decode(encode(one)) == one
        assert from_message(one.message()) == one


async def test_after_is_bounded(store: Database) -> None:
    begun = await newest(store)
    async with store.transaction() as session:
        for number in range(5):
            append(session, Event("story", "told", {"number": number}))
    async with store.snapshot() as session:
        assert [event.number for event in await after(session, begun, limit=2)] == [begun + 1, begun + 2]
        assert await after(session, begun + 5) == []


async def test_announced_after_the_commit_and_never_for_a_rollback(database: TestDatabase) -> None:
    told: list[list[StoredEvent]] = []
    visible: list[list[StoredEvent]] = []

    async def announce(events: Sequence[StoredEvent]) -> None:
        told.append(list(events))
        async with own.snapshot() as session:
            visible.append(await after(session, events[0].number - 1))

    own = Database(database.application_url, announce)
    async with own.transaction() as session:
        append(session, Event("story", "told", {"n": 1}))
        append(session, Event("story", "told", {"n": 2}))
        assert told == []
    assert [[event.payload["n"] for event in events] for events in told] == [[1, 2]]
    assert visible == told, "who hears of it can read it"
    with pytest.raises(Failed):  # noqa: PT012 - the block is what is tested
        async with own.transaction() as session:
            append(session, Event("story", "told"))
            raise Failed
    with pytest.raises(DBAPIError):  # noqa: PT012 - the block is what is tested
        async with own.transaction() as session:
            append(session, Event("story", "told"))
            await session.execute(text("INSERT INTO node (kind, name) VALUES ('army', 'x')"))
    with pytest.raises(TypeError):
        async with own.transaction() as session:
            append(session, Event("story", "told", {"not json": object()}))
    async with own.transaction() as session:
        await session.execute(text("SELECT 1"))
    assert len(told) == 1
    await own.close()


async def test_event_that_cannot_be_stored_takes_its_change_with_it(store: Database) -> None:
    with pytest.raises(DBAPIError):  # noqa: PT012 - the block is what is tested
        async with store.transaction() as session:
            await session.execute(text("INSERT INTO node (kind, name) VALUES ('city', 'with event')"))
            append(session, Event("story", "told", {"text": "a\0b"}))
    async with store.snapshot() as session:
        assert await session.scalar(text("SELECT count(*) FROM node WHERE name = 'with event'")) == 0
