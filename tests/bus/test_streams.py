"""The durable stream as the server keeps it."""

import asyncio

import nats.js.errors
import pytest
from nats.js.api import DiscardPolicy, RetentionPolicy, StorageType

from backend.bus.connection import Bus
from backend.bus.streams import ensure_facts, ensure_stream, fixes_stream
from backend.bus.subjects import FACTS, FIXES, batch_subject, fact_subject
from tests.bus.servers import connected, killable_server
from tests.conftest import TestBus

MEGABYTE = 1024 * 1024


async def test_config_is_as_designed(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus:
        await ensure_stream(bus, fixes_stream(2 * MEGABYTE))
        await ensure_stream(bus, fixes_stream(2 * MEGABYTE))  # changes nothing the second time
        config = (await bus.jetstream.stream_info(FIXES)).config
        await bus.jetstream.delete_stream(FIXES)
    assert config.subjects == ["fixes.>"]
    assert config.retention == RetentionPolicy.WORK_QUEUE
    assert config.discard == DiscardPolicy.NEW
    assert config.storage == StorageType.FILE
    assert config.max_bytes == 2 * MEGABYTE
    assert config.allow_direct
    assert config.duplicate_window == 120


async def test_full_stream_refuses_and_keeps_what_it_has(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus:
        await ensure_stream(bus, fixes_stream(MEGABYTE))
        stored = 0
        with pytest.raises(nats.js.errors.APIError, match="maximum bytes"):  # noqa: PT012 - the block is what is tested
            for _ in range(20):
                await bus.jetstream.publish(batch_subject("a"), b"x" * 100_000, stream=FIXES)
                stored += 1
        assert 5 <= stored <= 10
        state = (await bus.jetstream.stream_info(FIXES)).state
        assert (state.messages, state.first_seq) == (stored, 1)
        await bus.jetstream.delete_stream(FIXES)


async def test_same_message_id_is_stored_once(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus:
        await ensure_stream(bus, fixes_stream(1024 * MEGABYTE))
        for _ in range(3):
            await bus.jetstream.publish(batch_subject("a"), b"batch", headers={"Nats-Msg-Id": "a-1"})
        assert (await bus.jetstream.stream_info(FIXES)).state.messages == 1
        await bus.jetstream.delete_stream(FIXES)


async def test_direct_get_reads_beside_the_one_consumer(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus:
        await ensure_stream(bus, fixes_stream(1024 * MEGABYTE))
        await bus.jetstream.publish(batch_subject("a"), b"first")
        await bus.jetstream.publish(batch_subject("a"), b"second")
        consumer = await bus.jetstream.pull_subscribe("fixes.>", "recorder", stream=FIXES)
        assert (await bus.jetstream.get_msg(FIXES, seq=1, direct=True)).data == b"first"
        newest = await bus.jetstream.get_msg(FIXES, subject=batch_subject("a"), direct=True)
        assert newest.data == b"second"
        for message in await consumer.fetch(2, timeout=2):
            await message.ack_sync()
        assert (await bus.jetstream.stream_info(FIXES)).state.messages == 0
        await bus.jetstream.delete_stream(FIXES)


async def test_facts_wait_for_their_reader_and_go_when_it_has_dealt_with_them(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus:
        await ensure_facts(bus)
        await ensure_facts(bus)
        for _ in range(2):
            await bus.jetstream.publish(fact_subject("alarm"), b"fact", headers={"Nats-Msg-Id": "alarm:1"})
        state = (await bus.jetstream.stream_info(FACTS)).state
        assert state.messages == 1
        reader = await bus.jetstream.pull_subscribe_bind("avl", FACTS)
        for message in await reader.fetch(2, timeout=0.5):
            await message.ack_sync()
        assert (await bus.jetstream.stream_info(FACTS)).state.messages == 0
        await bus.jetstream.delete_stream(FACTS)


@pytest.mark.slow
async def test_ensure_waits_until_the_bus_is_there() -> None:
    async with killable_server() as server, connected(server.url) as bus:
        server.kill()
        ensuring = asyncio.create_task(ensure_stream(bus, fixes_stream(1024 * MEGABYTE)))
        await asyncio.sleep(0.3)
        assert not ensuring.done()
        await server.start()
        await asyncio.wait_for(ensuring, 20)
        assert await messages(bus) == 0


async def messages(bus: Bus) -> int:
    return (await bus.jetstream.stream_info(FIXES)).state.messages
