"""OwnTracks over MQTT: real clients publish to the bus's real port, a real ingest takes it, and what is stored."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio

from backend.avl.mqtt.door import Door
from backend.bus.devices import MESSAGES, streams
from tests.avl.makers import TOKEN, running_ingest
from tests.avl.mqtt_desk import MINE, OTHER, START, TOPIC, eventually, location, open_desk
from tests.avl.phone import Phone, calling
from tests.bus.servers import KillableServer, killable_server


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def server() -> AsyncIterator[KillableServer]:
    async with killable_server(mqtt=True) as running_one:
        yield running_one


async def test_an_acknowledged_location_is_stored_and_then_forgotten_by_the_bus(server: KillableServer) -> None:
    async with open_desk(server) as desk, calling(MINE.identifier, TOKEN, desk.port) as phone:
        await phone.tell(TOPIC, location(batt=50), retain=True)
        (fix,) = await desk.stored(1)
        assert (fix.device, fix.source, fix.fixed_at, fix.longitude, fix.latitude) == (1, 5, START, 113.1, 28.2)
        assert fix.speed == pytest.approx(10)
        assert fix.attributes == {"battery_percent": 50.0}
        await desk.forgotten()
        assert await desk.counted() == (1, 0, {})


async def test_acknowledged_means_kept_though_ingest_cannot_store_it_yet(server: KillableServer) -> None:
    """What an ingest has taken and not stored comes to the next one: as after a kill of the first."""
    async with open_desk(server, batches=False) as desk:
        async with calling(MINE.identifier, TOKEN, desk.port) as phone:
            await phone.tell(TOPIC, location())
        await eventually(lambda: asyncio.sleep(0, desk.rig.batches.cumulative), {"owntracks": 1})
        assert await desk.kept() == 1
        desk.rig.process.start(desk.rig.batches.run())
        assert len(await desk.stored(1)) == 1
        await desk.forgotten()


@pytest.mark.parametrize("qos", [0, 2])
async def test_other_qualities_of_service_are_taken_once(server: KillableServer, qos: int) -> None:
    async with open_desk(server) as desk, calling(MINE.identifier, TOKEN, desk.port) as phone:
        for second in range(3):
            await phone.tell(TOPIC, location(second), qos)
        fixes = await desk.stored(3)
        assert sorted(fix.fixed_at - START for fix in fixes) == [0, 1000, 2000]
        await desk.forgotten()
        assert await desk.counted() == (3, 0, {})


async def test_what_makes_no_sense_is_counted_and_holds_nobody_up(server: KillableServer) -> None:
    senseless = [b"\xff", b"[1]", b'{"_type":"encrypted"}', b'{"_type":"location"}', location(pad="x" * 70_000)]
    async with open_desk(server) as desk, calling(MINE.identifier, TOKEN, desk.port) as phone:
        for payload in senseless:
            await phone.tell(TOPIC, payload)
        await phone.tell(TOPIC, b"")
        await phone.tell(f"{TOPIC}/event", b'{"_type":"transition","event":"enter"}')
        await phone.tell("owntracks/s.1:a/*", location(1))
        assert [fix.fixed_at - START for fix in await desk.stored(1)] == [1000]
        await desk.forgotten()
        assert await desk.counted() == (len(senseless) + 1, 0, {"malformed": len(senseless)})


async def test_far_too_large_a_message_ends_its_connection_alone(server: KillableServer) -> None:
    async with open_desk(server) as desk, calling(OTHER.identifier, TOKEN, desk.port) as other:
        async with calling(MINE.identifier, TOKEN, desk.port) as phone:
            refused = phone.publish(TOPIC, b"x" * 200_000)
            await asyncio.wait_for(phone.ended.wait(), 5)
            assert not refused.is_set()
        await other.tell("owntracks/other/phone", location())
        assert [fix.device for fix in await desk.stored(1)] == [2]


async def test_several_ingests_share_what_is_published(server: KillableServer) -> None:
    async with open_desk(server) as desk, running_ingest(server.url) as second:
        second.know(MINE, OTHER)
        second.process.start(Door(server.devices_url, second.ingest, second.process.registry, server.mqtt_secret).run())
        await asyncio.sleep(0.3)
        async with calling(MINE.identifier, TOKEN, desk.port) as phone:
            for burst in range(40):
                told = [phone.publish(TOPIC, location(burst * 5 + one)) for one in range(5)]
                await asyncio.wait_for(asyncio.gather(*(one.wait() for one in told)), 8)
        fixes = await desk.stored(200)
        assert sorted(fix.fixed_at - START for fix in fixes) == [1000 * second for second in range(200)]
        await desk.forgotten()
        shares = [rig.batches.cumulative.get("owntracks", 0) for rig in (desk.rig, second)]
        assert sum(shares) == 200
        assert min(shares) > 0


async def test_what_finds_no_room_is_offered_again(server: KillableServer) -> None:
    async with open_desk(server) as desk, calling(MINE.identifier, TOKEN, desk.port) as phone:
        room, desk.rig.batches._most_fixes = desk.rig.batches._most_fixes, 0
        for second in range(5):
            await phone.tell(TOPIC, location(second))
        await asyncio.sleep(0.3)
        assert await desk.kept() == 5
        desk.rig.batches._most_fixes = room
        assert sorted(fix.fixed_at - START for fix in await desk.stored(5)) == [1000 * second for second in range(5)]
        await desk.forgotten()


async def test_when_the_bus_is_full_nothing_is_acknowledged_until_there_is_room() -> None:
    async with killable_server(mqtt=True) as server, open_desk(server, batches=False) as desk:
        (config,) = [one for one in streams() if one.name == MESSAGES]
        await desk.devices.jetstream.update_stream(replace(config, max_bytes=1000))
        async with calling(MINE.identifier, TOKEN, desk.port) as phone:
            told = {second: phone.publish(TOPIC, location(second)) for second in range(20)}
            await asyncio.wait_for(phone.ended.wait(), 5)
            acknowledged = [second for second, one in told.items() if one.is_set()]
            assert 0 < len(acknowledged) < 20
        desk.rig.process.start(desk.rig.batches.run())
        await desk.forgotten()
        await desk.devices.jetstream.update_stream(config)
        async with calling(MINE.identifier, TOKEN, desk.port) as phone:
            for second in told.keys() - set(acknowledged):
                await phone.tell(TOPIC, location(second))
        fixes = {fix.fixed_at - START for fix in await desk.stored(20)}
        assert fixes == {1000 * second for second in range(20)}


@pytest.mark.slow
async def test_a_killed_bus_forgets_nothing_that_it_acknowledged() -> None:
    async with killable_server(mqtt=True) as server, open_desk(server, batches=False) as desk:
        async with calling(MINE.identifier, TOKEN, desk.port) as phone:
            for second in range(20):
                await phone.tell(TOPIC, location(second))
        server.kill()
        desk.rig.process.start(desk.rig.batches.run())
        await server.start()
        fixes = await desk.stored(20)
        assert {fix.fixed_at - START for fix in fixes} == {1000 * second for second in range(20)}
        await desk.forgotten()
        async with asyncio.timeout(15):  # clients are let in again
            while True:
                phone = Phone(MINE.identifier, TOKEN)
                answer = await phone.connect(desk.port)
                await phone.close()
                if answer == "Success":
                    break
