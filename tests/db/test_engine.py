"""One transaction per piece of work; what is away and what is wrong."""

import asyncio
from collections.abc import AsyncIterator

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.clock import now_ms
from backend.db import engine as engine_module
from backend.db.cluster import Cluster
from backend.db.engine import Database, is_away
from tests.conftest import TestDatabase
from tests.db.outages import away, cut


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def store(database: TestDatabase) -> AsyncIterator[Database]:
    opened = Database(database.application_url)
    yield opened
    await opened.close()


async def cities(store: Database) -> list[str]:
    async with store.snapshot() as session:
        return list(await session.scalars(text("SELECT name FROM node ORDER BY name")))


INSERT = text("INSERT INTO node (kind, name) VALUES ('city', :name)")


async def test_left_in_order_it_is_committed_and_with_an_error_nothing_is(store: Database) -> None:
    async with store.transaction() as session:
        await session.execute(INSERT, {"name": "kept"})
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is what is tested
        async with store.transaction() as session:
            await session.execute(INSERT, {"name": "lost"})
            raise ZeroDivisionError
    found = await cities(store)
    assert "kept" in found
    assert "lost" not in found


async def test_cancelled_it_is_rolled_back(store: Database) -> None:
    inside = asyncio.Event()

    async def work() -> None:
        async with store.transaction() as session:
            await session.execute(INSERT, {"name": "cancelled"})
            inside.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(work())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert "cancelled" not in await cities(store)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO node (kind, name) VALUES ('city', 'from a snapshot')",
        "UPDATE identity_version SET version = 0",
        "DELETE FROM event",
        "SELECT ensure_fix_day('2020-01-01')",
        "CREATE TEMPORARY TABLE t AS SELECT 1; UPDATE event_counter SET number = 5",
    ],
)
async def test_snapshot_writes_nothing(store: Database, statement: str) -> None:
    with pytest.raises((InternalError, ProgrammingError)) as caught:
        async with store.snapshot() as session:
            await session.execute(text(statement))
    assert isinstance(caught.value.orig, psycopg.errors.ReadOnlySqlTransaction)
    assert not is_away(caught.value)


async def test_snapshot_sees_one_state(store: Database) -> None:
    async with store.snapshot() as session:
        before = await session.scalar(text("SELECT count(*) FROM node"))
        async with store.transaction() as other:
            await other.execute(INSERT, {"name": "meanwhile"})
        assert await session.scalar(text("SELECT count(*) FROM node")) == before
    assert "meanwhile" in await cities(store)


async def test_times_are_utc(store: Database) -> None:
    async with store.snapshot() as session:
        assert await session.scalar(text("SELECT current_setting('timezone')")) == "UTC"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        pytest.param("SELECT 1/0", DBAPIError, id="division"),
        pytest.param("SELECT nothing FROM nowhere", ProgrammingError, id="no such table"),
        pytest.param("INSERT INTO node (kind, name) VALUES ('army', 'x')", IntegrityError, id="refused by a check"),
        pytest.param("CREATE TABLE mine (id int)", ProgrammingError, id="no right"),
    ],
)
async def test_mistake_in_a_statement_is_not_an_absence(
    store: Database, statement: str, expected: type[Exception]
) -> None:
    with pytest.raises(expected) as caught:
        async with store.transaction() as session:
            await session.execute(text(statement))
    assert not is_away(caught.value)
    assert await store.answers()


async def test_database_goes_and_comes_back(cluster: Cluster, database: TestDatabase, store: Database) -> None:
    assert await store.answers()
    assert store.away_since is None
    before = now_ms()
    with away(cluster, database.name):
        assert not await store.answers()
        since = store.away_since
        assert since is not None
        assert before <= since <= now_ms()
        assert not await store.answers()
        assert store.away_since == since
        with pytest.raises(OperationalError) as caught:  # noqa: PT012 - the block is what is tested
            async with store.transaction():
                pass
            async with store.snapshot() as session:
                await session.execute(text("SELECT 1"))
        assert is_away(caught.value)
    assert await store.answers()
    assert store.away_since is None
    assert await cities(store)


async def test_line_cut_in_the_middle_is_an_absence(cluster: Cluster, database: TestDatabase, store: Database) -> None:
    with pytest.raises(DBAPIError) as caught:  # noqa: PT012 - the block is what is tested
        async with store.transaction() as session:
            await session.execute(INSERT, {"name": "cut"})
            assert cut(cluster, database.name) >= 1
            await session.execute(text("SELECT 1"))
    assert is_away(caught.value)
    assert "cut" not in await cities(store), "and the pool gives a living connection next"


async def test_line_cut_before_the_commit_is_an_absence(
    cluster: Cluster, database: TestDatabase, store: Database
) -> None:
    with pytest.raises(DBAPIError) as caught:  # noqa: PT012 - the block is what is tested
        async with store.transaction() as session:
            await session.execute(INSERT, {"name": "cut late"})
            cut(cluster, database.name)
    assert is_away(caught.value)
    assert "cut late" not in await cities(store)


async def test_nobody_listens() -> None:
    nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert not await nowhere.answers()
    await nowhere.close()


async def test_all_connections_busy_is_an_absence(database: TestDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """E.g. when the server hangs: the process must go on and say so, not end."""
    crowded = Database(database.application_url, pool_size=1)
    monkeypatch.setattr(crowded._engine.pool, "_timeout", 0.1)
    monkeypatch.setattr(crowded._engine.pool, "_max_overflow", 0)
    async with crowded.snapshot() as session:
        await session.execute(text("SELECT 1"))
        assert not await crowded.answers()
        assert crowded.away_since is not None
    assert await crowded.answers()
    await crowded.close()
    assert is_away(PoolTimeout())


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (psycopg.OperationalError("connection lost"), True),
        (psycopg.InterfaceError("closed"), True),
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (psycopg.DataError("bad"), False),
        (ValueError("bad"), False),
        (KeyError("bad"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_away(error: Exception, expected: bool) -> None:
    assert is_away(error) is expected
    assert OSError in engine_module.AWAY
