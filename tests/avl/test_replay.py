"""A replay shows at each moment what was stored by then: in order, at its speed, and only what may be seen."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from backend.avl import replay as module
from backend.avl import replay_rows
from backend.avl.replay_rows import REMEMBERED_MS
from backend.clock import to_ms
from backend.db.engine import Database, is_away
from backend.identity.rights import EVERYTHING, Rights, Scope
from tests.avl.makers import NOWHERE
from tests.avl.replaying import EVERY_RIGHT, drive, hello, screening
from tests.avl.test_history import TODAY
from tests.conftest import TestBus, TestDatabase
from tests.live.site import Site, running_site

START = TODAY - timedelta(hours=1)  # of a day that has passed, into the next one
HOUR_MS = 3_600_000


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    async with running_site(database, nats_server) as running_one:
        yield running_one


async def unit_driving(site: Site, squad: int = 0, count: int = 60, **given: float) -> int:
    (unit,) = await site.add_units(1, squad)
    await drive(site, unit, START, count, **given)  # type: ignore[arg-type]
    return unit


def at(seconds: float) -> int:
    return to_ms(START) + round(seconds * 1000)


# Time


@pytest.mark.parametrize("speed", [1, 2.5, 60])
async def test_time_passes_as_many_times_as_fast(site: Site, speed: float) -> None:
    async with screening(site, hello(START, 3600, units=[await unit_driving(site)], speed=speed)) as shown:
        assert shown.time == at(0)
        await shown.play(4)
        assert shown.time == pytest.approx(at(4 * speed), abs=2)
        shown.replay.run_at(10)
        await shown.play(4)
        assert shown.time == pytest.approx(at(4 * speed + 40), abs=2)


@pytest.mark.parametrize("speed", [1, 7, 60])
async def test_at_each_moment_the_newest_fix_is_shown(site: Site, speed: float) -> None:
    slow = await unit_driving(site, count=7, step=10.0, east=1e-4)
    quick = await unit_driving(site, count=120, step=0.5, east=1e-6)
    async with screening(site, hello(START, 60, units=[slow, quick], speed=speed)) as shown:
        while shown.replay.clock.state == "playing":
            await shown.step()
            passed = shown.time - at(0)
            time, longitude = shown.places[slow]
            assert time == at(passed // 10_000 * 10)
            assert longitude == pytest.approx(113.1 + passed // 10_000 * 1e-4, abs=1e-6)
            # Of several in one tick the last is shown; ticks of the clock and steps of the store are not the same.
            assert 0 <= shown.time - shown.places[quick][0] <= 500 + 200 * speed
    assert shown.browser.of_type("replay")[-1]["state"] == "ended"


async def test_records_bear_what_is_stored(site: Site) -> None:
    unit = await unit_driving(site)
    async with screening(site, hello(START, 60, units=[unit])) as shown:
        record = shown.browser.positions[unit]
        assert (record.time, record.longitude, record.latitude) == (at(0), 113.1, 28.2)
        assert (record.speed, record.heading, record.accuracy, record.age, record.source) == (8.25, 90.5, 6.5, 0.0, 2)
        assert shown.browser.frame_time == at(0), "frames bear the time of the replay"


async def test_a_pause_is_one(site: Site) -> None:
    async with screening(site, hello(START, 600, units=[await unit_driving(site)], speed=10)) as shown:
        await shown.play(2)
        shown.replay.pause()
        before, frames = shown.time, len(shown.browser.frames)
        await shown.play(30)
        assert (shown.time, len(shown.browser.frames)) == (before, frames)
        shown.replay.play()
        await shown.play(1)
        assert shown.time == pytest.approx(before + 10_000, abs=2)
        assert [one["state"] for one in shown.browser.of_type("replay")[-2:]] == ["paused", "playing"]


async def test_to_seek_shows_what_playing_there_shows(site: Site) -> None:
    units = [await unit_driving(site, step=step) for step in (5, 13, 40)]
    message = hello(START, 3600, area="113.09,28.19,113.13,28.21", speed=20)
    async with screening(site, message) as shown:
        seen = {}
        for _ in range(12):
            await shown.play(3)
            seen[shown.time] = shown.places
        assert set(units) & set(seen[min(seen)])
        for moment, places in sorted(seen.items(), reverse=True):  # back in time
            shown.replay.seek(moment)
            await shown.step(0)
            assert shown.time == moment
            assert {unit: shown.places.get(unit) for unit in units} == {unit: places.get(unit) for unit in units}


async def test_it_ends_and_can_begin_again(site: Site) -> None:
    unit = await unit_driving(site)
    async with screening(site, hello(START, 100, units=[unit], speed=60)) as shown:
        await shown.play(3)
        assert (shown.time, shown.replay.clock.state) == (at(100), "ended")
        assert shown.places[unit][0] == at(100), "both moments are inside"
        shown.replay.play()
        await shown.step(0)
        assert (shown.places[unit][0], shown.replay.clock.state) == (at(0), "playing")


async def test_where_it_is_to_begin_and_whether(site: Site) -> None:
    unit = await unit_driving(site)
    async with screening(site, hello(START, 600, units=[unit], at=at(305), playing=False)) as shown:
        assert shown.places[unit][0] == at(300)
        await shown.play(5)
        assert (shown.time, shown.replay.clock.state) == (at(305), "paused")


async def test_who_says_nothing_for_long_is_shown_no_more(site: Site) -> None:
    unit = await unit_driving(site, count=1)
    async with screening(site, hello(START, 3600, units=[unit], speed=60)) as shown:
        await shown.play(REMEMBERED_MS / 60_000 - 1)
        assert unit in shown.places
        await shown.play(2)
        assert unit not in shown.places
        assert shown.browser.gone == [unit]


# Where


async def test_whoever_leaves_the_area_is_gone_and_comes_again(site: Site) -> None:
    there = await unit_driving(site, count=40, step=10, east=1e-3, longitude=113.0905)  # out after 19 fixes
    elsewhere = await unit_driving(site, longitude=113.2)
    await drive(site, there, START + timedelta(seconds=500), 3)
    async with screening(site, hello(START, 3600, speed=10)) as shown:
        await shown.play(18.5)
        assert there in shown.places
        await shown.play(2.5)
        assert there not in shown.places
        assert there in shown.browser.gone
        await shown.play(30)
        assert there in shown.places
    assert elsewhere not in shown.places


async def test_what_is_looked_at_is_shown_and_who_is_followed_wherever_he_is(site: Site) -> None:
    near, far = await unit_driving(site), await unit_driving(site, longitude=114.0)
    async with screening(site, hello(START, 600, units=[near, far])) as shown:
        assert set(shown.places) == {near}
        shown.replay.client.followed = frozenset({far})
        await shown.play(11)
        assert set(shown.places) == {near, far}


# Rights


def rights(**scopes: Scope) -> Rights:
    return Rights(frozenset((name.replace("_", "."), scope) for name, scope in scopes.items()))


async def test_other_districts_and_off_duty_are_not_shown(site: Site) -> None:
    mine, other = await unit_driving(site, squad=0), await unit_driving(site, squad=2)
    resting = await unit_driving(site, squad=0, flags=8)
    district = Scope(districts=frozenset({site.districts[0]}))
    async with screening(site, hello(START, 600), rights(track_read=district)) as shown:
        await shown.play(5)
        assert set(shown.places) & {mine, other, resting} == {mine}
    fleet = Scope(units=frozenset({resting}))
    async with screening(site, hello(START, 600), rights(track_read=district, fleet_read=fleet)) as shown:
        assert set(shown.places) & {mine, other, resting} == {mine, resting}


async def test_who_goes_off_duty_is_gone(site: Site) -> None:
    unit = await unit_driving(site, count=3)
    await drive(site, unit, START + timedelta(seconds=30), 3, flags=8)
    async with screening(site, hello(START, 600, speed=10)) as shown:
        await shown.play(2)
        assert unit in shown.places
        await shown.play(2)
        assert unit not in shown.places


@pytest.mark.parametrize("flags", [16, 32])
async def test_a_second_device_and_what_cannot_be_true_are_left_out(site: Site, flags: int) -> None:
    unit = await unit_driving(site)
    await drive(site, unit, START + timedelta(seconds=1), 60, flags=flags, longitude=113.105, device=unit + 100_000)
    async with screening(site, hello(START, 600, units=[unit], speed=10)) as shown:
        for _ in range(10):
            await shown.step()
            assert shown.places[unit][1] < 113.104


async def test_rights_that_change_hold_at_once_and_those_won_come(site: Site) -> None:
    mine, other = await unit_driving(site, squad=0), await unit_driving(site, squad=2)
    async with screening(site, hello(START, 600)) as shown:
        assert {mine, other} <= set(shown.places)
        shown.browser.gone.clear()
        await shown.give(rights(track_read=Scope(districts=frozenset({site.districts[0]}))))
        assert other not in shown.places
        assert other in shown.browser.gone
        assert not [step for step in shown.replay.waiting if step.address.unit == other], "nothing read before is shown"
        await shown.play(3)
        assert mine in shown.places
        assert other not in shown.places
        await shown.give(EVERY_RIGHT)
        await shown.play(1)
        assert {mine, other} <= set(shown.places)


async def test_the_right_to_see_off_duty_can_end(site: Site) -> None:
    resting = await unit_driving(site, squad=0, flags=8)
    async with screening(site, hello(START, 600), rights(track_read=EVERYTHING, fleet_read=EVERYTHING)) as shown:
        assert resting in shown.places
        await shown.give(EVERY_RIGHT)
        assert resting not in shown.places
        await shown.play(5)
        assert resting not in shown.places


@pytest.mark.parametrize("left", [None, rights(position_read=EVERYTHING)])
async def test_who_may_see_no_tracks_any_more_is_sent_away(site: Site, left: Rights | None) -> None:
    async with screening(site, hello(START, 600, units=[await unit_driving(site)])) as shown:
        await shown.give(left)
        assert shown.gate.code == 4401


# Bounds


async def test_little_is_held_and_the_clock_waits_for_what_is_read(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay_rows, "PAGE", 7)
    monkeypatch.setattr(module, "MOST_WAITING", 20)
    units = [await unit_driving(site, count=120, step=0.5, east=0) for _ in range(10)]
    async with screening(site, hello(START, 60, units=units, speed=60)) as shown:
        shown_last = dict.fromkeys(units, 0)
        for _ in range(2000):
            await shown.step()
            assert len(shown.replay.waiting) <= 20 + 7
            for unit, (time, _) in shown.places.items():
                assert time >= shown_last[unit]
                shown_last[unit] = time
            if shown.replay.clock.state == "ended":
                break
        await shown.step()
        assert shown.replay.clock.state == "ended"
        assert set(shown_last.values()) == {at(59.5)}, "slower, but nothing is left out"


async def test_of_a_talkative_device_no_more_is_fetched_than_is_shown(site: Site) -> None:
    unit = await unit_driving(site, count=3000, step=0.1, east=0)
    async with screening(site, hello(START, 300, units=[unit], speed=60)) as shown:
        read = 0
        while shown.replay.clock.state == "playing":
            before = len(shown.replay.waiting)
            await shown.replay._read_on()
            read += len(shown.replay.waiting) - before
            await shown.step()
    assert read <= 300 / (0.2 * 60) + 10


async def test_while_the_store_is_away_time_stands_still(site: Site) -> None:
    unit = await unit_driving(site)
    async with screening(site, hello(START, 600, units=[unit])) as shown:
        shown.replay.seek(at(100))
        shown.replay._database, store = Database(NOWHERE), shown.replay._database
        with pytest.raises(Exception) as refused:
            await shown.step(5)
        assert is_away(refused.value)
        assert shown.time == at(100)
        shown.replay._database = store
        await shown.step(5)
        assert (shown.time, shown.places[unit][0]) == (at(100), at(100)), "what passed meanwhile does not count"
