"""received = stored + repeat + rejected + pending, against the real stream and store."""

import asyncio

from backend.avl import equation
from backend.avl.batch import StoredFix
from backend.avl.equation import Line
from backend.bus.connection import Bus
from backend.clock import now_ms
from tests.avl.makers import Source, stored_fix
from tests.avl.recording import Desk, desk
from tests.bus.servers import connected, killable_server, until

__all__ = ["desk"]


async def lines(desk: Desk) -> dict[str, Line]:
    """The equation as `/health` reads it; every line must balance."""
    waiting = await equation.waiting(desk.bus)
    async with desk.database.snapshot() as session:
        read = await equation.read(session, waiting)
    assert [line.source for line in read] == sorted(line.source for line in read)
    assert all(line.balances for line in read), read
    return {line.source: line for line in read}


def fixes(count: int, device: int = 1) -> list[StoredFix]:
    now = now_ms()
    return [stored_fix(now - n, device=device, unit=device) for n in range(count)]


async def test_nothing_yet(desk: Desk) -> None:
    assert await lines(desk) == {}


async def test_waiting_stored_and_both(desk: Desk) -> None:
    one, two, gps = Source("one"), Source("two"), Source("gps", "gpsd")
    await desk.put(one.batch(*fixes(5), repeat=1, rejected={"place": 2, "speed": 1}))
    assert await lines(desk) == {"osmand": Line("osmand", received=9, pending=9)}
    await desk.recorder.record(await desk.fetch(1))
    await desk.all_acknowledged()
    expected = Line("osmand", received=9, stored=5, repeat=1, rejected={"place": 2, "speed": 1})
    assert await lines(desk) == {"osmand": expected}
    await desk.put(one.batch(*fixes(3)), one.batch(*fixes(2)), two.batch(*fixes(4, 2), rejected={"place": 1}))
    await desk.put(gps.batch(*[stored_fix(now_ms(), source=1, device=3, unit=3)]))
    expected.received, expected.pending = 19, 10
    assert await lines(desk) == {"gpsd": Line("gpsd", received=1, pending=1), "osmand": expected}
    await desk.recorder.record(await desk.fetch(2))
    found = (await lines(desk))["osmand"]
    assert (found.received, found.pending) == (19, 5)
    await desk.recorder.record(await desk.fetch(2))
    await desk.all_acknowledged()
    found = (await lines(desk))["osmand"]
    assert (found.received, found.pending, found.rejected) == (19, 0, {"place": 3, "speed": 1})


async def test_committed_and_still_in_the_stream_is_counted_once(desk: Desk) -> None:
    source = Source("a")
    await desk.put(source.batch(*fixes(5)))
    messages = await desk.fetch(1)
    decoded = [await desk.recorder._decoded(message) for message in messages]
    await desk.recorder._store([one for one in decoded if one is not None])
    assert await lines(desk) == {"osmand": Line("osmand", received=5, stored=5)}
    await desk.recorder.record(messages)
    await desk.all_acknowledged()
    assert await lines(desk) == {"osmand": Line("osmand", received=5, stored=5)}


async def test_lost_batch_shows(desk: Desk) -> None:
    """The sums of what an ingest counted are in its next batch: what is missing before it is pending for ever."""
    source = Source("a")
    await desk.record(source.batch(*fixes(3)))
    lost = source.batch(*fixes(4))
    await desk.record(source.batch(*fixes(2)))
    found = (await lines(desk))["osmand"]
    assert (found.received, found.pending) == (9, 4)
    await desk.record(lost)
    assert (await lines(desk))["osmand"].pending == 0


async def test_batch_set_aside_stays_pending(desk: Desk) -> None:
    source = Source("a")
    await desk.record(source.batch(stored_fix(attributes={"a": "\0"})), source.batch(*fixes(2)))
    found = (await lines(desk))["osmand"]
    assert (found.received, found.stored, found.pending) == (3, 2, 1)


async def test_what_is_no_batch_does_not_hide_the_rest(desk: Desk) -> None:
    await desk.put(b"garbage", incarnation="aaa")
    await desk.put(Source("b").batch(*fixes(2)))
    assert await lines(desk) == {"osmand": Line("osmand", received=2, pending=2)}


async def test_balances_at_every_moment_while_the_recorder_works(desk: Desk) -> None:
    sources = [Source(f"s{n}") for n in range(3)]

    async def feed() -> None:
        for turn in range(10):
            for number, source in enumerate(sources):
                await desk.put(source.batch(*fixes(5, number + 1), repeat=turn % 2, rejected={"place": 1}))

    async def record() -> None:
        for _ in range(10):
            await desk.recorder.record(await desk.fetch(3))

    work = asyncio.gather(feed(), record())
    received = 0
    while not work.done():
        for line in (await lines(desk)).values():
            assert line.received >= received, "it never falls back"
            assert line.pending >= 0
            received = line.received
        await asyncio.sleep(0)
    await work
    assert (await lines(desk))["osmand"].received == 3 * (10 * 6 + 5)


async def test_bus_away_is_no_error() -> None:
    assert await equation.waiting(Bus("never connected")) == {}
    async with killable_server() as server, connected(server.url) as bus:
        assert await equation.waiting(bus) == {}, "no stream yet"
        server.kill()
        await until(lambda: bus.away_since is not None)
        async with asyncio.timeout(1):
            assert await equation.waiting(bus) == {}
