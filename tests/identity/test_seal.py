"""The audit and its chain, against the real store: nothing is changed, lost or left unsealed without a word."""

import asyncio
import itertools
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql
from sqlalchemy import text

from backend.clock import utc_now
from backend.db.cluster import Cluster
from backend.db.engine import Database
from backend.identity import seal
from backend.identity.audit import Actor, record
from backend.identity.seal import BATCH, Fault, Sealer, anchor_name, read_anchors, verify
from tests.conftest import TestDatabase

SOMEBODY = Actor("person:1", "某人", 7, "192.0.2.1")

# A sealer of its own process, that says so after each batch.
SEALER = """
import asyncio, sys
from pathlib import Path
from backend.db.engine import Database
from backend.identity import seal
seal.EVERY_S = 0.01
async def main():
    sealer = seal.Sealer(Database(sys.argv[1]), Path(sys.argv[2]))
    one = sealer.seal
    async def said():
        count = await one()
        if count: print(count, flush=True)
        return count
    sealer.seal = said
    await sealer.run()
asyncio.run(main())
"""


@pytest.fixture
def name(cluster: Cluster, template: str, request: pytest.FixtureRequest) -> str:
    """A database for each test: a broken chain stays broken."""
    name = f"seal_{abs(hash(request.node.name)) % 10**9}"
    cluster.create_database(name, template)
    return name


@pytest_asyncio.fixture
async def store(cluster: Cluster, name: str) -> AsyncIterator[Database]:
    """The same under the application's role."""
    opened = Database(cluster.application_url(name))
    yield opened
    await opened.close()
    cluster.drop_database(name)


async def write(store: Database, count: int, action: str = "thing.done") -> None:
    async with store.transaction() as session:
        for number in range(count):
            await record(session, SOMEBODY, action, f"thing:{number}", number=number, 字="值")


def as_owner(cluster: Cluster, name: str, *statements: str) -> None:
    """What somebody can do who owns the tables, with the guards off."""
    with psycopg.connect(cluster.owner_url(name).replace("+psycopg", "", 1), autocommit=True) as connection:
        for table in ("audit", "audit_seal"):
            connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER ALL").format(sql.Identifier(table)))
        for statement in statements:
            connection.execute(statement.encode())


async def test_a_row_is_there_with_its_transaction_or_not_at_all(store: Database) -> None:
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is what is tested
        async with store.transaction() as session:
            await record(session, SOMEBODY, "thing.done")
            raise ZeroDivisionError
    async with store.snapshot() as session:
        assert await session.scalar(text("SELECT count(*) FROM audit")) == 0


@pytest.mark.parametrize("table", ["audit", "audit_seal"])
@pytest.mark.parametrize("how", ["UPDATE {} SET {}", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_store_refuses_to_change_it(
    store: Database, cluster: Cluster, name: str, tmp_path: Path, table: str, how: str
) -> None:
    await write(store, 1)
    await Sealer(store, tmp_path).seal()
    column = "actor = 'nobody'" if table == "audit" else "hash = ''"
    statement = how.format(table, column)
    with pytest.raises(Exception, match="permission denied"):
        async with store.transaction() as session:
            await session.execute(text(statement))
    with (
        psycopg.connect(cluster.owner_url(name).replace("+psycopg", "", 1)) as owner,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"),
    ):
        owner.execute(statement.encode())


async def test_a_whole_chain_holds(store: Database, tmp_path: Path) -> None:
    sealer = Sealer(store, tmp_path)
    assert await verify(store, tmp_path) == (0, None)
    await write(store, BATCH + 5)
    assert (await sealer.seal(), await sealer.seal(), await sealer.seal()) == (BATCH, 5, 0)
    await write(store, 3)
    assert await sealer.seal() == 3
    assert await verify(store, tmp_path) == (BATCH + 8, None)
    ((number, digest, _),) = read_anchors(tmp_path)
    assert (number, len(digest)) == (1, 64)


BREAKS: dict[str, tuple[tuple[str, ...], Fault]] = {
    "one sign of a row": (
        ("UPDATE audit SET details = replace(details::text, '值', '僅')::jsonb WHERE id = 5",),
        Fault("the row is not as it was sealed", 5, 5),
    ),
    "a row's moment by a microsecond": (
        ("UPDATE audit SET at = at + interval '1 microsecond' WHERE id = 1",),
        Fault("the row is not as it was sealed", 1, 1),
    ),
    "a row deleted": (("DELETE FROM audit WHERE id = 4",), Fault("the row is missing", 4, 4)),
    "a row and its seal deleted": (
        ("DELETE FROM audit WHERE id = 4", "DELETE FROM audit_seal WHERE row = 4"),
        Fault("seal 4 is missing", 4),
    ),
    "two rows swapped": (
        (
            "UPDATE audit SET object = CASE id WHEN 3 THEN 'thing:6' ELSE 'thing:2' END, "
            "details = CASE id WHEN 3 THEN (SELECT details FROM audit WHERE id = 7) "
            "ELSE (SELECT details FROM audit WHERE id = 3) END WHERE id IN (3, 7)",
        ),
        Fault("the row is not as it was sealed", 3, 3),
    ),
    "two seals swapped": (
        (
            "UPDATE audit_seal SET number = -number WHERE number IN (3, 7)",
            "UPDATE audit_seal SET number = 10 + number WHERE number < 0",
        ),
        Fault("the seal does not follow the one before it", 3, 7),
    ),
    "the end cut off": (
        ("DELETE FROM audit", "DELETE FROM audit_seal"),
        Fault("the chain ends before the seal noted in audit-", 1),
    ),
    "a row slipped in unsealed": (
        ("INSERT INTO audit (at, actor, actor_name, action) VALUES (now() - interval '1 hour', 'x', 'x', 'x.y')",),
        Fault("the row was never sealed", None, 11),
    ),
}


@pytest.mark.parametrize("how", BREAKS)
async def test_what_was_done_to_it_is_named(
    store: Database, cluster: Cluster, name: str, tmp_path: Path, how: str
) -> None:
    await write(store, 10)
    await Sealer(store, tmp_path).seal()
    statements, expected = BREAKS[how]
    as_owner(cluster, name, *statements)
    _, fault = await verify(store, tmp_path)
    assert fault is not None
    assert fault.what.startswith(expected.what)
    assert (fault.seal, fault.row) == (expected.seal, expected.row)


async def test_a_chain_made_anew_does_not_fit_the_anchor(
    store: Database, cluster: Cluster, name: str, tmp_path: Path
) -> None:
    await write(store, 5)
    await Sealer(store, tmp_path).seal()
    as_owner(cluster, name, "DELETE FROM audit_seal", "UPDATE audit SET actor_name = 'nobody' WHERE id = 1")
    await Sealer(store, tmp_path / "elsewhere").seal()
    _, fault = await verify(store, tmp_path)
    assert fault is not None
    assert fault.what.startswith("the seal is not the one noted in audit-")
    assert await verify(store, tmp_path / "elsewhere") == (5, None)


@pytest.mark.slow
async def test_a_killed_sealer_loses_nothing(store: Database, cluster: Cluster, name: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", SEALER, cluster.application_url(name), str(tmp_path)]
    total = 0
    for _ in range(3):
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(4):
            await write(store, 300)
            total += 300
            await process.stdout.readline()
        process.kill()
        await process.wait()
    await sealed(store, lambda left: left == 0, Sealer(store, tmp_path))
    assert await verify(store, tmp_path) == (total, None)


async def sealed(store: Database, enough: Callable[[int], bool], sealer: Sealer) -> None:
    """Seal until enough is sealed."""
    ends = time.monotonic() + 20
    while not enough(await sealer.seal()):
        assert time.monotonic() < ends


def test_databases_are_apart(database: TestDatabase) -> None:
    """The module's database is migrated too: the guards are part of every one."""
    with psycopg.connect(database.plain_url) as connection:
        rights = connection.execute(
            "SELECT privilege_type FROM information_schema.role_table_grants WHERE table_name = 'audit'"
        ).fetchall()
    assert {one for (one,) in rights} == {"SELECT", "INSERT"}


def test_an_anchor_is_for_a_day_or_for_so_many_hours_of_it() -> None:
    begun = datetime(2026, 3, 1, tzinfo=UTC)
    names = [anchor_name(begun + timedelta(hours=hour), 24) for hour in range(24)]
    assert set(names) == {"audit-2026-03-01.txt"}
    for hours in range(1, 24):
        moments = [begun + timedelta(minutes=10 * n) for n in range(6 * 48)]
        first: dict[str, datetime] = {}
        for moment in moments:
            first.setdefault(anchor_name(moment, hours), moment)
        starts = [*first.values(), moments[-1]]
        assert all(later - sooner <= timedelta(hours=hours) for sooner, later in itertools.pairwise(starts))
        assert sorted(first) == list(first), "in the order of time"


async def test_the_chain_is_anchored_as_often_as_is_set(
    store: Database, cluster: Cluster, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = utc_now().replace(hour=12, minute=30)
    sealer, moments = Sealer(store, tmp_path), iter([noon, noon, noon + timedelta(hours=1), noon + timedelta(hours=2)])
    monkeypatch.setattr(seal, "utc_now", lambda: next(moments))
    await write(store, 1)
    await sealer.seal()
    as_owner(cluster, name, "UPDATE audit_setting SET anchor_hours = 2")
    for _ in range(3):
        await write(store, 1)
        await sealer.seal()
    monkeypatch.undo()
    day = f"audit-{noon:%Y-%m-%d}"
    assert [(number, file) for number, _, file in read_anchors(tmp_path)] == [
        (1, f"{day}.txt"),
        (2, f"{day}T12.txt"),
        (4, f"{day}T14.txt"),
    ]
    assert await verify(store, tmp_path) == (4, None)
