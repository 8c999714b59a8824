"""The schema: what migrations make, what the mapped tables believe, what the application's role may do."""

import asyncio
import importlib
import pkgutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

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


GUARDED = ("audit", "audit_seal", "audit_setting")  # the last one: by an approved request only


def test_application_may_use_every_table_but_the_guarded_ones(application: psycopg.Connection) -> None:
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
        assert granted == (table not in GUARDED,), table


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


def test_days_go(application: psycopg.Connection) -> None:
    for day in ("2020-01-01", "2020-01-02", "2020-01-03"):
        application.execute("SELECT ensure_fix_day(%s)", [day])
    kept = [name for name in days(application) if name != "fix_20200102"]
    assert application.execute("SELECT drop_fix_day('2020-01-02')").fetchone() == (True,)
    assert days(application) == kept
    assert kept[:2] == ["fix_20200101", "fix_20200103"]
    assert application.execute("SELECT drop_fix_day('2020-01-02')").fetchone() == (False,)


@pytest.mark.parametrize("ahead", [0, 1, 400])
def test_a_day_that_has_not_passed_does_not_go(application: psycopg.Connection, ahead: int) -> None:
    day = datetime.now(UTC).date() + timedelta(days=ahead)
    application.execute("SELECT ensure_fix_day(%s)", [day])
    with pytest.raises(errors.CheckViolation, match="has not passed"):
        application.execute("SELECT drop_fix_day(%s)", [day])
    assert f"fix_{day:%Y%m%d}" in days(application)


def test_a_day_with_something_held_that_is_not_kept_does_not_go(application: psycopg.Connection) -> None:
    application.execute("SELECT ensure_fix_day('2020-03-01')")
    application.execute(
        "INSERT INTO fix (device, unit, fixed_at, digest, received_at, place, cell, alarms, flags, source, district, "
        "squad) VALUES (1, 77, '2020-03-01T12:00Z', 0, now(), ST_SetSRID(ST_MakePoint(1, 1), 4326), 1, 0, 0, 1, 0, 1)"
    )
    application.execute(
        "INSERT INTO hold (kind, subject, units, span, reason, made_by, made_by_name) "
        "VALUES ('legal', 'x', '{77}', '[2020-03-01,2020-03-02]', 'x', 'x', 'x')"
    )
    with pytest.raises(errors.ObjectInUse, match="1 fixes of 2020-03-01 are held and not kept"):
        application.execute("SELECT drop_fix_day('2020-03-01')")
    application.execute("INSERT INTO kept_fix SELECT * FROM fix WHERE unit = 77")
    assert application.execute("SELECT drop_fix_day('2020-03-01')").fetchone() == (True,)


def test_kept_fixes_and_the_view_have_the_columns_of_fix(application: psycopg.Connection) -> None:
    statement = (
        "SELECT array_agg(ROW(attname, atttypid, atttypmod)::text ORDER BY attnum) FROM pg_attribute "
        "WHERE attrelid = CAST(%s AS regclass) AND attnum > 0"
    )
    fix, kept, view = (application.execute(statement, [name]).fetchone() for name in ("fix", "kept_fix", "stored_fix"))
    assert fix == kept == view


def test_settings_of_the_audit_change_by_an_approved_request_only(application: psycopg.Connection) -> None:
    for statement in ("UPDATE audit_setting SET anchor_hours = 1", "DELETE FROM audit_setting"):
        with pytest.raises(errors.InsufficientPrivilege):
            application.execute(statement.encode())
    body = application.execute("INSERT INTO node (kind, name) VALUES ('city', 'x') RETURNING id").fetchone()
    assert body is not None
    people = application.execute(
        "INSERT INTO person (login, name, node) VALUES ('one', 'x', %s), ('other', 'x', %s) RETURNING id", body * 2
    ).fetchall()
    asked = application.execute(
        "INSERT INTO approval (kind, payload, concerns, reason, asked_by, expires_at) "
        """VALUES ('audit_settings', '{"anchor_hours": 2}', '{"everything": true}', 'why', %s, now()) RETURNING id""",
        people[0],
    ).fetchone()
    assert asked is not None
    approve = "UPDATE approval SET state = 'approved', decided_by = %s, decided_at = now() WHERE id = %s"
    with pytest.raises(errors.InsufficientPrivilege, match="none that was approved just now"):
        application.execute("SELECT set_audit_settings(%s)", asked)
    with pytest.raises(errors.CheckViolation):
        application.execute(approve, [people[0][0], asked[0]])  # by who asked
    application.execute(approve, [people[1][0], asked[0]])
    with pytest.raises(errors.InsufficientPrivilege, match="none that was approved just now"):
        application.execute("SELECT set_audit_settings(%s)", asked)  # in another transaction
    with application.transaction():
        application.execute(approve, [people[1][0], asked[0]])
        application.execute("SELECT set_audit_settings(%s)", asked)
    assert application.execute("SELECT anchor_hours, reason_signs FROM audit_setting").fetchone() == (2, 3)


def test_functions_cannot_be_led_astray(application: psycopg.Connection) -> None:
    """They run with the owner's rights, so a table of the caller's own must not stand in for ours."""
    application.execute("CREATE TEMPORARY TABLE fix (fixed_at timestamptz) PARTITION BY RANGE (fixed_at)")
    application.execute("SELECT ensure_fix_day('2033-01-01')")
    found = application.execute(
        "SELECT inhparent::regclass = 'public.fix'::regclass FROM pg_inherits "
        "WHERE inhrelid = 'public.fix_20330101'::regclass"
    ).fetchone()
    assert found == (True,)
