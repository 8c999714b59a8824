"""Keys of partner systems."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from backend.clock import utc_now
from backend.db.engine import Database
from backend.errors import BadInput, NotFound, Refusal
from backend.identity.devices import add_node
from backend.identity.key_uses import KeyUses
from backend.identity.keys import KEY_PREFIX, add_key, key_holder, put_key, revoke_key, rotate_key
from backend.identity.registry import KnownViewer, read_organisation
from backend.identity.rights import EVERYTHING, Rights, Scope, everything
from tests.identity.stores import add_bureau, open_database

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
    assert (await known(open_database))[found] == KnownViewer("chief", everything(), is_partner=True)
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


async def test_a_key_for_a_body_follows_the_tree(open_database: Database) -> None:
    async with open_database.transaction() as session:
        bureau = await add_bureau(session, "growing")
        grants = [{"atom": "unit.read", "scope": {"body": bureau.district}}]
        _, key = await put_key(session, "grower", grants)
        _, squads = await put_key(session, "squads", [{"atom": "unit.read", "scope": {"body": bureau.lone_squad}}])
    found = await holder(open_database, key)
    assert found is not None
    assert (await known(open_database))[found].rights.scope("unit.read") == Scope(
        districts=frozenset({bureau.district})
    )
    lone = await holder(open_database, squads)
    assert lone is not None
    async with open_database.transaction() as session:
        below = await add_node(session, "growing below", "squad", bureau.lone_squad)
    scope = (await known(open_database))[lone].rights.scope("unit.read")
    assert scope == Scope(squads=frozenset({bureau.lone_squad, below}))
    async with open_database.transaction() as session:
        await session.execute(
            text("UPDATE access_key SET grants = replace(grants::text, :a, '424242')::jsonb WHERE name = 'grower'"),
            {"a": str(bureau.district)},
        )
    assert found not in await known(open_database), "a body that is no more opens nothing"


async def test_a_use_is_noted_to_the_minute_and_never_in_the_way(open_database: Database) -> None:
    async with open_database.transaction() as session:
        id, _ = await put_key(session, "busy", [{"atom": "unit.read", "scope": {"everything": True}}])
    uses = KeyUses(open_database)
    used = text("SELECT used_at FROM access_key WHERE id = :id")

    async def noted() -> datetime | None:
        async with open_database.snapshot() as session:
            found: datetime | None = await session.scalar(used, {"id": id})
            return found

    await uses.write()
    assert await noted() is None
    uses.note(f"key:{id}")
    assert await noted() is None, "it is written beside the request"
    await uses.write()
    first = await noted()
    assert first is not None
    uses.note(f"key:{id}")
    await uses.write()
    assert await noted() == first, "once a minute is enough"
    async with open_database.transaction() as session:
        await session.execute(text("UPDATE access_key SET used_at = now() - interval '61 s' WHERE id = :i"), {"i": id})
    await uses.write()
    stale = await noted()
    uses.note(f"key:{id}")
    await uses.write()
    assert stale is not None
    assert (await noted() or stale) > stale


async def test_a_use_waits_for_a_database_that_is_away() -> None:
    nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    uses = KeyUses(nowhere)
    uses.note("key:7")
    await uses.write()
    assert uses._used == {7}
    await nowhere.close()


@pytest.mark.parametrize("name", ["", " ", "a\0b", "x" * 101, "two\nlines", "\ud800"])
async def test_a_name_that_is_none_is_refused(open_database: Database, name: str) -> None:
    async with open_database.transaction() as session:
        with pytest.raises(BadInput, match="bad name"):
            await add_key(session, name, GUEST)


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
