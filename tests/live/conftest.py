"""One city with one web process for each module of this folder."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.conftest import TestBus, TestDatabase
from tests.live.site import Site, running_site

HELLO_S = 2.5  # instead of 10


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A running city; `site.web` ticks each 100 ms."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web(patch=f"import backend.live.socket as module; module.HELLO_S = {HELLO_S}")
        yield running_one
