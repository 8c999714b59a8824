"""Keys of partner systems."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from backend.clock import utc_now
from backend.db.engine import Database
from backend.errors import NotFound, Refusal
from backend.identity.keys import KEY_PREFIX, add_key, key_holder, revoke_key, rotate_key
from backend.identity.registry import KnownViewer, read_organisation
from backend.identity.rights import EVERYTHING, Rights, everything
from tests.identity.stores import open_database

__all__ = ["open_database"]

GUEST = Rights(frozenset({("wall.open", EVERYTHING)}))


async def known(database: Database) -> dict[str, KnownViewer]:
    async with database.snapshot() as session:
        return (await read_organisation(session, 1)).viewers


async def holder(database: Database, key: str) -> str | None:
    async with database.snapshot() as session:
        return await key_holder(session, key)


async def test_key_is_never_stored_in_clear(open_database: Database) -> None:
    async with open_database.transaction() as session:
        key = await add_key(session, "chief", everything())
        stored = (await session.execute(text("SELECT row_to_json(access_key)::text FROM access_key"))).scalars().all()
        assert key.startswith(KEY_PREFIX)
        assert not any(key.removeprefix(KEY_PREFIX) in row for row in stored)
    found = await holder(open_database, key)
    assert found is not None
    assert (await known(open_database))[found] == KnownViewer("chief", everything())
    assert await holder(open_database, key + "x") is None
    assert await holder(open_database, "") is None
    async with open_database.transaction() as session:
        with pytest.raises(Refusal, match="rotate it"):
            await add_key(session, "chief", GUEST)


async def test_a_rotated_key_works_on_for_the_overlap_and_no_longer(open_database: Database) -> None:
    async with open_database.transaction() as session:
        old = await add_key(session, "overlap", GUEST)
    async with open_database.transaction() as session:
        new = await rotate_key(session, "overlap", timedelta(hours=1))
    assert await holder(open_database, old) == await holder(open_database, new) is not None
    async with open_database.transaction() as session:
        await session.execute(text("UPDATE access_key SET former_until = now() WHERE name = 'overlap'"))
    assert await holder(open_database, old) is None
    assert await holder(open_database, new) is not None


async def test_a_key_ends_on_its_day(open_database: Database) -> None:
    async with open_database.transaction() as session:
        key = await add_key(session, "short", GUEST, utc_now() + timedelta(hours=1))
    found = await holder(open_database, key)
    assert found in await known(open_database)
    async with open_database.transaction() as session:
        await session.execute(text("UPDATE access_key SET expires_at = now() WHERE name = 'short'"))
    assert await holder(open_database, key) is None
    assert found not in await known(open_database)


async def test_revoked_key_opens_nothing(open_database: Database) -> None:
    async with open_database.transaction() as session:
        key = await add_key(session, "leaver", everything())
    found = await holder(open_database, key)
    async with open_database.transaction() as session:
        await revoke_key(session, "leaver")
    assert await holder(open_database, key) is None
    assert found not in await known(open_database)
    async with open_database.transaction() as session:
        with pytest.raises(NotFound, match="leaver"):
            await revoke_key(session, "leaver")


async def test_a_key_whose_grants_are_not_understood_opens_nothing_and_stops_nobody(open_database: Database) -> None:
    """E.g. of an older or newer version of the program."""
    async with open_database.transaction() as session:
        await add_key(session, "fine", everything())
        await add_key(session, "odd", everything())
        await session.execute(
            text("""UPDATE access_key SET grants = '[{"atom": "of.tomorrow", "scope": {}}]' WHERE name = 'odd'""")
        )
    names = {viewer.name for viewer in (await known(open_database)).values()}
    assert "fine" in names
    assert "odd" not in names
