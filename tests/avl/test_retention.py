"""Days past retention in a real store: held rows are kept, the rest coarsened, nothing is lost or counted twice."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from backend.avl import retention
from backend.avl.holds import CASE, LEGAL, end_hold, find_hold, put_hold
from backend.avl.retention import Released, first_kept, keep_and_coarsen, run_once, take_turn
from backend.avl.retention_job import Retention, struck
from backend.avl.rows import insert_fixes
from backend.avl.tracks import read_track
from backend.clock import to_ms, utc_now
from backend.db.engine import Database
from backend.errors import BadInput, NotFound, Refusal
from backend.geo.cells import cell_of, parent_of
from backend.identity.audit import Actor
from backend.identity.rights import EVERYTHING
from tests.avl.makers import DISTRICT, SQUAD, stored_fix
from tests.conftest import TestDatabase

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
OLD = TODAY - timedelta(days=100)  # a day past retention
OLDEST = first_kept(90, utc_now())
SOMEBODY = Actor("person:1", "某人")
TABLES = ("fix", "kept_fix", "coarse_fix", "hold", "retention_run")

# Releases days in a process of its own and stops dead before the commit of the first one.
KILLED = """
import asyncio, sys
from datetime import date
from backend.avl import retention
from backend.db.engine import Database
one = retention.drop_day
async def dropped(session, day):
    await one(session, day)
    print("dropped", flush=True)
    await asyncio.sleep(60)
retention.drop_day = dropped
asyncio.run(retention.run_once(Database(sys.argv[1]), date.fromisoformat(sys.argv[2])))
"""


@pytest_asyncio.fixture
async def store(database: TestDatabase) -> AsyncIterator[Database]:
    """A store without a fix."""
    opened = Database(database.application_url)
    async with opened.transaction() as session:
        for table in TABLES:
            await session.execute(text(f"DELETE FROM {table}"))
    yield opened
    await opened.close()


async def put(store: Database, unit: int, start: datetime, count: int, step: int = 60, flags: int = 0) -> None:
    """`count` fixes of a unit, one each `step` seconds, each 30 m farther east."""
    fixes = [
        stored_fix(
            to_ms(start) + n * step * 1000, unit=unit, device=unit, longitude=113.1 + n * 3e-4, flags=flags, speed=3.0
        )
        for n in range(count)
    ]
    async with store.transaction() as session:
        for day in {datetime.fromtimestamp(fix.fixed_at / 1000, UTC).date() for fix in fixes}:
            await session.execute(text("SELECT ensure_fix_day(:day)"), {"day": day})
        await insert_fixes(session, fixes)


async def hold(store: Database, *units: int, start: datetime = OLD, hours: float = 24, kind: Any = LEGAL) -> int:
    async with store.transaction() as session:
        return await put_hold(
            session, SOMEBODY, kind, "2026-17", list(units), start, start + timedelta(hours=hours), "lawsuit"
        )


async def end(store: Database, id: int, kind: Any = LEGAL) -> None:
    async with store.transaction() as session:
        await end_hold(session, SOMEBODY, id, kind)


async def rows(store: Database, statement: str, **values: Any) -> list[Any]:
    async with store.snapshot() as session:
        return list((await session.execute(text(statement), values)).all())


async def value(store: Database, statement: str, **values: Any) -> Any:
    return (await rows(store, statement, **values))[0][0]


async def counts(store: Database) -> tuple[int, int, int]:
    """Raw rows, kept rows, and the sum of what is coarsened."""
    statement = "SELECT (SELECT count(*) FROM fix), (SELECT count(*) FROM kept_fix), "
    (row,) = await rows(store, statement + "(SELECT coalesce(sum(fixes), 0)::bigint FROM coarse_fix)")
    return tuple(row)


async def test_a_day_past_retention_is_kept_where_held_and_coarsened_else(store: Database) -> None:
    await put(store, 1, OLD + timedelta(hours=8), 100)
    await put(store, 2, OLD + timedelta(hours=8), 50)
    await put(store, 2, TODAY - timedelta(days=89), 10)
    await hold(store, 1, start=OLD + timedelta(hours=8, minutes=20), hours=0.5)
    assert await run_once(store, OLDEST) == Released(1, 31, 119)
    assert await counts(store) == (10, 31, 119)
    assert await value(store, "SELECT to_regclass(:name)::text", name=f"fix_{OLD:%Y%m%d}") is None
    (kept,) = await rows(store, "SELECT min(fixed_at), max(fixed_at), min(speed), count(DISTINCT place) FROM kept_fix")
    assert kept == (OLD + timedelta(hours=8, minutes=20), OLD + timedelta(hours=8, minutes=50), 3.0, 31)
    assert await run_once(store, OLDEST) == Released(0, 0, 0)
    assert await counts(store) == (10, 31, 119)


async def test_batches_that_could_not_be_stored_go_with_their_time(store: Database) -> None:
    put = "INSERT INTO fix_batch_refused VALUES (:number, :at, 'broken', 'positions')"
    async with store.transaction() as session:
        await session.execute(text("DELETE FROM fix_batch_refused"))
        for number, day in enumerate((OLDEST - timedelta(days=1), OLDEST)):
            await session.execute(text(put), {"number": number, "at": day})
    await run_once(store, OLDEST)
    assert await rows(store, "SELECT stream_sequence FROM fix_batch_refused") == [(1,)]


async def test_coarse_rows_have_no_point_and_no_second(store: Database) -> None:
    start = OLD + timedelta(hours=8, minutes=58, seconds=17)
    await put(store, 1, start, 4, step=60)
    await put(store, 1, start + timedelta(seconds=5), 1, flags=8)
    await run_once(store, OLDEST)
    found = await rows(store, "SELECT * FROM coarse_fix ORDER BY hour, off_duty")
    cell = parent_of(cell_of(113.1, 28.2), 8)
    hour, nine = OLD + timedelta(hours=8), OLD + timedelta(hours=9)
    assert [tuple(row) for row in found] == [
        (1, cell, hour, False, 2, hour + timedelta(minutes=58), hour + timedelta(minutes=59), DISTRICT, SQUAD),
        (1, cell, hour, True, 1, hour + timedelta(minutes=58), hour + timedelta(minutes=58), DISTRICT, SQUAD),
        (1, cell, nine, False, 2, nine, nine + timedelta(minutes=1), DISTRICT, SQUAD),
    ]


async def test_what_a_hold_lets_go_of_joins_what_was_coarsened(store: Database) -> None:
    """Two holds overlap; only when both have ended the rows go, and the sums are those of no hold at all."""
    await put(store, 1, OLD + timedelta(hours=8), 60)
    first = await hold(store, 1, start=OLD + timedelta(hours=8), hours=0.5)
    second = await hold(store, 1, 2, start=OLD + timedelta(hours=8, minutes=15), hours=0.25, kind=CASE)
    assert await run_once(store, OLDEST) == Released(1, 31, 29)
    await end(store, first)
    assert await counts(store) == (0, 31, 29)
    assert await run_once(store, OLDEST) == Released(0, 0, 15)
    assert await counts(store) == (0, 16, 44)
    await end(store, second, CASE)
    assert await run_once(store, OLDEST) == Released(0, 0, 16)
    assert await counts(store) == (0, 0, 60)
    after_holds = await rows(store, "SELECT * FROM coarse_fix ORDER BY unit, cell, hour")
    async with store.transaction() as session:
        await session.execute(text("DELETE FROM coarse_fix"))
    await put(store, 1, OLD + timedelta(hours=8), 60)
    await run_once(store, OLDEST)
    assert await rows(store, "SELECT * FROM coarse_fix ORDER BY unit, cell, hour") == after_holds


async def test_an_open_case_holds_what_is_still_to_come(store: Database) -> None:
    async with store.transaction() as session:
        made = await put_hold(session, SOMEBODY, CASE, "case 5", [1], OLD, None, "case")
        assert (await find_hold(session, made)).end is None
    await put(store, 1, OLD + timedelta(hours=8), 3)
    assert await run_once(store, OLDEST) == Released(1, 3, 0)


async def test_nothing_is_lost_when_it_is_killed_in_the_middle(store: Database, database: TestDatabase) -> None:
    await put(store, 1, OLD + timedelta(hours=8), 40)
    await hold(store, 1, start=OLD + timedelta(hours=8), hours=0.25)
    command = [sys.executable, "-c", KILLED, database.application_url, str(OLDEST)]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    async with asyncio.timeout(20):
        assert await process.stdout.readline() == b"dropped\n"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    async with asyncio.timeout(10):
        while await counts(store) != (40, 0, 0):
            await asyncio.sleep(0.05)
    assert await run_once(store, OLDEST) == Released(1, 16, 24)
    assert await counts(store) == (0, 16, 24)


async def test_two_at_once_do_it_once(store: Database) -> None:
    await put(store, 1, OLD + timedelta(hours=8), 40)
    before = await value(store, "SELECT coalesce(max(id), 0) FROM audit")
    await asyncio.gather(*(persist(store) for _ in range(4)))
    assert await counts(store) == (0, 0, 40)
    assert await value(store, "SELECT count(*) FROM audit WHERE id > :before", before=before) == 1


async def test_a_hold_that_comes_while_a_day_goes_is_heard(store: Database) -> None:
    """It is made after the day's rows were copied and before they are dropped: the day stays, and goes later."""
    await put(store, 1, OLD + timedelta(hours=8), 5)
    with pytest.raises(Refusal, match="held"):  # noqa: PT012 - the transaction is what is tested
        async with store.transaction() as session:
            assert await take_turn(session)
            await keep_and_coarsen(session, OLD.date())
            await hold(store, 1)
            await retention.drop_day(session, OLD.date())
    assert await counts(store) == (5, 0, 0)
    assert await run_once(store, OLDEST) == Released(1, 5, 0)


async def test_what_was_done_is_in_the_audit(store: Database) -> None:
    await put(store, 1, OLD + timedelta(hours=8), 5)
    made = await hold(store, 1, hours=8.02)
    await run_once(store, OLDEST)
    await end(store, made)
    await run_once(store, OLDEST)
    found = await rows(store, "SELECT actor, action, object, details FROM audit WHERE id > 0 ORDER BY id DESC LIMIT 4")
    assert [tuple(row)[:3] for row in reversed(found)] == [
        ("person:1", "hold.made", f"hold:{made}"),
        ("worker", "positions.released", f"day:{OLD:%Y-%m-%d}"),
        ("person:1", "hold.ended", f"hold:{made}"),
        ("worker", "positions.released", "kept"),
    ]
    assert [row.details.get("kept", "-") for row in reversed(found)] == ["-", 2, "-", 0]
    assert [row.details.get("coarsened", "-") for row in reversed(found)] == ["-", 3, "-", 2]


async def test_tracks_read_what_is_kept_as_what_is_raw(store: Database) -> None:
    await put(store, 1, OLD + timedelta(hours=8), 5)
    await put(store, 1, OLD + timedelta(hours=8, seconds=30), 2, flags=8)
    await hold(store, 1)
    span = (to_ms(OLD), to_ms(OLD) + 86_400_000)

    async def seen(off_duty: bool) -> tuple[list[int], list[float]]:
        async with store.snapshot() as session:
            track = await read_track(session, EVERYTHING, 1, *span, off_duty=off_duty)
        return track.times, track.longitudes

    before = [await seen(off_duty) for off_duty in (False, True)]
    assert [len(times) for times, _ in before] == [5, 7]
    await run_once(store, OLDEST)
    assert [await seen(off_duty) for off_duty in (False, True)] == before


async def test_late_writers_and_a_release_get_past_each_other(store: Database) -> None:
    """A recorder that writes into the very day: one of both gives way and comes again, and nothing is lost."""
    await put(store, 1, OLD + timedelta(hours=8), 200)
    released = asyncio.create_task(persist(store))
    written = 0
    for n in range(20):
        while True:
            with contextlib.suppress(psycopg.Error, DBAPIError):
                await put(store, 2, OLD + timedelta(hours=1, minutes=n), 1)
                break
        written += 1
    await released
    await run_once(store, OLDEST)
    assert await counts(store) == (0, 0, 200 + written)


async def persist(store: Database) -> Released:
    while True:
        try:
            return await run_once(store, OLDEST)
        except Refusal:
            await asyncio.sleep(0.01)


# Holds


async def test_a_hold_is_of_something(store: Database) -> None:
    async with store.transaction() as session:
        with pytest.raises(BadInput):
            await put_hold(session, SOMEBODY, LEGAL, "x", [], OLD, OLD + timedelta(hours=1), "why")
        with pytest.raises(BadInput):
            await put_hold(session, SOMEBODY, LEGAL, "x", [1], OLD, OLD, "why")
        with pytest.raises(NotFound):
            await find_hold(session, 10**9)


async def test_a_hold_ends_once_and_as_its_kind(store: Database) -> None:
    made = await hold(store, 1)
    with pytest.raises(Refusal, match="is a legal hold"):
        await end(store, made, CASE)
    await end(store, made)
    with pytest.raises(Refusal, match="has ended"):
        await end(store, made)


# When


def test_the_hour_strikes_once_a_day() -> None:
    now = datetime(2026, 3, 1, 4, 30).astimezone()
    assert struck(now, 3) == now.replace(hour=3, minute=0)
    assert struck(now, 5) == now.replace(day=1, hour=5, minute=0) - timedelta(days=1)
    assert struck(now.replace(hour=3, minute=0), 3) == now.replace(hour=3, minute=0)


async def test_it_is_due_at_the_start_and_then_once_a_day(store: Database) -> None:
    job = Retention(store, 90, utc_now().astimezone().hour)
    assert await job.is_due(utc_now())
    await put(store, 1, OLD + timedelta(hours=8), 5)
    assert await job.release() == Released(1, 0, 5)
    assert not await job.is_due(utc_now())
    tomorrow = utc_now() + timedelta(days=1, minutes=1)
    assert await job.is_due(tomorrow)


async def test_the_newest_of_a_unit_goes_with_its_day(store: Database) -> None:
    put_latest = "INSERT INTO unit_latest VALUES (:unit, :moment, 'x', decode(repeat('00', 32), 'hex'))"
    async with store.transaction() as session:
        for unit, moment in ((1, to_ms(OLD)), (2, to_ms(TODAY))):
            await session.execute(text(put_latest), {"unit": unit, "moment": moment})
    await run_once(store, OLDEST)
    assert [row.unit for row in await rows(store, "SELECT unit FROM unit_latest")] == [2]
    async with store.transaction() as session:
        await session.execute(text("DELETE FROM unit_latest"))
