"""Keys and the cookies that they become."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from backend.clock import now_ms
from backend.db.engine import Database
from backend.errors import NotFound
from backend.identity import keys
from backend.identity.keys import COOKIE_SECONDS, key_id, put_key, read_cookie, revoke_key, sign_cookie
from backend.identity.registry import read_organisation
from backend.identity.rights import EVERYTHING, Rights, everything
from tests.identity.stores import open_database

__all__ = ["open_database"]

SECRET = "s" * 43
GUEST = Rights(frozenset({("wall.open", EVERYTHING)}))


@given(st.integers(1, 2**31 - 1))
def test_cookie_names_its_key(key: int) -> None:
    cookie = sign_cookie(SECRET, key)
    assert read_cookie(SECRET, cookie) == key
    assert read_cookie(SECRET + "x", cookie) is None


@given(st.text(st.characters(), max_size=40))
def test_no_text_is_a_cookie(value: str) -> None:
    assert read_cookie(SECRET, value) is None


def test_any_changed_sign_breaks_the_cookie() -> None:
    cookie = sign_cookie(SECRET, 12)
    for place, sign in enumerate(cookie):
        changed = "1" if sign != "1" else "2"
        assert read_cookie(SECRET, cookie[:place] + changed + cookie[place + 1 :]) is None
        assert read_cookie(SECRET, cookie[:place] + cookie[place + 1 :]) is None


@pytest.mark.parametrize(
    "value",
    [None, "", ".", "..", "12", "12.", "\udcff.\udcff", "é.ü", "12.1700000000.\x00", "١٢.1700000000.00"],
    ids=repr,
)
def test_garbage(value: str | None) -> None:
    assert read_cookie(SECRET, value) is None


def test_cookie_runs_out(monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = sign_cookie(SECRET, 12)
    issued = int(cookie.split(".")[1])
    monkeypatch.setattr(keys, "now_ms", lambda: (issued + COOKIE_SECONDS) * 1000 + 999)
    assert read_cookie(SECRET, cookie) == 12
    monkeypatch.setattr(keys, "now_ms", lambda: (issued + COOKIE_SECONDS + 1) * 1000)
    assert read_cookie(SECRET, cookie) is None


async def known_keys(database: Database) -> dict[int, tuple[str, Rights]]:
    async with database.snapshot() as session:
        return (await read_organisation(session, 1)).keys


async def test_key_is_never_stored_in_clear(open_database: Database) -> None:
    async with open_database.transaction() as session:
        key = await put_key(session, "chief", everything())
        stored = (await session.execute(text("SELECT row_to_json(access_key)::text FROM access_key"))).scalars().all()
        assert len(key) >= 43
        assert not any(key in row for row in stored)
        assert await key_id(session, key) is not None
        assert await key_id(session, key + "x") is None
        assert await key_id(session, "") is None


async def test_new_key_under_a_name_kills_the_old_cookie(open_database: Database) -> None:
    async with open_database.transaction() as session:
        old = await put_key(session, "wall", everything())
        old_id = await key_id(session, old)
    assert old_id is not None
    cookie = sign_cookie(SECRET, old_id)
    assert read_cookie(SECRET, cookie) in await known_keys(open_database)
    async with open_database.transaction() as session:
        new = await put_key(session, "wall", GUEST)
        assert await key_id(session, old) is None
        new_id = await key_id(session, new)
    known = await known_keys(open_database)
    assert read_cookie(SECRET, cookie) not in known
    assert new_id is not None
    assert known[new_id] == ("wall", GUEST)


async def test_same_key_again_keeps_cookies_and_takes_new_rights(open_database: Database) -> None:
    """As `make run` does at each start."""
    async with open_database.transaction() as session:
        await put_key(session, "start", everything(), "the same key")
        first = await key_id(session, "the same key")
    async with open_database.transaction() as session:
        assert await put_key(session, "start", GUEST, "the same key") == "the same key"
        assert await key_id(session, "the same key") == first
    assert first is not None
    assert (await known_keys(open_database))[first] == ("start", GUEST)


async def test_revoked_key_opens_nothing(open_database: Database) -> None:
    async with open_database.transaction() as session:
        key = await put_key(session, "leaver", everything())
        number = await key_id(session, key)
    async with open_database.transaction() as session:
        await revoke_key(session, "leaver")
        assert await key_id(session, key) is None
    assert number not in await known_keys(open_database)
    async with open_database.transaction() as session:
        with pytest.raises(NotFound, match="leaver"):
            await revoke_key(session, "leaver")


async def test_a_key_whose_grants_are_not_understood_opens_nothing_and_stops_nobody(open_database: Database) -> None:
    """E.g. of an older or newer version of the program."""
    async with open_database.transaction() as session:
        await put_key(session, "fine", everything())
        await put_key(session, "odd", everything())
        await session.execute(
            text("""UPDATE access_key SET grants = '[{"atom": "of.tomorrow", "scope": {}}]' WHERE name = 'odd'""")
        )
    names = {name for name, _ in (await known_keys(open_database)).values()}
    assert "fine" in names
    assert "odd" not in names


def test_cookie_time_is_now() -> None:
    assert abs(int(sign_cookie(SECRET, 1).split(".")[1]) - now_ms() // 1000) <= 1


async def test_the_generated_key_gets_the_rights_of_a_newer_program_but_stays_revoked(open_database: Database) -> None:
    async def opens() -> Rights | None:
        async with open_database.snapshot() as session:
            found = (await read_organisation(session, 0)).keys.values()
        return dict(found).get("generated")

    async def ensure(rights: Rights) -> None:
        async with open_database.transaction() as session:
            await keys.ensure_key(session, "generated", rights, "its key")

    await ensure(GUEST)
    assert await opens() == GUEST
    await ensure(everything())
    assert await opens() == everything()
    async with open_database.transaction() as session:
        await revoke_key(session, "generated")
    await ensure(everything())
    assert await opens() is None
