"""Story: any part is killed under load; nothing acknowledged is missing, nothing is stored twice, the sum is right."""

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import suppress

import psutil
import psycopg
import pytest

from backend.clock import now_ms
from backend.demo.organisation import add_squads
from backend.identity.change import change
from backend.identity.devices import add_device, add_unit
from tests.live.client import LiveClient
from tests.paths.devices import Reporter
from tests.paths.system import System, running_system, wait_until

pytestmark = pytest.mark.slow

DEVICES = 40
names = itertools.count(1)


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with running_system() as running:
        yield running


def new_devices(system: System, count: int) -> dict[str, str]:
    """Register devices; identifier → what is typed into the client."""
    found = system.connections()
    batch = next(names)

    async def add() -> dict[str, str]:
        async def work(session):  # type: ignore[no-untyped-def]
            squads = await add_squads(session)
            devices = {}
            for index in range(count):
                name = f"T{batch}-{index}"
                unit = await add_unit(session, name, squads[index % 4], "car", name)
                identifier = f"t{batch}.{index}"
                devices[identifier] = f"{identifier}-{await add_device(session, identifier, unit, 'osmand')}"
            return devices

        return await change(found.database_url, found.nats_url, work)

    return asyncio.run(add())


async def report_through(reporters: list[Reporter], system: System, part: str) -> None:
    """Report, kill the part twice in the middle of it, report on, stop."""
    until = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for reporter in reporters:
            tasks.create_task(reporter.report(until, 0.2))
        await asyncio.sleep(2)
        for _ in range(2):
            await asyncio.to_thread(system.kill, part)
            await asyncio.sleep(2)
        until.set()


def stored_times(system: System, identifier: str) -> list[int]:
    """The fix times (ms) in the table for one device."""
    url = system.connections().database_url.replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT (extract(epoch FROM fixed_at) * 1000)::bigint FROM fix JOIN device ON device.id = fix.device "
            "WHERE identifier = %s ORDER BY 1",
            (identifier,),
        )
        return [row[0] for row in rows]


@pytest.mark.parametrize("part", ["recorder", "ingest", "postgres", "nats"])
@pytest.mark.timeout(180)
def test_a_part_is_killed_under_load(system: System, part: str) -> None:
    devices = new_devices(system, DEVICES)
    reporters = [Reporter(typed, system.osmand_port, seed) for seed, typed in enumerate(devices.values())]
    wait_until(lambda: system.health()["equation"] is not None)
    before = system.equation("osmand")

    asyncio.run(report_through(reporters, system, part))

    acknowledged = sum(len(reporter.acknowledged) for reporter in reporters)
    assert acknowledged > DEVICES * 10, "the load was real"
    line = wait_until(lambda: settled(system, acknowledged), 60, "an equation without anything pending")
    assert line["received"] == line["stored"] + line["repeat"] + sum(line["rejected"].values()) + line["pending"]
    for (identifier, _), reporter in zip(devices.items(), reporters, strict=True):
        stored = stored_times(system, identifier)
        assert set(reporter.acknowledged) <= set(stored), f"{identifier}: an acknowledged fix is missing"
        assert len(stored) == len(set(stored)), f"{identifier}: a row twice"
    stored_now = line["stored"] - before.get("stored", 0)
    assert stored_now >= acknowledged
    if part != "ingest":  # what a killed ingest had received and not passed on was never acknowledged nor counted
        assert line["received"] - before["received"] >= acknowledged


def settled(system: System, acknowledged: int) -> dict[str, int] | None:
    """The equation's line once nothing is pending."""
    try:
        line = system.equation("osmand")
    except Exception:
        return None
    return line if line["pending"] == 0 and line["received"] >= acknowledged else None


def test_the_map_lives_on_without_the_recorder_and_the_database(system: System) -> None:
    """Positions are announced first: they reach a browser while their store is stopped, and are stored afterwards."""
    devices = new_devices(system, 1)
    (identifier, typed) = next(iter(devices.items()))
    server = psutil.Process(system.parts()["postgres"]["pid"])
    processes: list[psutil.Process] = []
    reporter = Reporter(typed, system.osmand_port, 7)

    async def watch() -> None:
        client = LiveClient(system.live_url, system.cookie)
        await client.look_at(112.9, 28.0, 113.3, 28.4)
        async with client:
            until = asyncio.Event()
            task = asyncio.create_task(reporter.report(until, 0.2))
            await client.until(lambda: reporter.acknowledged, 15)  # every process has heard of the new device
            server.suspend()  # first, so that it begins nothing new
            processes.append(server)
            for child in server.children(recursive=True):
                with suppress(psutil.NoSuchProcess):  # a worker of the database may just have ended
                    child.suspend()
                    processes.append(child)
            stopped = now_ms()
            try:
                await client.until(lambda: any(p.time > stopped for p in client.positions.values()), 15)
                await client.until(lambda: reporter.acknowledged[-1] > stopped, 15)
                await client.until(lambda: any(away(message) for message in client.of_type("parts")), 15)
                until.set()
                await task
            finally:
                for process in processes:
                    process.resume()
            await client.until(lambda: not away(client.of_type("parts")[-1]), 30)

    def away(message: dict[str, list[dict[str, str]]]) -> bool:
        return any(part["name"] == "database" and part["state"] == "away" for part in message["parts"])

    asyncio.run(watch())
    wait_until(lambda: set(reporter.acknowledged) <= set(stored_times(system, identifier)), 30)
