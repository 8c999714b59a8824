"""Story: OwnTracks over MQTT reports while parts are killed; what was acknowledged is in the store, each fix once."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import now_ms
from backend.demo.organisation import add_squads
from backend.identity.change import change
from backend.identity.devices import add_device, add_unit
from tests.avl.phone import Phone
from tests.paths.system import System, free_port, running_system, wait_until

pytestmark = pytest.mark.slow

PORT = free_port()


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with running_system(mqtt_port=str(PORT)) as running:
        yield running


def new_device(system: System, identifier: str) -> str:
    """Register a device; returns its token."""
    found = system.connections()

    async def work(session: AsyncSession) -> str:
        unit = await add_unit(session, identifier, (await add_squads(session))[0], "foot", identifier)
        return await add_device(session, identifier, unit, "owntracks")

    return asyncio.run(change(found.database_url, found.nats_url, work))


def rows(system: System, statement: str) -> list[tuple[int]]:
    with psycopg.connect(system.connections().database_url.replace("+psycopg", "")) as connection:
        return connection.execute(statement).fetchall()


async def report(identifier: str, token: str, until: asyncio.Event, acknowledged: list[int]) -> None:
    """Publish a location every 20 ms, connect again when cut; a location is sent again until it is acknowledged."""
    moment = now_ms() // 1000 - 100_000
    while not until.is_set():
        phone = Phone(identifier, token)
        with suppress(TimeoutError, OSError):
            if await phone.connect(PORT) == "Success":
                while not until.is_set():
                    told = {"_type": "location", "lat": 28.2, "lon": 113.1, "tst": moment}
                    stored = asyncio.create_task(
                        phone.publish(f"owntracks/{identifier}/x", json.dumps(told).encode()).wait()
                    )
                    ended = asyncio.create_task(phone.ended.wait())
                    await asyncio.wait({stored, ended}, timeout=8, return_when=asyncio.FIRST_COMPLETED)
                    ended.cancel()
                    if not stored.done():
                        stored.cancel()
                        break
                    acknowledged.append(moment)
                    moment += 1
                    await asyncio.sleep(0.02)
        await phone.close()
        await asyncio.sleep(0.2)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("part", ["ingest", "nats"])
def test_what_was_acknowledged_is_stored_once(system: System, part: str) -> None:
    identifier = f"p.{part}"
    token = new_device(system, identifier)
    acknowledged: list[int] = []

    async def story() -> None:
        until = asyncio.Event()
        reporting = asyncio.create_task(report(identifier, token, until, acknowledged))
        async with asyncio.timeout(20):
            while len(acknowledged) < 20:
                await asyncio.sleep(0.1)
        for _ in range(2):
            before = len(acknowledged)
            await asyncio.to_thread(system.kill, part)
            async with asyncio.timeout(30):
                while len(acknowledged) < before + 30:
                    await asyncio.sleep(0.1)
        until.set()
        await reporting

    asyncio.run(story())

    def stored() -> set[int] | None:
        found = rows(
            system,
            "SELECT extract(epoch FROM fixed_at)::bigint FROM fix JOIN device ON device.id = fix.device "
            f"WHERE identifier = '{identifier}'",
        )
        assert len(found) == len(set(found)), "a row twice"
        times = {row[0] for row in found}
        return times if times >= set(acknowledged) else None

    wait_until(stored, 30, "all that was acknowledged")
    line = wait_until(lambda: balanced(system), 30, "an equation without anything pending")
    assert line["received"] == line["stored"] + line["repeat"] + sum(line["rejected"].values())


def balanced(system: System) -> dict[str, dict[str, int]] | None:
    line = system.equation("owntracks")
    return line if line and line["pending"] == 0 else None


def test_health_tells_that_the_port_is_open(system: System) -> None:
    def told() -> object:
        (ingest,) = [part for part in system.health()["parts"] if part["name"] == "ingest"]
        return ingest["detail"].get("mqtt") == {"port": "open"}

    wait_until(told, 10)


def test_who_is_not_known_is_listed_for_adoption(system: System) -> None:
    async def knock() -> str:
        phone = Phone("newcomer", "t" * 20)
        answer = await phone.connect(PORT)
        await phone.close()
        return answer

    assert asyncio.run(knock()) == "Not authorized"
    statement = "SELECT 1 FROM unknown_device WHERE identifier = 'newcomer' AND protocol = 'owntracks'"
    wait_until(lambda: rows(system, statement), 10)
