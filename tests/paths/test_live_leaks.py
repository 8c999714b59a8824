"""No byte of a unit that a viewer may not see ever reaches him: read off the socket, while everything changes.

The units' numbers are such that their four bytes, and their digits, occur nowhere by chance.
"""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from websockets.asyncio.client import ClientConnection, connect

from backend.clock import utc_now
from backend.identity.granting import put_grant
from backend.identity.people import find_person
from backend.identity.sessions import end_sessions
from tests.conftest import TestBus, TestDatabase
from tests.identity.signing import grant_just, login_of, signed_in
from tests.live.client import ALL_TOPICS, cells_in_view
from tests.live.site import MIDDLE, WIDE, Site, grants, online, running_site

pytestmark = pytest.mark.slow

FIRST_NUMBER = 0xB7E151A3
RIGHTS_S = 2.5  # rights hold on open sockets within 2 s; and what a busy machine adds


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with one web process and units of unmistakable numbers."""
    with psycopg.connect(database.owner_url.replace("+psycopg", "", 1), autocommit=True) as owner:
        owner.execute(f"ALTER TABLE unit ALTER COLUMN number RESTART WITH {FIRST_NUMBER}".encode())
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


class Ear:
    """Whatever a socket receives, as it came, with the moment's mark."""

    def __init__(self, socket: ClientConnection) -> None:
        self.heard: list[bytes] = []
        self._socket = socket
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        async for message in self._socket:
            self.heard.append(message if isinstance(message, bytes) else message.encode())

    def times(self, unit: int, since: int = 0) -> int:
        """How often a unit occurs, as bytes of a record or as digits."""
        whole = b"\n".join(self.heard[since:])
        return whole.count(unit.to_bytes(4, "little")) + whole.count(str(unit).encode())

    async def until(self, is_so: Callable[[], Any], seconds: float = 10) -> None:
        """Wait for it."""
        async with asyncio.timeout(seconds):
            while not is_so():
                await asyncio.sleep(0.02)

    async def close(self) -> None:
        """Listen no more."""
        await self._socket.close()
        await self._task


async def listening(site: Site, cookie: str, follow: list[int]) -> Ear:
    """An open socket that looks at the whole city, follows every unit and wants every topic."""
    socket = await connect(site.web.live, additional_headers={"Cookie": cookie}, compression=None, max_size=None)
    resolution, cells = cells_in_view(*WIDE)
    look = {"type": "look", "look": 1, "resolution": resolution, "cells": [f"{cell:x}" for cell in cells]}
    hello = {"type": "hello", "version": 1, "topics": list(ALL_TOPICS), "follow": follow, "every": 200, "look": look}
    await socket.send(json.dumps(hello))
    ear = Ear(socket)
    await ear.until(lambda: any(b'"upto"' in one for one in ear.heard))
    return ear


@pytest_asyncio.fixture
async def traffic(site: Site) -> AsyncIterator[tuple[list[int], list[int]]]:
    """Units of north and south that move and come and go as long as the test lasts; their numbers."""
    north, south = await site.add_units(3, squad=0), await site.add_units(3, squad=2)

    async def go_on() -> None:
        for count in itertools.count():
            for place, unit in enumerate(north + south):
                await site.move(unit, MIDDLE[0] + 0.0001 * (count % 50) + 0.001 * place, MIDDLE[1])
            await site.tell(*(online(unit, site.home_of[unit]) for unit in north + south))
            await asyncio.sleep(0.05)

    task = asyncio.create_task(go_on())
    yield north, south
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def viewer(site: Site, name: str, *given: dict[str, Any], **until: Any) -> str:
    """The cookie of somebody who is granted these scopes for all that a dispatcher may."""

    async def work(session: AsyncSession) -> str:
        cookie = await signed_in(session, name, site.city)
        person = await find_person(session, login_of(name))
        for scope in given:
            await put_grant(session, person, scope, role="dispatcher", **until)
        return cookie

    cookie = await site.change(work)
    await site.known()
    return f"liandong={cookie}"


async def test_a_district_never_gets_a_byte_of_another(site: Site, traffic: tuple[list[int], list[int]]) -> None:
    """While a unit changes sides, rights narrow and widen, and the viewer comes back."""
    north, south = traffic
    cookie = await viewer(site, "of the north", {"body": site.districts[0]})
    ear = await listening(site, cookie, north + south)
    await ear.until(lambda: all(ear.times(unit) > 3 for unit in north))

    turncoat = north[0]
    site.home_of[turncoat] = (site.districts[1], site.squads[2])
    change = text("UPDATE unit SET squad = :squad WHERE number = :unit")
    await site.change(lambda session: session.execute(change, {"squad": site.squads[2], "unit": turncoat}))
    await ear.until(lambda: any(b'"gone"' in one and str(turncoat).encode() in one for one in ear.heard), RIGHTS_S)
    after = len(ear.heard)
    await ear.until(lambda: ear.times(north[1], after) > 10)
    assert ear.times(turncoat, after) == 0

    fewer = grants("position.read", "presence.read", units=[north[2]])
    await site.change(lambda session: grant_just(session, "of the north", fewer))
    await asyncio.sleep(RIGHTS_S)
    narrowed = len(ear.heard)
    await ear.until(lambda: ear.times(north[2], narrowed) > 10)
    assert ear.times(north[1], narrowed) == 0
    assert [ear.times(unit) for unit in south] == [0, 0, 0]

    await ear.close()
    again = await listening(site, cookie, north + south)
    await again.until(lambda: again.times(north[2]) > 10)
    assert [again.times(unit) for unit in (north[1], turncoat, *south)] == [0, 0, 0, 0, 0]
    await again.close()


async def test_a_joint_action_shows_its_units_and_ends_on_time(
    site: Site, traffic: tuple[list[int], list[int]]
) -> None:
    north, south = traffic
    ends = utc_now() + timedelta(seconds=5)
    cookie = await viewer(site, "of the action", {"units": [north[0], south[0]]}, until=ends)
    ear = await listening(site, cookie, north + south)
    await ear.until(lambda: ear.times(north[0]) > 5 and ear.times(south[0]) > 5, 4)
    await asyncio.sleep(max(0.0, (ends - utc_now()).total_seconds()) + RIGHTS_S - 0.5)
    over = len(ear.heard)
    await asyncio.sleep(1)
    assert [ear.times(unit, over) for unit in (north[0], south[0])] == [0, 0]
    assert [ear.times(unit) for unit in (*north[1:], *south[1:])] == [0, 0, 0, 0]
    await ear.close()


@pytest.mark.parametrize("how", ["signed out", "disabled"])
async def test_who_is_no_more_gets_no_more(site: Site, traffic: tuple[list[int], list[int]], how: str) -> None:
    north, _ = traffic
    name = f"leaver {how}"
    cookie = await viewer(site, name, {"body": site.districts[0]})
    ear = await listening(site, cookie, north)
    await ear.until(lambda: ear.times(north[0]) > 5)

    async def end(session: AsyncSession) -> None:
        person = await find_person(session, login_of(name))
        if how == "disabled":
            await session.execute(text("UPDATE person SET disabled_at = now() WHERE id = :id"), {"id": person})
        else:
            await end_sessions(session, how, person=person)

    await site.change(end)
    await asyncio.wait_for(ear._socket.wait_closed(), RIGHTS_S)
    assert ear._socket.close_code == 4401
