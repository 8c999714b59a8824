"""Days that have passed are put in order once, one at a time, today's never."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.avl.clustering import order_day, order_past_days, unordered_days
from backend.avl.retention import stored_days
from backend.avl.retention_job import Retention
from backend.avl.tracks import read_track
from backend.clock import to_ms
from backend.db.engine import Database
from backend.errors import Refusal
from backend.identity.rights import EVERYTHING
from tests.avl.test_retention import put
from tests.conftest import TestDatabase

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def store(database: TestDatabase) -> AsyncIterator[Database]:
    """A store with two days that have passed, today and tomorrow; on each two units in turn."""
    opened = Database(database.application_url)
    async with opened.transaction() as session:
        await session.execute(text("DELETE FROM fix"))
        for day in await stored_days(session):
            if day < TODAY.date():
                await session.execute(text("SELECT drop_fix_day(:day)"), {"day": day})
    for back in (2, 1, 0):
        for unit in (1, 2, 1, 2):  # later ones lie behind: not in order of unit and time
            await put(opened, unit, TODAY - back * DAY + timedelta(minutes=unit), 200)
            await put(opened, unit, TODAY - back * DAY, 100, step=7)
    await put(opened, 1, TODAY + DAY, 1)
    yield opened
    await opened.close()


async def is_in_order(store: Database, day: datetime) -> bool:
    """Whether the rows lie on the disk in the order of unit and time."""
    statement = text(f"SELECT unit, fixed_at FROM fix_{day:%Y%m%d} ORDER BY ctid")
    async with store.snapshot() as session:
        rows = [tuple(row) for row in await session.execute(statement)]
    assert len(rows) > 500
    return rows == sorted(rows)


async def test_past_days_are_put_in_order_once_and_today_is_not(store: Database) -> None:
    days = [(TODAY - back * DAY).date() for back in (1, 2)]
    assert await unordered_days(store) == days
    assert not await is_in_order(store, TODAY - DAY)
    async with store.snapshot() as session:
        before = await read_track(session, EVERYTHING, 1, to_ms(TODAY - DAY), to_ms(TODAY) - 1)
    assert await order_past_days(store) == 2
    assert [await is_in_order(store, TODAY - back * DAY) for back in (2, 1, 0)] == [True, True, False]
    async with store.snapshot() as session:
        assert await read_track(session, EVERYTHING, 1, to_ms(TODAY - DAY), to_ms(TODAY) - 1) == before
    assert await unordered_days(store) == []
    assert await order_past_days(store) == 0
    assert not await order_day(store, days[0]), "it is done already"


async def test_today_and_what_is_to_come_cannot_be_put_in_order(store: Database) -> None:
    for day in (TODAY, TODAY + DAY):
        with pytest.raises(DBAPIError, match="has not passed"):
            await order_day(store, day.date())
    assert not await order_day(store, date(2001, 1, 1)), "there is no such day"


async def test_one_at_a_time_and_not_while_days_are_let_go_of(store: Database) -> None:
    async with store.transaction() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(5808004)"))
        with pytest.raises(Refusal, match="let go of just now"):
            await order_past_days(store)
    results = await asyncio.gather(order_past_days(store), order_past_days(store), return_exceptions=True)
    assert 2 in results
    assert await unordered_days(store) == []


async def test_a_day_that_is_written_is_put_off(store: Database) -> None:
    async with store.transaction() as session:
        await session.execute(text("UPDATE fix SET speed = 1 WHERE unit = 1"))
        with pytest.raises(Refusal, match="being written or read"):
            await order_day(store, (TODAY - DAY).date())
    assert await order_day(store, (TODAY - DAY).date())


async def test_the_daily_job_does_it_after_its_release_and_tries_again(store: Database) -> None:
    job = Retention(store, 90, 3)
    await job.order()
    assert len(await unordered_days(store)) == 2, "not before the day's hour"
    job._ordering = True
    async with store.transaction() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(5808004)"))
        with pytest.raises(Refusal):
            await job.order()
    await job.order()
    assert await unordered_days(store) == []
    assert not job._ordering


async def test_the_job_runs_it_by_itself(store: Database) -> None:
    async with store.transaction() as session:
        await session.execute(text("DELETE FROM retention_run"))
    running = asyncio.create_task(Retention(store, 90, 3).run())
    try:
        async with asyncio.timeout(20):
            while await unordered_days(store):
                await asyncio.sleep(0.1)
    finally:
        running.cancel()
