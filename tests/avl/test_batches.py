"""The way into the durable stream, on a real bus that is killed, full and slow."""

import asyncio
import contextlib
import functools
from collections.abc import AsyncIterator

import pytest
from nats.aio.client import Client
from nats.js.api import StreamConfig

from backend.avl.batch import Batch, decode
from backend.avl.batches import FIX_BYTES, Batches
from backend.bus.connection import Bus
from backend.bus.subjects import FIXES
from tests.avl.makers import clean_stream, stored_fix
from tests.bus.servers import connected, killable_server, until
from tests.conftest import TestBus

BOUND = 1_000_000


@contextlib.asynccontextmanager
async def storing(
    bus: Bus, *, linger_s: float = 0.005, largest: int = 500, most: int = BOUND
) -> AsyncIterator[Batches]:
    """`run` in the background; its failure is the test's."""
    batches = Batches(bus, linger_s=linger_s, largest=largest, unacknowledged_bytes=most * FIX_BYTES)
    task = asyncio.create_task(batches.run())
    try:
        yield batches
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def take(batches: Batches, number: int) -> None:
    """One fix, told apart by its time."""
    batches.received("osmand")
    batches.add(stored_fix(1_700_000_000_000 + number))


async def stored(bus: Bus) -> list[Batch]:
    """All batches in the stream, in its order."""
    state = (await bus.jetstream.stream_info(FIXES)).state
    if state.messages == 0:
        return []
    messages = [await bus.jetstream.get_msg(FIXES, seq=seq) for seq in range(state.first_seq, state.last_seq + 1)]
    return [decode(message.data or b"") for message in messages]


def times(batches: list[Batch]) -> list[int]:
    return [fix.fixed_at - 1_700_000_000_000 for batch in batches for fix in batch.fixes]


async def test_callback_only_after_the_stream_has_it(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus, clean_stream(bus), storing(bus) as batches:
        called = asyncio.Event()
        take(batches, 1)
        batches.when_stored(called.set)
        assert not called.is_set()
        await asyncio.wait_for(called.wait(), 5)
        (batch,) = await stored(bus)
        assert (batch.incarnation, batch.number, times([batch])) == (batches.incarnation, 1, [1])
        assert batch.counts["osmand"].received == 1
        assert batch.cumulative == {"osmand": 1}
        assert batches.refused_since is None
        assert await batches.drain(1)


async def test_a_batch_stays_within_what_the_bus_carries(nats_server: TestBus) -> None:
    words = {f"word{number}": "x" * 60 for number in range(40)}
    async with (
        connected(nats_server.url) as bus,
        clean_stream(bus),
        storing(bus, linger_s=0.2, largest=5000) as batches,
    ):
        for number in range(1500):
            batches.received("osmand")
            batches.add(stored_fix(1_700_000_000_000 + number, attributes=dict(words)))
        assert await batches.drain(10)
        sent = await stored(bus)
        assert times(sent) == list(range(1500))
        assert len(sent) > 3
        assert [sum(counts.received for counts in one.counts.values()) for one in sent] == [
            len(one.fixes) for one in sent
        ]


async def test_numbers_order_and_sums(nats_server: TestBus) -> None:
    order: list[int] = []
    async with connected(nats_server.url) as bus, clean_stream(bus), storing(bus, linger_s=0) as batches:
        for number in range(300):
            take(batches, number)
            batches.when_stored(functools.partial(order.append, number))
            if number % 7 == 0:
                batches.received("gpsd").reject("place")
            if number % 50 == 0:
                await asyncio.sleep(0.002)
        assert await batches.drain(5)
        found = await stored(bus)
    assert order == list(range(300))
    assert times(found) == list(range(300))
    assert [batch.number for batch in found] == list(range(1, len(found) + 1))
    assert len(found) > 1
    running: dict[str, int] = {}
    for batch in found:
        for source, counts in batch.counts.items():
            running[source] = running.get(source, 0) + counts.received
            assert counts.received == counts.settled() + sum(source == "osmand" for _ in batch.fixes)
        assert batch.cumulative == running
    assert running == {"osmand": 300, "gpsd": 43}


async def test_what_was_only_refused_is_counted_too(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus, clean_stream(bus), storing(bus) as batches:
        batches.received("osmand").reject("malformed")
        assert await batches.drain(5)
        (batch,) = await stored(bus)
    assert (batch.fixes, batch.counts["osmand"].rejected) == ([], {"malformed": 1})


async def test_linger_gathers_and_a_large_batch_does_not_wait(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus, clean_stream(bus):
        async with storing(bus, linger_s=0.2) as batches:
            for number in range(20):
                take(batches, number)
                await asyncio.sleep(0.001)
            assert await batches.drain(5)
            assert [len(batch.fixes) for batch in await stored(bus)] == [20]
        async with storing(bus, linger_s=60, largest=10) as batches:
            for number in range(10):
                take(batches, number)
            assert await batches.drain(5)


async def test_batch_never_grows_beyond_its_bound(nats_server: TestBus) -> None:
    """After an absence of the bus so much waits that one message could not carry it (1 MB at most)."""
    async with connected(nats_server.url) as bus, clean_stream(bus):
        batches = Batches(bus, linger_s=0, largest=500, unacknowledged_bytes=BOUND * FIX_BYTES)
        called: list[int] = []
        for number in range(12_345):
            take(batches, number)
            if number % 1000 == 999:
                batches.when_stored(functools.partial(called.append, number))
        batches.received("osmand").reject("place")
        batches.when_stored(lambda: called.append(-1))
        task = asyncio.create_task(batches.run())
        assert await batches.drain(20)
        task.cancel()
        found = await stored(bus)
    assert times(found) == list(range(12_345))
    assert max(len(batch.fixes) for batch in found) == 500
    assert called == [*range(999, 12_345, 1000), -1]
    received = 0
    for batch in found:
        received += batch.counts["osmand"].received
        assert batch.cumulative == {"osmand": received}, "the sums are those up to this batch"
    assert received == 12_346


async def test_full_at_its_bound_and_not_before(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus, clean_stream(bus):
        batches = Batches(bus, linger_s=0, largest=10, unacknowledged_bytes=25 * FIX_BYTES)
        for number in range(25):
            assert not batches.full
            take(batches, number)
        assert batches.full
        task = asyncio.create_task(batches.run())
        assert await batches.drain(5)
        assert not batches.full
        task.cancel()


async def test_what_is_under_way_counts_for_the_bound() -> None:
    async with killable_server() as server, connected(server.url) as bus:
        server.kill()
        async with storing(bus, linger_s=0, most=10) as batches:
            for number in range(10):
                take(batches, number)
                await asyncio.sleep(0.001)
            assert batches.full
            assert not await batches.drain(0.01)


@pytest.mark.slow
async def test_server_killed_and_back() -> None:
    """Nothing lost, nothing doubled, the order kept, nobody answered early."""
    async with killable_server() as server, connected(server.url) as bus:
        order: list[int] = []
        async with clean_stream(bus), storing(bus) as batches:
            for number in range(60):
                take(batches, number)
                batches.when_stored(functools.partial(order.append, number))
                if number == 20:
                    server.kill()
                await asyncio.sleep(0.01)
            before = list(order)
            assert len(before) < 60
            await until(lambda: batches.refused_since is not None)
            await server.start()
            assert await batches.drain(20)
            assert batches.refused_since is None
            assert order == list(range(60))
            assert times(await stored(bus)) == list(range(60))


async def test_lost_acknowledgement_is_stored_once(nats_server: TestBus, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream had it, the answer was lost on the way: it is sent again under the same id."""
    lost = 0
    async with connected(nats_server.url) as bus, clean_stream(bus), storing(bus) as batches:
        jetstream = bus.jetstream
        publish = jetstream.publish

        async def forgetful(*args: object, **more: object) -> object:
            nonlocal lost
            answer = await publish(*args, **more)  # type: ignore[arg-type]
            if lost < 2:
                lost += 1
                raise TimeoutError
            return answer

        monkeypatch.setattr(jetstream, "publish", forgetful)
        monkeypatch.setattr(Client, "jetstream", lambda self: jetstream)
        called: list[int] = []
        take(batches, 1)
        batches.when_stored(lambda: called.append(1))
        assert await batches.drain(5)
        take(batches, 2)
        assert await batches.drain(5)
        assert lost == 2
        assert called == [1]
        assert times(await stored(bus)) == [1, 2]


async def test_full_stream_refuses_until_it_is_drained(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus, clean_stream(bus), storing(bus) as batches:
        await limit(bus, 1)
        called: list[int] = []
        take(batches, 1)
        batches.when_stored(lambda: called.append(1))
        await until(lambda: batches.refused_since is not None)
        assert "maximum bytes" in str(batches.refused_since)
        await asyncio.sleep(0.3)
        assert called == []
        await limit(bus, 1_000_000)
        await until(lambda: called == [1])
        assert batches.refused_since is None
        assert times(await stored(bus)) == [1]


async def limit(bus: Bus, max_bytes: int) -> None:
    """Another size for the stream."""
    config: StreamConfig = (await bus.jetstream.stream_info(FIXES)).config
    await bus.jetstream.update_stream(config.evolve(max_bytes=max_bytes))


async def test_missing_stream_is_waited_for(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus, storing(bus) as batches:
        take(batches, 1)
        await until(lambda: batches.refused_since is not None)
        async with clean_stream(bus):
            assert await batches.drain(10)
            assert times(await stored(bus)) == [1]
