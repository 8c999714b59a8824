"""The steps that every fix goes through."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.avl import pipeline
from backend.avl.batch import decode, encode
from backend.avl.messages import ALARM_SOS, Fix
from backend.avl.passage import REPEAT, Knowledge, Passage, Stop
from backend.avl.pipeline import (
    CLOCK_TOLERANCE_MS,
    DAY_MS,
    FASTEST,
    RECENT,
    STEPS,
    run,
)
from backend.bus.record import FLAG_ALARM, FLAG_CLOCK_AHEAD, FLAG_OFF_DUTY, FLAG_SIMULATED, unpack
from backend.geo.cells import cell_of
from tests.avl.makers import CAR, Source, device, off_duty

NOW = 1_772_352_930_000  # 2026-03-01 08:15:30 UTC
RETENTION_DAYS = 90
FUTURE_MS = 86_400_000


@pytest.fixture
def known() -> Knowledge:
    return knowledge()


def knowledge() -> Knowledge:
    return Knowledge(retention_ms=RETENTION_DAYS * DAY_MS, future_limit_ms=FUTURE_MS)


def fix(fixed_at: int | None = NOW - 1000, longitude: float = 113.1, latitude: float = 28.2, **more: float) -> Fix:
    return Fix(fixed_at=fixed_at, longitude=longitude, latitude=latitude, **more)  # type: ignore[arg-type]


def passage(of: Fix, received_at: int = NOW, *, simulated: bool = False) -> Passage:
    return Passage(of, device(simulated=simulated), 2, received_at)


def test_order_is_written_down() -> None:
    assert [step.__name__ for step in STEPS] == [
        "sane",
        "datum",
        "on_duty",
        "repeated",
        "jumped",
        "preferred",
        "late",
        "cell",
        "alarmed",
        "fenced",
        "standing",
        "thinned",
    ]


def test_fix_that_passes(known: Knowledge) -> None:
    one = passage(fix(speed=12.0, heading=90.0, accuracy=5.0, altitude=40.0))
    assert run(one, known) is None
    stored = one.stored()
    assert one.announce
    assert (stored.device, stored.unit, stored.district, stored.squad) == (1, CAR.number, CAR.district, CAR.squad)
    assert (stored.fixed_at, stored.received_at, stored.moment) == (NOW - 1000, NOW, NOW - 1000)
    assert stored.cell == cell_of(113.1, 28.2)
    assert (stored.flags, stored.alarms, stored.attributes) == (0, 0, None)
    record = unpack(stored.record())
    assert (record.unit, record.time, record.age, record.source) == (CAR.number, NOW - 1000, 1.0, 2)
    assert (record.speed, record.heading, record.accuracy) == (12.0, 90.0, 5.0)


NAN, INFINITY = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("given_fix", "reason"),
    [
        pytest.param(fix(longitude=180.0001), "place", id="east of the world"),
        pytest.param(fix(latitude=-90.0001), "place", id="south of the world"),
        pytest.param(fix(longitude=NAN), "place", id="longitude no number"),
        pytest.param(fix(latitude=INFINITY), "place", id="latitude infinite"),
        pytest.param(fix(longitude=0.0, latitude=0.0), "null_island", id="null island"),
        pytest.param(fix(longitude=-0.0, latitude=0.0), "null_island", id="null island with a sign"),
        pytest.param(fix(speed=FASTEST + 0.1), "speed", id="too fast"),
        pytest.param(fix(speed=-0.1), "speed", id="backwards"),
        pytest.param(fix(speed=NAN), "speed", id="speed no number"),
        pytest.param(fix(NOW + FUTURE_MS + 1), "future", id="too far ahead"),
        pytest.param(fix(10**300), "future", id="after the end of time"),
        pytest.param(fix(-(10**300)), "retention", id="before its beginning"),
        pytest.param(fix(0), "retention", id="1970"),
    ],
)
def test_stops_of_sane(known: Knowledge, given_fix: Fix, reason: str) -> None:
    one = passage(given_fix)
    assert run(one, known) == Stop(reason)
    assert known.newest == {}, "what is refused teaches nothing"
    assert known.recent == {}


@pytest.mark.parametrize(
    "given_fix",
    [
        pytest.param(fix(longitude=180.0, latitude=90.0), id="corner of the world"),
        pytest.param(fix(longitude=-180.0, latitude=-90.0), id="other corner"),
        pytest.param(fix(longitude=0.0, latitude=51.5), id="Greenwich"),
        pytest.param(fix(speed=0.0), id="standing"),
        pytest.param(fix(speed=FASTEST), id="as fast as can be"),
        pytest.param(fix(NOW + FUTURE_MS), id="as far ahead as can be"),
        pytest.param(fix(heading=360.0, accuracy=1e9, altitude=-400.0), id="odd but possible"),
    ],
)
def test_edges_that_pass(known: Knowledge, given_fix: Fix) -> None:
    one = passage(given_fix)
    assert run(one, known) is None
    assert len(one.stored().record()) == 32


@pytest.mark.parametrize("seconds_into_the_day", [0, 1, 43_200, 86_399])
def test_retention_ends_at_a_day_boundary(known: Knowledge, seconds_into_the_day: int) -> None:
    """The store drops whole days: what is taken must still have its day, whatever the time of day."""
    midnight = NOW // DAY_MS * DAY_MS
    now = midnight + seconds_into_the_day * 1000
    oldest = midnight - RETENTION_DAYS * DAY_MS
    assert run(passage(fix(oldest), now), known) is None
    assert run(passage(fix(oldest - 1), now), known) == Stop("retention")


@pytest.mark.parametrize(
    ("ahead", "flagged"), [(-1, False), (0, False), (CLOCK_TOLERANCE_MS, False), (CLOCK_TOLERANCE_MS + 1, True)]
)
def test_clock_ahead_is_flagged_and_shown_at_its_receipt(known: Knowledge, ahead: int, flagged: bool) -> None:
    one = passage(fix(NOW + ahead))
    assert run(one, known) is None
    stored = one.stored()
    assert bool(stored.flags & FLAG_CLOCK_AHEAD) is flagged
    assert stored.fixed_at == NOW + ahead, "the row keeps what the device said"
    assert stored.moment == (NOW if flagged else NOW + ahead)
    assert unpack(stored.record()).time == stored.moment
    assert unpack(stored.record()).age == 0 if ahead >= 0 else True
    assert known.newest == {CAR.number: stored.moment}


def test_clock_ahead_does_not_hide_what_follows(known: Knowledge) -> None:
    """A clock that was an hour ahead and is set right must not silence the unit for an hour."""
    assert run(passage(fix(NOW + 3_600_000)), known) is None
    later = passage(fix(NOW + 1000, longitude=113.101), NOW + 1000)
    assert run(later, known) is None
    assert later.announce


def test_no_time_is_the_time_of_receipt(known: Knowledge) -> None:
    one = passage(fix(None))
    assert run(one, known) is None
    assert one.stored().fixed_at == NOW


def test_flags(known: Knowledge) -> None:
    one = passage(replace(fix(), alarms=ALARM_SOS), simulated=True)
    assert run(one, known) is None
    assert one.stored().flags == FLAG_ALARM | FLAG_SIMULATED
    assert one.stored().alarms == ALARM_SOS


@pytest.mark.parametrize(("seconds", "stored"), [(-1, False), (0, True), (1, True)])
def test_what_a_personal_telephone_took_off_duty_is_refused_when_it_comes_on_duty(
    known: Knowledge, seconds: int, stored: bool
) -> None:
    """It kept its fixes for itself, without a network perhaps, and sends them at the beginning of the next shift."""
    since = NOW - 60_000
    unit = replace(CAR, duty_since=since)
    one = Passage(fix(since + seconds * 1000), device(unit=unit, personal=True), 2, NOW)
    assert run(one, known) == (None if stored else Stop("off_duty"))
    of_the_city = Passage(fix(since + seconds * 1000), device(unit=unit, number=2), 2, NOW)
    assert run(of_the_city, known) is None


def test_a_personal_telephone_off_duty_is_refused_and_teaches_nothing(known: Knowledge) -> None:
    one = Passage(fix(), device(unit=off_duty(), personal=True), 2, NOW)
    assert run(one, known) == Stop("off_duty")
    assert (known.newest, known.recent) == ({}, {})
    back = passage(fix())
    assert run(back, known) is None
    assert back.announce


def test_a_government_vehicle_off_duty_is_stored_and_not_announced(known: Knowledge) -> None:
    one = Passage(replace(fix(NOW - 500), alarms=ALARM_SOS), device(unit=off_duty(), simulated=True), 2, NOW)
    assert run(one, known) is None
    assert not one.announce
    assert one.stored().flags == FLAG_ALARM | FLAG_SIMULATED | FLAG_OFF_DUTY
    assert not one.stored().may_lead
    assert [fact.alarms for fact in one.facts] == [ALARM_SOS], "help is called for off duty, too"
    assert one.stored().cell == cell_of(113.1, 28.2)
    assert known.newest == {}, "nothing measured off duty makes a later one late"
    assert run(Passage(fix(NOW - 500), device(unit=off_duty()), 2, NOW), known) is None, "alarms tell them apart"
    back = passage(fix(NOW - 800))
    assert run(back, known) is None
    assert (back.announce, back.stored().may_lead) == (True, True), "the first one on duty shows"


@given(
    st.lists(st.tuples(st.integers(-60, 60), st.booleans(), st.booleans(), st.integers(0, 90)), min_size=1, max_size=30)
)
def test_nothing_off_duty_is_ever_announced_or_changes_what_is(reports: list[tuple[int, bool, bool, int]]) -> None:
    """Whatever comes between, what is on duty fares as if the rest had never been sent."""

    def announced(only_on_duty: bool) -> list[int]:
        known, told = knowledge(), []
        for place, (seconds, on_duty, personal, ahead) in enumerate(reports):
            if only_on_duty and not on_duty:
                continue
            one = Passage(
                fix(NOW + seconds * 1000 + ahead, longitude=113.1 + place / 1e4),
                device(unit=CAR if on_duty else off_duty(), personal=personal),
                2,
                NOW,
            )
            stop = run(one, known)
            assert on_duty or not one.announce or stop == Stop("off_duty")
            assert stop is None if on_duty or not personal else stop == Stop("off_duty")
            assert bool(one.flags & FLAG_OFF_DUTY) is (not on_duty and not personal)
            if stop is None and one.announce:
                told.append(place)
        return told

    assert announced(False) == announced(True)


def test_repeat_is_known_at_once(known: Knowledge) -> None:
    assert run(passage(fix()), known) is None
    assert run(passage(fix()), known) is REPEAT
    assert run(passage(fix(speed=3.0)), known) is REPEAT, "speed is not what a fix is known by"


@pytest.mark.parametrize(
    "other",
    [fix(NOW - 999), fix(longitude=113.1 + 2e-7), fix(latitude=28.2 - 2e-7), replace(fix(), alarms=ALARM_SOS)],
    ids=["moment", "longitude", "latitude", "alarms"],
)
def test_what_differs_is_no_repeat(known: Knowledge, other: Fix) -> None:
    assert run(passage(fix()), known) is None
    assert run(passage(other), known) is None


def test_another_device_of_the_same_unit_is_no_repeat(known: Knowledge) -> None:
    assert run(passage(fix()), known) is None
    assert run(Passage(fix(), device("tablet", 2), 2, NOW), known) is None


def test_memory_of_repeats_is_bounded(known: Knowledge) -> None:
    for step in range(RECENT + 1):
        assert run(passage(fix(NOW - step)), known) is None
    assert run(passage(fix(NOW - 1)), known) is REPEAT
    assert run(passage(fix(NOW)), known) is None, "the store will know it"
    assert len(known.recent[1]) == RECENT


def test_back_fill_is_stored_and_not_announced(known: Knowledge) -> None:
    newest = passage(fix(NOW - 1000))
    older = passage(fix(NOW - 60_000))
    same = passage(fix(NOW - 1000, longitude=113.2))
    assert [run(one, known) for one in (newest, older, same)] == [None] * 3
    assert [one.announce for one in (newest, older, same)] == [True, False, False]
    assert known.newest == {CAR.number: NOW - 1000}
    assert older.cell != 0


@given(st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_announced_moments_only_rise(moments: list[int]) -> None:
    known = knowledge()
    announced = []
    for moment in moments:
        one = passage(fix(NOW - 1000 + moment))
        if run(one, known) is None and one.announce:
            announced.append(moment)
    assert announced == sorted(set(announced))
    assert announced[-1] == max(moments)
    assert pipeline.DAY_MS == 24 * 3600 * 1000


numbers = st.floats(-1e15, 1e15, exclude_min=True, exclude_max=True)


@given(
    st.builds(
        Fix,
        fixed_at=st.none() | st.integers(NOW - 100 * DAY_MS, NOW + 2 * DAY_MS) | st.integers(),
        longitude=numbers | st.floats(-180, 180),
        latitude=numbers | st.floats(-90, 90),
        speed=st.none() | numbers | st.floats(0, FASTEST),
        heading=st.none() | numbers,
        accuracy=st.none() | numbers,
        altitude=st.none() | numbers,
        alarms=st.integers(0, 2**63 - 1),
    )
)
def test_whatever_passes_can_be_announced_and_stored(any_fix: Fix) -> None:
    """One odd device must not spoil the batch that it shares with others. Decoders give numbers below 1e15."""
    one = passage(any_fix)
    if run(one, knowledge()) is None:
        stored = one.stored()
        assert decode(encode(Source("a").batch(stored))).fixes == [stored]
        assert unpack(stored.record()).unit == CAR.number


def test_an_alarm_is_a_fact_once_for_as_long_as_it_stays_raised(known: Knowledge) -> None:
    def pass_through(seconds: int, alarms: int) -> list[str]:
        one = passage(fix(NOW - 60_000 + seconds * 1000, alarms=alarms))
        assert run(one, known) is None
        return [fact.id for fact in one.facts]

    assert pass_through(0, 0) == []
    (first,) = pass_through(1, ALARM_SOS)
    assert pass_through(2, ALARM_SOS) == []
    (other,) = pass_through(3, ALARM_SOS | 2)
    assert other.endswith(":2")
    assert pass_through(4, 0) == []
    (again,) = pass_through(5, ALARM_SOS)
    assert again != first


def test_a_fact_says_who_when_and_where(known: Knowledge) -> None:
    one = passage(fix(alarms=ALARM_SOS))
    run(one, known)
    (fact,) = one.facts
    assert (fact.kind, fact.unit, fact.device, fact.alarms) == ("alarm", CAR.number, 1, ALARM_SOS)
    assert (fact.district, fact.squad, fact.at, fact.received_at) == (CAR.district, CAR.squad, NOW - 1000, NOW)
    assert (fact.longitude, fact.latitude, fact.cell) == (113.1, 28.2, cell_of(113.1, 28.2))
