"""Devices that knock, in the real store: how many are kept, and what adopting one makes of it."""

import pytest
from sqlalchemy import text

from backend.db.engine import Database
from backend.errors import NotFound, Refusal
from backend.identity import unknown_devices as module
from backend.identity.devices import add_device, find_device, revoke_device, token_hash, token_matches
from backend.identity.unknown_devices import Knock, adopt, forget_unknown, kept_hash, store_knocks, unknown_devices
from tests.identity.stores import add_bureau, open_database

__all__ = ["open_database"]

TOKEN = "abcdefghjkmnpqrstu"


def knocked(identifier: str, token: str = TOKEN, last: int = 1000) -> Knock:
    return Knock(identifier, "osmand", kept_hash(token), None, last, last, 1)


async def listed(database: Database) -> dict[str, int]:
    async with database.snapshot() as session:
        return {row["identifier"]: row["id"] for row in await unknown_devices(session)}


async def store(database: Database, *knocks: Knock) -> None:
    async with database.transaction() as session:
        await store_knocks(session, knocks)


async def test_the_table_is_bounded_and_keeps_who_came_last(
    open_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_UNKNOWN", 5)
    await store(open_database, *(knocked(f"flood-{number}", last=1000 + number) for number in range(8)))
    await store(open_database, knocked("flood-3", last=5000), knocked("last", last=4000))
    assert list(await listed(open_database)) == ["flood-3", "last", "flood-7", "flood-6", "flood-5"]
    async with open_database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM unknown_device")) == 5
        await session.execute(text("DELETE FROM unknown_device"))


async def test_a_device_that_is_known_or_was_revoked_is_no_stranger(open_database: Database) -> None:
    """Else the token of a stolen telephone could be let in again by a click."""
    async with open_database.transaction() as session:
        bureau = await add_bureau(session, "known")
        await add_device(session, "stolen", bureau.unit, "osmand")
        await revoke_device(session, await find_device(session, "stolen"))
    await store(open_database, knocked("known-phone"), knocked("stolen"), knocked("later"))
    assert list(await listed(open_database)) == ["later"]
    id = (await listed(open_database))["later"]
    async with open_database.transaction() as session:
        await add_device(session, "later", bureau.unit, "osmand")
    assert await listed(open_database) == {}
    async with open_database.transaction() as session:
        with pytest.raises(Refusal, match="taken") as refused:
            await adopt(session, id, bureau.unit, personal=False)
    assert refused.value.facts["code"] == "identifier_taken"


async def test_an_adopted_device_goes_on_with_its_token_if_that_is_good(open_database: Database) -> None:
    async with open_database.transaction() as session:
        bureau = await add_bureau(session, "adopted")
    await store(open_database, knocked("strong"), knocked("weak", "1234"))
    ids = await listed(open_database)
    async with open_database.transaction() as session:
        strong, none = await adopt(session, ids["strong"], bureau.unit, personal=True)
        weak, token = await adopt(session, ids["weak"], bureau.unit, personal=False)
        assert none is None
        assert strong.token_hash == token_hash(TOKEN)
        assert (strong.unit, strong.protocol, strong.personal, weak.personal) == (bureau.unit, "osmand", True, False)
        assert token is not None
        assert token_matches(token, weak.token_hash)
        assert not token_matches("1234", weak.token_hash)
    assert await listed(open_database) == {}


async def test_who_showed_two_tokens_goes_on_with_neither(open_database: Database) -> None:
    async with open_database.transaction() as session:
        bureau = await add_bureau(session, "two")
    await store(open_database, knocked("twice"))
    await store(open_database, knocked("twice", TOKEN + "x"))
    await store(open_database, knocked("twice"))
    async with open_database.transaction() as session:
        (row,) = await unknown_devices(session)
        assert (row["has_token"], row["count"]) == (False, 3)
        _, token = await adopt(session, row["id"], bureau.unit, personal=False)
        assert token is not None


async def test_what_is_not_there_is_said(open_database: Database) -> None:
    await store(open_database, knocked("gone"))
    id = (await listed(open_database))["gone"]
    async with open_database.transaction() as session:
        assert await forget_unknown(session, id) == "gone"
        with pytest.raises(NotFound):
            await forget_unknown(session, id)
        with pytest.raises(NotFound):
            await adopt(session, id, 1, personal=False)
