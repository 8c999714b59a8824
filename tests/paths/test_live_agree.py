"""Story: two web processes tell the same; one that starts anew fills its board and agrees with the other."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from backend.avl.latest import Latest
from backend.db.events import append, newest_number
from tests.conftest import TestBus, TestDatabase
from tests.live.client import LiveClient, each_until
from tests.live.site import MIDDLE, WIDE, Site, Web, online, running_site

pytestmark = pytest.mark.slow


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with two web processes."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        await running_one.start_web()
        yield running_one


async def viewer(web: Web, cookie: str) -> LiveClient:
    client = LiveClient(web.live, cookie, topics=["unit.presence"])
    await client.look_at(*WIDE)
    await client.open()
    await client.until(lambda: client.answered is not None)
    return client


async def busy(site: Site, units: list[int], steps: int) -> None:
    """Positions, and events by several writers at once."""

    async def tell(unit: int) -> None:
        for step in range(steps):
            await site.tell(online(unit, site.home_of[unit], since=step))

    async def drive() -> None:
        for step in range(steps):
            for index, unit in enumerate(units):
                await site.move(unit, MIDDLE[0] + step / 10_000, MIDDLE[1] + index / 10_000)
            await asyncio.sleep(0.03)

    await asyncio.gather(drive(), *[tell(unit) for unit in units[:5]])


async def agree(site: Site, one: LiveClient, other: LiveClient) -> None:
    newest = await site.newest()
    await each_until((one, other), lambda client: client.event == newest)
    await one.until(lambda: one.positions and one.positions == other.positions)


async def test_two_web_processes_and_a_restarted_one_agree(site: Site) -> None:
    latest = Latest(site.bus)
    await latest.listen()  # an ingest, as far as boards are concerned
    units = await site.add_units(60, squad=1)
    cookie = await site.cookie()
    one, other = await viewer(site.webs[0], cookie), await viewer(site.webs[1], cookie)
    await busy(site, units, 20)
    await agree(site, one, other)
    assert [event["number"] for event in one.events] == sorted({event["number"] for event in one.events})
    assert len(one.events) == 100
    assert one.events == other.events
    assert set(one.positions) == set(units)

    restarted = site.webs[1]
    site.stop(restarted)
    await other.until(lambda: other.close_code)
    assert other.close_code in (1001, 1012)
    await busy(site, units[:30], 5)  # the other half stands still: only the fill can tell of it
    await site.start_web(port=restarted.port)
    await other.open(resume=True)
    await agree(site, one, other)
    assert set(other.positions) == set(units)
    assert one.events == other.events
    anew = await viewer(site.webs[1], cookie)
    await anew.until(lambda: anew.positions == one.positions)
    await busy(site, units, 3)
    await agree(site, one, other)
    await agree(site, one, anew)
    assert one.events == other.events
    for client in (one, other, anew):
        await client.close()


async def test_an_event_that_commits_late_reaches_every_viewer(site: Site) -> None:
    """Its transaction began first and ends last; others commit between, and the tip is looked at meanwhile."""
    (unit,) = await site.add_units(1, squad=0)
    one, other = [await viewer(web, await site.cookie()) for web in site.webs]
    release, began = asyncio.Event(), asyncio.Event()

    async def late() -> None:
        async with site.store.transaction() as session:
            append(session, online(unit, site.home_of[unit], since=1))
            await newest_number(session)
            began.set()
            await release.wait()

    task = asyncio.create_task(late())
    await began.wait()
    await site.tell(online(unit, site.home_of[unit], since=2))
    await each_until((one, other), lambda client: client.events)
    await asyncio.sleep(1.1)
    site.announces = False  # and its announcement is lost
    release.set()
    await task
    site.announces = True
    for client in (one, other):
        await each_until((client,), lambda client: len(client.events) == 2)
        assert [event["payload"]["since"] for event in client.events] == [2, 1]
        numbers = [event["number"] for event in client.events]
        assert numbers == [numbers[0], numbers[0] + 1]
        await client.close()
