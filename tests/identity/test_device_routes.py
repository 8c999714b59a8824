"""Devices over HTTP: added, found, moved, given another token, taken away; within one's part of the tree."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import now_ms
from backend.identity.devices import add_device, find_device, token_hash
from backend.identity.unknown_devices import Knock, store_knocks
from tests.conftest import TestBus, TestDatabase
from tests.live.site import Site, grants, running_site

pytestmark = pytest.mark.slow

DEVICES = "/api/v1/devices"


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with one web process."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


@pytest_asyncio.fixture(scope="module")
async def north(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of who manages the devices of the north."""
    rights = grants("device.read", "device.write", districts=site.districts[:1])
    async with await site.browser("north devices", rights) as running_one:
        yield running_one


async def listed(browser: httpx.AsyncClient, **query: Any) -> dict[str, dict[str, Any]]:
    answer = await browser.get(DEVICES, params=query)
    assert answer.status_code == 200, answer.text
    return {one["identifier"]: one for one in answer.json()["devices"]}


async def audited(site: Site, action: str) -> list[dict[str, Any]]:
    async with site.store.snapshot() as session:
        rows = await session.execute(
            text("SELECT object, details FROM audit WHERE action = :action ORDER BY id"), {"action": action}
        )
        return [{"object": row.object, **row.details} for row in rows]


async def hash_of(site: Site, identifier: str) -> bytes:
    async with site.store.snapshot() as session:
        found = await session.scalar(text("SELECT token_hash FROM device WHERE identifier = :i"), {"i": identifier})
    return bytes(found)


async def test_a_device_is_added_and_its_token_told_once(site: Site, north: httpx.AsyncClient) -> None:
    (unit,) = await site.add_units(1, squad=0)
    new = {"identifier": "phone-1", "unit": unit, "protocol": "osmand", "personal": True}
    done = await north.post(DEVICES, json=new)
    assert done.status_code == 201, done.text
    told = done.json()
    assert told["typed"] == f"phone-1-{told['token']}"
    assert await hash_of(site, "phone-1") == token_hash(told["token"])
    found = (await listed(north))["phone-1"]
    assert found["unit"]["number"] == unit
    assert {name: value for name, value in found.items() if name not in ("id", "unit")} == {
        "identifier": "phone-1",
        "protocol": "osmand",
        "address": None,
        "body": site.squads[0],
        "simulated": False,
        "personal": True,
        "tolerates_checksum": False,
        "precedence": None,
        "usual_precedence": 200,
        "datum": None,
        "first_seen": None,
        "last_seen": None,
        "former_until": None,
        "revoked_at": None,
    }
    row = {"object": f"device:{found['id']}", **new}
    assert row in await audited(site, "device.added")
    assert told["token"] not in str(await audited(site, "device.added"))


async def test_a_refusal_says_what_is_wrong(site: Site, north: httpx.AsyncClient) -> None:
    (unit,), (other,) = await site.add_units(1, squad=0), await site.add_units(1, squad=2)
    await site.change(lambda session: add_device(session, "of-the-south", other, "osmand"))
    good = {"identifier": "refused", "unit": unit, "protocol": "osmand"}
    for wrong, status, code in (
        ({"identifier": "a b"}, 422, "identifier_bad"),
        ({"identifier": "a\0"}, 422, "identifier_bad"),
        ({"identifier": "of-the-south"}, 409, "identifier_taken"),
        ({"protocol": "gpsd"}, 422, "protocol_bad"),
        ({"protocol": "morse"}, 422, "protocol_bad"),
        ({"unit": other}, 422, "no_unit"),
        ({"unit": 10**30}, 422, "no_unit"),
    ):
        answer = await north.post(DEVICES, json=good | wrong)
        assert (answer.status_code, answer.json()["code"]) == (status, code), wrong
    assert "refused" not in await listed(north)
    assert (await north.post(DEVICES, json=good | {"token": "mine"})).status_code == 422


async def test_devices_are_found_by_name_and_by_body(site: Site, north: httpx.AsyncClient) -> None:
    (first,), (second,) = await site.add_units(1, squad=0), await site.add_units(1, squad=1)
    await site.change(lambda session: add_device(session, "found_1", first, "osmand"))
    await site.change(lambda session: add_device(session, "found-12", second, "osmand"))
    await site.known()
    assert set(await listed(north, search="OUND_1")) == {"found_1"}, "the sign stands for no other"
    assert set(await listed(north, search="found")) == {"found_1", "found-12"}
    call_sign = (await listed(north, search="found_1"))["found_1"]["unit"]["call_sign"]
    assert "found_1" in await listed(north, search=call_sign)
    assert await listed(north, search="fou\0nd-") == await listed(north, search="found-")
    assert set(await listed(north, search="found", body=site.squads[1])) == {"found-12"}
    assert set(await listed(north, search="found", body=site.districts[0])) == {"found_1", "found-12"}
    assert await listed(north, body=site.districts[1]) == {}, "of another's body there is nothing"
    assert await listed(north, body=10**12) == {}


async def test_pages_hold_all(site: Site, north: httpx.AsyncClient) -> None:
    (unit,) = await site.add_units(1, squad=0)

    async def many(session: AsyncSession) -> None:
        for number in range(205):
            await add_device(session, f"paged-{number}", unit, "osmand")

    await site.change(many)
    seen: list[str] = []
    after: int | None = 0
    while after is not None:
        answer = (await north.get(DEVICES, params={"search": "paged-", "after": after})).json()
        assert len(answer["devices"]) <= 100
        seen += [one["identifier"] for one in answer["devices"]]
        after = answer["more"]
    assert sorted(seen) == sorted(f"paged-{number}" for number in range(205))


async def test_a_device_moves_to_another_unit_of_mine_only(site: Site, north: httpx.AsyncClient) -> None:
    (unit, next_one), (other,) = await site.add_units(2, squad=0), await site.add_units(1, squad=2)
    await site.change(lambda session: add_device(session, "mover", unit, "osmand"))
    path = f"{DEVICES}/{(await listed(north, search='mover'))['mover']['id']}"
    assert (await north.patch(path, json={"unit": next_one})).status_code == 204
    assert (await north.patch(path, json={"personal": True})).status_code == 204
    found = (await listed(north, search="mover"))["mover"]
    assert (found["unit"]["number"], found["personal"]) == (next_one, True)
    refused = await north.patch(path, json={"unit": other})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_unit")
    rows = [row for row in await audited(site, "device.changed") if row["object"].endswith(path.rpartition("/")[2])]
    assert [(row["from_unit"], row.get("unit"), row.get("personal")) for row in rows] == [
        (unit, next_one, None),
        (next_one, None, True),
    ]


async def test_a_device_is_believed_sooner_or_as_its_protocol_has_it(site: Site, north: httpx.AsyncClient) -> None:
    (unit,) = await site.add_units(1, squad=0)
    new = {"identifier": "believed", "unit": unit, "protocol": "jt808", "precedence": 9}
    id = (await north.post(DEVICES, json=new)).json()["id"]
    found = (await listed(north, search="believed"))["believed"]
    assert (found["precedence"], found["usual_precedence"]) == (9, 100)
    for wrong in (0, 256, 1.5, "first"):
        assert (await north.patch(f"{DEVICES}/{id}", json={"precedence": wrong})).status_code == 422
    assert (await north.patch(f"{DEVICES}/{id}", json={"personal": False})).status_code == 204
    assert (await listed(north, search="believed"))["believed"]["precedence"] == 9, "what is not named stays"
    assert (await north.patch(f"{DEVICES}/{id}", json={"precedence": None})).status_code == 204
    assert (await listed(north, search="believed"))["believed"]["precedence"] is None
    rows = [row for row in await audited(site, "device.changed") if row["object"] == f"device:{id}"]
    assert [(row.get("precedence"), row.get("had_precedence")) for row in rows] == [(None, None), (None, 9)]
    assert "precedence" not in rows[0]


async def test_the_datum_of_a_device_is_declared_or_as_its_protocol_says(site: Site, north: httpx.AsyncClient) -> None:
    (unit,) = await site.add_units(1, squad=0)
    new = {"identifier": "liar", "unit": unit, "protocol": "jt808", "datum": "gcj02"}
    id = (await north.post(DEVICES, json=new)).json()["id"]
    assert (await listed(north, search="liar"))["liar"]["datum"] == "gcj02"
    assert {"object": f"device:{id}", "personal": False, **new} in await audited(site, "device.added")
    for wrong in ("bd09", "cgcs2000", "", 1):
        refused = await north.patch(f"{DEVICES}/{id}", json={"datum": wrong})
        assert (refused.status_code, "wgs84" in refused.text) == (422, True), wrong
    assert (await north.patch(f"{DEVICES}/{id}", json={"precedence": 9})).status_code == 204
    assert (await listed(north, search="liar"))["liar"]["datum"] == "gcj02", "what is not named stays"
    for datum in ("wgs84", None):
        assert (await north.patch(f"{DEVICES}/{id}", json={"datum": datum})).status_code == 204
        assert (await listed(north, search="liar"))["liar"]["datum"] == datum
    rows = [row for row in await audited(site, "device.changed") if row["object"] == f"device:{id}"]
    assert [(row.get("datum"), row.get("had_datum")) for row in rows] == [
        (None, None),
        ("wgs84", "gcj02"),
        (None, "wgs84"),
    ]
    assert "datum" not in rows[0]


async def test_a_token_is_rotated_with_an_overlap_or_at_once(site: Site, north: httpx.AsyncClient) -> None:
    (unit,) = await site.add_units(1, squad=0)
    await site.change(lambda session: add_device(session, "turner", unit, "osmand"))
    path = f"{DEVICES}/{(await listed(north, search='turner'))['turner']['id']}/rotate"
    told = (await north.post(path, json={"overlap_hours": 24})).json()
    assert told["typed"] == f"turner-{told['token']}"
    assert abs(told["former_until"] - now_ms() - 24 * 3_600_000) < 60_000
    assert (await listed(north, search="turner"))["turner"]["former_until"] == told["former_until"]
    again = (await north.post(path, json={"overlap_hours": 0})).json()
    assert again["former_until"] is None
    assert (await listed(north, search="turner"))["turner"]["former_until"] is None
    assert again["token"] != told["token"]
    for wrong in (-1, 169, "NaN", None):
        assert (await north.post(path, json={"overlap_hours": wrong})).status_code == 422
    rows = await audited(site, "device.rotated")
    assert [row["overlap_hours"] for row in rows] == [24, 0]
    assert told["token"] not in str(rows)


async def test_a_receiver_that_the_program_calls_has_no_token(site: Site, north: httpx.AsyncClient) -> None:
    (unit,) = await site.add_units(1, squad=0)
    await site.change(lambda session: add_device(session, "called", unit, "gpsd", address="192.0.2.1:2947"))
    id = (await listed(north, search="called"))["called"]["id"]
    refused = await north.post(f"{DEVICES}/{id}/rotate", json={"overlap_hours": 1})
    assert (refused.status_code, refused.json()["code"]) == (422, "protocol_bad")
    assert (await north.post(f"{DEVICES}/{id}/revoke")).status_code == 204


async def test_a_revoked_device_is_shown_and_only_its_own_people_take_it_back(
    site: Site, north: httpx.AsyncClient
) -> None:
    (unit,), (other,) = await site.add_units(1, squad=0), await site.add_units(1, squad=2)
    await site.change(lambda session: add_device(session, "lost", unit, "osmand"))
    id = (await listed(north, search="lost"))["lost"]["id"]
    before = await hash_of(site, "lost")
    assert (await north.post(f"{DEVICES}/{id}/revoke")).status_code == 204
    found = (await listed(north, search="lost"))["lost"]
    assert abs(found["revoked_at"] - now_ms()) < 60_000
    for act in ("revoke", "rotate"):
        assert (await north.post(f"{DEVICES}/{id}/{act}", json={"overlap_hours": 1})).status_code == 404
    assert (await north.patch(f"{DEVICES}/{id}", json={"personal": True})).status_code == 404
    south = await site.browser("south", grants("device.read", "device.write", districts=site.districts[1:]))
    async with south:
        taken = await south.post(DEVICES, json={"identifier": "lost", "unit": other, "protocol": "osmand"})
        assert (taken.status_code, taken.json()["code"]) == (409, "identifier_taken")
    back = await north.post(DEVICES, json={"identifier": "lost", "unit": unit, "protocol": "osmand"})
    assert (back.status_code, back.json()["id"]) == (201, id)
    assert (await listed(north, search="lost"))["lost"]["revoked_at"] is None
    assert await hash_of(site, "lost") == token_hash(back.json()["token"]) != before


async def test_a_stranger_is_adopted_for_a_unit_of_mine_or_forgotten(site: Site, north: httpx.AsyncClient) -> None:
    (unit,), (other,) = await site.add_units(1, squad=0), await site.add_units(1, squad=2)
    strangers = [Knock(f"stranger-{n}", "osmand", None, "192.0.2.9", 1000, 2000, 3) for n in (1, 2)]
    await site.change(lambda session: store_knocks(session, strangers))
    unknown = {one["identifier"]: one for one in (await north.get(f"{DEVICES}/unknown")).json()}
    assert unknown["stranger-1"] == {
        "id": unknown["stranger-1"]["id"],
        "identifier": "stranger-1",
        "protocol": "osmand",
        "address": "192.0.2.9",
        "first_at": 1000,
        "last_at": 2000,
        "count": 3,
        "has_token": False,
    }
    path = f"{DEVICES}/unknown/{unknown['stranger-1']['id']}"
    refused = await north.post(f"{path}/adopt", json={"unit": other})
    assert (refused.status_code, refused.json()["code"]) == (422, "no_unit")
    done = (await north.post(f"{path}/adopt", json={"unit": unit})).json()
    assert done["typed"] == f"stranger-1-{done['token']}"
    assert (await listed(north, search="stranger-1"))["stranger-1"]["id"] == done["id"]
    assert (await north.post(f"{path}/adopt", json={"unit": unit})).status_code == 404
    assert (await north.delete(f"{DEVICES}/unknown/{unknown['stranger-2']['id']}")).status_code == 204
    assert (await north.get(f"{DEVICES}/unknown")).json() == []
    adopted = {"protocol": "osmand", "unit": unit, "personal": False, "identifier": "stranger-1"}
    assert await audited(site, "device.adopted") == [{"object": f"device:{done['id']}", **adopted}]
    assert await audited(site, "device.forgotten") == [{"object": None, "identifier": "stranger-2"}]


async def test_when_a_device_was_heard_is_told(site: Site, north: httpx.AsyncClient) -> None:
    (unit,) = await site.add_units(1, squad=0)

    async def heard(session: AsyncSession) -> None:
        await add_device(session, "talker", unit, "osmand")
        device = await find_device(session, "talker")
        values = {"id": device.id}
        await session.execute(text("INSERT INTO device_seen VALUES (:id, to_timestamp(7))"), values)
        await session.execute(text("UPDATE device SET first_seen_at = to_timestamp(5) WHERE id = :id"), values)

    await site.change(heard)
    found = (await listed(north, search="talker"))["talker"]
    assert (found["first_seen"], found["last_seen"]) == (5000, 7000)
