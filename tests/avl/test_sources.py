"""Several devices of one unit: who is believed, when another takes over, and what a track tells of it."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from backend.avl.messages import Fix
from backend.avl.passage import Knowledge, Passage
from backend.avl.pipeline import DAY_MS, run
from backend.avl.protocols import PROTOCOLS
from backend.avl.samples import Samples
from backend.avl.sources import precedence_of
from backend.avl.speakers import FRESH_MS, MOST_SOURCES, Speakers
from backend.avl.tracks import read_samples, read_track
from backend.bus.record import FLAG_SECOND_SOURCE, precedence_in, unpack
from backend.bus.subjects import ALL_POSITIONS
from backend.clock import now_ms
from backend.identity.registry import KnownDevice, Organisation
from backend.identity.rights import EVERYTHING
from tests.avl.answers import post
from tests.avl.makers import CAR, Source, device, organisation, running_ingest, stored_fix
from tests.avl.recording import Desk, desk
from tests.avl.test_device_ports import answer
from tests.avl.test_listeners import START, fix, phone
from tests.bus.servers import connected, until
from tests.conftest import TestBus

__all__ = ["desk"]

NOW = 1_772_352_930_000
TERMINAL = device("terminal", 1, protocol="jt808")
TELEPHONE = device("telephone", 2, protocol="osmand")
numbers = itertools.count()
TABLET = device("tablet", 3, protocol="osmand", precedence=250)


def knowledge() -> Knowledge:
    return Knowledge(retention_ms=90 * DAY_MS, future_limit_ms=DAY_MS)


def say(known: Knowledge, by: KnownDevice, at_s: float, measured_s: float | None = None) -> Passage:
    """A fix that comes so long after NOW, measured then unless it says otherwise."""
    measured = NOW + round(1000 * (at_s if measured_s is None else measured_s))
    # Some centimetres from one to the next: no two are a repetition, and none is a jump.
    one = Passage(
        Fix(fixed_at=measured, longitude=113.1, latitude=28.2 + next(numbers) % 1000 * 1e-6),
        by,
        PROTOCOLS[by.protocol].number,
        NOW + round(1000 * at_s),
    )
    assert run(one, known) is None
    return one


def told(passage: Passage) -> tuple[bool, bool]:
    """Announced, and in tracks?"""
    return passage.announce, not passage.flags & FLAG_SECOND_SOURCE


def test_what_is_built_in_is_believed_before_what_is_carried() -> None:
    assert [precedence_of(one) for one in (TERMINAL, TELEPHONE, TABLET)] == [100, 200, 250]
    carried = {name for name, entry in PROTOCOLS.items() if entry.precedence > 100}
    assert carried == {"osmand", "owntracks", "field"}


def test_the_better_one_is_told_and_the_lesser_takes_over_when_it_falls_silent() -> None:
    known = knowledge()
    assert told(say(known, TELEPHONE, 0)) == (True, True), "alone"
    assert told(say(known, TERMINAL, 1)) == (True, True), "the better one comes"
    assert told(say(known, TELEPHONE, 2)) == (False, False)
    assert not say(known, TELEPHONE, 3).stored().may_lead
    assert told(say(known, TELEPHONE, 31)) == (False, False), "as long as it is fresh"
    assert told(say(known, TELEPHONE, 31.1)) == (True, True), "it fell silent"
    assert told(say(known, TERMINAL, 40)) == (True, True), "it is back, and wins at once"
    assert told(say(known, TELEPHONE, 41)) == (False, False)


def test_its_own_number_goes_before_that_of_its_protocol() -> None:
    known, first = knowledge(), replace(TELEPHONE, precedence=1)
    say(known, first, 0)
    assert told(say(known, TERMINAL, 1)) == (False, False)


def test_among_equals_the_newest_wins() -> None:
    known, other = knowledge(), replace(TERMINAL, id=9, identifier="other")
    assert told(say(known, TERMINAL, 0)) == (True, True)
    assert told(say(known, other, 1)) == (True, True)
    assert told(say(known, TERMINAL, 2, measured_s=0.5)) == (False, True), "late, and told"
    assert told(say(known, TERMINAL, 3)) == (True, True)


def test_three_in_their_order() -> None:
    known = knowledge()
    for number in range(5):
        assert told(say(known, TABLET, number * 10)) == (True, True)
    assert told(say(known, TELEPHONE, 41)) == (True, True)
    assert told(say(known, TERMINAL, 42)) == (True, True)
    say(known, TELEPHONE, 60)
    assert told(say(known, TABLET, 73)) == (False, False), "the terminal is silent, the telephone is not"
    assert told(say(known, TELEPHONE, 74)) == (True, True)


def test_what_was_kept_does_not_count_as_speaking() -> None:
    """The terminal sends this morning's fixes: it is not there now, so the telephone goes on to be told."""
    known = knowledge()
    assert told(say(known, TELEPHONE, 0)) == (True, True)
    assert told(say(known, TERMINAL, 1, measured_s=-3600)) == (False, True), "stored and in the track, but old"
    assert told(say(known, TELEPHONE, 2)) == (True, True)


def test_what_a_lesser_one_kept_is_judged_by_when_it_was_measured() -> None:
    known = knowledge()
    for number in range(20):
        say(known, TERMINAL, number * 10)
    assert told(say(known, TELEPHONE, 195, measured_s=100)) == (False, False), "the terminal spoke then"
    assert told(say(known, TELEPHONE, 195, measured_s=-50)) == (False, True), "nobody better did"
    assert told(say(known, TELEPHONE, 400, measured_s=50)) == (False, False), "nor is that forgotten when it is gone"
    assert told(say(known, TELEPHONE, 401, measured_s=300)) == (True, True)


def test_what_cannot_be_true_and_what_is_off_duty_speaks_for_nobody() -> None:
    known = knowledge()
    say(known, TERMINAL, 0)
    far = Passage(Fix(fixed_at=NOW + 25_000, longitude=114.1, latitude=28.2), TERMINAL, 3, NOW + 25_000)
    assert run(far, known) is None
    assert told(say(known, TELEPHONE, 31)) == (True, True)
    parked = replace(TERMINAL, unit=replace(CAR, on_duty=False))
    assert told(say(known, parked, 32)) == (False, True), "off duty is another flag"
    assert told(say(known, TELEPHONE, 33)) == (True, True)


def test_an_announcement_of_another_ingest_counts() -> None:
    known = knowledge()
    known.speakers.heard_elsewhere(CAR.number, 100, NOW, NOW)
    assert told(say(known, TELEPHONE, 1)) == (False, False)
    assert told(say(known, TERMINAL, 2)) == (True, True), "an equal is no better one"
    known.speakers.heard_elsewhere(CAR.number, 0, NOW + 60_000, NOW + 60_000)
    assert told(say(known, TELEPHONE, 60)) == (True, True), "of an unknown one nothing is known"


def test_memory_is_bounded_by_the_units() -> None:
    speakers = Speakers()
    for number in range(100):
        speakers.hear(7, number, 1 + number, NOW + number, NOW + number)
    assert len(speakers._spells[7]) == MOST_SOURCES
    assert len(speakers.better(7, -1, 255)) == MOST_SOURCES
    speakers.hear(8, 1, 1, NOW, NOW)
    speakers.forget_gone(organisation(device()))
    assert set(speakers._spells) == {7}
    speakers.forget_gone(Organisation())
    assert not speakers._spells


@dataclass(frozen=True)
class Talk:
    """Who speaks, how long after the one before (s), how old his fix is (s)."""

    who: int
    after: float
    age: float


DEVICES = (TERMINAL, TELEPHONE, TABLET, replace(TELEPHONE, id=4, identifier="second telephone"))
talks = st.builds(
    Talk, st.integers(0, len(DEVICES) - 1), st.floats(0.01, 40), st.one_of(st.just(0.0), st.floats(0, 10))
)


@given(st.lists(talks, min_size=1, max_size=40))
def test_no_lesser_one_is_announced_while_a_better_one_is_fresh(said: list[Talk]) -> None:
    known, clock = knowledge(), 0.0
    heard: dict[int, float] = {}
    for one in said:
        clock += one.after
        by = DEVICES[one.who]
        found = say(known, by, clock, clock - one.age)
        better = [
            other
            for other, at in heard.items()
            if precedence_of(DEVICES[other]) < precedence_of(by) and clock - at < FRESH_MS / 1000 - 0.002
        ]
        if better:
            assert not found.announce
        if found.flags & FLAG_SECOND_SOURCE:
            assert not found.announce
            assert not found.stored().may_lead
        heard[one.who] = clock


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=40), st.integers(0, 3))
def test_who_speaks_alone_is_always_announced(pauses: list[float], who: int) -> None:
    known, clock = knowledge(), 0.0
    for pause in pauses:
        clock += pause
        assert told(say(known, DEVICES[who], clock)) == (True, True)


@given(st.lists(talks, max_size=20), st.integers(0, 3))
def test_who_is_left_takes_over_after_the_freshness(before: list[Talk], who: int) -> None:
    known, clock = knowledge(), 0.0
    for one in before:
        clock += one.after
        say(known, DEVICES[one.who], clock, clock - one.age)
    clock += FRESH_MS / 1000 + 0.01
    assert told(say(known, DEVICES[who], clock)) == (True, True)


async def test_two_ingests_agree_on_who_is_told(nats_server: TestBus) -> None:
    """The terminal talks to one, the telephone to the other."""
    async with (
        running_ingest(nats_server.url, protocols=("field",)) as one,
        running_ingest(nats_server.url, source_fresh_s=1.5) as other,
        phone(other) as telephone,
        connected(nats_server.url) as ear,
    ):
        heard: list[bytes] = []
        await ear.subscribe(ALL_POSITIONS, lambda message: heard.append(message.data))
        await ear.flush()
        built_in = device("terminal", 1, protocol="field", precedence=10)
        for rig in (one, other):
            rig.know(built_in, device("phone", 2))
        body = b'{"identifier":"terminal","token":"k3y","fixes":[{"at":%d,"longitude":113.1,"latitude":28.2}]}'
        assert (await answer(one, "field", post(body % now_ms())))[0] == 200
        await until(lambda: other.ingest.latest.moments)
        telephone.send(fix(now_ms() - START))
        assert await telephone.status() == 200, "stored and answered"
        await ear.flush()
        assert [(unpack(data).source, precedence_in(data)) for data in heard] == [(7, 10)]
        await asyncio.sleep(1.6)
        telephone.send(fix(now_ms() - START))
        assert await telephone.status() == 200
        await until(lambda: len(heard) == 2)
        assert (unpack(heard[1]).source, precedence_in(heard[1])) == (2, 200)


@pytest_asyncio.fixture
async def recorded(desk: Desk) -> AsyncIterator[Desk]:
    """A minute of a terminal, and of a telephone that was second all the time but in the last ten seconds."""
    now, source = now_ms() - 60_000, Source("sources")
    fixes = [stored_fix(now + 1000 * n, device=1, unit=1) for n in range(50)]
    fixes += [
        stored_fix(now + 1000 * n + 500, device=2, unit=1, longitude=113.2, flags=FLAG_SECOND_SOURCE if n < 50 else 0)
        for n in range(60)
    ]
    await desk.record(source.batch(*fixes))
    yield desk


async def test_history_tells_one_source_at_a_time_and_keeps_all(recorded: Desk) -> None:
    desk, now = recorded, now_ms()
    assert await desk.value("SELECT count(*) FROM fix WHERE unit = 1") == 110
    async with desk.database.snapshot() as session:
        track = await read_track(session, EVERYTHING, 1, now - 3_600_000, now)
        samples: Samples = await read_samples(session, EVERYTHING, 1, now - 3_600_000, now)
    assert track.longitudes == pytest.approx([113.1] * 50 + [113.2] * 10)
    assert samples.longitudes.tolist() == pytest.approx(track.longitudes)
    latest = await desk.value("SELECT record FROM unit_latest WHERE unit = 1")
    assert unpack(bytes(latest)).longitude == pytest.approx(113.2)


async def test_a_second_source_is_never_its_units_newest(desk: Desk) -> None:
    now, source = now_ms(), Source("newest")
    await desk.record(
        source.batch(
            stored_fix(now - 5000, device=3, unit=3),
            stored_fix(now, device=4, unit=3, longitude=113.3, flags=FLAG_SECOND_SOURCE),
        )
    )
    assert await desk.value("SELECT moment FROM unit_latest WHERE unit = 3") == now - 5000


async def test_a_device_in_the_store_has_its_own_number_or_none(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        await session.execute(text("UPDATE device SET precedence = 7 WHERE id = 1"))
    assert await desk.rows("SELECT precedence FROM device WHERE id IN (1, 2) ORDER BY id") == [
        {"precedence": 7},
        {"precedence": None},
    ]
