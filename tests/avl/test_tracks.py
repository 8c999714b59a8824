"""Tracks out of a real store: what is in the span, thinned evenly, and only what the viewer may see."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.tracks import LONGEST_MS, MOST_POINTS, check_span, read_track
from backend.clock import now_ms
from backend.db.engine import Database
from backend.errors import BadInput
from backend.geo.cells import cell_of
from backend.identity.rights import EVERYTHING, NOTHING, Scope, may_see
from tests.conftest import TestBus, TestDatabase
from tests.identity.test_rights import scopes
from tests.live.site import Site, grants, running_site

NOW = now_ms()
LONGITUDES = (113.1, 113.101, 113.11, 113.3, 114.0)  # as the scopes' cells


async def put_fixes(session: AsyncSession, unit: int, count: int, step_ms: int = 1000, squad: int = 1) -> None:
    """`count` fixes of a unit, one each step, the newest now; every place of `LONGITUDES` in turn."""
    await session.execute(text("SELECT ensure_fix_day(CAST(to_timestamp(:at) AS date) - 1)"), {"at": NOW / 1000})
    await session.execute(text("SELECT ensure_fix_day(CAST(to_timestamp(:at) AS date))"), {"at": NOW / 1000})
    statement = text(
        "INSERT INTO fix (device, unit, fixed_at, digest, received_at, place, cell, speed, heading, alarms, flags, "
        "source, district, squad) SELECT :unit, :unit, to_timestamp((:now - n * CAST(:step AS bigint)) / 1000.0), 0, "
        "now(), ST_SetSRID(ST_MakePoint((CAST(:longitudes AS float8[]))[1 + n % 5], 28.2), 4326), "
        "(CAST(:cells AS bigint[]))[1 + n % 5], CASE n % 2 WHEN 0 THEN 5.5 END, CASE n % 3 WHEN 0 THEN 90 END, "
        "0, 0, 0, :district, :squad FROM generate_series(0, :count - 1) AS n"
    )
    cells = [cell_of(longitude, 28.2) for longitude in LONGITUDES]
    values = {"unit": unit, "now": NOW, "step": step_ms, "longitudes": list(LONGITUDES), "cells": cells}
    await session.execute(statement, values | {"district": 1, "squad": squad, "count": count})


@pytest_asyncio.fixture(scope="module")
async def store(database: TestDatabase) -> AsyncIterator[Database]:
    """Fixes of units 1 (few), 2 (more than may be told), 3 (squad 1) and 4 (squad 2)."""
    opened = Database(database.application_url)
    async with opened.transaction() as session:
        await put_fixes(session, 1, 10)
        await put_fixes(session, 2, 3 * MOST_POINTS, step_ms=1000)
        await put_fixes(session, 3, 5)
        await put_fixes(session, 4, 5, squad=2)
    yield opened
    await opened.close()


async def test_a_span_is_told_in_order_of_time_with_both_ends(store: Database) -> None:
    async with store.snapshot() as session:
        found = await read_track(session, EVERYTHING, 1, NOW - 4000, NOW)
    assert found.times == [NOW - 4000, NOW - 3000, NOW - 2000, NOW - 1000, NOW]
    assert found.longitudes == pytest.approx([114.0, 113.3, 113.11, 113.101, 113.1])
    assert found.latitudes == pytest.approx([28.2] * 5)
    assert found.speeds == [5.5, None, 5.5, None, 5.5]
    assert found.headings == [None, 90, None, None, 90]
    assert found.stored == 5


async def test_nothing_in_the_span_is_an_empty_track(store: Database) -> None:
    async with store.snapshot() as session:
        found = await read_track(session, EVERYTHING, 1, NOW + 1, NOW + 2)
        assert (found.stored, found.times) == (0, [])
        assert (await read_track(session, EVERYTHING, 99, NOW - 1000, NOW)).times == []


async def test_many_fixes_are_thinned_evenly_and_the_last_is_kept(store: Database) -> None:
    async with store.snapshot() as session:
        found = await read_track(session, EVERYTHING, 2, NOW - LONGEST_MS, NOW)
    assert found.stored == 3 * MOST_POINTS
    assert len(found.times) == MOST_POINTS + 1
    assert found.times[-1] == NOW
    steps = {later - earlier for earlier, later in zip(found.times[:-2], found.times[1:-1], strict=True)}
    assert steps == {3000}


@pytest.mark.parametrize("unit", [3, 4])
def test_only_what_may_be_seen_is_told(store: Database, unit: int) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(scopes, min_size=1, max_size=8))
    def check(drawn: list[Scope]) -> None:
        asyncio.run(compare(store._engine.url.render_as_string(False), drawn, unit))

    check()


async def compare(url: str, drawn: list[Scope], unit: int) -> None:
    """SQL's answer beside that of `may_see`, for each scope."""
    opened = Database(url)
    squad = 1 if unit == 3 else 2
    try:
        async with opened.snapshot() as session:
            for scope in [*drawn, EVERYTHING, NOTHING]:
                found = await read_track(session, scope, unit, NOW - 10_000, NOW)
                expected = [
                    pytest.approx(longitude)
                    for longitude in reversed(LONGITUDES)
                    if may_see(scope, 1, squad, unit, cell_of(longitude, 28.2))
                ]
                assert found.longitudes == expected, scope
    finally:
        await opened.close()


@pytest.mark.parametrize(("begin", "end"), [(5, 5), (6, 5), (0, LONGEST_MS + 1)])
def test_a_span_that_is_none_is_refused_in_words(begin: int, end: int) -> None:
    with pytest.raises(BadInput, match="at most 24 hours"):
        check_span(begin, end)


# Over HTTP


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus, store: Database) -> AsyncIterator[Site]:
    """A city whose first two units have tracks."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


async def ask(site: Site, path: str, cookie: str | None = None) -> httpx.Response:
    async with httpx.AsyncClient(base_url=site.web.url, headers={"Cookie": cookie} if cookie else {}) as browser:
        return await browser.get(path)


@pytest.mark.slow
async def test_the_route_gives_the_track_to_whom_it_may(site: Site) -> None:
    (unit,) = await site.add_units(1, 0)
    other = (await site.add_units(1, 2))[0]
    async with site.store.transaction() as session:
        await session.execute(text("DELETE FROM fix WHERE unit = :unit"), {"unit": unit})
        await put_fixes(session, unit, 3, squad=site.squads[0])
    path = f"/api/v1/units/{unit}/track?from={NOW - 10_000}&to={NOW}&reason=a+complaint"
    mine = await site.cookie("mine", grants("track.read", squads=[site.squads[0]]))
    answer = await ask(site, path, mine)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["unit"], body["from"], body["to"], body["stored"]) == (unit, NOW - 10_000, NOW, 3)
    assert body["times"] == [NOW - 2000, NOW - 1000, NOW]
    assert (await ask(site, path)).status_code == 401
    blind = await site.cookie("blind", grants("unit.read"))
    assert (await ask(site, path, blind)).status_code == 403
    assert (await ask(site, f"/api/v1/units/{other}/track?from=0&to=1000&reason=a+complaint", mine)).status_code == 404
    assert (await ask(site, "/api/v1/units/999999/track?from=0&to=1000&reason=a+complaint", mine)).status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("query", ["from=0&to=86400001", "from=9&to=1", "from=-1&to=5", "to=5", "from=a&to=b"])
async def test_the_route_says_what_is_wrong_with_the_span(site: Site, query: str) -> None:
    (unit,) = await site.add_units(1, 0)
    answer = await ask(site, f"/api/v1/units/{unit}/track?{query}", await site.cookie())
    assert answer.status_code == 422
    assert answer.json()["title"] == "Bad input"


@pytest.mark.slow
async def test_a_unit_is_told_with_its_devices_only_to_whom_they_may_be(site: Site) -> None:
    from backend.identity.devices import add_device, find_device

    (unit,) = await site.add_units(1, 0)
    await site.change(lambda session: add_device(session, "tracker-1", unit, "osmand", simulated=True))
    await site.change(lambda session: add_device(session, "13800139001", unit, "jt808"))
    await site.known()
    full = (await ask(site, f"/api/v1/units/{unit}", await site.cookie())).json()
    ids = {one["identifier"]: one.pop("id") for one in full["devices"]}
    assert sorted(full["devices"], key=lambda one: str(one["identifier"])) == [
        {"identifier": "13800139001", "protocol": "jt808", "simulated": False, "knows_messages": True},
        {"identifier": "tracker-1", "protocol": "osmand", "simulated": True, "knows_messages": False},
    ]
    async with site.store.transaction() as session:
        assert ids == {name: (await find_device(session, name)).id for name in ids}
    assert full["squad"] == site.squads[0]
    partly = await site.cookie("partly", grants("unit.read"))
    assert (await ask(site, f"/api/v1/units/{unit}", partly)).json()["devices"] == []
    nowhere = await site.cookie("nowhere", grants("unit.read", squads=[site.squads[3]]))
    assert (await ask(site, f"/api/v1/units/{unit}", nowhere)).status_code == 404
