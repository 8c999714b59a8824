"""The copy of the organisation that every process keeps, against the real store."""

import asyncio
import functools

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import utc_now
from backend.db.cluster import Cluster
from backend.db.engine import Database
from backend.identity import registry as registry_module
from backend.identity.devices import add_device, add_unit, mark_first_seen
from backend.identity.keys import add_key, revoke_key
from backend.identity.registry import Body, Organisation, Registry
from backend.identity.rights import everything
from tests.bus.servers import beside, until
from tests.conftest import TestDatabase
from tests.db.outages import away
from tests.identity.stores import add_bureau, open_database

__all__ = ["open_database"]


async def version(session: AsyncSession) -> int:
    return int((await session.execute(text("SELECT version FROM identity_version"))).scalar_one())


async def test_first_copy(open_database: Database) -> None:
    async with open_database.transaction() as session:
        bureau = await add_bureau(session, "first")
        lone = await add_unit(session, "first-lone", bureau.lone_squad, "foot", "lone")
        await add_device(session, "first-car", bureau.unit, "gpsd", address="127.0.0.1:2947", simulated=True)
        await session.execute(text("UPDATE device SET precedence = 9, datum = 'gcj02' WHERE identifier = 'first-car'"))
        await add_device(session, "first-off", bureau.unit, "osmand")
        await session.execute(text("UPDATE device SET disabled_at = now() WHERE identifier = 'first-off'"))
        await session.execute(text("INSERT INTO unit_duty VALUES (:unit, false, now())"), {"unit": lone})
    registry = Registry(open_database)
    assert registry.current.version == 0
    renewed: list[Organisation] = []
    registry.on_change(renewed.append)
    await registry.load()
    known = registry.current
    assert renewed == [known]
    assert known.bodies[bureau.squad] == Body(
        bureau.squad, "squad", "first squad", None, bureau.district, bureau.district, bureau.squad
    )
    assert known.bodies[bureau.district].district == bureau.district
    assert known.bodies[bureau.city].district == 0
    assert (known.units[bureau.unit].district, known.units[bureau.unit].on_duty) == (bureau.district, True)
    assert (known.units[lone].squad, known.units[lone].district, known.units[lone].on_duty) == (
        bureau.lone_squad,
        0,
        False,
    )
    assert known.devices["first-car"].unit is known.units[bureau.unit]
    assert (known.devices["first-car"].address, known.devices["first-car"].simulated) == ("127.0.0.1:2947", True)
    assert (known.devices["first-car"].precedence, known.devices["first-car"].datum) == (9, "gcj02")
    assert (known.devices["first-phone"].precedence, known.devices["first-phone"].datum) == (None, None)
    assert "first-off" not in known.devices
    await registry.load()
    assert len(renewed) == 1, "an unchanged version is not read again"


CHANGES = {
    "new body": "INSERT INTO node (kind, name) VALUES ('city', 'version other')",
    "renamed body": "UPDATE node SET name = 'version other 2' WHERE name = 'version other'",
    "deleted body": "DELETE FROM node WHERE name = 'version other 2'",
    "renamed unit": "UPDATE unit SET name = 'x' WHERE call_sign = 'version-1'",
    "new device": "INSERT INTO device (identifier, unit, protocol, token_hash) "
    "SELECT 'version-new', number, 'osmand', '' FROM unit WHERE call_sign = 'version-1'",
    "device's token": "UPDATE device SET token_hash = 'x' WHERE identifier = 'version-new'",
    "device disabled": "UPDATE device SET disabled_at = now() WHERE identifier = 'version-new'",
    "device's address": "UPDATE device SET address = 'a:1' WHERE identifier = 'version-new'",
    "device's former token": "UPDATE device SET former_until = now() WHERE identifier = 'version-new'",
    "device's datum": "UPDATE device SET datum = 'gcj02' WHERE identifier = 'version-new'",
    "personal device": "UPDATE device SET personal = true WHERE identifier = 'version-new'",
    "device deleted": "DELETE FROM device WHERE identifier = 'version-new'",
    "off duty": "INSERT INTO unit_duty SELECT number, false, now() FROM unit WHERE call_sign = 'version-1'",
    "on duty": "UPDATE unit_duty SET on_duty = true",
    "duty forgotten": "DELETE FROM unit_duty",
    "new key": "INSERT INTO access_key (name, key_hash, grants) VALUES ('version', 'x', '[]')",
    "key's grants": "UPDATE access_key SET grants = '[]' WHERE name = 'version'",
    "new person": "INSERT INTO person (login, name, node) SELECT 'version', 'x', min(id) FROM node",
    "person disabled": "UPDATE person SET disabled_at = now() WHERE login = 'version'",
    "new grant": "INSERT INTO person_grant (person, role, scope) SELECT id, 'leader', '{}' FROM person",
    "grant ended": "UPDATE person_grant SET valid_until = now()",
    "key deleted": "DELETE FROM access_key WHERE name = 'version'",
}


async def test_every_change_raises_the_version(open_database: Database) -> None:
    async with open_database.transaction() as session:
        await add_bureau(session, "version")
    for name, statement in CHANGES.items():
        async with open_database.transaction() as session:
            before = await version(session)
            await session.execute(text(statement))
            assert await version(session) > before, name


async def test_first_fix_of_a_device_does_not_raise_the_version(open_database: Database) -> None:
    """Else a city's first morning would make every process read everything thousands of times."""
    async with open_database.transaction() as session:
        await add_bureau(session, "quiet")
        number: int = await session.scalar(text("SELECT id FROM device WHERE identifier = 'quiet-phone'"))
        before = await version(session)
        assert await mark_first_seen(session, {number: utc_now()})
        assert await version(session) == before


async def test_that_a_key_was_used_does_not_raise_the_version(open_database: Database) -> None:
    async with open_database.transaction() as session:
        await add_key(session, "used", everything())
        before = await version(session)
        await session.execute(text("UPDATE access_key SET used_at = now()"))
        assert await version(session) == before


async def test_rolled_back_change_does_not_raise_the_version(open_database: Database) -> None:
    async with open_database.snapshot() as session:
        before = await version(session)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012 - the block is what is tested
        async with open_database.transaction() as session:
            await add_bureau(session, "rolled")
            raise ZeroDivisionError
    async with open_database.snapshot() as session:
        assert await version(session) == before


@pytest.mark.slow
async def test_polling_finds_a_change_within_its_time(open_database: Database) -> None:
    registry = Registry(open_database)
    await registry.load()
    async with beside(registry.run()):
        async with open_database.transaction() as session:
            await add_key(session, "polled", everything())
        await until(lambda: "polled" in {viewer.name for viewer in registry.current.viewers.values()}, timeout=2.5)
        async with open_database.transaction() as session:
            await revoke_key(session, "polled")
        await until(lambda: "polled" not in {viewer.name for viewer in registry.current.viewers.values()}, timeout=2.5)


async def test_announcement_is_sooner(open_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_module, "POLL_S", 3600)
    registry = Registry(open_database)
    await registry.load()
    async with beside(registry.run()):
        for number in (1, 2):
            async with open_database.transaction() as session:
                await add_bureau(session, f"announced{number}")
            registry.announce()
            identifier = f"announced{number}-phone"
            await until(functools.partial(lambda name: name in registry.current.devices, identifier), timeout=5)


async def test_last_copy_goes_on_while_the_database_is_away(
    cluster: Cluster, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_module, "POLL_S", 0.05)
    own = Database(database.application_url)
    registry = Registry(own)
    async with own.transaction() as session:
        await add_bureau(session, "away")
    await registry.load()
    kept = registry.current
    async with beside(registry.run()):
        with away(cluster, database.name):
            registry.announce()
            await asyncio.sleep(0.3)
            assert registry.current is kept
            assert not await own.answers()
            since = own.away_since
            assert since is not None
            assert not await own.answers()
            assert own.away_since == since, "it is the moment when it went, not of the last try"
        async with own.transaction() as session:
            await add_bureau(session, "back")
        await until(lambda: "back-phone" in registry.current.devices)
    assert await own.answers()
    assert own.away_since is None
    await own.close()


async def test_cold_start_without_the_database_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry_module, "COLD_START_S", 0.4)
    nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    with pytest.raises(TimeoutError):
        await Registry(nowhere).load()
    await nowhere.close()
