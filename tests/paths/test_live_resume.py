"""Story: the line breaks; when it is back every event is there once and in order, and every unit where it is now."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.conftest import TestBus, TestDatabase
from tests.live.client import LiveClient, each_until
from tests.live.site import MIDDLE, WIDE, Site, online, running_site

pytestmark = pytest.mark.slow

BREAK_S = 6.5  # beyond the 5 s for which positions are sent again at a resume
KEPT = 200  # events, instead of 5000


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with a web process that keeps few events."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web(patch=f"import backend.live.feed as feed; feed.KEPT = {KEPT}")
        yield running_one


async def a_day(site: Site, units: list[int], seconds: float, events: int) -> None:
    """All units but the last move, the last but one leaves the view, the last goes off duty; and events happen."""
    steps = 20
    for step in range(steps):
        for index, unit in enumerate(units[:-2]):
            await site.move(unit, MIDDLE[0] + step / 10_000, MIDDLE[1] + index / 10_000)
        for unit in units[: events // steps]:
            await site.tell(online(unit, site.home_of[unit], since=step))
        if step == 3:
            await site.move(units[-2], MIDDLE[0] + 20, MIDDLE[1])
            await site.set_duty(units[-1], False)
        await asyncio.sleep(seconds / steps)


async def agree(site: Site, cut: LiveClient, whole: LiveClient, units: list[int]) -> None:
    """Both viewers end with the same: every event once and in order, and the same positions."""
    newest = await site.newest()
    await cut.until(lambda: cut.event == newest)
    await whole.until(lambda: whole.event == newest)
    numbers = [event["number"] for event in cut.events]
    assert numbers == sorted(set(numbers))
    assert cut.events == whole.events
    await cut.until(lambda: cut.positions == whole.positions)
    assert set(cut.positions) == set(units[:-2])


async def test_after_a_break_nothing_is_missing_or_twice(site: Site) -> None:
    units = await site.add_units(40, squad=0)
    cookie = await site.cookie()
    cut, whole = LiveClient(site.web.live, cookie), LiveClient(site.web.live, cookie)
    for client in (cut, whole):
        await client.look_at(*WIDE)
        await client.open()
    for unit in units:
        await site.move(unit, *MIDDLE)
    await site.tell(online(units[0], site.home_of[units[0]]))
    await each_until((cut, whole), lambda client: client.events and len(client.positions) == len(units))
    cut.cut()
    await cut.until(lambda: cut.close_code)
    topics = len(cut.of_type("topic"))
    await a_day(site, units, seconds=BREAK_S, events=140)
    await cut.open(resume=True)
    await agree(site, cut, whole, units)
    assert len(cut.events) == 1 + 140
    assert not cut.of_type("gap")
    assert len(cut.of_type("topic")) == topics, "who resumes needs no snapshots"
    assert not cut.incomplete
    for client in (cut, whole):
        await client.close()


async def test_resuming_before_what_is_kept_tells_the_gap_and_the_topics(site: Site) -> None:
    (unit,) = await site.add_units(1, squad=0)
    cookie = await site.cookie()
    async with LiveClient(site.web.live, cookie, topics=["unit.presence"]) as client:
        await client.until(lambda: client.of_type("topic"))
        known = client.event
        client.cut()
        await client.until(lambda: client.close_code)
        await site.tell(*[online(unit, site.home_of[unit])] * (KEPT + 1))
        newest = await site.newest()
        await asyncio.sleep(1.2)  # past a look at the tip
        client.messages.clear()
        await client.open(resume=True)
        await client.until(lambda: client.of_type("topic"))
        (gap,) = client.of_type("gap")
        assert (gap["first"], gap["last"]) == (known + 1, newest)
        assert client.events == []
        (topic,) = client.of_type("topic")
        assert (topic["topic"], topic["number"]) == ("unit.presence", newest)
        kinds = [message["type"] for message in client.messages]
        assert kinds.index("gap") < kinds.index("topic")
        await site.tell(online(unit, site.home_of[unit]))
        await client.until(lambda: client.events)
        assert client.events[0]["number"] == newest + 1


async def test_a_number_that_the_store_never_gave_is_a_gap(site: Site) -> None:
    """The client's numbers come from another life of the store, before it was restored."""
    async with LiveClient(site.web.live, await site.cookie(), topics=["system.part"]) as client:
        await client.until(lambda: client.of_type("topic"))
        client.cut()
        await client.until(lambda: client.close_code)
        newest = await site.newest()
        client.event = newest + 1000
        client.messages.clear()
        await client.open(resume=True)
        await client.until(lambda: client.of_type("topic"))
        assert client.of_type("gap")
        assert client.event == newest
