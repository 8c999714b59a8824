"""Who is alive, as one process hears it. The clock is set by hand: nothing here waits for a silence."""

import asyncio

import pytest

from backend.bus import beats, connection
from backend.bus.beats import SILENCE_MS, STARTING_MS, Beat, PartState, Watch, beat_subject, encode_beat
from backend.bus.connection import Bus
from tests.bus.servers import connected, killable_server, until
from tests.conftest import TestBus

PARTS = ("ingest", "recorder")


class Clock:
    """The time that `beats` sees, ms."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1_000_000
        monkeypatch.setattr(beats, "now_ms", lambda: self.now)
        monkeypatch.setattr(connection, "now_ms", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def states(watch: Watch) -> dict[str, PartState]:
    return {part.name: part for part in watch.look()}


async def beat(bus: Bus, part: str, watch: Watch) -> None:
    """Say it and wait until this watch heard it."""
    before = watch._heard.get(part)
    await bus.publish(beat_subject(part), encode_beat(Beat(part, 42, 5, None, {"received": {"osmand": 3}})))
    await until(lambda: watch._heard.get(part) is not before)


async def test_part_falls_silent_and_returns(nats_server: TestBus, clock: Clock) -> None:
    async with connected(nats_server.url) as bus:
        watch = Watch(bus, PARTS, lambda: None)
        await watch.listen()
        for part in PARTS:
            await beat(bus, part, watch)
        heard = clock.now
        assert {name: part.state for name, part in states(watch).items()} == dict.fromkeys(
            ("database", "bus", *PARTS), "ok"
        )
        assert states(watch)["ingest"].detail == {"pid": 42, "began": 5, "received": {"osmand": 3}}
        clock.now += SILENCE_MS
        await beat(bus, "recorder", watch)
        assert states(watch)["ingest"].state == "ok"
        clock.now += 1
        assert (states(watch)["ingest"].state, states(watch)["ingest"].since) == ("away", heard)
        assert states(watch)["recorder"].state == "ok"
        clock.now += 1000
        assert states(watch)["ingest"].since == heard, "since holds still while the state does"
        await beat(bus, "ingest", watch)
        assert (states(watch)["ingest"].state, states(watch)["ingest"].since) == ("ok", clock.now)


async def test_part_that_was_never_heard_is_given_time_to_start(nats_server: TestBus, clock: Clock) -> None:
    async with connected(nats_server.url) as bus:
        watch = Watch(bus, PARTS, lambda: None)
        began = clock.now
        assert states(watch)["ingest"].state == "ok"
        clock.now += STARTING_MS
        assert states(watch)["ingest"].state == "ok"
        clock.now += 1
        assert states(watch)["ingest"] == PartState("ingest", "away", began, {})


async def test_database_is_judged_by_the_process_itself(nats_server: TestBus, clock: Clock) -> None:
    away: int | None = None
    async with connected(nats_server.url) as bus:
        watch = Watch(bus, (), lambda: away)
        assert states(watch)["database"].state == "ok"
        away = 999_000
        assert states(watch)["database"] == PartState("database", "away", 999_000, {})
        away = None
        clock.now += 5
        assert states(watch)["database"] == PartState("database", "ok", clock.now, {})


async def test_bus_away_says_nothing_about_the_others(clock: Clock) -> None:
    async with killable_server() as server, connected(server.url) as bus:
        watch = Watch(bus, PARTS, lambda: None)
        await watch.listen()
        assert states(watch)["recorder"].state == "ok"
        clock.now += STARTING_MS + 1
        await beat(bus, "ingest", watch)
        before = states(watch)
        assert (before["ingest"].state, before["recorder"].state) == ("ok", "away")
        server.kill()
        await until(lambda: bus.away_since is not None)
        for _ in range(3):
            clock.now += 60_000
            during = states(watch)
            assert during["bus"].state == "away"
            assert [during[name] for name in PARTS] == [before[name] for name in PARTS]
        await server.start()
        await until(lambda: bus.away_since is None)
        after = states(watch)
        assert after["bus"] == PartState("bus", "ok", clock.now, {})
        assert after["ingest"].state == "ok", "it had no chance yet to be heard"
        clock.now += SILENCE_MS
        assert states(watch)["ingest"].state == "ok"
        clock.now += 1
        assert states(watch)["ingest"].state == "away", "now it had"
        await beat(bus, "ingest", watch)
        assert states(watch)["ingest"].state == "ok"


async def test_what_is_no_beat_changes_nothing(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus:
        watch = Watch(bus, PARTS, lambda: None)
        await watch.listen()
        await bus.publish(beat_subject("ingest"), b"garbage")
        await bus.publish(beat_subject("ingest"), b'{"part": "ingest"}')
        await beat(bus, "recorder", watch)
        assert states(watch)["recorder"].detail["pid"] == 42
        assert states(watch)["ingest"].detail == {}
        await asyncio.sleep(0)


def test_public_says_no_detail() -> None:
    assert PartState("ingest", "ok", 5, {"pid": 1}).public() == {"name": "ingest", "state": "ok", "since": 5}
