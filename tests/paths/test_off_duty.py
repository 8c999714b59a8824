"""Story: after hours a government car goes on reporting, for the fleet manager alone; a personal telephone is silent.

Real devices at the real port, through ingest, bus and recorder; what comes out is read off the socket as it came.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import httpx
import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text

from backend.clock import now_ms
from backend.identity.devices import add_device
from tests.conftest import TestBus, TestDatabase
from tests.identity.askers import somebody
from tests.live.site import MIDDLE, Site, free_port, grants, running_site
from tests.paths.devices import send
from tests.paths.test_live_leaks import FIRST_NUMBER, RIGHTS_S, Ear, listening

pytestmark = pytest.mark.slow

TOKEN = "k3y"


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with units of unmistakable numbers, and with no process yet."""
    with psycopg.connect(database.owner_url.replace("+psycopg", "", 1), autocommit=True) as owner:
        owner.execute(f"ALTER TABLE unit ALTER COLUMN number RESTART WITH {FIRST_NUMBER}".encode())
    async with running_site(database, nats_server) as running_one:
        yield running_one


class Street:
    """A car with the city's terminal, somebody on foot with a telephone, and a car that is on duty all the time."""

    def __init__(self, site: Site, port: int, units: list[int]) -> None:
        self.site = site
        self.port = port
        self.car, self.walker, self.other = units
        self.names = {self.car: "terminal", self.walker: "telephone", self.other: "other"}

    async def report(self, unit: int, longitude: float) -> None:
        """One fix, now, until it is answered."""
        fields = {"id": f"{self.names[unit]}-{TOKEN}", "timestamp": now_ms(), "lat": MIDDLE[1], "lon": longitude}
        async with asyncio.timeout(40):
            while await send(self.port, urlencode(fields)) != 200:
                await asyncio.sleep(0.1)

    async def duty(self, on_duty: bool) -> None:
        """Car and walker begin or end their shift, and every process has heard of it."""
        for unit in (self.car, self.walker):
            await self.site.set_duty(unit, on_duty)
        await asyncio.sleep(RIGHTS_S)

    async def rows(self, unit: int, flags: int) -> list[float]:
        """Longitudes of a unit's stored fixes with these flags, by time."""
        statement = text("SELECT ST_X(place) FROM fix WHERE unit = :unit AND flags = :flags ORDER BY fixed_at")
        async with self.site.store.snapshot() as session:
            return list(await session.scalars(statement, {"unit": unit, "flags": flags}))

    async def refused(self) -> int:
        """Fixes that were counted as off duty."""
        statement = text("SELECT coalesce(sum((rejected ->> 'off_duty')::bigint), 0)::bigint FROM fix_tally")
        async with self.site.store.snapshot() as session:
            return int(await session.scalar(statement) or 0)


@pytest_asyncio.fixture(scope="module")
async def street(site: Site) -> Street:
    (car, walker, other), port = await site.add_units(3, 0), free_port()
    street = Street(site, port, [car, walker, other])
    async with site.store.transaction() as session:
        for unit, name in street.names.items():
            await add_device(session, name, unit, "osmand", token=TOKEN, personal=unit == walker)
    site.start("ingest", LIANDONG_OSMAND_PORT=str(port))
    site.start("recorder")
    await site.start_web()
    async with asyncio.timeout(30):
        while True:
            try:
                await street.report(other, MIDDLE[0])
                break
            except OSError:
                await asyncio.sleep(0.1)
    return street


async def ask(street: Street, cookie: str, path: str) -> Any:
    async with httpx.AsyncClient(base_url=street.site.web.url, headers={"Cookie": cookie}) as browser:
        answer = await browser.get(f"/api/v1{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def heard(street: Street, ear: Ear, unit: int, longitude: float, after: int = 0) -> None:
    """Report until it is on the socket."""
    async with asyncio.timeout(40):
        while not ear.times(unit, after):
            await street.report(unit, longitude)
            await asyncio.sleep(0.2)


async def test_a_car_off_duty_is_for_the_fleet_manager_alone(street: Street) -> None:
    site, car, walker, other = street.site, street.car, street.walker, street.other
    cookie = await site.cookie()  # of somebody who may all that one may
    manager = await somebody(site, "fleet manager", "fleet_manager")
    units = [car, walker, other]
    begun = now_ms() - 60_000
    ear = await listening(site, cookie, units)
    for unit in units:
        await heard(street, ear, unit, MIDDLE[0])
    on_duty_rows = len(await street.rows(car, 0))

    await street.duty(False)
    mark, before = len(ear.heard), await street.refused()
    for step in range(5):
        await street.report(car, MIDDLE[0] + 0.001 + step * 0.0001)
        await street.report(walker, MIDDLE[0] + 0.0015)
        await street.report(other, MIDDLE[0] + 0.0005 + step * 0.0001)
    async with asyncio.timeout(40):
        while len(await street.rows(car, 8)) < 5 or await street.refused() < before + 5:
            await asyncio.sleep(0.1)
    await ear.until(lambda: ear.times(other, mark) > 0)
    assert (ear.times(car, mark), ear.times(walker, mark)) == (0, 0)
    assert await street.rows(walker, 8) == [], "where somebody is after hours is not stored"
    assert len(await street.rows(walker, 0)) > 0
    assert len(await street.rows(car, 0)) == on_duty_rows

    second = await site.start_web()  # whose board is filled by ingest
    site.webs.reverse()
    fresh = await listening(site, cookie, units)
    await fresh.until(lambda: fresh.times(other) > 0)
    await street.report(car, MIDDLE[0] + 0.0015)
    await heard(street, fresh, other, MIDDLE[0], len(fresh.heard))
    told = [one for one in fresh.heard if b'"topic":"device.seen"' not in one]  # that there are devices is no position
    assert len(told) < len(fresh.heard)
    fresh.heard = told
    assert (fresh.times(car), fresh.times(walker)) == (0, 0)
    site.webs.reverse()
    await fresh.close()
    site.stop(second)

    async with asyncio.timeout(40):
        while len(await street.rows(car, 8)) < 6:
            await asyncio.sleep(0.1)
    (parked,) = (await manager.get("/fleet/parked")).json()
    assert (parked["unit"], parked["plate"]) == (car, None)
    assert (parked["longitude"], parked["latitude"]) == (pytest.approx(MIDDLE[0] + 0.0015), MIDDLE[1])
    assert now_ms() - parked["time"] < 60_000
    dispatcher = await somebody(site, "a dispatcher", "dispatcher")
    assert (await dispatcher.get("/fleet/parked")).status_code == 403
    south = await somebody(site, "southern manager", "fleet_manager", {"body": site.districts[1]})
    assert (await south.get("/fleet/parked")).json() == []

    path = f"/units/{car}/track?from={begun}&to={now_ms()}&reason=a+complaint"
    plain = await site.cookie("track reader", grants("track.read"))
    assert (await ask(street, plain, path))["stored"] == on_duty_rows
    assert (await ask(street, cookie, path))["stored"] == on_duty_rows + 6

    mark = len(ear.heard)
    await street.duty(True)
    assert ear.times(car, mark) == 0, "what it sent before does not show"
    await heard(street, ear, car, MIDDLE[0] + 0.002, mark)
    assert (await manager.get("/fleet/parked")).json() == []
    await ear.close()
