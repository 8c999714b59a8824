"""The demo's bureau in the real store, and its units through the real port."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import msgpack
import pytest
from nats.aio.msg import Msg

from backend.bus.record import FLAG_SIMULATED, Record, unpack
from backend.bus.subjects import ALL_POSITIONS, parse_position
from backend.clock import now_ms
from backend.commands.demo import command_car
from backend.db.engine import Database
from backend.demo import fleet, organisation, units
from backend.demo.city import City
from backend.demo.gps import WORST_M
from backend.demo.organisation import DemoDevice
from backend.demo.talk import WAYS
from backend.identity.registry import KnownDevice, Organisation, read_organisation
from tests.avl.makers import Rig, count, running_ingest
from tests.bus.servers import connected, until
from tests.conftest import TestBus, TestDatabase
from tests.demo.networks import town, town_streets
from tests.demo.test_driver import nearest

REVOKED = "SELECT count(*) FROM audit WHERE action = 'device.revoked' AND details->>'instead' LIKE '139%'"
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


async def register(
    store: Database, city: City, number: int, protocol: str = organisation.MIXED
) -> tuple[list[DemoDevice], Organisation]:
    posts = fleet.posts(city.bodies, number)
    async with store.transaction() as session:
        devices = await organisation.add_units(session, "secret", city, posts, protocol)
        await organisation.add_receiver(session, "secret", city, command_car(city), "127.0.0.1:2947")
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


async def test_protocols_are_those_of_the_demo(database: TestDatabase, city: City) -> None:
    store = Database(database.application_url)
    devices, _ = await register(store, city, 120)
    await store.close()
    assert Counter(one.protocol for one in devices) == {"jt808": 58, "osmand": 41, "owntracks": 21}
    assert [one.post for one in devices if one.protocol == "osmand" and one.post.kind != "e_bike"] == [
        command_car(city)
    ], "where gpsd is there it is not among the simulated ones"


async def test_a_demo_whose_units_spoke_something_else_goes_on_with_what_it_has(
    database: TestDatabase, city: City
) -> None:
    """Nothing is forgotten: what is not used any more is revoked, once, with its row of the audit."""
    store = Database(database.application_url)
    signs = {post.call_sign for post in fleet.posts(city.bodies, 40)}

    async def known(protocol: str) -> dict[str, KnownDevice]:
        _, organisation = await register(store, city, 40, protocol)
        return {one.identifier: one for one in organisation.devices.values() if one.unit.call_sign in signs}

    async def revoked() -> int:
        async with store.transaction() as session:
            return await count(session, REVOKED)

    before, revoked_before = await known("osmand"), await revoked()
    after = await known("mixed")
    cars = {one.identifier for one in before.values() if one.unit.kind == "car"}
    assert (len(before), len(after), len(cars)) == (40, 40, 16)
    assert before.keys() - after.keys() == cars
    for identifier in before.keys() & after.keys():
        assert (after[identifier].id, after[identifier].unit) == (before[identifier].id, before[identifier].unit)
    assert len({one.unit.number for one in after.values()}) == 40
    assert await revoked() == revoked_before + 16
    assert await known("mixed") == after
    assert await revoked() == revoked_before + 16
    assert await known("osmand") == before, "and back again"
    await store.close()


@contextlib.asynccontextmanager
async def heard_from(
    nats: TestBus, known: Organisation, driving: list[units.Simulated]
) -> AsyncIterator[tuple[Rig, dict[int, list[Record]]]]:
    """Let the units report to a real ingest; gives it and the positions by unit, as they come."""
    async with running_ingest(nats.url, protocols=tuple(WAYS)) as rig, connected(nats.url) as ear:
        rig.process.registry.current = known
        heard: dict[int, list[Record]] = {}

        def hear(message: Msg) -> None:
            record = unpack(message.data)
            assert parse_position(message.subject).unit == record.unit
            heard.setdefault(record.unit, []).append(record)

        await ear.subscribe(ALL_POSITIONS, hear)
        await ear.flush()
        work = asyncio.create_task(units.simulate(driving, "127.0.0.1", rig.ports))
        try:
            yield rig, heard
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work


@pytest.mark.parametrize("protocol", WAYS)
async def test_units_report_from_the_streets_and_call_again(
    nats_server: TestBus, database: TestDatabase, city: City, protocol: str
) -> None:
    """Terminals and apps tell whole seconds."""
    store = Database(database.application_url)
    devices, known = await register(store, city, 6, protocol)
    await store.close()
    interval_s = 1.0 if protocol in ("jt808", "owntracks") else 0.1
    async with heard_from(nats_server, known, units.board(city, devices, interval_s)) as (rig, heard):
        await until(lambda: len(heard) == 6 and all(len(records) >= 3 for records in heard.values()))
        for connection in list(rig.listeners.connections):
            connection.close()
        gone = {unit: len(records) for unit, records in heard.items()}
        await until(lambda: all(len(heard[unit]) > gone[unit] for unit in gone))
        assert rig.batches.cumulative[protocol] >= 24
    streets = town_streets()
    for record in (record for records in heard.values() for record in records):
        assert record.flags == FLAG_SIMULATED
        place, heading = (record.longitude, record.latitude), record.heading
        assert heading is not None
        assert (record.accuracy is None) == (protocol == "jt808")
        off = min(nearest(streets.shape(edge), place, heading)[0] for edge in range(len(streets.edges)))
        assert off <= (WORST_M if record.accuracy is None else record.accuracy) + 3
        assert record.speed is not None
        assert record.speed <= 25


async def test_every_kind_speaks_what_its_tracker_does(
    nats_server: TestBus, database: TestDatabase, city: City
) -> None:
    store = Database(database.application_url)
    async with store.transaction() as session:
        posts = [*fleet.posts(city.bodies, 40)[::5], command_car(city)]
        devices = await organisation.add_units(session, "mixed", city, posts)
        known = await read_organisation(session, 1)
    await store.close()
    assert {(one.post.kind, one.protocol) for one in devices} == {
        ("car", "jt808"), ("e_bike", "osmand"), ("foot", "owntracks"), ("command", "osmand")
    }  # fmt: skip
    async with heard_from(nats_server, known, units.board(city, devices, 1.0)) as (rig, heard):
        await until(lambda: len(heard) == len(posts) and all(len(records) >= 2 for records in heard.values()))
        spoken = Counter(one.protocol for one in devices)
        assert all(rig.batches.cumulative[name] >= 2 * count for name, count in spoken.items())
        assert rig.batches.cumulative.keys() == spoken.keys()


async def test_a_fleet_that_cannot_call_says_why(city: City) -> None:
    devices = [DemoDevice("d", "t", post, "nmea") for post in fleet.posts(city.bodies, 1)]
    with pytest.raises(ValueError, match="an open port for nmea, got osmand, jt808"):
        await units.simulate(units.board(city, devices, None), "127.0.0.1", {"osmand": 1, "jt808": 2})


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
