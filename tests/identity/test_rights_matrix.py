"""Every route and every topic, with every role, in its own district and in another: against the table of rights.

Whoever adds a route, a topic or a role adds it to `rights.csv`, which a person can read and check. To see what a change
does to it: `RIGHTS_WRITE=1 .venv/bin/pytest tests/identity/test_rights_matrix.py`, and look at the difference.
"""

import os
from collections.abc import AsyncIterator
from functools import partial

import httpx
import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession
from websockets.exceptions import InvalidStatus

from backend.app import TOPICS, make_app
from backend.clock import from_ms
from backend.db.events import Event
from backend.identity.access import check_routes
from backend.identity.granting import put_grant
from backend.identity.people import find_person
from backend.identity.roles import ROLES
from tests.avl.replaying import hello, watching_replay
from tests.conftest import TestBus, TestDatabase
from tests.identity.matrix import ask, read_table, write_table
from tests.identity.questions import Ground
from tests.identity.questions.history import was_there
from tests.identity.signing import login_of, signed_in
from tests.live.client import LiveClient
from tests.live.site import Site, running_site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]  # hundreds of questions, for every role

NEEDS = check_routes(make_app().routes)


@pytest_asyncio.fixture(scope="module")
async def ground(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Ground]:
    """A city with a person for each role, who holds it for the north."""
    async with running_site(database, nats_server) as site:
        await site.start_web()
        (own,), (other,) = await site.add_units(1, squad=0), await site.add_units(1, squad=2)
        made = Ground(site, (own, other), (site.districts[0], site.districts[1]))
        for role in ROLES:
            made.headers[role] = await person_with(site, role)
            async with site.store.snapshot() as session:
                made.people[role] = await find_person(session, login_of(f"has {role}"))
        yield made


async def person_with(site: Site, role: str) -> dict[str, str]:
    """The headers of somebody with this role for the north."""

    async def work(session: AsyncSession) -> str:
        cookie = await signed_in(session, f"has {role}", site.districts[0])
        person = await find_person(session, login_of(f"has {role}"))
        await put_grant(session, person, {"body": site.districts[0]}, role=role)
        return cookie

    cookie = f"liandong={await site.change(work)}"
    await site.known()
    async with httpx.AsyncClient(base_url=site.web.url, headers={"Cookie": cookie}) as browser:
        session = (await browser.get("/api/v1/session")).json()
    return {"Cookie": cookie, "X-Liandong-Csrf": session["csrf"]}


def cell(own: bool, other: bool) -> str:
    return {(False, False): "-", (True, False): "own", (True, True): "both"}[own, other]


async def routes(ground: Ground) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    async with httpx.AsyncClient(base_url=ground.site.web.url, timeout=30) as browser:
        for what, need in NEEDS.items():
            if what.startswith("SOCKET"):
                continue
            if need == "signed in" or need.startswith("public"):
                found[what] = {role: need.partition(":")[0] for role in ROLES}
                continue
            found[what] = {
                role: cell(await ask(browser, ground, role, what, 0), await ask(browser, ground, role, what, 1))
                for role in ROLES
            }
    return found


def has_reached(client: LiveClient, event: int) -> bool:
    return client.event >= event


async def topics(ground: Ground) -> dict[str, dict[str, str]]:
    """What a role hears of a unit of its own district and of another one, told at the same time."""
    site, names = ground.site, [topic.name for topic in TOPICS]
    found: dict[str, dict[str, str]] = {what: {} for what in ("SOCKET /live", *(f"TOPIC {name}" for name in names))}
    for role in ROLES:
        client = LiveClient(site.web.live, ground.headers[role]["Cookie"], topics=names)
        try:
            await client.open()
        except Exception:  # the handshake is refused
            for cells in found.values():
                cells[role] = "-"
            continue
        await client.until(partial(client.of_type, "upto"))
        for name in names:
            for unit in ground.units:
                district, squad = site.home_of[unit]
                await site.tell(Event(name, "unit.told", {}, district=district, squad=squad, unit=unit))
        newest = await site.newest()
        await client.until(partial(has_reached, client, newest))
        heard = {(event["topic"], event["unit"]) for event in client.events if event["kind"] == "unit.told"}
        for name in names:
            found[f"TOPIC {name}"][role] = cell(*((name, unit) in heard for unit in ground.units))
        found["SOCKET /live"][role] = "both"
        await client.close()
    return found


async def replays(ground: Ground) -> dict[str, dict[str, str]]:
    """Whether a role is shown the past of a unit of its own district and of another one."""
    found: dict[str, str] = {}
    for role in ROLES:
        shown = []
        for where in (0, 1):
            span = await was_there(ground, where)
            message = hello(from_ms(span["from"]), 2, units=[ground.units[where]], at=span["from"] + 1000)
            try:
                async with watching_replay(ground.site.web.live, message, ground.headers[role]["Cookie"]) as watcher:
                    shown.append(ground.units[where] in watcher.positions)
            except InvalidStatus:  # the handshake is refused
                shown.append(False)
        found[role] = cell(*shown)
    return {"SOCKET /live/replay": found}


async def test_the_table_of_rights_is_what_is_done(ground: Ground) -> None:
    done = await routes(ground) | await topics(ground) | await replays(ground)
    if os.environ.get("RIGHTS_WRITE"):
        write_table(done)
    expected = read_table()
    assert sorted(done) == sorted(expected), "a route or topic is missing from rights.csv, or is no more"
    different = {
        f"{what} × {role}": (cells[role], expected[what].get(role))
        for what, cells in done.items()
        for role in ROLES
        if cells[role] != expected[what].get(role)
    }
    assert different == {}
