"""Geofences over the interface of a real web process: drawn, changed, deleted; who sees what of them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from backend.avl.fact_rows import insert_facts
from backend.avl.facts import ENTERED, LEFT, Fact
from backend.avl.rows import insert_fixes
from backend.bus.record import FLAG_JUMP, FLAG_OFF_DUTY
from backend.clock import now_ms
from backend.geo.cells import cell_of, parent_of
from tests.avl.fences import EAST, INSIDE, METRE, MIDDLE, OUT
from tests.avl.makers import stored_fix
from tests.conftest import TestBus, TestDatabase
from tests.identity.questions.bodies import square
from tests.live.client import LiveClient
from tests.live.site import Site, grants, running_site

SHAPE = square(113.10, 28.20, 0.01)
HOURS = [{"days": [1, 2, 3, 4, 5], "from": "22:00", "to": "06:00"}]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with a web process and a unit in each of three squads."""
    async with running_site(database, nats_server) as one:
        await one.start_web()
        for squad in (0, 1, 2):
            await one.add_units(1, squad)
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def dispatcher(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Who may draw in the north only."""
    async with await site.browser(
        "north", grants("geofence.read", "geofence.edit", districts=[site.districts[0]])
    ) as one:
        yield one


def wanted(site: Site, **more: Any) -> dict[str, Any]:
    return {"name": "学校", "body": site.districts[0], "shape": SHAPE} | more


async def listed(client: httpx.AsyncClient) -> dict[int, dict[str, Any]]:
    return {one["id"]: one for one in (await client.get("/api/v1/geofences")).json()}


async def cross(site: Site, fence: int, unit: int, at: int, *, entered: bool = True, cell: int = 0) -> None:
    district, squad = site.home_of[unit]
    kind = ENTERED if entered else LEFT
    fact = Fact(f"{fence}:{unit}:{at}", kind, unit, 1, district, squad, at, at, INSIDE, MIDDLE, cell, 0, fence)
    await site.change(lambda session: insert_facts(session, [fact]))


async def test_drawn_changed_deleted_with_the_audit(site: Site, dispatcher: httpx.AsyncClient) -> None:
    squad, (unit, *_) = site.squads[0], site.home_of
    made = await dispatcher.post("/api/v1/geofences", json=wanted(site, name=" 学校 ", hours=HOURS, bodies=[squad]))
    assert made.status_code == 201
    id = made.json()["id"]
    fence = (await listed(dispatcher))[id]
    assert (fence["name"], fence["body"], fence["bodies"], fence["units"]) == ("学校", site.districts[0], [squad], None)
    assert (fence["hours"], fence["tells"], fence["until"]) == (HOURS, "both", None)
    assert fence["body_name"] == "north"
    assert (fence["by"], fence["changeable"], fence["today"]) == ("north", True, 0)
    assert fence["square_metres"] == pytest.approx(1.09e6, rel=0.01)
    assert fence["shape"]["type"] == "MultiPolygon"
    assert abs(fence["since"] - now_ms()) < 10_000

    until = now_ms() + 3_600_000
    smaller = square(113.10, 28.20, 0.005)
    new = wanted(site, name="广场", units=[unit], tells="enter", until=until, shape=smaller)
    assert (await dispatcher.put(f"/api/v1/geofences/{id}", json=new)).status_code == 204
    changed = (await listed(dispatcher))[id]
    assert (changed["name"], changed["bodies"], changed["units"]) == ("广场", None, [unit])
    assert (changed["hours"], changed["tells"], changed["until"], changed["since"]) == (
        None,
        "enter",
        until,
        fence["since"],
    )
    assert changed["square_metres"] == pytest.approx(0.27e6, rel=0.02)

    assert (await dispatcher.delete(f"/api/v1/geofences/{id}")).status_code == 204
    assert id not in await listed(dispatcher)
    for again in (dispatcher.delete(f"/api/v1/geofences/{id}"), dispatcher.put(f"/api/v1/geofences/{id}", json=new)):
        answer = await again
        assert (answer.status_code, answer.json()["code"]) == (404, "no_geofence")

    async with site.store.snapshot() as session:
        told = text("SELECT action, actor_name, details FROM audit WHERE object = :object ORDER BY id")
        rows = (await session.execute(told, {"object": f"geofence:{id}"})).all()
    assert [row.action for row in rows] == ["geofence.made", "geofence.changed", "geofence.deleted"]
    assert {row.actor_name for row in rows} == {"north"}
    assert (rows[0].details["name"], rows[0].details["bodies"], rows[1].details["units"]) == ("学校", [squad], [unit])


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        pytest.param({"shape": {"type": "Point", "coordinates": [1, 1]}}, "shape_invalid", id="a point"),
        pytest.param({"shape": square(113, 28, 0.5)}, "shape_too_large", id="more than 2 000 km²"),
        pytest.param({"shape": square(179.9, 28, 0.5)}, "shape_invalid", id="off the Earth"),
        pytest.param({"bodies": [10**6]}, "audience_bad", id="no such body"),
        pytest.param({"units": [10**6]}, "audience_bad", id="no such unit"),
        pytest.param({"bodies": [2], "units": [1]}, "audience_bad", id="bodies and units"),
        pytest.param({"hours": []}, "hours_bad", id="hours that never are"),
        pytest.param({"until": 1000}, "until_before_since", id="over already"),
        pytest.param({"name": "  "}, "name_bad", id="no name"),
        pytest.param({"name": "a\nb"}, "name_bad", id="a name on two lines"),
        pytest.param({"name": "x" * 81}, None, id="too long a name"),
        pytest.param({"tells": "nothing"}, None, id="tells what is not known"),
        pytest.param({"hours": [{"days": [1], "from": "08:00", "to": "08:00"}]}, None, id="no time at all"),
        pytest.param({"colour": "red"}, None, id="a field that is not known"),
    ],
)
async def test_what_is_refused(
    site: Site, dispatcher: httpx.AsyncClient, wrong: dict[str, Any], code: str | None
) -> None:
    answer = await dispatcher.post("/api/v1/geofences", json=wanted(site) | wrong)
    assert (answer.status_code, answer.json().get("code")) == (422, code)


async def test_a_shape_of_too_many_points_is_refused(site: Site, dispatcher: httpx.AsyncClient) -> None:
    ring = [[113 + n * 1e-5, 28.0] for n in range(2000)] + [[113.01, 28.01], [113.0, 28.0]]
    answer = await dispatcher.post(
        "/api/v1/geofences", json=wanted(site, shape={"type": "Polygon", "coordinates": [ring]})
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "shape_too_large")


async def test_nobody_draws_or_changes_for_another_district(site: Site, dispatcher: httpx.AsyncClient) -> None:
    north, south = site.districts
    units = list(site.home_of)
    assert (await dispatcher.post("/api/v1/geofences", json=wanted(site, body=south))).status_code == 403
    assert (await dispatcher.post("/api/v1/geofences", json=wanted(site, body=site.city))).status_code == 403
    foreign = await dispatcher.post("/api/v1/geofences", json=wanted(site, units=[units[2]]))
    assert (foreign.status_code, foreign.json()["units"]) == (422, [units[2]])

    mine = {one["id"] for one in (await dispatcher.get("/api/v1/geofences/bodies")).json()}
    assert mine == {north, *site.squads[:2]}

    async with await site.browser("chief", grants("geofence.read", "geofence.edit")) as chief:
        city_wide = (await chief.post("/api/v1/geofences", json=wanted(site, body=site.city))).json()["id"]
        other = (await chief.post("/api/v1/geofences", json=wanted(site, body=south))).json()["id"]
        joint = wanted(site, body=site.city, units=[units[0], units[2]])
        joint_action = (await chief.post("/api/v1/geofences", json=joint)).json()["id"]
    seen = await listed(dispatcher)
    assert seen.keys() & {city_wide, other, joint_action} == {city_wide, joint_action}, "those about units of the north"
    assert (seen[city_wide]["changeable"], seen[joint_action]["units"]) == (False, [units[0]])
    for id, status in ((city_wide, 403), (other, 404)):
        assert (await dispatcher.put(f"/api/v1/geofences/{id}", json=wanted(site))).status_code == status
        assert (await dispatcher.delete(f"/api/v1/geofences/{id}")).status_code == status
    own = (await dispatcher.post("/api/v1/geofences", json=wanted(site))).json()["id"]
    assert (await dispatcher.put(f"/api/v1/geofences/{own}", json=wanted(site, body=south))).status_code == 403

    async with await site.browser("reader", grants("geofence.read", squads=[site.squads[1]])) as reader:
        seen = await listed(reader)
        assert own in seen, "it is about everybody of the north, and so about this squad"
        assert joint_action not in seen
        assert (await reader.delete(f"/api/v1/geofences/{own}")).status_code == 403


async def test_no_more_than_there_is_room_for(site: Site, dispatcher: httpx.AsyncClient) -> None:
    fill = text(
        """INSERT INTO geofence
               (version, shaped_at, name, shape, whole, border, body, tells, created_by, created_by_name)
           SELECT 0, 0, 'many', shape, whole, border, body, 'both', 'test', 'test'
           FROM (SELECT * FROM geofence LIMIT 1) AS one, generate_series(1, 2000)"""
    )
    async with site.store.transaction() as session:
        await session.execute(fill)
    answer = await dispatcher.post("/api/v1/geofences", json=wanted(site))
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_fences")
    async with site.store.transaction() as session:
        await session.execute(text("DELETE FROM geofence WHERE name = 'many'"))


async def test_crossings_by_page_as_far_as_they_may_be_seen(site: Site, dispatcher: httpx.AsyncClient) -> None:
    first, second, other = site.home_of
    here = cell_of(INSIDE, MIDDLE)
    async with await site.browser("chief", grants("geofence.read", "geofence.edit")) as chief:
        fence = (await chief.post("/api/v1/geofences", json=wanted(site, body=site.city))).json()["id"]
        now = now_ms()
        for number in range(205):
            await cross(site, fence, first, now - 205 + number, entered=number % 2 == 0)
        await cross(site, fence, second, now)
        await cross(site, fence, other, now, cell=here)
        asked: dict[str, str | int] = {"from": now - 10_000, "to": now + 10_000}
        path = f"/api/v1/geofences/{fence}/crossings"
        page = (await dispatcher.get(path, params=asked)).json()
        assert (len(page["rows"]), page["rows"][0]["unit"]) == (200, second), "the newest first, none of the south"
        rest = (await dispatcher.get(path, params=asked | {"after": page["more"]})).json()
        assert (len(rest["rows"]), rest["more"]) == (6, None)
        both = page["rows"] + rest["rows"]
        assert len({one["id"] for one in both}) == 206
        assert [one["at"] for one in both] == sorted((one["at"] for one in both), reverse=True)
        newest = both[1]
        assert newest == {
            "id": newest["id"],
            "geofence": fence,
            "name": "学校",
            "unit": first,
            "entered": True,
            "at": now - 1,
            "longitude": INSIDE,
            "latitude": MIDDLE,
        }
        assert (await listed(dispatcher))[fence]["today"] == 206
        assert (await listed(chief))[fence]["today"] == 207

        one_unit = (await chief.get("/api/v1/geofence-crossings", params=asked | {"unit": other})).json()["rows"]
        assert [one["unit"] for one in one_unit] == [other]
        one_moment = {"from": now, "to": now + 1, "geofence": fence}
        assert len((await chief.get("/api/v1/geofence-crossings", params=one_moment)).json()["rows"]) == 2
        await chief.delete(f"/api/v1/geofences/{fence}")
        gone = (await dispatcher.get("/api/v1/geofence-crossings", params=asked)).json()["rows"]
        assert len(gone) == 200, "deleted, and still in history"
        assert (await dispatcher.get(path, params=asked)).status_code == 404

    async with await site.browser("cells", grants("geofence.read", cells=[f"{parent_of(here, 8):x}"])) as cells:
        seen = (await cells.get("/api/v1/geofence-crossings", params=asked)).json()["rows"]
        assert [one["unit"] for one in seen] == [other], "what happens in his cells, whoever it is"


@pytest.mark.parametrize("after", ["x", "1", "-", "99999999999999-1", "1-" + "9" * 19])
async def test_a_page_that_there_is_not(dispatcher: httpx.AsyncClient, after: str) -> None:
    asked: dict[str, str | int] = {"from": 0, "to": 1, "after": after}
    assert (await dispatcher.get("/api/v1/geofence-crossings", params=asked)).status_code == 422


async def test_a_span_that_is_none(dispatcher: httpx.AsyncClient) -> None:
    for begin, end in ((1, 1), (0, 32 * 86_400_000)):
        asked = {"from": begin, "to": end}
        assert (await dispatcher.get("/api/v1/geofence-crossings", params=asked)).status_code == 422


async def test_the_socket_tells_crossings_to_whom_they_may_be_told(site: Site, dispatcher: httpx.AsyncClient) -> None:
    first, _, other = site.home_of
    here = cell_of(INSIDE, MIDDLE)
    fence = (await dispatcher.post("/api/v1/geofences", json=wanted(site))).json()["id"]
    now = now_ms()
    await cross(site, fence, first, now - 2)
    await cross(site, fence, other, now - 1)
    viewers = {
        "all": grants("position.read", "geofence.read"),
        "cells": [*grants("position.read"), *grants("geofence.read", cells=[f"{parent_of(here, 7):x}"])],
        "squad": [*grants("position.read"), *grants("geofence.read", squads=[site.squads[0]])],
    }
    clients = {}
    for name, held in viewers.items():
        cookie = await site.cookie(f"viewer {name}", held)
        clients[name] = client = LiveClient(site.web.live, cookie, topics=["geofence.crossing"])
        await client.open()
        await client.until(lambda client=client: client.of_type("topic"))  # type: ignore[misc]
    await cross(site, fence, first, now)
    await cross(site, fence, other, now + 1, cell=here)
    newest = await site.newest()
    told = {}
    for name, client in clients.items():
        await client.until(lambda client=client: client.event >= newest)  # type: ignore[misc]
        snapshot = [row["unit"] for row in client.of_type("topic")[0]["rows"] if row["geofence"] == fence]
        told[name] = (snapshot, [one["unit"] for one in client.events])
        assert all("cell" not in one for one in client.events)
        await client.close()
    assert told == {
        "all": ([other, first], [first, other]),
        "cells": ([], [other]),
        "squad": ([first], [first]),
    }


async def test_visits_of_a_unit_also_before_the_fence_was_drawn(site: Site) -> None:
    unit, *_ = site.home_of
    district, squad = site.home_of[unit]
    begin = now_ms() // 60_000 * 60_000 - 3_600_000
    places = [OUT, INSIDE, INSIDE, EAST + 20 * METRE, INSIDE, OUT, OUT, INSIDE]
    fixes = [
        stored_fix(begin + n * 60_000, longitude=place, latitude=MIDDLE, unit=unit, device=unit, accuracy=5.0)
        for n, place in enumerate(places)
    ]
    fixes += [fixes[6]._replace(fixed_at=begin + 6 * 60_000 + 1000, longitude=INSIDE, flags=FLAG_JUMP)]
    fixes += [fixes[6]._replace(fixed_at=begin + 6 * 60_000 + 2000, longitude=INSIDE, accuracy=500.0)]
    off_duty = fixes[0]._replace(fixed_at=begin + 1000, longitude=INSIDE, flags=FLAG_OFF_DUTY)
    async with site.store.transaction() as session:
        for moment in (begin, begin + 3_600_000):
            await session.execute(text("SELECT ensure_fix_day(CAST(to_timestamp(:at) AS date))"), {"at": moment / 1000})
        await insert_fixes(session, [one._replace(district=district, squad=squad) for one in [*fixes, off_duty]])
    atoms = ("geofence.read", "geofence.edit", "track.read")
    async with await site.browser("historian", grants(*atoms, districts=[site.districts[0]])) as historian:
        fence = (await historian.post("/api/v1/geofences", json=wanted(site))).json()["id"]
        asked = {"geofence": fence, "from": begin, "to": begin + 3_600_000, "reason": "who was there"}
        path = f"/api/v1/units/{unit}/visits"
        answer = (await historian.get(path, params=asked)).json()
        minute = 60_000
        assert (answer["unit"], answer["geofence"], answer["fixes"]) == (unit, fence, 8)
        first, second = answer["visits"]
        assert first == {
            "enter": begin + minute,
            "leave": begin + 5 * minute,
            "seen_from": begin + minute,
            "seen_to": begin + 4 * minute,
            "duration": 4 * minute,
            "unknown": 0,
        }
        assert (second["enter"], second["leave"], second["duration"]) == (begin + 7 * minute, None, 0)
        for wrong, status in (
            ({"reason": ""}, 422),
            ({"geofence": 10**6}, 404),
            ({"to": begin}, 422),
            ({"to": begin + 32 * 86_400_000}, 422),
        ):
            assert (await historian.get(path, params=asked | wrong)).status_code == status
        assert (await historian.get("/api/v1/units/999999/visits", params=asked)).status_code == 404
    async with await site.browser("no fences", grants("track.read")) as other:
        assert (await other.get(path, params=asked)).status_code == 403
    async with await site.browser("fleet", grants(*atoms, "fleet.read")) as fleet:
        first, _ = (await fleet.get(path, params=asked)).json()["visits"]
        assert first["enter"] == begin + 1000, "off duty, for the fleet manager"
    async with site.store.snapshot() as session:
        log = text("SELECT details FROM audit WHERE action = 'track.read' AND object = :object ORDER BY id LIMIT 1")
        details = await session.scalar(log, {"object": f"unit:{unit}"})
    assert (details["reason"], details["geofence"], details["points"]) == ("who was there", fence, 8)
