"""From the real stream into the real store: nothing lost, nothing doubled, whatever breaks in between."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from backend.avl import rows as rows_module
from backend.avl.batch import Batch, StoredFix
from backend.avl.pulling import record_through
from backend.avl.recorder import Recorder, follow
from backend.bus.record import FLAG_CLOCK_AHEAD, FLAG_OFF_DUTY, unpack
from backend.bus.subjects import parse_position
from backend.clock import from_ms, now_ms
from backend.db.cluster import Cluster
from backend.db.events import after
from backend.geo.cells import cell_of
from tests.avl.makers import DISTRICT, SQUAD, Source, stored_fix
from tests.avl.recording import RETENTION_DAYS, Desk, desk
from tests.bus.servers import until
from tests.conftest import TestDatabase
from tests.db.outages import away, cut

__all__ = ["desk"]

DAY_MS = 86_400_000
TALLY = "SELECT received, stored, repeat, rejected, cumulative FROM fix_tally WHERE incarnation = :incarnation"


async def tally(desk: Desk, incarnation: str) -> dict[str, Any]:
    (row,) = await desk.rows(TALLY, incarnation=incarnation)
    return row


def drive(count: int, start: int | None = None, device: int = 1) -> list[StoredFix]:
    """A fix a second until now."""
    start = now_ms() - count * 1000 if start is None else start
    return [stored_fix(start + n * 1000, longitude=113.1 + n / 1e4, device=device, unit=device) for n in range(count)]


async def test_row_is_the_fix(desk: Desk) -> None:
    moment = now_ms() - 5_000
    await desk.record(
        Source("a").batch(
            stored_fix(moment, unit=1, alarms=1, flags=2, attributes={"battery_percent": 83.4, "名": "值"})
        )
    )
    (row,) = await desk.rows(
        "SELECT *, ST_X(place) AS x, ST_Y(place) AS y, ST_SRID(place) AS srid, jsonb_typeof(attributes) AS kind "
        "FROM fix"
    )
    assert (row["device"], row["unit"], row["district"], row["squad"]) == (1, 1, DISTRICT, SQUAD)
    assert (row["x"], row["y"], row["srid"]) == (113.1, 28.2, 4326), "longitude before latitude"
    assert (row["fixed_at"], row["received_at"]) == (from_ms(moment), from_ms(moment + 250))
    assert (row["speed"], row["heading"], row["accuracy"], row["altitude"]) == (8.25, 90.5, 6.5, 45.25)
    assert (row["alarms"], row["flags"], row["source"]) == (1, 2, 2)
    assert row["cell"] == cell_of(113.1, 28.2)
    assert (row["kind"], row["attributes"]) == ("object", {"battery_percent": 83.4, "名": "值"})


async def test_unknown_is_null_and_zero_is_zero(desk: Desk) -> None:
    unknown = stored_fix(now_ms(), speed=None, heading=None, accuracy=None, altitude=None, unit=1)
    zero = stored_fix(now_ms(), longitude=113.2, speed=0.0, heading=0.0, accuracy=0.0, altitude=0.0, unit=1)
    await desk.record(Source("a").batch(unknown, zero))
    found = await desk.rows("SELECT speed, heading, accuracy, altitude, attributes FROM fix ORDER BY speed NULLS FIRST")
    assert [tuple(row.values()) for row in found] == [(None,) * 5, (0.0, 0.0, 0.0, 0.0, None)]


async def test_what_is_there_already_is_a_repeat(desk: Desk) -> None:
    source, fixes = Source("a"), drive(10)
    await desk.record(source.batch(*fixes, repeat=2, rejected={"place": 1}))
    await desk.record(source.batch(*fixes[5:], *drive(3, start=1000 + fixes[-1].fixed_at), fixes[0]))
    assert await desk.value("SELECT count(*) FROM fix") == 13
    assert await tally(desk, "a") == {
        "received": 22,
        "stored": 13,
        "repeat": 8,
        "rejected": {"place": 1},
        "cumulative": 22,
    }


async def test_repeat_within_one_batch_and_across_batches_of_one_transaction(desk: Desk) -> None:
    source, (one,) = Source("a"), drive(1)
    await desk.record(source.batch(one, one), source.batch(one), Source("b").batch(one))
    assert await desk.value("SELECT count(*) FROM fix") == 1
    assert (await tally(desk, "a"))["repeat"] == 2
    assert (await tally(desk, "a"))["stored"] == 1
    assert (await tally(desk, "b"))["repeat"] == 1


async def test_same_batch_delivered_again_is_stored_once(desk: Desk) -> None:
    """Twice in the stream (a restart of NATS forgot its id), in one go and later."""
    batch = Source("a").batch(*drive(5))
    await desk.record(batch, batch)
    await desk.record(batch)
    assert await desk.value("SELECT count(*) FROM fix") == 5
    found = await tally(desk, "a")
    assert (found["received"], found["stored"], found["repeat"]) == (5, 5, 0)
    assert await desk.value("SELECT count(*) FROM fix_batch") == 1


async def test_commit_that_was_not_acknowledged(desk: Desk) -> None:
    """The recorder dies between its commit and its acknowledgement: the stream gives the batch again."""
    await desk.put(Source("a").batch(*drive(5)))
    messages = await desk.fetch(1)
    await desk.recorder._store([one for one in [await desk.recorder._decoded(m) for m in messages] if one is not None])
    await messages[0].nak()
    again = Recorder(desk.database, RETENTION_DAYS)
    await again.start()
    await again.record(await desk.fetch(1))
    await desk.all_acknowledged()
    assert (await tally(desk, "a"))["stored"] == 5
    assert await desk.value("SELECT count(*) FROM fix") == 5


async def test_days_of_yesterday_and_tomorrow_come_by_themselves(desk: Desk) -> None:
    now = now_ms()
    moments = [now - 3 * DAY_MS, now - DAY_MS, now, now + DAY_MS]
    await desk.record(Source("a").batch(*(stored_fix(moment, unit=1, received_at=now) for moment in moments)))
    tables = [
        row["name"] for row in await desk.rows("SELECT tableoid::regclass::text AS name FROM fix ORDER BY fixed_at")
    ]
    assert tables == [f"fix_{from_ms(moment):%Y%m%d}" for moment in moments]


async def test_older_than_retention_is_counted_as_refused(desk: Desk) -> None:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    oldest = round((midnight - timedelta(days=RETENTION_DAYS)).timestamp() * 1000)
    await desk.record(
        Source("a").batch(stored_fix(oldest, unit=1), stored_fix(oldest - 1, unit=1), rejected={"retention": 2})
    )
    found = await tally(desk, "a")
    assert (found["received"], found["stored"], found["rejected"]) == (4, 1, {"retention": 3})
    assert await desk.value("SELECT count(*) FROM unit_latest") == 1


async def test_a_day_that_went_meanwhile_comes_again(desk: Desk) -> None:
    """What comes late for a day that was let go of is no bad data."""
    yesterday = now_ms() - DAY_MS
    await desk.record(Source("a").batch(*drive(2, start=yesterday)))
    async with desk.database.transaction() as session:
        await session.execute(text("SELECT drop_fix_day(:day)"), {"day": from_ms(yesterday).date()})
    await desk.record(Source("b").batch(*drive(2, start=yesterday, device=2)), Source("c").batch(*drive(2)))
    assert await desk.value("SELECT count(*) FROM fix") == 4
    assert await desk.value("SELECT count(*) FROM fix_batch_refused") == 0


async def test_what_is_kept_already_is_a_repeat(desk: Desk) -> None:
    """A device sends again what was let go of under a hold."""
    fixes = drive(3, start=now_ms() - 2 * DAY_MS)
    await desk.record(Source("a").batch(*fixes))
    async with desk.database.transaction() as session:
        await session.execute(text("INSERT INTO kept_fix SELECT * FROM fix"))
        await session.execute(text("SELECT drop_fix_day(:day)"), {"day": from_ms(fixes[0].fixed_at).date()})
        await session.execute(text("SELECT drop_fix_day(:day)"), {"day": from_ms(fixes[2].fixed_at).date()})
    await desk.record(Source("b").batch(*fixes, stored_fix(now_ms() - 2 * DAY_MS, unit=1)))
    assert await desk.value("SELECT count(*) FROM stored_fix") == 4
    assert ((await tally(desk, "b"))["stored"], (await tally(desk, "b"))["repeat"]) == (1, 3)
    async with desk.database.transaction() as session:
        await session.execute(text("DELETE FROM kept_fix"))


async def test_what_is_off_duty_is_stored_and_nobodys_newest(desk: Desk) -> None:
    now = now_ms()
    home = stored_fix(now, unit=1, longitude=113.3, flags=FLAG_OFF_DUTY)
    await desk.record(
        Source("a").batch(stored_fix(now - 5000, unit=1), home, stored_fix(now, unit=2, flags=FLAG_OFF_DUTY))
    )
    assert await desk.value("SELECT count(*) FROM fix WHERE flags = 8") == 2
    (latest,) = await desk.rows("SELECT unit, moment FROM unit_latest")
    assert (latest["unit"], latest["moment"]) == (1, now - 5000)


async def test_newest_wins(desk: Desk) -> None:
    source, now = Source("a"), now_ms()
    await desk.record(source.batch(stored_fix(now, unit=1, longitude=113.3), stored_fix(now - 1000, unit=1)))
    await desk.record(source.batch(stored_fix(now - 500, unit=1, longitude=113.4), stored_fix(now - 9000, unit=2)))
    latest = {row["unit"]: row for row in await desk.rows("SELECT * FROM unit_latest")}
    assert set(latest) == {1, 2}
    assert latest[1]["moment"] == now
    record = unpack(bytes(latest[1]["record"]))
    assert (record.unit, record.time, record.longitude) == (1, now, 113.3)
    address = parse_position(latest[1]["subject"])
    assert (address.unit, address.cell, address.squad) == (1, cell_of(113.3, 28.2), SQUAD)


async def test_clock_ahead_does_not_stay_newest(desk: Desk) -> None:
    source, now = Source("a"), now_ms()
    ahead = stored_fix(now + 3_600_000, received_at=now, flags=FLAG_CLOCK_AHEAD, unit=1)
    await desk.record(source.batch(ahead))
    await desk.record(source.batch(stored_fix(now + 1000, received_at=now + 1000, unit=1, longitude=113.3)))
    (latest,) = await desk.rows("SELECT * FROM unit_latest")
    assert latest["moment"] == now + 1000
    stored = await desk.value("SELECT max(fixed_at) FROM fix")
    assert stored == from_ms(now + 3_600_000), "the row keeps what the device said"


async def test_first_fix_of_a_device_is_told_once(desk: Desk) -> None:
    source = Source("a")
    first, second = drive(2)
    await desk.record(source.batch(first, *drive(1, device=2)))
    await desk.record(source.batch(second))
    again = Recorder(desk.database, RETENTION_DAYS)
    again._seen.clear()  # one that does not know it yet, e.g. a second recorder
    await desk.put(source.batch(*drive(1)))
    await again.record(await desk.fetch(1))
    async with desk.database.snapshot() as session:
        events = await after(session, 0)
    assert [(event.topic, event.kind) for event in events] == [("device.seen", "device.first_seen")] * 2
    assert {event.payload["device"] for event in events} == {"d1", "d2"}
    assert {(event.unit, event.district, event.squad) for event in events} == {
        (1, DISTRICT, SQUAD),
        (2, DISTRICT, SQUAD),
    }
    assert desk.announced == events
    assert await desk.value("SELECT first_seen_at FROM device WHERE id = 1") == from_ms(first.received_at)


async def test_when_a_device_was_last_heard_is_noted_with_its_rows(desk: Desk) -> None:
    """By receipt: a fix from a buffer says that the device speaks now. Of a device that is no more there is nothing."""
    version = await desk.value("SELECT version FROM identity_version")
    newest, now = drive(3)[-1], now_ms()
    late = stored_fix(now - 3_600_000, received_at=now + 5000, device=1, unit=1)
    await desk.record(Source("a").batch(newest, late), Source("b").batch(*drive(1, device=2), *drive(1, device=99)))
    await desk.record(Source("c").batch(stored_fix(now - 500, received_at=now - 400, device=1, unit=1)))
    seen = {row["device"]: row["seen_at"] for row in await desk.rows("SELECT * FROM device_seen")}
    assert seen.keys() == {1, 2}
    assert seen[1] == from_ms(now + 5000), "and not what came later with an earlier moment"
    assert await desk.value("SELECT version FROM identity_version") == version, "it is no change of the organisation"


async def test_bad_batch_is_set_aside(desk: Desk) -> None:
    await desk.record(b"garbage", Source("a").batch(*drive(3)), b"")
    refused = await desk.rows("SELECT stream_sequence, payload, reason FROM fix_batch_refused ORDER BY stream_sequence")
    assert [(row["stream_sequence"], bytes(row["payload"])) for row in refused] == [(1, b"garbage"), (3, b"")]
    assert all(row["reason"] for row in refused)
    assert await desk.value("SELECT count(*) FROM fix") == 3


POISON = {
    "NUL in a text": stored_fix(attributes={"name": "a\0b"}),
    "unit beyond 32 bits": stored_fix(unit=2**33),
    "device beyond 32 bits": stored_fix(device=2**40),
    "device as text": stored_fix(device="one"),  # type: ignore[arg-type]
    "no device": stored_fix(device=None),  # type: ignore[arg-type]
    "time beyond all calendars": stored_fix(10**17),
    "speed no number": stored_fix(speed=float("nan")),
    "speed beyond a float": stored_fix(speed=1e300),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
async def test_row_that_can_never_be_stored_is_set_aside_and_the_others_are_not(desk: Desk, poison: StoredFix) -> None:
    """And the recorder lives on: one such row must not stop a city."""
    good, bad = Source("good"), Source("bad")
    await desk.record(good.batch(*drive(2)), bad.batch(poison), good.batch(*drive(2, device=2)))
    assert await desk.value("SELECT count(*) FROM fix") == 4
    assert await desk.value("SELECT count(*) FROM fix_batch_refused") == 1
    assert (await tally(desk, "good"))["stored"] == 4
    assert await desk.rows(TALLY, incarnation="bad") == []


async def test_source_of_another_version_is_set_aside(desk: Desk) -> None:
    good = Source("good")
    await desk.record(good.batch(*drive(1)), Source("bad", "of_tomorrow").batch(*drive(1, device=2)))
    assert await desk.value("SELECT count(*) FROM fix") == 1
    assert await desk.value("SELECT count(*) FROM fix_batch_refused") == 1


async def test_line_cut_in_the_middle_loses_and_doubles_nothing(
    desk: Desk, cluster: Cluster, database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken: list[str] = []
    for name in ("insert_fixes", "add_tally", "put_latest", "take_numbers"):

        def wrap(name: str, original: Any) -> Any:
            async def wrapped(*args: Any) -> Any:
                result = await original(*args)
                if len(broken) < 4 and name not in broken:
                    broken.append(name)
                    await asyncio.to_thread(cut, cluster, database.name)
                return result

            return wrapped

        monkeypatch.setattr(rows_module, name, wrap(name, getattr(rows_module, name)))
    source = Source("a")
    monkeypatch.setattr("backend.avl.pulling.PAUSE_S", 0.01)
    await desk.put(source.batch(*drive(50)), b"garbage", source.batch(*drive(50, device=2)))
    await record_through(desk.recorder.record, await desk.fetch(3))
    assert len(broken) == 4
    await desk.all_acknowledged()
    assert await desk.value("SELECT count(*) FROM fix") == 100
    found = await tally(desk, "a")
    assert (found["received"], found["stored"], found["repeat"]) == (100, 100, 0)
    assert await desk.value("SELECT count(*) FROM fix_batch_refused") == 1
    assert await desk.value("SELECT count(*) FROM unit_latest") == 2
    assert desk.recorder.committed == 100
    assert [event.payload["device"] for event in desk.announced] == ["d1", "d2"]


@pytest.mark.slow
async def test_follows_through_an_absence_of_the_database(desk: Desk, cluster: Cluster, database: TestDatabase) -> None:
    source = Source("a")
    task = asyncio.create_task(follow(desk.recorder, desk.bus.jetstream))
    try:
        await desk.put(source.batch(*drive(10)))
        await until(lambda: desk.recorder.committed == 10)
        with away(cluster, database.name):
            for device in (2, 3, 4):
                await desk.put(source.batch(*drive(10, device=device)))
            await asyncio.sleep(1)
            assert not task.done(), task.exception()
        await until(lambda: desk.recorder.committed == 40)
        assert await desk.value("SELECT count(*) FROM fix") == 40
        await desk.all_acknowledged()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_two_recorders_at_once(desk: Desk) -> None:
    """E.g. the old one is still at it while the new one starts."""
    sources = [Source(f"s{n}") for n in range(4)]
    fixes = [drive(30, device=n + 1) for n in range(4)]
    other = Recorder(desk.database, RETENTION_DAYS)
    batches: list[Batch] = []
    for start in range(0, 30, 5):
        batches += [source.batch(*of[start : start + 5]) for source, of in zip(sources, fixes, strict=True)]
    await desk.put(*batches)
    messages = await desk.fetch(len(batches))
    halves = [messages[0::2], messages[1::2]]
    await asyncio.gather(
        record_through(desk.recorder.record, halves[0]),
        record_through(other.record, halves[1]),
        record_through(other.record, []),
    )
    assert await desk.value("SELECT count(*) FROM fix") == 120
    assert await desk.value("SELECT sum(stored) FROM fix_tally") == 120
    assert await desk.value("SELECT count(*) FROM event") == 4


async def test_numbers_are_forgotten_an_hour_after_the_stream_let_go(desk: Desk) -> None:
    source = Source("a")
    await desk.record(*(source.batch(*drive(1, start=now_ms() - n)) for n in range(4)))
    async with desk.database.transaction() as session:
        await session.execute(text("UPDATE fix_batch SET committed_at = now() - interval '2 hours' WHERE number <= 3"))
    async with desk.database.transaction() as session:
        await rows_module.forget_numbers(session, 2)
    assert [row["number"] for row in await desk.rows("SELECT number FROM fix_batch ORDER BY 1")] == [3, 4]
    assert (await tally(desk, "a"))["received"] == 4, "sums stay"
