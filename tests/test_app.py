"""The web process as a browser meets it: the door, refusals, headers, and nothing secret in what it writes down."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.conftest import TestBus, TestDatabase
from tests.live.site import Site, grants, running_site, watching

# The store cannot be reached while a file exists.
AWAY_WHILE = """
import pathlib, backend.db.engine as engine
snapshot = engine.Database.snapshot
def perhaps_away(self):
    if pathlib.Path({!r}).exists():
        raise ConnectionRefusedError("away")
    return snapshot(self)
engine.Database.snapshot = perhaps_away
"""
PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with one talkative web process, whose store can be taken away."""
    async with running_site(database, nats_server) as running_one:
        patch = AWAY_WHILE.format(str(running_one.home.path / "away"))
        await running_one.start_web(patch=patch, LIANDONG_LOG_LEVEL="debug")
        yield running_one


@pytest_asyncio.fixture(scope="module")
async def browser(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that follows no redirects and keeps no cookies of its own."""
    async with httpx.AsyncClient(base_url=site.web.url) as running_one:
        yield running_one


async def cookies(site: Site, name: str = "operator") -> dict[str, str]:
    return {"Cookie": await site.cookie(name)}


def assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The answer is a problem as RFC 9457 has it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    return body


# Refusals


@pytest.mark.parametrize("path", ["/wall", "/health", "/api/v1/session", "/api/v1/units"])
async def test_without_a_session_401(browser: httpx.AsyncClient, path: str) -> None:
    assert_problem(await browser.get(path), 401)
    assert_problem(await browser.get(path, headers={b"Cookie": "liandong=1.1.ü".encode()}), 401)


@pytest.mark.parametrize("path", ["/wall", "/health"])
async def test_a_page_without_a_session_is_the_page_with_401(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path, headers=PAGE)
    assert answer.status_code == 401
    assert "text/html" in answer.headers["content-type"]
    assert_problem(await browser.get("/api/v1/units", headers=PAGE), 401)


@pytest.mark.parametrize(
    ("path", "atom"), [("/wall", "wall.open"), ("/health", "system.read"), ("/api/v1/units", "unit.read")]
)
async def test_without_the_atom_403_that_names_it(browser: httpx.AsyncClient, site: Site, path: str, atom: str) -> None:
    await site.cookie("bare", grants("position.read"))
    headers = await cookies(site, "bare")
    assert assert_problem(await browser.get(path, headers=headers), 403)["atom"] == atom
    page = await browser.get(path, headers=headers | PAGE)
    assert (page.status_code, "text/html" in page.headers["content-type"]) == (403, not path.startswith("/api"))


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", "/assets/nothing.js", "/api", "/live"])
async def test_what_there_is_not_404(browser: httpx.AsyncClient, path: str) -> None:
    assert_problem(await browser.get(path), 404)


async def test_another_method_405(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/api/v1/units")
    assert_problem(answer, 405)
    assert answer.headers["allow"] == "GET"


@pytest.mark.parametrize("body", ["{}", '{"login": "a", "password": "' + "x" * 300 + '"}', "nonsense"])
async def test_bad_input_422_and_it_is_not_sent_back(browser: httpx.AsyncClient, body: str) -> None:
    answer = await browser.post("/api/v1/login", content=body, headers={"Content-Type": "application/json"})
    found = assert_problem(answer, 422)
    assert "body" in found["detail"]
    assert "xxx" not in answer.text


# What comes with every answer


@pytest.mark.parametrize("path", ["/", "/login", "/healthz", "/wall", "/nothing", "/api/v1/none", "/api/openapi.json"])
async def test_security_headers(browser: httpx.AsyncClient, path: str) -> None:
    headers = (await browser.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy, "scripts come from ourselves only"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] in ("no-store", "no-cache")
    assert "server" not in headers


async def test_the_interface_is_described(browser: httpx.AsyncClient) -> None:
    described = (await browser.get("/api/openapi.json")).json()
    assert set(described["paths"]) >= {"/api/v1/session", "/api/v1/units", "/health"}
    assert "UnitOut" in described["components"]["schemas"]


async def test_units_are_those_that_may_be_seen(browser: httpx.AsyncClient, site: Site) -> None:
    mine, other = await site.add_units(1, squad=0), await site.add_units(1, squad=2)
    await site.cookie("first", grants("unit.read", squads=[site.squads[0]]))
    everything = (await browser.get("/api/v1/units", headers=await cookies(site))).json()
    part = (await browser.get("/api/v1/units", headers=await cookies(site, "first"))).json()
    assert {*mine, *other} <= {unit["number"] for unit in everything["units"]}
    assert {unit["squad"] for unit in part["units"]} == {site.squads[0]}
    found = next(unit for unit in part["units"] if unit["number"] == mine[0])
    assert (found["squad_name"], found["district_name"], found["district"]) == ("first", "north", site.districts[0])


async def test_the_session_says_who_and_what(browser: httpx.AsyncClient, site: Site) -> None:
    await site.cookie("clerk", grants("unit.read", "wall.open", squads=[1]))
    body = (await browser.get("/api/v1/session", headers=await cookies(site, "clerk"))).json()
    assert body["name"] == "clerk"
    assert body["atoms"] == ["unit.read", "wall.open"]
    assert set(body) == {"name", "name_en", "roles", "atoms", "csrf", "demo", "map", "version"}
    assert set(body["map"]) == {"longitude", "latitude", "zoom"}


async def test_a_store_that_is_away_is_503_at_the_door(browser: httpx.AsyncClient, site: Site) -> None:
    """The process goes on; who is in stays in."""
    headers = await cookies(site)
    sign = site.home.path / "away"
    sign.touch()
    try:
        answer = await browser.post("/api/v1/login", json={"login": "x", "password": "y"})
        assert_problem(answer, 503)
        assert (await browser.get("/api/v1/session", headers=headers)).status_code == 200
        health = await browser.get("/health", headers=headers)
        assert (health.status_code, health.json()["equation"]) == (200, None)
    finally:
        sign.unlink()


# What is written down


async def test_no_secret_is_in_any_line_that_the_process_writes(site: Site) -> None:
    """Whatever the request, also a broken one. The last test of this file: it ends the process."""
    secret = "a-password-That-nobody-has-7"
    web = site.web
    cookie = (await site.cookie()).partition("=")[2]
    async with httpx.AsyncClient(base_url=web.url) as client:
        assert (await client.post("/api/v1/login", json={"login": "x", "password": secret})).status_code == 401
        assert (await client.post("/api/v1/enrol", json={"token": secret, "password": secret})).status_code == 401
        await client.post("/api/v1/login", content=f'{{"login": "x", "password": "{secret}')
        await client.get(f"/nothing/at/all?key={secret}")
        await client.get("/api/v1/units", headers={"Authorization": f"Bearer ldk_{secret}"})
    async with watching(web, f"liandong={cookie}", None):
        pass
    with pytest.raises(InvalidStatus):
        async with connect(f"{web.live}?key={secret}"):
            pass
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(f"GET /nothing?key={secret} NONSENSE\r\n\r\n".encode())
    await reader.read()
    writer.close()
    site.stop(web)
    assert web.process.returncode == 0
    written = web.log.read_text()
    assert "stopping" in written, "it does write"
    assert secret not in written
    assert cookie not in written
    assert site.secrets.cookie_secret not in written
