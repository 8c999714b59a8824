"""Messages to devices over HTTP: queued and announced, refused with a reason, listed, taken back."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from backend.avl.commands import MOST_OPEN
from backend.bus.subjects import ALL_COMMANDS
from backend.clock import now_ms
from backend.identity.devices import add_device, find_device, revoke_device
from tests.bus.servers import connected, until
from tests.conftest import TestBus, TestDatabase
from tests.live.site import Site, grants, running_site

pytestmark = pytest.mark.slow


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with one web process."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


@pytest_asyncio.fixture(scope="module")
async def north(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """The browser of who may tell the terminals of the north something."""
    rights = grants("device.command", districts=site.districts[:1])
    async with await site.browser("north dispatcher", rights) as running_one:
        yield running_one


async def path_of(site: Site, identifier: str, squad: int = 0, protocol: str = "jt808") -> str:
    """Where the messages of a new device are."""
    (unit,) = await site.add_units(1, squad=squad)
    await site.change(lambda session: add_device(session, identifier, unit, protocol))
    await site.known()
    async with site.store.transaction() as session:
        return f"/api/v1/devices/{(await find_device(session, identifier)).id}/commands"


async def test_a_message_is_queued_announced_and_written_down(
    site: Site, north: httpx.AsyncClient, nats_server: TestBus
) -> None:
    path = await path_of(site, "13800138001")
    device = int(path.split("/")[4])
    async with connected(nats_server.url) as ear:
        heard: list[str] = []
        await ear.subscribe(ALL_COMMANDS, lambda message: heard.append(message.subject))
        await ear.flush()
        before = await site.newest()
        done = await north.post(path, json={"text": "新城路口集合", "expires_in_s": 600})
        assert done.status_code == 201, done.text
        await until(lambda: heard)
    assert heard == [f"command.{device}"]
    told = done.json()
    assert (told["device"], told["payload"], told["state"], told["attempts"]) == (device, "新城路口集合", "queued", 0)
    assert abs(told["expires_at"] - now_ms() - 600_000) < 60_000
    assert (told["sent_at"], told["settled_at"], told["answer"]) == (None, None, None)
    assert (await north.get(path)).json() == [told]
    assert await site.newest() == before + 1, "that it waits is an event"
    async with site.store.snapshot() as session:
        statement = text("SELECT details FROM audit WHERE action = 'command.sent' AND object = :object")
        (details,) = (await session.execute(statement, {"object": f"device:{device}"})).scalars()
    assert details == {"command": told["id"], "kind": "text", "text": "新城路口集合"}


async def test_one_is_taken_back_once(site: Site, north: httpx.AsyncClient) -> None:
    path = await path_of(site, "13800138002")
    id = (await north.post(path, json={"text": "never mind"})).json()["id"]
    assert (await north.delete(f"{path}/{id}")).status_code == 204
    again = await north.delete(f"{path}/{id}")
    assert (again.status_code, again.json()["code"]) == (409, "not_queued")
    (row,) = (await north.get(path)).json()
    assert row["state"] == "cancelled"
    assert row["settled_at"] is not None


async def test_a_refusal_says_what_is_wrong(site: Site, north: httpx.AsyncClient) -> None:
    path = await path_of(site, "13800138003")
    for wrong in (
        {"text": "😀"},
        {"text": "字" * 600},
        {"text": " "},
        {"text": "a", "expires_in_s": 9},
        {"text": "a", "expires_in_s": 8 * 24 * 3600},
        {"text": "a", "kind": "reboot"},
        {},
    ):
        assert (await north.post(path, json=wrong)).status_code == 422, wrong
    assert (await north.post(path, json={"text": "😀"})).json()["code"] == "text_bad"
    assert (await north.get(path)).json() == []
    telephone = await path_of(site, "telephone", protocol="osmand")
    refused = await north.post(telephone, json={"text": "hello"})
    assert (refused.status_code, refused.json()["code"]) == (409, "protocol_has_no_messages")
    assert "knows no messages" in refused.json()["detail"]


async def test_terminals_of_others_and_revoked_ones_are_not_there(site: Site, north: httpx.AsyncClient) -> None:
    south, gone = await path_of(site, "13800138004", squad=2), await path_of(site, "13800138005")

    async def revoke(session: object) -> None:
        await revoke_device(session, await find_device(session, "13800138005"))  # type: ignore[arg-type]

    await site.change(revoke)
    await site.known()
    for path in (south, gone, "/api/v1/devices/999999/commands"):
        assert (await north.post(path, json={"text": "hello"})).status_code == 404
        assert (await north.get(path)).status_code == 404
        assert (await north.delete(f"{path}/1")).status_code == 404


async def test_no_more_than_so_many_wait(site: Site, north: httpx.AsyncClient) -> None:
    path = await path_of(site, "13800138006")
    for number in range(MOST_OPEN):
        assert (await north.post(path, json={"text": str(number)})).status_code == 201
    refused = await north.post(path, json={"text": "one more"})
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_messages")
