"""Partners' keys over HTTP: who makes which, what they open, and how they end."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from websockets.asyncio.client import connect

from backend.clock import now_ms
from backend.identity.keys import add_key, put_key
from backend.identity.rights import everything, parse_grants
from tests.bus.servers import until
from tests.conftest import TestBus, TestDatabase
from tests.live.site import Site, grants, running_site

pytestmark = pytest.mark.slow

KEYS = "/api/v1/keys"
HELLO = {
    "type": "hello",
    "version": 1,
    "topics": [],
    "follow": [],
    "every": 200,
    "look": None,
    "resume": None,
}


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with one web process."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


@pytest_asyncio.fixture(scope="module")
async def north(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of the security administrator of the north."""
    rights = grants("key.read", "key.write", "grant.write", districts=site.districts[:1])
    async with await site.browser("north security", rights) as running_one:
        yield running_one


async def make(browser: httpx.AsyncClient, name: str, scope: object, *atoms: str, **more: Any) -> httpx.Response:
    body = {"name": name, "atoms": atoms or ("unit.read",), "scope": scope, **more}
    return await browser.post(KEYS, json=body)


async def listed(browser: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    answer = await browser.get(KEYS)
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()}


async def opens(site: Site, key: str) -> set[int] | None:
    """The units that a partner with this key is told of; None where the key opens nothing."""
    async with httpx.AsyncClient(base_url=site.web.url) as partner:
        answer = await partner.get("/api/v1/units", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code in (200, 401)
    return {one["number"] for one in answer.json()["units"]} if answer.status_code == 200 else None


async def audited(site: Site, action: str, id: int) -> list[dict[str, Any]]:
    async with site.store.snapshot() as session:
        statement = text("SELECT details FROM audit WHERE action = :action AND object = :object ORDER BY id")
        return list(await session.scalars(statement, {"action": action, "object": f"key:{id}"}))


async def test_a_key_is_made_shown_once_and_opens_its_part(site: Site, north: httpx.AsyncClient) -> None:
    (mine,), (other,) = await site.add_units(1, squad=0), await site.add_units(1, squad=2)
    ends = now_ms() + 3_600_000
    scope = {"body": site.districts[0]}
    made = await make(north, "garbage trucks", scope, "unit.read", "map.read", expires_at=ends)
    assert made.status_code == 201, made.text
    id, key = made.json()["id"], made.json()["key"]
    await site.known()
    seen = await opens(site, key)
    assert seen is not None
    assert mine in seen
    assert other not in seen
    told = (await listed(north))["garbage trucks"]
    assert abs(told.pop("made_at") - now_ms()) < 60_000
    told.pop("used_at")
    assert told == {
        "id": id,
        "name": "garbage trucks",
        "atoms": ["map.read", "unit.read"],
        "scope": scope,
        "expires_at": ends,
        "former_until": None,
        "revoked_at": None,
    }
    (row,) = await audited(site, "key.made", id)
    assert (row["name"], row["scope"], row["atoms"]) == ("garbage trucks", scope, ["unit.read", "map.read"])
    assert key not in str(row)


async def test_that_a_key_was_used_is_seen(site: Site, north: httpx.AsyncClient) -> None:
    made = (await make(north, "seen", {"body": site.squads[0]})).json()
    await site.known()
    assert (await listed(north))["seen"]["used_at"] is None
    assert await opens(site, made["key"]) is not None
    for _ in range(100):
        if used := (await listed(north))["seen"]["used_at"]:
            break
        await asyncio.sleep(0.1)
    assert abs(used - now_ms()) < 60_000


async def test_nobody_gives_a_key_more_than_he_may_grant(site: Site, north: httpx.AsyncClient) -> None:
    (mine,), (other,) = await site.add_units(1, squad=0), await site.add_units(1, squad=2)
    here = {"body": site.squads[0]}
    for number, (scope, atoms, status, code) in enumerate(
        (
            ({"body": site.districts[1]}, (), 403, "needs"),
            ({"body": site.city}, (), 403, "needs"),
            ({"everything": True}, (), 403, "needs"),
            ({"units": [other]}, (), 403, "needs"),
            ({"cells": ["8841"]}, (), 422, None),
            ({"cells": ["no cell"]}, (), 422, None),
            ({"body": 424242}, (), 422, "no_body"),
            ({"units": []}, (), 422, None),
            ({"units": [10**9]}, (), 422, None),
            ({"body": site.squads[0], "everything": True}, (), 422, None),
            ({"districts": site.districts[:1]}, (), 422, None),
            (here, ("unit.fly",), 422, None),
            (here, ("unit.read", "unit.read"), 422, None),
            (here, ("grant.write",), 409, "separate"),
            (here, ("grant.share",), 409, "separate"),
            (here, ("key.write",), 409, "separate"),
            (here, ("person.write", "unit.read"), 409, "separate"),
            (here, ("audit.read",), 409, "separate"),
        )
    ):
        answer = await make(north, f"no {number}", scope, *atoms)
        assert (answer.status_code, answer.json().get("code")) == (status, code), (scope, atoms, answer.text)
    assert (await north.post(KEYS, json={"name": "none", "atoms": [], "scope": here})).status_code == 422
    assert (await make(north, "past", here, expires_at=1)).json()["code"] == "until_before_since"
    assert (await make(north, "nul\0", here)).json()["code"] == "bad_name"
    assert (await make(north, "mine alone", {"units": [mine]}, "track.read")).status_code == 201
    taken = await make(north, "mine alone", {"units": [mine]})
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    assert not [name for name in await listed(north) if name.startswith("no ") or name in ("none", "past")]


async def test_who_grants_no_rights_gives_a_key_what_he_holds_himself(site: Site) -> None:
    rights = grants("key.read", "key.write", "unit.read", districts=site.districts[:1])
    async with await site.browser("keys only", rights) as browser:
        assert (await make(browser, "held", {"body": site.squads[1]})).status_code == 201
        refused = await make(browser, "not held", {"body": site.squads[1]}, "unit.read", "track.read")
        assert (refused.status_code, refused.json()["code"]) == (403, "missing")
        assert refused.json()["missing"] == ["track.read"]


async def test_a_key_is_rotated_and_revoked_and_its_sockets_close(site: Site, north: httpx.AsyncClient) -> None:
    made = (await make(north, "turned", {"body": site.squads[0]}, "unit.read", "position.read")).json()
    path = f"{KEYS}/{made['id']}"
    other = (await north.post(f"{path}/rotate", json={"overlap_hours": 1})).json()
    assert abs(other["former_until"] - now_ms() - 3_600_000) < 60_000
    await site.known()
    assert await opens(site, made["key"]) == await opens(site, other["key"]) is not None
    third = (await north.post(f"{path}/rotate", json={"overlap_hours": 0})).json()
    assert third["former_until"] is None
    assert (await opens(site, made["key"]), await opens(site, other["key"])) == (None, None)
    assert (await listed(north))["turned"]["former_until"] is None
    async with connect(site.web.live, additional_headers={"Authorization": f"Bearer {third['key']}"}) as socket:
        await socket.send(json.dumps(HELLO))
        await socket.recv()
        assert (await north.post(f"{path}/revoke")).status_code == 204
        await until(lambda: socket.close_code is not None, 3)
    assert await opens(site, third["key"]) is None
    assert abs((await listed(north))["turned"]["revoked_at"] - now_ms()) < 60_000
    for act in ("rotate", "revoke"):
        assert (await north.post(f"{path}/{act}", json={"overlap_hours": 1})).status_code == 404
    rows = await audited(site, "key.rotated", made["id"])
    assert [row["overlap_hours"] for row in rows] == [1, 0]
    assert len(await audited(site, "key.revoked", made["id"])) == 1


async def test_another_districts_keys_and_those_that_open_more_are_not_there(
    site: Site, north: httpx.AsyncClient
) -> None:
    """A new secret of a key that opens everything would be everything."""

    async def others(session: Any) -> list[int]:
        south = [{"atom": "unit.read", "scope": {"body": site.districts[1]}}]
        both = [*south, {"atom": "map.read", "scope": {"body": site.districts[0]}}]
        await add_key(session, "of the operator", everything())
        made = [(await put_key(session, "south", south))[0], (await put_key(session, "both", both))[0]]
        return [*made, int(await session.scalar(text("SELECT id FROM access_key WHERE name = 'of the operator'")))]

    ids = await site.change(others)
    assert not {"south", "both", "of the operator"} & (await listed(north)).keys()
    for id in ids:
        for act in ("rotate", "revoke"):
            assert (await north.post(f"{KEYS}/{id}/{act}", json={"overlap_hours": 0})).status_code == 404
    whole = await site.browser("whole security", grants("key.read", "key.write", "grant.write"))
    async with whole:
        assert {"south", "both", "of the operator"} <= (await listed(whole)).keys()
        assert (await listed(whole))["both"]["scope"] is None, "it has two"
        refused = await whole.post(f"{KEYS}/{ids[2]}/rotate", json={"overlap_hours": 0})
        assert (refused.status_code, refused.json()["code"]) == (409, "separate")
        assert (await whole.post(f"{KEYS}/{ids[1]}/rotate", json={"overlap_hours": 0})).status_code == 200
        assert (await whole.post(f"{KEYS}/{ids[2]}/revoke")).status_code == 204


async def test_a_key_of_the_command_line_is_told_as_it_was_made(site: Site, north: httpx.AsyncClient) -> None:
    rights = parse_grants([{"atom": "unit.read", "scope": {"squads": [site.squads[0]]}}])
    await site.change(lambda session: add_key(session, "older form", rights))
    assert (await listed(north))["older form"]["scope"] == {"squads": [site.squads[0]]}
