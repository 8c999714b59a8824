"""People over HTTP: found by body, let in again after too many wrong passwords; and what a refusal is called."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import utc_now
from backend.identity.devices import add_node
from backend.identity.people import add_person, make_link
from tests.conftest import TestBus, TestDatabase
from tests.live.site import Site, grants, running_site

pytestmark = pytest.mark.slow

PASSWORD = "Correct horse 7"
ADMIN = ("person.read", "person.write", "grant.read", "organisation.read")


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with one web process, where three wrong passwords lock."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web(LIANDONG_FAILURES_ALLOWED="3")
        yield running_one


@pytest_asyncio.fixture(scope="module")
async def north(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of who manages the people of the north."""
    async with await site.browser("north people", grants(*ADMIN, districts=site.districts[:1])) as running_one:
        yield running_one


async def logins(browser: httpx.AsyncClient, **query: Any) -> set[str]:
    answer = await browser.get("/api/v1/people", params=query)
    assert answer.status_code == 200, answer.text
    return {one["login"] for one in answer.json()["people"]}


async def test_people_are_found_by_body_and_all_beneath(site: Site, north: httpx.AsyncClient) -> None:
    async def work(session: AsyncSession) -> None:
        below = await add_node(session, "post", "department", site.squads[0])
        for login, body in (
            ("at.squad", site.squads[0]),
            ("at.post", below),
            ("at.second", site.squads[1]),
            ("at.south", site.squads[2]),
        ):
            await add_person(session, login, login, body)

    await site.change(work)
    await site.known()
    assert await logins(north, search="at.", body=site.squads[0]) == {"at.squad", "at.post"}
    assert await logins(north, search="at.", body=site.districts[0]) == {"at.squad", "at.post", "at.second"}
    assert await logins(north, search="at.", body=site.city) == {"at.squad", "at.post", "at.second"}, "mine of it"
    assert await logins(north, body=site.districts[1]) == set()
    assert await logins(north, body=10**12) == set()
    assert await logins(north, search="at\0.s") == {"at.squad", "at.second"}


async def test_who_was_locked_out_is_let_try_again(site: Site, north: httpx.AsyncClient) -> None:
    async def work(session: AsyncSession) -> tuple[int, str]:
        person = await add_person(session, "forgetful", "x", site.squads[0])
        return person, await make_link(session, person, 1)

    person, token = await site.change(work)
    async with httpx.AsyncClient(base_url=site.web.url) as browser:

        async def status(password: str) -> int:
            body = {"login": "forgetful", "password": password}
            return (await browser.post("/api/v1/login", json=body)).status_code

        assert (await browser.post("/api/v1/enrol", json={"token": token, "password": PASSWORD})).status_code == 200
        assert [await status("Wrong horse 7") for _ in range(3)] == [401] * 3
        assert await status(PASSWORD) == 401
        (locked,) = (await north.get("/api/v1/people", params={"search": "forgetful"})).json()["people"]
        assert locked["locked_until"] is not None
        assert (await north.post(f"/api/v1/people/{person}/unlock")).status_code == 204
        assert await status(PASSWORD) == 200
    async with site.store.snapshot() as session:
        rows = await session.scalars(
            text("SELECT actor_name FROM audit WHERE action = 'person.unlocked' AND object = :o"),
            {"o": f"person:{person}"},
        )
        assert list(rows) == ["north people"]


async def test_what_a_refusal_is_called(site: Site, north: httpx.AsyncClient) -> None:
    async def work(session: AsyncSession) -> tuple[int, int]:
        await add_person(session, "taken", "x", site.squads[0])
        me: int = await session.scalar(text("SELECT id FROM person WHERE name = 'north people'"))
        await session.execute(text("UPDATE person SET node = :body WHERE id = :id"), {"body": site.squads[0], "id": me})
        return me, await add_person(session, "granted", "x", site.squads[0])

    me, other = await site.change(work)
    await site.known()
    new = {"login": "new.one", "name": "x", "body": site.squads[0]}
    for body, status, code in (
        (new | {"login": "A B"}, 422, "login_name"),
        (new | {"name": " "}, 422, "bad_name"),
        (new | {"phone": "call me"}, 422, "phone"),
        (new | {"login": "taken"}, 409, "login_taken"),
        (new | {"body": site.squads[2]}, 403, "needs"),
    ):
        answer = await north.post("/api/v1/people", json=body)
        assert (answer.status_code, answer.json()["code"]) == (status, code), body
    assert answer.json()["body"] == site.squads[2]
    for act, code in (("disable", "own_account"), ("unlock", "own_account"), ("reset-factor", "own_factor")):
        answer = await north.post(f"/api/v1/people/{me}/{act}")
        assert (answer.status_code, answer.json()["code"]) == (403, code), act
    answer = await north.get("/api/v1/keys")
    assert (answer.status_code, answer.json()["code"], answer.json()["atom"]) == (403, "needs", "key.read")
    assert (await north.post(f"/api/v1/people/{10**12}/unlock")).status_code == 422, "no id is that large"

    here, now = {"body": site.squads[0]}, utc_now()
    later = {"since": now.isoformat(), "until": (now - timedelta(days=1)).isoformat()}
    rights = grants("grant.write", "person.read", districts=site.districts[:1])
    async with await site.browser("security", rights) as security:
        for grant, status, code in (
            ({"role": "officer", "scope": here, **later}, 422, "until_before_since"),
            ({"role": "officer", "scope": {"body": 424242}}, 422, "no_body"),
            ({"role": "officer", "scope": {"body": site.city}}, 403, "needs"),
        ):
            answer = await security.post(f"/api/v1/people/{other}/grants", json=grant)
            assert (answer.status_code, answer.json()["code"]) == (status, code), grant
        assert (
            await security.post(f"/api/v1/people/{other}/grants", json={"role": "auditor", "scope": here})
        ).status_code == 201
        answer = await security.post(
            f"/api/v1/people/{other}/grants", json={"role": "system_administrator", "scope": here}
        )
        assert (answer.status_code, answer.json()["code"]) == (409, "separate")
    shared = grants("grant.share", "map.read", districts=site.districts[:1])
    async with await site.browser("sharer", shared) as sharer:
        soon, far = (now + timedelta(days=1)).isoformat(), (now + timedelta(days=60)).isoformat()
        sharer_id = await site.change(
            lambda session: session.scalar(text("SELECT id FROM person WHERE name = 'sharer'"))
        )
        for person, atom, until, code in (
            (other, "track.read", soon, "missing"),
            (other, "map.read", far, "shared_too_long"),
            (sharer_id, "map.read", soon, "own_grant"),
        ):
            body = {"atoms": [atom], "scope": here, "until": until}
            answer = await sharer.post(f"/api/v1/people/{person}/shares", json=body)
            assert (answer.status_code, answer.json()["code"]) == (403, code)
