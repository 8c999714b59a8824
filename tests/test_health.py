"""Is it well? What machines may ask without a key, and what people with one are told."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from backend.clock import now_ms
from tests.conftest import TestBus, TestDatabase
from tests.live.site import MIDDLE, Site, running_site, watching


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with one web process."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


async def test_anybody_may_ask_whether_it_runs_and_serves(site: Site) -> None:
    async with httpx.AsyncClient(base_url=site.web.url) as browser:
        alive, ready = await browser.get("/healthz"), await browser.get("/readyz")
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})
    assert (ready.status_code, ready.json()) == (200, {"status": "ok"})


async def test_the_whole_state_as_the_contract_has_it(site: Site) -> None:
    units = await site.add_units(3, squad=0)
    await site.known()
    headers = {"Cookie": await site.cookie()}
    async with httpx.AsyncClient(base_url=site.web.url, headers=headers) as browser:
        async with watching(site.web, await site.cookie()) as client:
            for unit in units:
                await site.move(unit, *MIDDLE)
            await client.until(lambda: len(client.positions) == 3)
            found = (await browser.get("/health")).json()
        assert {"time", "parts", "equation", "board", "viewers", "event", "bus", "database"} <= set(found)
        assert abs(found["time"] - now_ms()) < 10_000
        assert found["board"] == {"units": 3, "cells": 1}
        assert found["viewers"] == 1
        assert found["event"] == await site.newest()
        assert found["equation"] == []
        assert found["database"]["away_since"] is None
        assert found["bus"]["away_since"] is None
        assert [part["name"] for part in found["parts"]] == ["database", "bus", "ingest", "recorder", "worker", "web"]
        assert all(set(part) == {"name", "state", "since", "detail"} for part in found["parts"])
        web = next(part for part in found["parts"] if part["name"] == "web")
        assert web["detail"]["pid"] == site.web.process.pid


async def test_it_is_a_page_for_a_browser_and_json_for_a_program(site: Site) -> None:
    headers = {"Cookie": await site.cookie()}
    async with httpx.AsyncClient(base_url=site.web.url, headers=headers) as browser:
        for accept in ("application/json", "*/*"):
            answer = await browser.get("/health", headers={"Accept": accept})
            assert answer.headers["content-type"] == "application/json"
            assert answer.headers["cache-control"] == "no-store"
        page = await browser.get("/health", headers={"Accept": "text/html,*/*;q=0.8"})
        assert "text/html" in page.headers["content-type"] or page.status_code == 404, "404 where it is not built"
