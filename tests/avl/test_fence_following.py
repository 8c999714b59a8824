"""Ingest's fences are those of the store: at the start, after each change, through an absence of the database."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio
from shapely.geometry import MultiPolygon
from sqlalchemy import text

from backend.avl.fence_following import Following
from backend.avl.geofences import Drawn, add_geofence, change_geofence, delete_geofence
from backend.clock import from_ms, utc_now
from backend.db.cluster import Cluster
from backend.db.engine import Database
from backend.identity.audit import COMMAND_LINE
from backend.identity.registry import read_organisation
from tests.avl.fences import EAST, INSIDE, OUT, SIDE, UNIT, WEST, Ingesting, box
from tests.bus.servers import beside, until
from tests.conftest import TestDatabase
from tests.db.outages import away
from tests.identity.stores import Bureau, add_bureau, open_database

__all__ = ["open_database"]


ALWAYS = [{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}]


class City:
    """A bureau whose fences an ingest follows."""

    def __init__(self, database: Database, bureau: Bureau) -> None:
        self.database = database
        self.bureau = bureau
        self.ingest = Ingesting()
        self.following = Following(database, self.ingest.fences)
        self.unit = UNIT

    def drawn(self, shape: MultiPolygon | None = None, **more: Any) -> Drawn:
        values: dict[str, Any] = {
            "name": "fence",
            "shape": shape or box(),
            "body": self.bureau.district,
            "bodies": None,
            "units": None,
            "hours": None,
            "tells": "both",
            "since": from_ms(0),
            "until": None,
        }
        return Drawn(**values | more)

    async def add(self, shape: MultiPolygon | None = None, **more: Any) -> int:
        async with self.database.transaction() as session:
            return await add_geofence(session, COMMAND_LINE, self.drawn(shape, **more))

    async def change(self, id: int, shape: MultiPolygon | None = None, **more: Any) -> None:
        async with self.database.transaction() as session:
            await change_geofence(session, COMMAND_LINE, id, self.drawn(shape, **more))

    async def delete(self, id: int) -> None:
        async with self.database.transaction() as session:
            await delete_geofence(session, COMMAND_LINE, id)


@pytest_asyncio.fixture(loop_scope="module")
async def city(open_database: Database) -> AsyncIterator[City]:
    async with open_database.transaction() as session:
        await session.execute(text("DELETE FROM geofence"))
        bureau = await add_bureau(session, f"b{await session.scalar(text('SELECT count(*) FROM node'))}")
    async with open_database.snapshot() as session:
        organisation = await read_organisation(session, 1000)
    made = City(open_database, bureau)
    made.ingest.fences.know(organisation)
    made.unit = organisation.units[bureau.unit]
    yield made


def words(city: City, longitude: float) -> list[str]:
    return city.ingest.words(longitude, unit=city.unit)


async def test_a_fence_is_followed_from_its_drawing_to_its_end(city: City) -> None:
    assert await city.following.renew()
    assert len(city.ingest.fences) == 0
    words(city, OUT)
    id = await city.add()
    await city.following.renew()
    assert words(city, INSIDE) == [f"entered {id}"]
    await city.change(id, tells="enter")
    await city.following.renew()
    assert words(city, OUT) == []
    await city.change(id, box(EAST, side=2 * SIDE))
    await city.following.renew()
    assert words(city, INSIDE) == []
    assert words(city, EAST + SIDE) == [f"entered {id}"]
    await city.delete(id)
    await city.following.renew()
    assert (len(city.ingest.fences), words(city, OUT)) == (0, [])


async def test_a_start_reads_what_lives(city: City) -> None:
    await city.delete(await city.add())
    over = await city.add(until=utc_now() + timedelta(milliseconds=300))
    living = await city.add(
        box(WEST - SIDE, side=3 * SIDE),
        units=[city.bureau.unit],
        hours=[{"days": [1, 2, 3, 4, 5, 6, 7], "from": "00:00", "to": "24:00"}],
    )
    await asyncio.sleep(0.3)
    await city.following.load()
    assert city.ingest.fences.get(over) is None
    words(city, WEST - 2 * SIDE)
    assert words(city, WEST - SIDE / 2) == [f"entered {living}"]


async def test_a_restored_store_is_read_anew(city: City) -> None:
    await city.add()
    await city.following.renew()
    async with city.database.transaction() as session:
        await session.execute(text("DELETE FROM geofence"))
        await session.execute(text("UPDATE geofence_version SET version = 1"))
    await city.following.renew()
    assert (len(city.ingest.fences), city.following.version) == (0, 1)


async def test_a_change_is_known_within_two_seconds_and_at_once_when_it_is_announced(city: City) -> None:
    async with beside(city.following.run()):
        await city.add()
        await until(lambda: len(city.ingest.fences) == 1, timeout=2.5)
        await city.add(box(EAST))
        city.following.announce()
        await until(lambda: len(city.ingest.fences) == 2, timeout=1)


async def test_without_the_database_the_last_ones_go_on(city: City, cluster: Cluster, database: TestDatabase) -> None:
    id = await city.add()
    await city.following.renew()
    words(city, OUT)
    with away(cluster, database.name):
        assert not await city.following.renew()
        assert words(city, INSIDE) == [f"entered {id}"]
    await until_back(city)


async def until_back(city: City) -> None:
    async with asyncio.timeout(10):
        while not await city.following.renew():
            await asyncio.sleep(0.05)


async def test_a_fence_of_a_large_city_is_covered(city: City) -> None:
    """Just under the largest that may be drawn: 2 000 km²."""
    id = await city.add(box(WEST, side=0.425))
    await city.following.renew()
    words(city, OUT)
    assert words(city, INSIDE) == [f"entered {id}"]
