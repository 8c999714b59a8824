"""Story: the process `worker` lets go of a day past retention by itself, and says so."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import text

from tests.avl.test_retention import counts, put
from tests.conftest import TestBus, TestDatabase
from tests.identity.askers import audited
from tests.live.site import Site, running_site

pytestmark = pytest.mark.slow


@pytest_asyncio.fixture
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city without a process."""
    async with running_site(database, nats_server) as running_one:
        yield running_one


async def test_a_missed_day_goes_soon_after_the_start(site: Site) -> None:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    old, young = today - timedelta(days=8), today - timedelta(days=7)
    (unit,) = await site.add_units(1, 0)
    await put(site.store, unit, old, 10)
    await put(site.store, unit, young, 10)
    process, log = site.start("worker", LIANDONG_RETENTION_DAYS="7")
    async with asyncio.timeout(30):
        while await counts(site.store) != (10, 0, 10):
            assert process.poll() is None, log.read_text()
            await asyncio.sleep(0.1)
    assert await audited(site, f"day:{old:%Y-%m-%d}") == [("worker", "positions.released")]
    async with asyncio.timeout(10):
        while True:
            async with site.store.snapshot() as session:
                if await session.scalar(text("SELECT count(*) FROM retention_run WHERE days = 1")) == 1:
                    break
            await asyncio.sleep(0.1)
