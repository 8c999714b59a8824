"""Story: a stranger knocks, is adopted and heard; a token changes while it is in use; a device is revoked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio

from backend.clock import now_ms
from tests.conftest import TestBus, TestDatabase
from tests.live.site import Site, free_port, grants, running_site
from tests.paths.devices import send

pytestmark = pytest.mark.slow

DEVICES = "/api/v1/devices"
# So that what ingest learns, it is told; and what ends by the clock, ends without a new copy of the organisation.
NO_POLL = "import backend.identity.registry as registry; registry.POLL_S = 3600"


@pytest_asyncio.fixture(scope="module")
async def port(site: Site) -> AsyncIterator[int]:
    """The port of a real ingest, whose fixes a real recorder stores."""
    port = free_port()
    site.start("ingest", NO_POLL, LIANDONG_OSMAND_PORT=str(port))
    site.start("recorder")
    await until(lambda: listening(port), 20)
    yield port


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with one web process."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


@pytest_asyncio.fixture(scope="module")
async def browser(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Of who manages the devices of the north."""
    rights = grants("device.read", "device.write", districts=site.districts[:1])
    async with await site.browser("north devices", rights) as running_one:
        yield running_one


async def until(happened: Callable[[], Awaitable[Any]], timeout: float = 5) -> Any:
    """Wait until something is so, and return it. Raises TimeoutError."""
    async with asyncio.timeout(timeout):
        while not (found := await happened()):
            await asyncio.sleep(0.05)
    return found


async def listening(port: int) -> bool:
    try:
        async with open_line(port):
            return True
    except OSError:
        return False


def fix(typed: str) -> str:
    return urlencode({"id": typed, "timestamp": now_ms(), "lat": 28.2, "lon": 113.1})


async def accepted(port: int, typed: str) -> bool:
    """Whether a fix of this client is taken; refused means as an unknown device, not as anything else."""
    status = await send(port, fix(typed))
    assert status in (200, 400), status
    return status == 200


class Line:
    """A client that keeps its connection open, as telephones do."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def accepted(self, typed: str) -> bool:
        """Whether a fix on the open connection is taken."""
        self.writer.write(f"GET /?{fix(typed)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        async with asyncio.timeout(20):
            head = await self.reader.readuntil(b"\r\n\r\n")
            (length,) = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            await self.reader.readexactly(int(length[15:]))
        return int(head.split()[1]) == 200


@asynccontextmanager
async def open_line(port: int) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        await writer.wait_closed()


async def test_both_tokens_work_within_the_overlap_and_the_former_not_after(
    site: Site, browser: httpx.AsyncClient, port: int
) -> None:
    (unit,) = await site.add_units(1, squad=0)
    made = (await browser.post(DEVICES, json={"identifier": "turner", "unit": unit, "protocol": "osmand"})).json()
    await until(lambda: accepted(port, made["typed"]))
    async with open_line(port) as line:
        rotated = await browser.post(f"{DEVICES}/{made['id']}/rotate", json={"overlap_hours": 6 / 3600})
        other = rotated.json()
        await until(lambda: accepted(port, other["typed"]))
        assert await accepted(port, made["typed"])
        assert await line.accepted(made["typed"])
        assert now_ms() < other["former_until"], "all of that was within the overlap"
        await asyncio.sleep(max(0, (other["former_until"] - now_ms()) / 1000) + 0.05)
        assert not await line.accepted(made["typed"]), "on an open connection, too"
    assert not await accepted(port, made["typed"])
    assert await accepted(port, other["typed"])

    async def seen() -> int:
        (found,) = (await browser.get(DEVICES, params={"search": "turner"})).json()["devices"]
        return int(found["last_seen"] or 0)

    assert abs(await until(seen, 10) - now_ms()) < 30_000


async def test_a_revoked_device_is_refused_from_its_next_fix_on_and_is_no_stranger(
    site: Site, browser: httpx.AsyncClient, port: int
) -> None:
    (unit,) = await site.add_units(1, squad=0)
    made = (await browser.post(DEVICES, json={"identifier": "lost", "unit": unit, "protocol": "osmand"})).json()
    async with open_line(port) as line:
        await until(lambda: line.accepted(made["typed"]))
        assert (await browser.post(f"{DEVICES}/{made['id']}/revoke")).status_code == 204

        async def refused() -> bool:
            return not await line.accepted(made["typed"])

        await until(refused)
    assert not await accepted(port, made["typed"])
    await asyncio.sleep(2.5)  # what knocks is written down by then
    assert "lost" not in await unknown(browser)


async def unknown(browser: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    return {one["identifier"]: one for one in (await browser.get(f"{DEVICES}/unknown")).json()}


async def test_a_stranger_is_listed_adopted_and_accepted(site: Site, browser: httpx.AsyncClient, port: int) -> None:
    (unit,) = await site.add_units(1, squad=0)
    strong, weak = "stranger-abcdefghjkmnpqrs", "860123456789012"
    for _ in range(3):
        assert not await accepted(port, strong)
    assert not await accepted(port, weak)

    async def both() -> dict[str, dict[str, Any]]:
        found = await unknown(browser)
        return found if {"stranger", weak} <= found.keys() else {}

    found = await until(both)
    one = found["stranger"]
    assert (one["protocol"], one["address"], one["count"], one["has_token"]) == ("osmand", "127.0.0.1", 3, True)
    assert not found[weak]["has_token"]
    kept = await browser.post(f"{DEVICES}/unknown/{one['id']}/adopt", json={"unit": unit})
    assert (kept.status_code, kept.json()["token"], kept.json()["typed"]) == (201, None, None)
    await until(lambda: accepted(port, strong))
    given = (await browser.post(f"{DEVICES}/unknown/{found[weak]['id']}/adopt", json={"unit": unit})).json()
    await until(lambda: accepted(port, given["typed"]))
    assert not await accepted(port, weak)
    assert not await accepted(port, f"{weak}-")
    assert not await accepted(port, "stranger-another-token-of-nobody")
    await asyncio.sleep(2.5)  # what knocks is written down by then
    assert not {"stranger", weak} & (await unknown(browser)).keys(), "a known device with a wrong token is no stranger"
