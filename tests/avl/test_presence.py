"""Units come and go, on a real bus and store; the silence is made by the clock that `look` is given."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from backend.avl import presence as presence_module
from backend.avl.presence import Presence
from backend.bus.record import Record, pack
from backend.bus.subjects import Address, position_subject
from backend.clock import now_ms
from backend.db.cluster import Cluster
from backend.db.events import StoredEvent, after
from backend.geo.cells import cell_of
from backend.identity.registry import Registry
from tests.avl.makers import CAR, DISTRICT, SQUAD, device, organisation
from tests.avl.recording import Desk, desk
from tests.bus.servers import beside, until
from tests.conftest import TestDatabase
from tests.db.outages import away

__all__ = ["desk"]

UNIT = 1
OFFLINE_S = 120.0
CELL = cell_of(113.1, 28.2)


class Tower:
    """Presence with what it hears in the test's hand."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.hears = True
        registry = Registry(desk.database)
        unit = CAR.__class__(UNIT, "S1", "car", "car", None, SQUAD, DISTRICT, True)
        registry.current = organisation(device("d1", UNIT, unit))
        self.presence = Presence(desk.bus, desk.database, registry, OFFLINE_S, lambda: self.hears)

    async def hear(self, unit: int = UNIT) -> None:
        """A position of this unit on the bus."""
        before = self.presence._heard.get(unit, 0)
        record = pack(Record(unit, now_ms(), 113.1, 28.2, None, None, None, None, 0, 2))
        while self.presence._heard.get(unit, 0) <= before:
            await self.desk.bus.publish(position_subject(Address(DISTRICT, SQUAD, CELL, unit)), record)
            await asyncio.sleep(0.002)

    async def events(self) -> list[StoredEvent]:
        async with self.desk.database.snapshot() as session:
            return await after(session, 0)

    async def kinds(self) -> list[str]:
        return [event.kind for event in await self.events()]


@pytest_asyncio.fixture(loop_scope="module")
async def tower(desk: Desk) -> AsyncIterator[Tower]:
    made = Tower(desk)
    await made.presence.start()
    yield made


LIMIT_MS = round(OFFLINE_S * 1000)


async def test_online_with_the_first_position_offline_after_the_silence(tower: Tower) -> None:
    await tower.presence.look(now_ms())
    assert await tower.events() == []
    await tower.hear()
    heard = tower.presence._heard[UNIT]
    await tower.presence.look(heard)
    await tower.presence.look(heard + LIMIT_MS)
    (online,) = await tower.events()
    assert (online.topic, online.kind, online.unit) == ("unit.presence", "unit.online", UNIT)
    assert (online.district, online.squad, online.payload) == (DISTRICT, SQUAD, {"since": heard})
    await tower.presence.look(heard + LIMIT_MS + 1)
    await tower.presence.look(heard + LIMIT_MS + 1000)
    assert await tower.kinds() == ["unit.online", "unit.offline"]
    offline = (await tower.events())[1]
    assert offline.payload == {"since": heard}, "since it was last heard"
    assert (offline.district, offline.squad, offline.unit) == (DISTRICT, SQUAD, UNIT)
    (row,) = await tower.desk.rows("SELECT unit, online, since FROM unit_presence")
    assert (row["unit"], row["online"]) == (UNIT, False)
    assert round(row["since"].timestamp() * 1000) == heard
    await tower.hear()
    await tower.presence.look(now_ms())
    assert await tower.kinds() == ["unit.online", "unit.offline", "unit.online"]
    assert tower.desk.announced == await tower.events()


async def test_unit_that_nobody_knows_is_nobodys_news(tower: Tower) -> None:
    await tower.hear(unit=4242)
    await tower.presence.look(now_ms())
    assert await tower.events() == []


async def test_no_false_offline_while_it_cannot_hear(tower: Tower, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole time of silence must be time in which it could have been heard."""
    monkeypatch.setattr(presence_module, "LOOK_S", 0.02)
    tower.presence._offline_after_ms = 1000
    async with beside(tower.presence.run()):
        await tower.hear()
        await until_kinds(tower, ["unit.online"])
        tower.hears = False
        await asyncio.sleep(1.5)
        assert await tower.kinds() == ["unit.online"]
        tower.hears = True
        back = now_ms()
        await until_kinds(tower, ["unit.online", "unit.offline"])
        assert now_ms() - back >= 200  # the rest of its second, less what the first look took


async def until_kinds(tower: Tower, kinds: list[str]) -> None:
    async with asyncio.timeout(5):
        while await tower.kinds() != kinds:
            await asyncio.sleep(0.01)


async def test_event_survives_the_database_being_away(
    tower: Tower, cluster: Cluster, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence_module, "LOOK_S", 0.02)
    async with beside(tower.presence.run()):
        with away(cluster, database.name):
            await tower.hear()
            await asyncio.sleep(0.3)
            assert tower.presence._online == {}
        await until(lambda: tower.presence._online == {UNIT: True})
    assert await tower.kinds() == ["unit.online"]


async def test_restart_tells_nothing_twice(tower: Tower) -> None:
    await tower.hear()
    await tower.presence.look(now_ms())
    again = Tower(tower.desk)
    await again.presence.start()
    await again.hear()
    await again.presence.look(now_ms())
    assert await tower.kinds() == ["unit.online"]
    silent = Tower(tower.desk)
    await silent.presence.start()
    begun = now_ms()
    await silent.presence.look(begun + LIMIT_MS - 1000)
    assert await tower.kinds() == ["unit.online"], "it is given the whole time anew"
    await silent.presence.look(begun + LIMIT_MS + 1000)
    assert await tower.kinds() == ["unit.online", "unit.offline"]


async def test_what_is_no_position_is_not_heard(tower: Tower) -> None:
    await tower.desk.bus.publish(position_subject(Address(DISTRICT, SQUAD, CELL, UNIT)), b"short")
    await tower.hear(unit=9)
    assert UNIT not in tower.presence._heard
