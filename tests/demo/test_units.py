"""The demo's bureau in the real store, and its units through the real port."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgpack
import pytest
from nats.aio.msg import Msg

from backend.bus.record import FLAG_SIMULATED, Record, unpack
from backend.bus.subjects import ALL_POSITIONS, parse_position
from backend.clock import now_ms
from backend.db.engine import Database
from backend.demo import fleet, organisation, units
from backend.demo.city import City
from backend.demo.organisation import DemoDevice
from backend.identity.registry import Organisation, read_organisation
from tests.avl.makers import Rig, running_ingest
from tests.bus.servers import connected, until
from tests.conftest import TestBus, TestDatabase
from tests.demo.networks import town, town_streets
from tests.demo.test_driver import nearest

FRESH_S, STALE_S = 30, 120  # frontend/src/live/age.ts


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    folder = tmp_path_factory.mktemp("map")
    (folder / "roads.msgpack").write_bytes(msgpack.packb(town()))
    return City(folder)


def test_limits_of_age_are_those_of_the_page() -> None:
    """A weak line is made so that its unit always shows as stale, a silent one as lost."""
    page = (Path(__file__).parents[2] / "frontend" / "src" / "live" / "age.ts").read_text()
    assert f"FRESH_SECONDS = {FRESH_S}\n" in page
    assert f"STALE_SECONDS = {STALE_S}\n" in page
    youngest, oldest = units.WEAK_AGE_S, units.WEAK_AGE_S + units.WEAK_EVERY_S
    assert FRESH_S + 5 <= youngest < oldest <= STALE_S - 10
    assert units.SILENT_AGE_S > STALE_S


async def register(store: Database, city: City, count: int) -> tuple[list[DemoDevice], Organisation]:
    posts = fleet.posts(city.bodies, count)
    async with store.transaction() as session:
        devices = await organisation.add_units(session, "secret", city, posts)
        car = next(post for post in fleet.posts(city.bodies) if post.kind == "command")
        await organisation.add_receiver(session, "secret", city, car, "127.0.0.1:2947")
        return devices, await read_organisation(session, 1)


async def test_bureau_is_made_once(database: TestDatabase, city: City) -> None:
    store = Database(database.application_url)
    devices, first = await register(store, city, 120)
    assert (devices, first) == await register(store, city, 120)
    await store.close()
    assert len(first.units) == 120
    assert len(first.devices) == 121, "the command car has one for gpsd as well"
    assert all(one.simulated for one in first.devices.values())
    assert len({one.token for one in devices}) == 120
    on_foot = {one.identifier for one in first.devices.values() if one.unit.kind == "foot"}
    assert {one.identifier for one in first.devices.values() if one.personal} == on_foot != set()
    by_sign = {unit.call_sign: unit for unit in first.units.values()}
    squad, brigade, police = by_sign["老城一-01"], by_sign["直属-01"], by_sign["交警-01"]
    assert first.bodies[squad.squad].name == "老城一中队"
    assert first.bodies[squad.district].name_en == "Laocheng District Urban Management Bureau"
    assert (first.bodies[brigade.squad].name, brigade.district) == ("直属大队", 0)
    assert (first.bodies[police.squad].name, police.district) == ("交警支队", 0)


@contextlib.asynccontextmanager
async def heard_from(
    nats: TestBus, known: Organisation, driving: list[units.Simulated]
) -> AsyncIterator[tuple[Rig, dict[int, list[Record]]]]:
    """Let the units report to a real ingest; gives it and the positions by unit, as they come."""
    async with running_ingest(nats.url, protocols=("jt808",)) as rig, connected(nats.url) as ear:
        rig.process.registry.current = known
        heard: dict[int, list[Record]] = {}

        def hear(message: Msg) -> None:
            record = unpack(message.data)
            assert parse_position(message.subject).unit == record.unit
            heard.setdefault(record.unit, []).append(record)

        await ear.subscribe(ALL_POSITIONS, hear)
        await ear.flush()
        ports = rig.ports
        work = asyncio.create_task(units.simulate(driving, "127.0.0.1", ports))
        try:
            yield rig, heard
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work


async def test_units_report_from_the_streets_and_call_again(
    nats_server: TestBus, database: TestDatabase, city: City
) -> None:
    store = Database(database.application_url)
    devices, known = await register(store, city, 6)
    await store.close()
    async with heard_from(nats_server, known, units.board(city, devices, 0.1)) as (rig, heard):
        await until(lambda: len(heard) == 6 and all(len(records) >= 3 for records in heard.values()))
        for connection in list(rig.listeners.connections):
            connection.close()
        gone = {unit: len(records) for unit, records in heard.items()}
        await until(lambda: all(len(heard[unit]) > gone[unit] for unit in gone))
        assert rig.batches.cumulative["osmand"] >= 24
    streets = town_streets()
    for record in (record for records in heard.values() for record in records):
        assert record.flags == FLAG_SIMULATED
        place, heading = (record.longitude, record.latitude), record.heading
        assert heading is not None
        assert record.accuracy is not None
        off = min(nearest(streets.shape(edge), place, heading)[0] for edge in range(len(streets.edges)))
        assert off <= record.accuracy + 3
        assert record.speed is not None
        assert record.speed <= 25


async def test_cars_speak_jt808_where_units_speak_what_they_would(
    nats_server: TestBus, database: TestDatabase, city: City
) -> None:
    store = Database(database.application_url)
    async with store.transaction() as session:
        posts = fleet.posts(city.bodies, 40)[::10]
        devices = await organisation.add_units(session, "mixed", city, posts, organisation.MIXED)
        known = await read_organisation(session, 1)
    await store.close()
    assert {(one.post.kind, one.protocol) for one in devices} <= {
        ("car", "jt808"), ("e_bike", "osmand"), ("foot", "osmand"), ("command", "osmand")
    }  # fmt: skip
    assert {one.protocol for one in devices} == {"osmand", "jt808"}
    cars = [one for one in devices if one.protocol == "jt808"]
    async with heard_from(nats_server, known, units.board(city, devices, 0.1)) as (rig, heard):
        await until(lambda: len(heard) == 4 and all(len(records) >= 3 for records in heard.values()))
        assert rig.batches.cumulative["jt808"] >= 3 * len(cars)
        assert rig.batches.cumulative["osmand"] >= 3 * (4 - len(cars))


async def test_weak_and_silent_lines_look_stale_and_lost_from_the_first_moment(
    nats_server: TestBus, database: TestDatabase, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(units, "WEAK_EVERY_S", units.WEAK_AGE_S + 0.1)
    store = Database(database.application_url)
    devices, known = await register(store, city, 120)
    await store.close()
    bad = [device for device in devices if device.post.line != fleet.GOOD]
    assert len(bad) == 4
    numbers = {unit.call_sign: unit.number for unit in known.units.values()}
    silent = [numbers[device.post.call_sign] for device in bad if device.post.line == fleet.SILENT]
    async with heard_from(nats_server, known, units.board(city, bad, 0.1)) as (_, heard):
        await until(lambda: len(heard) == 4)
        begun = time.monotonic()
        for unit, records in heard.items():
            age = (now_ms() - records[0].time) / 1000
            assert age > STALE_S if unit in silent else FRESH_S < age <= STALE_S
        await asyncio.sleep(1)
        assert [len(heard[unit]) for unit in silent] == [1]
        assert time.monotonic() - begun < units.WEAK_AGE_S


def test_an_interval_is_overruled_or_that_of_the_kind(city: City) -> None:
    devices = [DemoDevice(f"d{number}", "t", post) for number, post in enumerate(fleet.posts(city.bodies, 40))]
    usual = {one.device.post.kind: one.interval_s for one in units.board(city, devices, None)}
    assert usual == {"car": 5, "e_bike": 5, "foot": 10}
    assert {one.interval_s for one in units.board(city, devices, 2.5)} == {2.5}


def test_after_a_long_gap_a_unit_goes_on_from_where_it_was(city: City) -> None:
    """A machine that slept must not drive all the missed hours at once."""
    (device,) = [DemoDevice("d", "t", post) for post in fleet.posts(city.bodies, 1)]
    (slept,), (awake,) = units.board(city, [device], None), units.board(city, [device], None)
    slept.measure(slept.moment + 8 * 3_600_000)
    awake.measure(awake.moment + round(units.LONGEST_GAP_S * 1000))
    assert (slept.driver.longitude, slept.driver.latitude) == (awake.driver.longitude, awake.driver.latitude)
