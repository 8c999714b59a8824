"""The schema: what migrations make, what the mapped tables believe, what the application's role may do."""

import asyncio
import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import create_engine, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

import backend
from backend.db.base import Base
from backend.db.migrate import upgrade
from tests.conftest import TestDatabase

for module in pkgutil.walk_packages(backend.__path__, "backend."):
    if module.name.endswith(".tables"):
        importlib.import_module(module.name)


@pytest.fixture
def application(database: TestDatabase) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.plain_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def owner(database: TestDatabase) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.owner_url.replace("+psycopg", "", 1), autocommit=True) as connection:
        yield connection


def days(connection: psycopg.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'fix'::regclass ORDER BY 1"
    )
    return [name for (name,) in rows]


def test_upgrade_again_changes_nothing(database: TestDatabase, owner: psycopg.Connection) -> None:
    counted = "SELECT count(*), max(oid::bigint) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
    before = owner.execute(counted).fetchone()
    upgrade(database.owner_url)
    upgrade(database.owner_url)
    assert owner.execute(counted).fetchone() == before
    assert owner.execute("SELECT count(*) FROM alembic_version").fetchone() == (1,)


def test_url_may_hold_a_percent_sign(database: TestDatabase) -> None:
    """A password often does, escaped."""
    upgrade(database.owner_url + "?application_name=100%25")


def spelled(kind: TypeEngine[object]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return str(kind.compile(dialect=dialect)).removesuffix("()")


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
def test_mapped_tables_are_the_migrated_ones(database: TestDatabase, table: str) -> None:
    engine = create_engine(database.owner_url)
    found = {column["name"]: column for column in inspect(engine).get_columns(table)}
    engine.dispose()
    mapped = Base.metadata.tables[table].columns
    assert set(mapped.keys()) == set(found)
    for column in mapped:
        assert column.nullable == found[column.name]["nullable"], column.name
        assert spelled(column.type) == spelled(found[column.name]["type"]), column.name


def test_all_mapped_tables_are_looked_at() -> None:
    assert {"node", "unit", "device", "unit_duty", "access_key"} <= set(Base.metadata.tables)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "ALTER TABLE fix ADD COLUMN mine int",
        "DROP TABLE fix",
        "CREATE TABLE fix_20200101 PARTITION OF fix FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')",
        "CREATE OR REPLACE FUNCTION ensure_fix_day(day date) RETURNS boolean LANGUAGE sql AS 'SELECT true'",
        "CREATE SCHEMA mine",
        "TRUNCATE event",
    ],
)
def test_application_cannot_change_the_schema(application: psycopg.Connection, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        application.execute(statement)


APPEND_ONLY = ("audit", "audit_seal")


def test_application_may_use_every_table_and_only_add_to_the_audit(application: psycopg.Connection) -> None:
    tables = application.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') "
        "AND relname NOT IN ('spatial_ref_sys', 'alembic_version')"
    ).fetchall()
    assert len(tables) > 10
    for (table,) in tables:
        granted = application.execute(
            "SELECT bool_and(has_table_privilege(%s::text, kind)) "
            "FROM unnest(ARRAY['select', 'insert', 'update', 'delete']) AS kind",
            [table],
        ).fetchone()
        assert granted == (table not in APPEND_ONLY,), table


def test_days_come(application: psycopg.Connection) -> None:
    assert application.execute("SELECT ensure_fix_day('2031-03-30')").fetchone() == (True,)
    assert application.execute("SELECT ensure_fix_day('2031-03-30')").fetchone() == (False,)
    assert "fix_20310330" in days(application)
    insert = (
        "INSERT INTO fix (device, unit, fixed_at, digest, received_at, place, cell, alarms, flags, source, "
        "district, squad) VALUES (1, 1, %s, 0, now(), ST_SetSRID(ST_MakePoint(1, 1), 4326), 1, 0, 0, 1, 0, 1)"
    )
    application.execute("SET timezone = 'Asia/Shanghai'")  # a day is a day of UTC, whoever asks
    application.execute("SELECT ensure_fix_day('2031-04-30')")
    for moment in (datetime(2031, 4, 30, tzinfo=UTC), datetime(2031, 4, 30, 23, 59, 59, 999999, tzinfo=UTC)):
        application.execute(insert, [moment])
    for moment in (datetime(2031, 4, 29, 23, 59, 59, 999999, tzinfo=UTC), datetime(2031, 5, 1, tzinfo=UTC)):
        with pytest.raises(errors.CheckViolation):
            application.execute(insert, [moment])
    assert application.execute("SELECT count(*) FROM fix_20310430").fetchone() == (2,)


async def test_two_at_once_make_one_day(database: TestDatabase) -> None:
    async def ensure() -> bool:
        async with await psycopg.AsyncConnection.connect(database.plain_url) as connection:
            row = await (await connection.execute("SELECT ensure_fix_day('2032-01-01')")).fetchone()
            await asyncio.sleep(0.05)
            assert row is not None
            return bool(row[0])

    assert sorted(await asyncio.gather(*(ensure() for _ in range(4)))) == [False, False, False, True]


def test_days_go(application: psycopg.Connection, owner: psycopg.Connection) -> None:
    today = date(2030, 1, 2)
    for back in range(5):
        application.execute("SELECT ensure_fix_day(%s)", [today - timedelta(days=back)])
    owner.execute("DROP TABLE IF EXISTS fix_archive")
    kept = [name for name in days(application) if name >= "fix_20291231"]
    assert application.execute("SELECT drop_fix_days_before('2029-12-31')").fetchone() == (2,)
    assert days(application) == kept
    assert kept[:3] == ["fix_20291231", "fix_20300101", "fix_20300102"]
    assert application.execute("SELECT drop_fix_days_before('2029-12-31')").fetchone() == (0,)


def test_functions_cannot_be_led_astray(application: psycopg.Connection) -> None:
    """They run with the owner's rights, so a table of the caller's own must not stand in for ours."""
    application.execute("CREATE TEMPORARY TABLE fix (fixed_at timestamptz) PARTITION BY RANGE (fixed_at)")
    application.execute("SELECT ensure_fix_day('2033-01-01')")
    found = application.execute(
        "SELECT inhparent::regclass = 'public.fix'::regclass FROM pg_inherits "
        "WHERE inhrelid = 'public.fix_20330101'::regclass"
    ).fetchone()
    assert found == (True,)
