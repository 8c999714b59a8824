"""Bodies and their areas over the interface of a real web process."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from backend.clock import now_ms
from tests.conftest import TestBus, TestDatabase
from tests.identity.questions.bodies import square
from tests.live.site import Site, grants, running_site

HOUR_MS = 3_600_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with a web process."""
    async with running_site(database, nats_server) as one:
        await one.start_web()
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def administrator(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    """Who may change the north only."""
    atoms = ("organisation.read", "organisation.write", "map.read")
    async with await site.browser("north", grants(*atoms, districts=[site.districts[0]])) as one:
        yield one


def box(west: float, south: float = 28.2, side: float = 0.02) -> dict[str, Any]:
    return square(west, south, side)


async def put(client: httpx.AsyncClient, body: int, shape: Any, since: int | None = None) -> httpx.Response:
    return await client.put(f"/api/v1/bodies/{body}/area", json={"shape": shape, "since": since})


async def holders(client: httpx.AsyncClient, longitude: float) -> list[int]:
    answer = await client.get("/api/v1/jurisdiction/at", params={"longitude": longitude, "latitude": 28.21})
    return [one["id"] for one in answer.json()]


async def test_an_area_is_drawn_changed_and_ended(site: Site, administrator: httpx.AsyncClient) -> None:
    first, second = site.squads[:2]
    drawn = (await put(administrator, first, box(113.10))).json()
    assert drawn["square_metres"] == pytest.approx(4.36e6, rel=0.01)
    assert drawn["overlaps"] == []
    neighbour = (await put(administrator, second, box(113.11))).json()
    (overlap,) = neighbour["overlaps"]
    assert (overlap["body"], overlap["square_metres"]) == (first, pytest.approx(2.18e6, rel=0.01))
    assert await holders(administrator, 113.115) == [first, second]
    assert await holders(administrator, 113.105) == [first]
    assert (await put(administrator, site.districts[0], box(113.0, 28.1, 0.3))).status_code == 201
    assert await holders(administrator, 113.105) == [site.districts[0], first], "the widest first"

    assert (await put(administrator, second, box(113.12))).json()["overlaps"] == []
    now, old = (await administrator.get(f"/api/v1/bodies/{second}/areas")).json()
    assert (now["until"], old["until"]) == (None, now["since"])
    assert old["shape"]["type"] == "MultiPolygon"
    shown = (await administrator.get("/api/v1/jurisdiction")).json()["features"]
    assert {one["properties"]["body"] for one in shown} == {site.districts[0], first, second}
    earlier = (await administrator.get("/api/v1/jurisdiction", params={"at": old["since"]})).json()["features"]
    assert next(one for one in earlier if one["properties"]["body"] == second)["properties"]["area"] == old["id"]

    assert (await administrator.post(f"/api/v1/jurisdiction/{now['id']}/end", json={})).status_code == 204
    assert await holders(administrator, 113.135) == [site.districts[0]]
    again = await administrator.post(f"/api/v1/jurisdiction/{now['id']}/end", json={})
    assert again.status_code == 404


async def test_a_planned_area_holds_from_its_day_on(site: Site, administrator: httpx.AsyncClient) -> None:
    squad = site.squads[1]
    before = now_ms()
    planned = await put(administrator, squad, box(113.3), before + HOUR_MS)
    assert planned.status_code == 201
    assert squad not in await holders(administrator, 113.31)
    sooner = await put(administrator, squad, box(113.4), before + HOUR_MS // 2)
    assert (sooner.status_code, sooner.json()["code"]) == (409, "since_too_early")
    later = (await administrator.get("/api/v1/jurisdiction", params={"at": before + 2 * HOUR_MS})).json()["features"]
    assert planned.json()["id"] in {one["properties"]["area"] for one in later}


async def test_the_map_shows_the_organisations_areas_at_once(site: Site, administrator: httpx.AsyncClient) -> None:
    squad = site.squads[0]
    await put(administrator, squad, box(113.5))
    async with asyncio.timeout(5):
        while True:
            shown = (await administrator.get("/api/v1/areas/squad")).json()["features"]
            if any(one["geometry"]["coordinates"][0][0][0][0] == 113.5 for one in shown):
                break
            await asyncio.sleep(0.05)
    where = (await administrator.get("/api/v1/where", params={"longitude": 113.51, "latitude": 28.21})).json()
    assert ("squad", "first") in [(one["kind"], one["name"]) for one in where["areas"]]


async def test_nobody_changes_bodies_of_another_district(site: Site, administrator: httpx.AsyncClient) -> None:
    other = site.squads[2]
    assert (await put(administrator, other, box(113.1))).status_code == 404
    assert (await administrator.get(f"/api/v1/bodies/{other}/areas")).status_code == 404
    assert (await administrator.get(f"/api/v1/bodies/{other}/belongings")).status_code == 404
    assert (await administrator.patch(f"/api/v1/bodies/{other}", json={"name": "x"})).status_code == 404
    new = {"parent": site.districts[1], "kind": "squad", "name": "x"}
    assert (await administrator.post("/api/v1/bodies", json=new)).status_code == 403
    async with await site.browser("south", grants("organisation.read", districts=[site.districts[1]])) as reader:
        shown = (await reader.get("/api/v1/jurisdiction")).json()["features"]
        assert not {one["properties"]["body"] for one in shown} & {*site.squads[:2], site.districts[0]}
        assert (await put(reader, other, box(113.1))).status_code == 403, "reading is not writing"


async def test_a_body_is_added_and_renamed(site: Site, administrator: httpx.AsyncClient) -> None:
    north = site.districts[0]
    new = {"parent": north, "kind": "squad", "name": "third", "code": "N-3"}
    made = await administrator.post("/api/v1/bodies", json=new)
    assert made.status_code == 201
    id = made.json()["id"]
    taken = await administrator.post("/api/v1/bodies", json=new)
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    other = await administrator.post("/api/v1/bodies", json=new | {"name": "fourth"})
    assert (other.status_code, other.json()["code"]) == (409, "code_taken")
    assert (await administrator.post("/api/v1/bodies", json=new | {"kind": "planet"})).status_code == 422
    await site.known()
    assert (await administrator.patch(f"/api/v1/bodies/{id}", json={"name_en": "Third"})).status_code == 204
    await site.known()
    shown = {one["id"]: one for one in (await administrator.get("/api/v1/bodies")).json()}
    assert (shown[id]["name"], shown[id]["name_en"], shown[id]["code"]) == ("third", "Third", "N-3")
    hanging = (await administrator.get(f"/api/v1/bodies/{id}/belongings")).json()
    assert hanging == {"people": 0, "devices": 0, "units": [], "seats": [], "vehicles": [], "cameras": []}
    async with site.store.snapshot() as session:
        rows = await session.execute(text("SELECT action FROM audit WHERE object = :object"), {"object": f"body:{id}"})
        assert [row.action for row in rows] == ["body.added", "body.changed"]


async def test_of_many_who_ask_for_one_code_at_once_one_gets_it(site: Site, administrator: httpx.AsyncClient) -> None:
    bodies = [
        {"parent": site.districts[0], "kind": "squad", "name": f"racer {number}", "code": "R-1"} for number in range(8)
    ]
    answers = await asyncio.gather(*(administrator.post("/api/v1/bodies", json=body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"code_taken", "conflict"}


CROSSED = {"type": "Polygon", "coordinates": [[[113, 28], [113.2, 28.2], [113.2, 28], [113, 28.2], [113, 28]]]}


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (CROSSED, "shape_invalid"),
        ({"type": "Point", "coordinates": [113, 28]}, "shape_invalid"),
        ({"type": "Polygon"}, "shape_invalid"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [3, "x"], [4, 5], [1, 2]]]}, "shape_invalid"),
        ({"type": "GeometryCollection", "geometries": []}, "shape_invalid"),
        ({}, "shape_invalid"),
        (box(500.0), "shape_invalid"),
        (box(113.0, 28.0, 20.0), "shape_too_large"),
    ],
)
async def test_what_is_no_area_is_told(site: Site, administrator: httpx.AsyncClient, shape: Any, code: str) -> None:
    answer = await put(administrator, site.squads[0], shape)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    if shape is CROSSED:
        assert (answer.json()["longitude"], answer.json()["latitude"]) == (113.1, 28.1)
