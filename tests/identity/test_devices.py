"""Writers of bodies, units and devices, on the real store."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from backend.clock import now_ms, utc_now
from backend.db.engine import Database
from backend.errors import BadInput, NotFound
from backend.identity.devices import (
    add_device,
    add_node,
    add_unit,
    change_device,
    find_device,
    find_unit,
    mark_first_seen,
    new_token,
    revoke_device,
    rotate_device,
    seen_devices,
    token_hash,
    token_matches,
)
from backend.identity.registry import read_organisation
from tests.identity.stores import add_bureau, open_database

__all__ = ["open_database"]


def test_tokens_can_be_typed_and_do_not_repeat() -> None:
    tokens = {new_token() for _ in range(200)}
    assert len(tokens) == 200
    assert all(len(token) == 26 and token.isalnum() and token.islower() for token in tokens), "and hold no hyphen"


@given(st.text(), st.text())
def test_only_the_token_matches(token: str, other: str) -> None:
    assert token_matches(token, token_hash(token))
    assert token_matches(other, token_hash(token)) == (other == token)


def test_half_a_surrogate_pair_is_a_wrong_token_and_no_error() -> None:
    """JSON can say it."""
    assert not token_matches("\ud800", token_hash("x"))


async def test_token_is_stored_hashed(open_database: Database) -> None:
    async with open_database.transaction() as session:
        bureau = await add_bureau(session, "hash")
    async with open_database.snapshot() as session:
        row = (await session.execute(text("SELECT token_hash, row_to_json(device)::text AS said FROM device"))).one()
    assert bureau.token not in row.said
    assert bytes(row.token_hash) == token_hash(bureau.token)


async def test_adding_a_device_again_gives_it_a_new_token_and_unit(open_database: Database) -> None:
    async with open_database.transaction() as session:
        bureau = await add_bureau(session, "again")
        other = await add_unit(session, "again-2", bureau.squad, "foot", "second")
        await session.execute(text("UPDATE device SET disabled_at = now() WHERE identifier = 'again-phone'"))
        token = await add_device(session, "again-phone", other, "osmand")
        row = (
            await session.execute(
                text("SELECT unit, token_hash, disabled_at FROM device WHERE identifier = 'again-phone'")
            )
        ).one()
    assert token != bureau.token
    assert not token_matches(bureau.token, bytes(row.token_hash))
    assert token_matches(token, bytes(row.token_hash))
    assert (row.unit, row.disabled_at) == (other, None)


async def test_adding_bodies_and_units_again_finds_them(open_database: Database) -> None:
    async with open_database.transaction() as session:
        first = await add_bureau(session, "twice")
        second = await add_bureau(session, "twice")
        assert (first.city, first.squad, first.unit) == (second.city, second.squad, second.unit)
        same_name = await add_node(session, "twice squad", "squad", first.city)
        assert same_name != first.squad, "a name holds under its parent"
        assert await find_unit(session, "twice-1") == first.unit


@pytest.mark.parametrize(
    "identifier", ["", "a b", "é", "x" * 65, "a\n", "a/b", "手机", "a'b"], ids=["empty", *map(repr, range(7))]
)
async def test_identifier_that_cannot_be_typed_is_refused(open_database: Database, identifier: str) -> None:
    async with open_database.transaction() as session:
        with pytest.raises(BadInput, match="identifier"):
            await add_device(session, identifier, 1, "osmand")


async def test_unknown_kinds_and_units_are_refused(open_database: Database) -> None:
    async with open_database.transaction() as session:
        with pytest.raises(BadInput, match="tank"):
            await add_unit(session, "T1", 1, "tank", "T")
        with pytest.raises(BadInput, match="army"):
            await add_node(session, "A", "army")
        with pytest.raises(NotFound, match="nobody"):
            await find_unit(session, "nobody")


async def test_a_rotated_token_overlaps_and_a_second_rotation_ends_the_first(open_database: Database) -> None:
    async with open_database.transaction() as session:
        bureau = await add_bureau(session, "rotated")
        device = await find_device(session, "rotated-phone")
        second = await rotate_device(session, device, timedelta(hours=2))
        left = device.former_until
        assert left is not None
        assert timedelta(hours=1.9) < left - utc_now() <= timedelta(hours=2)
        assert token_matches(bureau.token, device.former_hash or b"")
        assert token_matches(second, device.token_hash)
        third = await rotate_device(session, device, timedelta(hours=1))
        assert token_matches(second, device.former_hash or b"")
        fourth = await rotate_device(session, device, timedelta())
        assert (device.former_hash, device.former_until) == (None, None)
        assert len({bureau.token, second, third, fourth}) == 4
        for hours in (-1, 168.1):
            with pytest.raises(BadInput, match="0 to 168 hours"):
                await rotate_device(session, device, timedelta(hours=hours))


async def test_a_revoked_device_is_none_and_its_former_token_does_not_come_back(open_database: Database) -> None:
    async with open_database.transaction() as session:
        bureau = await add_bureau(session, "revoked")
        device = await find_device(session, "revoked-phone")
        await rotate_device(session, device, timedelta(hours=2))
        await revoke_device(session, device)
        with pytest.raises(NotFound, match="revoked-phone"):
            await find_device(session, "revoked-phone")
        assert "revoked-phone" not in (await read_organisation(session, 1)).devices
        await add_device(session, "revoked-phone", bureau.unit, "osmand")
        known = (await read_organisation(session, 1)).devices["revoked-phone"]
        assert known.hashes(0) == (known.token_hash,)
        assert not token_matches(bureau.token, known.token_hash)


async def test_the_registry_knows_both_tokens_and_whose_telephone_it_is(open_database: Database) -> None:
    async with open_database.transaction() as session:
        bureau = await add_bureau(session, "both")
        device = await find_device(session, "both-phone")
        token = await rotate_device(session, device, timedelta(hours=2))
        await change_device(session, device, None, True)
        known = (await read_organisation(session, 1)).devices["both-phone"]
    assert known.personal
    assert known.hashes(now_ms()) == (token_hash(token), token_hash(bureau.token))
    assert known.hashes(now_ms() + 2 * 3_600_000) == (token_hash(token),)


async def test_first_seen_is_told_once(open_database: Database) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    async with open_database.transaction() as session:
        await add_bureau(session, "seen")
        number: int = await session.scalar(text("SELECT id FROM device WHERE identifier = 'seen-phone'"))
    async with open_database.transaction() as session:
        assert number not in await seen_devices(session)
        fresh = await mark_first_seen(session, {number: moment, 999_999: moment})
        assert [device.identifier for device in fresh] == ["seen-phone"]
    async with open_database.transaction() as session:
        assert number in await seen_devices(session)
        assert await mark_first_seen(session, {number: moment.replace(year=2027)}) == []
        stored = await session.scalar(text("SELECT first_seen_at FROM device WHERE identifier = 'seen-phone'"))
    assert stored == moment
