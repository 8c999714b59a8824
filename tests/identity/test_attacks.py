"""The usual attacks, over HTTP against a real web process."""

import re
import time
from collections.abc import AsyncIterator
from statistics import median
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from backend.identity.devices import add_device, find_device
from backend.identity.granting import put_grant
from backend.identity.keys import put_key
from backend.identity.people import add_person, make_link
from tests.conftest import TestBus, TestDatabase
from tests.identity.signing import login_of, signed_in
from tests.live.site import Site, grants, running_site

PASSWORD = "Correct horse 7"
BOTH = ("person.read", "grant.read", "session.read", "session.end", "organisation.read")
SYSTEM, SECURITY = (*BOTH, "person.write"), (*BOTH, "grant.write")


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with one web process."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web(LIANDONG_FAILURES_ALLOWED="100")
        yield running_one


@pytest_asyncio.fixture
async def browser(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with an empty jar."""
    async with httpx.AsyncClient(base_url=site.web.url) as running_one:
        yield running_one


async def somebody(site: Site, name: str, body: int) -> int:
    """A person of a body, without rights, who has signed in somewhere; the id."""

    async def work(session: Any) -> int:
        await signed_in(session, name, body)
        return int(await session.scalar(text("SELECT id FROM person WHERE login = :l"), {"l": login_of(name)}))

    return await site.change(work)


async def with_password(site: Site, browser: httpx.AsyncClient, login: str) -> None:
    """Somebody who has set a password."""

    async def work(session: Any) -> str:
        return await make_link(session, await add_person(session, login, login, site.city), 1)

    token = await site.change(work)
    await site.known()
    done = await browser.post("/api/v1/enrol", json={"token": token, "password": PASSWORD})
    assert done.json() == {"next": "done"}
    browser.cookies.clear()


async def admin_of_north(site: Site, browser: httpx.AsyncClient, atoms: tuple[str, ...]) -> dict[str, str]:
    """The headers of an administrator of the north."""
    name = "north system" if atoms == SYSTEM else "north security"
    cookie = await site.cookie(name, grants(*atoms, districts=site.districts[:1]))
    session = (await browser.get("/api/v1/session", headers={"Cookie": cookie})).json()
    return {"Cookie": cookie, "X-Liandong-Csrf": session["csrf"]}


async def test_a_session_that_was_known_before_is_worth_nothing_after(site: Site, browser: httpx.AsyncClient) -> None:
    """Session fixation: the cookie changes with every step, and an invented one is never taken."""
    await with_password(site, browser, "fixated")
    browser.cookies.set("liandong", "chosen-by-somebody-else")
    done = await browser.post("/api/v1/login", json={"login": "fixated", "password": PASSWORD})
    assert done.status_code == 200
    cookie = done.headers["set-cookie"]
    assert re.match(r"liandong=[\w-]{43}; ", cookie)
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "chosen-by-somebody-else" not in cookie
    browser.cookies.clear()
    browser.cookies.set("liandong", "chosen-by-somebody-else")
    assert (await browser.get("/api/v1/session")).status_code == 401


async def test_signing_out_ends_the_session_on_the_server(site: Site, browser: httpx.AsyncClient) -> None:
    await with_password(site, browser, "leaver")
    await browser.post("/api/v1/login", json={"login": "leaver", "password": PASSWORD})
    kept = {"Cookie": f"liandong={browser.cookies['liandong']}"}
    csrf = (await browser.get("/api/v1/session")).json()["csrf"]
    assert (await browser.post("/api/v1/logout")).status_code == 403
    assert (await browser.post("/api/v1/logout", headers={"X-Liandong-Csrf": csrf})).status_code == 200
    browser.cookies.clear()
    assert (await browser.get("/api/v1/session", headers=kept)).status_code == 401


@pytest.mark.parametrize("path", ["login", "enrol", "enrol/look", "demo-login"])
async def test_another_sites_form_signs_nobody_in(browser: httpx.AsyncClient, path: str) -> None:
    bodies = {"login": {"login": "x", "password": "y"}, "demo-login": {"login": "x"}, "enrol/look": {"token": "x"}}
    body = bodies.get(path, {"token": "x", "password": "y"})
    answer = await browser.post(f"/api/v1/{path}", json=body, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_socket_from_another_sites_page_is_refused(site: Site) -> None:
    cookie = await site.cookie()
    with pytest.raises(InvalidStatus):
        async with connect(site.web.live, additional_headers={"Cookie": cookie, "Origin": "https://evil.example"}):
            pass


async def test_nothing_in_an_address_signs_in(site: Site, browser: httpx.AsyncClient) -> None:
    token = (await site.cookie()).partition("=")[2]
    for name in ("key", "token", "liandong", "access_token"):
        assert (await browser.get("/api/v1/session", params={name: token})).status_code == 401


async def test_brute_force_is_slowed_down_by_address(database: TestDatabase, site: Site) -> None:
    web = await site.start_web()
    try:
        async with httpx.AsyncClient(base_url=web.url) as browser:
            body = {"login": "nobody", "password": "x"}
            statuses = [(await browser.post("/api/v1/login", json=body)).status_code for _ in range(32)]
    finally:
        site.stop(web)
    assert statuses == [401] * 30 + [429] * 2


@pytest.mark.slow
async def test_neither_words_nor_time_tell_who_is_there(site: Site, browser: httpx.AsyncClient) -> None:
    await with_password(site, browser, "present")
    took: dict[str, list[float]] = {"present": [], "absent": []}
    answers = set()
    for _ in range(9):
        for name, times in took.items():
            began = time.perf_counter()
            answer = await browser.post("/api/v1/login", json={"login": name, "password": "Wrong horse 7"})
            times.append(time.perf_counter() - began)
            answers.add((answer.status_code, answer.text))
    assert len(answers) == 1
    assert 0.5 < median(took["present"]) / median(took["absent"]) < 2


async def test_the_ids_of_others_open_nothing(site: Site, browser: httpx.AsyncClient) -> None:
    """IDOR: what lies outside of one's part of the tree is not there."""
    headers = await admin_of_north(site, browser, SYSTEM)
    security = await admin_of_north(site, browser, SECURITY)
    mine, other = await somebody(site, "mine", site.squads[0]), await somebody(site, "other", site.squads[2])

    async def numbers(session: Any) -> tuple[int, int]:
        grant = await put_grant(session, other, {"body": site.squads[2]}, role="officer")
        found = await session.scalar(text("SELECT id FROM session WHERE person = :p"), {"p": other})
        return grant, int(found)

    grant, session_id = await site.change(numbers)
    await site.known()
    listed = (await browser.get("/api/v1/people", headers=headers)).json()["people"]
    assert mine in {one["id"] for one in listed}
    assert other not in {one["id"] for one in listed}
    assert (await browser.get(f"/api/v1/people/{mine}/grants", headers=headers)).status_code == 200
    assert (await browser.get(f"/api/v1/people/{other}/grants", headers=headers)).status_code == 404
    for action in ("link", "disable", "enable", "reset-factor", "unlock"):
        assert (await browser.post(f"/api/v1/people/{other}/{action}", headers=headers)).status_code == 404, action
    assert (await browser.delete(f"/api/v1/grants/{grant}", headers=security)).status_code == 404
    assert (await browser.delete(f"/api/v1/sessions/{session_id}", headers=headers)).status_code == 404
    assert other not in {one["person"] for one in (await browser.get("/api/v1/sessions", headers=headers)).json()}
    new = {"login": "new.one", "name": "x", "body": site.squads[2]}
    assert (await browser.post("/api/v1/people", json=new, headers=headers)).status_code == 403
    async with site.store.snapshot() as session:
        row = (await session.execute(text("SELECT disabled_at FROM person WHERE id = :p"), {"p": other})).one()
        assert row.disabled_at is None
        ended = text("SELECT ended_at FROM session WHERE id = :s")
        assert await session.scalar(ended, {"s": session_id}) is None
        assert await session.scalar(text("SELECT valid_until FROM person_grant WHERE id = :g"), {"g": grant}) is None


async def test_the_devices_keys_and_numbers_of_others_are_not_there(site: Site, browser: httpx.AsyncClient) -> None:
    atoms = ("device.read", "device.write", "key.read", "key.write", "phone.read")
    cookie = await site.cookie("north intruder", grants(*atoms, districts=site.districts[:1]))
    session = (await browser.get("/api/v1/session", headers={"Cookie": cookie})).json()
    headers = {"Cookie": cookie, "X-Liandong-Csrf": session["csrf"]}
    (unit,) = await site.add_units(1, squad=2)
    other = await somebody(site, "other with a phone", site.squads[2])

    async def targets(session: Any) -> tuple[int, int]:
        await add_device(session, "theirs", unit, "osmand")
        grants = [{"atom": "unit.read", "scope": {"body": site.districts[1]}}]
        return (await find_device(session, "theirs")).id, (await put_key(session, "theirs", grants))[0]

    device, key = await site.change(targets)
    await site.known()
    before = await rows(site, "device", device), await rows(site, "access_key", key)
    assert (await browser.get("/api/v1/devices", headers=headers)).json() == {"devices": [], "more": None}
    assert (await browser.get("/api/v1/keys", headers=headers)).json() == []
    hours = {"overlap_hours": 0}
    for method, path, body in (
        ("PATCH", f"devices/{device}", {"personal": True}),
        ("POST", f"devices/{device}/rotate", hours),
        ("POST", f"devices/{device}/revoke", None),
        ("POST", f"keys/{key}/rotate", hours),
        ("POST", f"keys/{key}/revoke", None),
        ("POST", f"people/{other}/phone", {"reason": "curiosity"}),
    ):
        answer = await browser.request(method, f"/api/v1/{path}", json=body, headers=headers)
        nothing = await browser.request(
            method, f"/api/v1/{path.replace(path.split('/')[1], '424242')}", json=body, headers=headers
        )
        assert answer.status_code == nothing.status_code == 404, path
        assert answer.json()["detail"].replace(path.split("/")[1], "424242") == nothing.json()["detail"]
    assert (await rows(site, "device", device), await rows(site, "access_key", key)) == before


async def rows(site: Site, table: str, id: int) -> list[Any]:
    """A row as it stands in the store."""
    async with site.store.snapshot() as session:
        return list(await session.scalars(text(f"SELECT to_jsonb({table}) FROM {table} WHERE id = :id"), {"id": id}))


async def test_one_grants_no_more_than_one_may(site: Site, browser: httpx.AsyncClient) -> None:
    headers = await admin_of_north(site, browser, SECURITY)
    mine = await somebody(site, "granted", site.squads[0])
    me = await somebody(site, "north security", site.city)
    north, south = ({"body": body} for body in site.districts)

    async def ask(person: int, **body: Any) -> int:
        return (await browser.post(f"/api/v1/people/{person}/grants", json=body, headers=headers)).status_code

    assert await ask(mine, role="dispatcher", scope=north) == 201
    assert await ask(mine, role="dispatcher", scope=south) == 403
    assert await ask(mine, role="dispatcher", scope={"everything": True}) == 403
    assert await ask(me, role="leader", scope=north) in (403, 404), "nobody grants himself"
    assert await ask(mine, role="emperor", scope=north) == 422
    assert await ask(mine, role="leader", scope={"body": 10**9}) == 422
    assert await ask(mine, role="leader", scope={"body": site.districts[0], "everything": True}) == 422
    assert await ask(mine, role="system_administrator", scope=north) == 201
    assert await ask(mine, role="auditor", scope=north) == 409, "the three administrators stand apart"
    assert await ask(mine, atoms=["audit.read"], scope=north) == 409, "by single rights as well"
    other = await somebody(site, "granted elsewhere", site.squads[2])
    assert await ask(other, role="dispatcher", scope=north) == 404, "what one could not take back, one does not give"
    assert await ask(mine, role="officer", scope={"units": []}) == 422
    assert await ask(mine, role="officer", scope={"everything": False}) == 422
    assert await ask(mine, role="officer", scope={"body": [site.districts[0]]}) == 422
    assert await ask(mine, role="officer", scope=north, until="2099-01-01T00:00:00") == 422, "a time without a zone"


async def test_who_manages_accounts_takes_over_no_other_administrator(site: Site, browser: httpx.AsyncClient) -> None:
    headers = await admin_of_north(site, browser, SYSTEM)

    async def enrolled(session: Any) -> int:
        person = await add_person(session, "the.auditor", "x", site.squads[0])
        await put_grant(session, person, {"everything": True}, role="auditor")
        hash_it = text("UPDATE person SET password_hash = 'set' WHERE id = :id")
        await session.execute(hash_it, {"id": person})
        return person

    auditor = await site.change(enrolled)
    for action in ("link", "reset-factor"):
        assert (await browser.post(f"/api/v1/people/{auditor}/{action}", headers=headers)).status_code == 403, action


async def test_the_last_who_can_grant_is_not_sent_away(site: Site, browser: httpx.AsyncClient) -> None:
    headers = await admin_of_north(site, browser, SECURITY)
    system = await admin_of_north(site, browser, SYSTEM)

    async def appoint(session: Any) -> tuple[int, int]:
        person = await add_person(session, "the.security", "x", site.squads[0])
        return person, await put_grant(session, person, {"everything": True}, role="security_administrator")

    person, grant = await site.change(appoint)
    await site.known()
    assert (await browser.delete(f"/api/v1/grants/{grant}", headers=headers)).status_code == 409
    assert (await browser.post(f"/api/v1/people/{person}/disable", headers=system)).status_code == 409


async def test_a_field_that_is_not_asked_for_is_refused(site: Site, browser: httpx.AsyncClient) -> None:
    """Mass assignment."""
    headers = await admin_of_north(site, browser, SYSTEM)
    new = {"login": "mass", "name": "x", "body": site.squads[0], "simulated": True, "password_hash": "x"}
    assert (await browser.post("/api/v1/people", json=new, headers=headers)).status_code == 422
    async with site.store.snapshot() as session:
        assert await session.scalar(text("SELECT count(*) FROM person WHERE login = 'mass'")) == 0


async def test_the_demos_doors_are_shut_where_no_demo_runs(site: Site, browser: httpx.AsyncClient) -> None:
    web = await site.start_web(LIANDONG_DEMO="0")
    try:
        async with httpx.AsyncClient(base_url=web.url) as shut:
            assert (await shut.get("/api/v1/demo-people")).json() is None
            assert (await shut.post("/api/v1/demo-login", json={"login": "demo.leader"})).status_code == 404
    finally:
        site.stop(web)
