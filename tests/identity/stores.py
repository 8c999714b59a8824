"""A `Database` on the module's PostGIS, and a small organisation in it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncSession

from backend.db.engine import Database
from backend.identity.devices import add_device, add_node, add_unit
from tests.conftest import TestDatabase


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def open_database(database: TestDatabase) -> AsyncIterator[Database]:
    """The module's database under the application's role."""
    opened = Database(database.application_url)
    yield opened
    await opened.close()


@dataclass(frozen=True)
class Bureau:
    """Ids of a bureau: a city, a district with a squad, a squad that stands under no district."""

    city: int
    district: int
    squad: int
    lone_squad: int
    unit: int
    token: str


async def add_bureau(session: AsyncSession, name: str) -> Bureau:
    """A bureau whose names begin with `name`; its unit's device is `<name>-phone`."""
    city = await add_node(session, f"{name} city", "city")
    district = await add_node(session, f"{name} district", "district", city)
    squad = await add_node(session, f"{name} squad", "squad", district)
    lone_squad = await add_node(session, f"{name} lone squad", "squad", city)
    unit = await add_unit(session, f"{name}-1", squad, "car", f"{name} car")
    token = await add_device(session, f"{name}-phone", unit, "osmand")
    return Bureau(city, district, squad, lone_squad, unit, token)
