"""Story: a fleet crosses borders of cells and districts, and every viewer sees exactly who is in its view.

In the view means in the rectangle of the screen, not in its cells: a point may lie outside the cell that it is
counted to (docs/live-protocol.md, "Which cells").
"""

import asyncio
import math
import random
from collections.abc import AsyncIterator
from functools import partial

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.bus.record import Record
from backend.geo.cells import cell_of, parent_of
from tests.conftest import TestBus, TestDatabase
from tests.live.client import LiveClient, each_until
from tests.live.site import MIDDLE, Site, grants, running_site

pytestmark = pytest.mark.slow

WIDTH_KM = {4: 70.0, 5: 40.0, 6: 18.0, 7: 7.0, 8: 2.5}  # of a view that asks for this resolution
FLEET = 200
STEPS = 10
METRES_PER_DEGREE = 111_195.0


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with one web process."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


def rectangle(width_km: float) -> tuple[float, float, float, float]:
    """West, south, east, north of a view in the form of a screen."""
    east = width_km * 500 / METRES_PER_DEGREE / math.cos(math.radians(MIDDLE[1]))
    north = width_km * 500 * 9 / 16 / METRES_PER_DEGREE
    return MIDDLE[0] - east, MIDDLE[1] - north, MIDDLE[0] + east, MIDDLE[1] + north


def inside(view: tuple[float, float, float, float], record: Record) -> bool:
    west, south, east, north = view
    return west <= record.longitude <= east and south <= record.latitude <= north


def shown_cells(client: LiveClient, record: Record) -> bool:
    """Whether the record is counted to a cell that this client looks at."""
    assert client.look is not None
    resolution, cells = client.look
    return parent_of(cell_of(record.longitude, record.latitude), resolution) in cells


def same_times(one: dict[int, Record], other: dict[int, Record]) -> bool:
    return {unit: record.time for unit, record in one.items()} == {unit: record.time for unit, record in other.items()}


def wander(chance: random.Random, view: tuple[float, float, float, float]) -> tuple[float, float]:
    """A place in or around the view, most of them near its border."""
    west, south, east, north = view
    along, across = chance.uniform(-1.3, 1.3), chance.choice((-1, 1)) * chance.choice((1, 1, 2)) * chance.gauss(1, 0.1)
    x, y = (along, across) if chance.random() < 0.5 else (across, along)
    return (west + east) / 2 + x * (east - west) / 2, (south + north) / 2 + y * (north - south) / 2


async def change_district(site: Site, units: list[int]) -> None:
    """These now belong to a squad of the other district."""

    async def write(session: AsyncSession) -> None:
        statement = text("UPDATE unit SET squad = :squad WHERE number = ANY(:units)")
        await session.execute(statement, {"squad": site.squads[3], "units": units})

    await site.change(write)
    site.home_of |= dict.fromkeys(units, (site.districts[1], site.squads[3]))
    await site.known()


async def test_nobody_in_view_is_missed_and_who_leaves_is_gone(site: Site) -> None:
    units = [unit for squad in range(4) for unit in await site.add_units(FLEET // 4, squad)]
    whole = await site.cookie()
    north = await site.cookie("north", grants("position.read", districts=site.districts[:1]))
    clients = {
        (resolution, cookie is whole): LiveClient(site.web.live, cookie)
        for resolution in WIDTH_KM
        for cookie in (whole, north)
    }
    for (resolution, _), client in clients.items():
        await client.open()
        await client.look_at(*rectangle(WIDTH_KM[resolution]))
        await each_until((client,), lambda client: client.answered == client.look_number)
        assert client.look is not None
        assert client.look[0] == resolution, "the view was to need this resolution"
    chance = random.Random(5)
    expected: dict[int, dict[int, Record]] = {}  # of each client, by its id
    left = dict.fromkeys(map(id, clients.values()), 0)
    for step in range(STEPS):
        if step == STEPS // 2:
            await change_district(site, units[:10])
        records = {
            unit: await site.move(unit, *wander(chance, rectangle(chance.choice([*WIDTH_KM.values()]))))
            for unit in units
        }
        for (resolution, sees_all), client in clients.items():
            seen = {
                unit: record
                for unit, record in records.items()
                if sees_all or site.home_of[unit][0] == site.districts[0]
            }
            shown = {unit: record for unit, record in seen.items() if shown_cells(client, record)}
            visible = {unit for unit, record in seen.items() if inside(rectangle(WIDTH_KM[resolution]), record)}
            assert visible <= set(shown), "the cells that were asked for hold the whole view"
            before = set(expected.get(id(client), ()))
            await client.until(partial(same_times, client.positions, shown))
            assert before - set(shown) <= set(client.gone)
            left[id(client)] += len(before - set(shown))
            expected[id(client)] = shown
            client.gone.clear()
    assert all(left.values()), "in this story some left every view"
    await asyncio.gather(*[client.close() for client in clients.values()])
