"""Who was near a place, against the distance of every stored fix; only what may be seen; one row of the access log."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from backend.avl.areas import Circle
from backend.avl.nearby import MOST_METRES, Nearby, check_nearby, read_nearby
from backend.clock import to_ms
from backend.errors import BadInput
from backend.identity.registry import read_organisation
from backend.identity.rights import EVERYTHING, Rights, Scope
from tests.avl.test_history import START, rows_of, span, unit_with
from tests.conftest import TestBus, TestDatabase
from tests.live.site import Site, grants, running_site

ALL = Rights(frozenset({("track.read", EVERYTHING)}))


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


async def nearby(
    site: Site, metres: float, rights: Rights = ALL, minutes: float = 600, place: tuple[float, float] = (113.11, 28.2)
) -> dict[int, Nearby]:
    circle = Circle(longitude=place[0], latitude=place[1], metres=metres)
    end = to_ms(START + timedelta(minutes=minutes))
    async with site.store.snapshot() as session:
        organisation = await read_organisation(session, 1)
        found = await read_nearby(session, organisation, rights, circle, to_ms(START), end)
    return {one.unit: one for one in found}


@pytest.mark.parametrize("metres", [1, 29, 30, 500, 2000])
@pytest.mark.parametrize("place", [(113.11, 28.2), (113.1031, 28.2071), (113.13, 28.19)])
async def test_it_is_what_the_distance_of_every_fix_says(site: Site, metres: float, place: tuple[float, float]) -> None:
    unit = await unit_with(site, 120)
    statement = text(
        """SELECT count(*), min(fixed_at), max(fixed_at), min(metres) FROM (
               SELECT fixed_at, ST_Distance(place::geography, ST_Point(:x, :y, 4326)::geography) AS metres
               FROM fix WHERE unit = :unit) AS measured WHERE metres <= :metres"""
    )
    async with site.store.snapshot() as session:
        values = {"unit": unit, "x": place[0], "y": place[1], "metres": metres}
        count, first, last, nearest = (await session.execute(statement, values)).one()
    found = (await nearby(site, metres, place=place)).get(unit)
    if count == 0:
        assert found is None
    else:
        assert found is not None
        assert (found.fixes, found.first, found.last) == (count, to_ms(first), to_ms(last))
        assert found.nearest == pytest.approx(nearest, abs=0.06)


async def test_only_within_the_span(site: Site) -> None:
    unit = await unit_with(site, 60)  # at the place after 33 minutes
    assert unit not in await nearby(site, 25, minutes=32)
    found = (await nearby(site, 25, minutes=34))[unit]
    assert (found.fixes, found.first) == (2, to_ms(START + timedelta(minutes=33)))


async def test_kept_fixes_count_and_those_off_duty_for_the_fleet_alone(site: Site) -> None:
    kept, resting = await unit_with(site, 60), await unit_with(site, 60, flags=8)
    async with site.store.transaction() as session:
        move = "WITH moved AS (DELETE FROM fix WHERE unit = :unit RETURNING *) INSERT INTO kept_fix SELECT * FROM moved"
        await session.execute(text(move), {"unit": kept})
    found = await nearby(site, 100)
    assert kept in found
    assert resting not in found
    fleet = Scope(units=frozenset({resting}))
    assert resting in await nearby(site, 100, Rights(frozenset({("track.read", EVERYTHING), ("fleet.read", fleet)})))
    assert resting not in await nearby(site, 100, Rights(frozenset({("fleet.read", fleet)})))


async def test_only_what_may_be_seen(site: Site) -> None:
    mine, other = await unit_with(site, 60, squad=0), await unit_with(site, 60, squad=2)
    for scope, seen in (
        (Scope(squads=frozenset({site.squads[0]})), {mine}),
        (Scope(districts=frozenset({site.districts[1]})), {other}),
        (Scope(units=frozenset({other})), {other}),
        (Scope(), set()),
    ):
        found = await nearby(site, 100, Rights(frozenset({("track.read", scope)})))
        assert set(found) & {mine, other} == seen


@pytest.mark.parametrize(
    ("metres", "begin", "end"), [(0, 0, 1), (-1, 0, 1), (MOST_METRES + 1, 0, 1), (5, 1, 1), (5, 0, 86_400_001)]
)
def test_a_circle_or_span_that_is_none_is_refused(metres: float, begin: int, end: int) -> None:
    with pytest.raises(BadInput):
        check_nearby(metres, begin, end)


@pytest.mark.slow
async def test_the_route_tells_it_for_a_reason_and_logs_the_place_once(site: Site) -> None:
    mine, other = await unit_with(site, 60, squad=0), await unit_with(site, 60, squad=2)
    query: dict[str, Any] = span() | {"longitude": 113.11, "latitude": 28.2, "metres": 100, "reason": "an accident"}
    path, place = "/api/v1/presence-at", "place:113.110000,28.200000"
    async with await site.browser("witness", grants("track.read", squads=[site.squads[0]])) as browser:
        answer = await browser.get(path, params=query)
        assert answer.status_code == 200, answer.text
        found = {one["unit"]: one for one in answer.json()}
        assert mine in found
        assert other not in found
        assert set(found[mine]) == set(Nearby.model_fields)
        assert await rows_of(site, place) == [("place.read", "an accident")]
        for bad in ({"reason": ""}, {"metres": 2001}, {"metres": 0}, {"to": 0}, {"longitude": 181}, {"latitude": "x"}):
            assert (await browser.get(path, params=query | bad)).status_code == 422, bad
        assert len(await rows_of(site, place)) == 1, "who was refused has read nothing"
    async with await site.browser("blind", grants("unit.read")) as browser:
        assert (await browser.get(path, params=query)).status_code == 403
