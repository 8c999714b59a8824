"""The demo's bureau in the real store, and its units through the real port."""

import asyncio
import contextlib

from backend.bus.record import FLAG_SIMULATED, unpack
from backend.bus.subjects import ALL_POSITIONS
from backend.db.engine import Database
from backend.demo import organisation, units
from backend.geo.cells import distance_m
from backend.identity.registry import read_organisation
from tests.avl.makers import running_ingest
from tests.bus.servers import connected, until
from tests.conftest import TestBus, TestDatabase


async def test_bureau_is_made_once_and_its_units_report(nats_server: TestBus, database: TestDatabase) -> None:
    store = Database(database.application_url)
    async with store.transaction() as session:
        devices = await organisation.add_units(session, "secret", 6)
        await organisation.add_receiver(session, "secret", "127.0.0.1:2947")
        first = await read_organisation(session, 1)
    async with store.transaction() as session:
        assert await organisation.add_units(session, "secret", 6) == devices
        again = await read_organisation(session, 1)
    await store.close()
    assert again == first
    assert len(first.units) == 7
    assert len({unit.squad for unit in first.units.values()}) == 4
    assert len({unit.district for unit in first.units.values()}) == 2
    assert all(one.simulated for one in first.devices.values())
    assert len({one.token for one in devices}) == 6
    async with running_ingest(nats_server.url) as rig, connected(nats_server.url) as ear:
        rig.process.registry.current = first
        heard: dict[int, list[bytes]] = {}
        await ear.subscribe(
            ALL_POSITIONS, lambda message: heard.setdefault(unpack(message.data).unit, []).append(message.data)
        )
        await ear.flush()
        driving = asyncio.create_task(units.simulate(devices, "127.0.0.1", rig.port, (113.1, 28.2), 0.1))
        try:
            await until(lambda: len(heard) == 6 and all(len(records) >= 3 for records in heard.values()))
            for connection in list(rig.listeners.connections):
                connection.close()
            gone = {unit: len(records) for unit, records in heard.items()}
            await until(lambda: all(len(heard[unit]) > gone[unit] for unit in gone))  # they call again
        finally:
            driving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await driving
        assert rig.batches.cumulative["osmand"] >= 24
    for records in heard.values():
        for record in map(unpack, records):
            assert record.flags == FLAG_SIMULATED
            assert record.speed is not None
            assert record.speed <= 14.01
            assert distance_m(113.1, 28.2, record.longitude, record.latitude) < units.RADIUS_M + 5_000
