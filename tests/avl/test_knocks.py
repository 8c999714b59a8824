"""What knocks at a device port: who is remembered, how many, and what of their tokens."""

import pytest

from backend.avl import knocks as knocks_module
from backend.avl.knocks import Knocks
from backend.avl.messages import Login
from backend.db.engine import Database
from backend.identity.devices import token_hash
from backend.identity.registry import Registry
from backend.identity.unknown_devices import MOST_UNKNOWN, unknown_devices
from tests.avl.makers import NOWHERE, TOKEN, device, organisation
from tests.identity.stores import open_database

__all__ = ["open_database"]

LONG = "abcdefghjkmnpqrs"


def listener() -> Knocks:
    registry = Registry(Database(NOWHERE))
    registry.current = organisation(device())
    return Knocks(registry)


def knock(knocks: Knocks, identifier: str = "stranger", token: str = LONG, address: str | None = "192.0.2.7") -> None:
    knocks.note("osmand", Login(identifier=identifier, token=token), address)


@pytest.mark.parametrize("identifier", ["phone", "", "a b", "x" * 65, "手机", "a\n", "a\0"])
def test_a_known_device_and_what_could_not_be_adopted_are_not_remembered(identifier: str) -> None:
    """A wrong token of a known device must never get into a list from which it could be taken over."""
    knocks = listener()
    for token in (LONG, "wrong", "", TOKEN + "x"):
        knock(knocks, identifier, token)
    assert knocks.heard == {}


@pytest.mark.parametrize(
    ("tokens", "kept"),
    [
        pytest.param([LONG], token_hash(LONG), id="one"),
        pytest.param([LONG, LONG], token_hash(LONG), id="the same again"),
        pytest.param([LONG[1:]], None, id="fifteen signs"),
        pytest.param([LONG, LONG + "x"], None, id="two"),
        pytest.param([LONG, "short", LONG], None, id="two, and the first again"),
        pytest.param(["", LONG], None, id="none at first"),
        pytest.param(["\ud800" * 16], token_hash("\ud800" * 16), id="half a pair"),
    ],
)
def test_a_token_is_kept_if_it_is_the_only_one_and_long_enough(tokens: list[str], kept: bytes | None) -> None:
    knocks = listener()
    for token in tokens:
        knock(knocks, token=token)
    (heard,) = knocks.heard.values()
    assert (heard.hash, heard.count, heard.address) == (kept, len(tokens), "192.0.2.7")


def test_a_flood_fills_no_memory_and_the_longest_unheard_go_first() -> None:
    knocks = listener()
    knock(knocks, "patient")
    for number in range(MOST_UNKNOWN - 1):
        knock(knocks, f"flood-{number}")
    knock(knocks, "patient")
    for number in range(MOST_UNKNOWN - 1):
        knock(knocks, f"second-flood-{number}")
    assert len(knocks.heard) == MOST_UNKNOWN
    assert ("patient", "osmand") in knocks.heard
    assert ("flood-0", "osmand") not in knocks.heard


async def test_what_was_heard_is_written_down_once(open_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knocks_module, "now_ms", iter((1000, 3000, 9000)).__next__)
    knocks = listener()
    knock(knocks)
    knock(knocks)
    await knocks.flush(open_database)
    assert knocks.heard == {}
    await knocks.flush(open_database)
    knock(knocks, address="192.0.2.8")
    await knocks.flush(open_database)
    async with open_database.snapshot() as session:
        (row,) = await unknown_devices(session)
    assert row.pop("id") > 0
    assert row == {
        "identifier": "stranger",
        "protocol": "osmand",
        "address": "192.0.2.8",
        "first_at": 1000,
        "last_at": 9000,
        "count": 3,
        "has_token": True,
    }


async def test_while_the_database_is_away_nothing_is_forgotten_and_nothing_grows() -> None:
    nowhere = Database(NOWHERE)
    knocks = listener()
    knock(knocks)
    await knocks.flush(nowhere)
    knock(knocks, token="another")
    await knocks.flush(nowhere)
    (heard,) = knocks.heard.values()
    assert (heard.count, heard.hash) == (2, None)
    await nowhere.close()
