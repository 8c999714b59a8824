"""Tracks as files out of a real store: forms that others can read, pages that join, and only what may be seen."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from backend.avl import history
from backend.avl.areas import Circle, area_of_box, area_of_circle, area_of_shape
from backend.avl.clustering import order_day
from backend.avl.export import COLUMNS, MARK
from backend.avl.history import LONGEST_MS_OF_ALL, LONGEST_MS_OF_ONE, Wanted, check_history, track_file
from backend.avl.seen import TOLD
from backend.avl.track_files import TRACKPOINT, Format, track_form
from backend.clock import to_ms
from backend.errors import BadInput, Forbidden
from backend.identity.filters import COVERED, covered
from backend.identity.registry import Organisation, read_organisation
from backend.identity.rights import EVERYTHING, Rights, Scope
from tests.avl.test_approved import settle_bodies
from tests.avl.test_retention import put
from tests.conftest import TestBus, TestDatabase
from tests.live.site import Site, grants, running_site

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
HOUR = timedelta(hours=1)
START = TODAY - timedelta(days=2) + 23 * HOUR
GPX = "{http://www.topografix.com/GPX/1/1}"
EAST = "113.09,28.19,113.2,28.21"  # holds what `put` drives in its first hours


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


async def unit_with(site: Site, count: int, squad: int = 0, start: datetime = START, flags: int = 0) -> int:
    """A unit with so many fixes, one a minute, each 30 m farther east, that say its own bodies."""
    (unit,) = await site.add_units(1, squad)
    await put(site.store, unit, start, count, flags=flags)
    await settle_bodies(site, unit)
    return unit


def span(hours: float = 24) -> dict[str, int]:
    return {"from": to_ms(START), "to": to_ms(START + hours * HOUR)}


async def organisation_of(site: Site) -> Organisation:
    async with site.store.snapshot() as session:
        return await read_organisation(session, 1)


async def file_of(
    site: Site, wanted: Wanted, form: Format = "geojson", current: Callable[[], Any] | None = None
) -> str:
    known = await organisation_of(site)
    rights = Rights(frozenset({("track.read", EVERYTHING)}))
    parts = track_file(site.store, wanted, track_form(form), current or (lambda: (known, rights)))
    return "".join([part async for part in parts])


def whole(unit: int | None = None, **given: Any) -> Wanted:
    return Wanted(to_ms(START), to_ms(START + 24 * HOUR), unit, **given)


# Forms


async def test_geojson_is_one_line_with_its_times(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "FIRST_PAGE", 3)
    monkeypatch.setattr(history, "PAGE", 7)
    unit = await unit_with(site, 100)  # into the next day's partition
    collection = json.loads(await file_of(site, whole(unit)))
    assert collection["type"] == "FeatureCollection"
    (feature,) = collection["features"]
    line, about = feature["geometry"], feature["properties"]
    assert (line["type"], about["unit"]) == ("LineString", unit)
    assert line["coordinates"] == [[round(113.1 + n * 3e-4, 7), 28.2] for n in range(100)]
    moments = [datetime.fromisoformat(moment) for moment in about["coordTimes"]]
    assert moments == [START + timedelta(minutes=n) for n in range(100)]
    assert all(moment.endswith("Z") for moment in about["coordTimes"])


@pytest.mark.parametrize("count", [3, 10, 17])
async def test_pages_that_end_with_the_fixes_join(site: Site, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(history, "FIRST_PAGE", 3)
    monkeypatch.setattr(history, "PAGE", 7)
    unit = await unit_with(site, count)
    (feature,) = json.loads(await file_of(site, whole(unit)))["features"]
    assert len(feature["geometry"]["coordinates"]) == len(feature["properties"]["coordTimes"]) == count


async def test_one_fix_is_a_point_and_none_is_no_feature(site: Site) -> None:
    unit, empty = await unit_with(site, 1), await unit_with(site, 0)
    (feature,) = json.loads(await file_of(site, whole(unit)))["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [113.1, 28.2]}
    assert len(feature["properties"]["coordTimes"]) == 1
    assert json.loads(await file_of(site, whole(empty)))["features"] == []


async def test_gpx_keeps_the_rules_of_its_schema(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "FIRST_PAGE", 4)
    unit = await unit_with(site, 10)
    await put(site.store, unit, START + HOUR, 5)
    await settle_bodies(site, unit)
    async with site.store.transaction() as session:
        odd = text(
            "UPDATE fix SET heading = 359.999, altitude = 12.5, place = ST_SetSRID(ST_MakePoint(180, 28.2), 4326) "
            "WHERE unit = :unit AND fixed_at = :at"
        )
        await session.execute(odd, {"unit": unit, "at": START})
    wicked = text("UPDATE unit SET name = :name, call_sign = '<&]]>' || call_sign WHERE number = :unit")
    await site.change(lambda session: session.execute(wicked, {"unit": unit, "name": "\x0b车\ufffe"}))
    root = ElementTree.fromstring(await file_of(site, whole(unit), "gpx"))
    assert (root.tag, root.get("version"), bool(root.get("creator"))) == (f"{GPX}gpx", "1.1", True)
    (track,) = root
    assert [one.tag for one in track] == [f"{GPX}{tag}" for tag in ("name", "desc", "number", "trkseg", "trkseg")]
    assert (track[0].text or "").startswith("<&]]>")
    assert (track[1].text, track[2].text) == ("车", str(unit))
    assert [len(one) for one in track[3:]] == [10, 5], "nobody knows what it did in between"
    for point in root.iter(f"{GPX}trkpt"):
        assert -90 <= float(point.attrib["lat"]) <= 90
        assert -180 <= float(point.attrib["lon"]) < 180
        tags = [one.tag.removeprefix(GPX) for one in point]
        assert tags == [tag for tag in ("ele", "time", "extensions") if tag in tags]
        moment = point.findtext(f"{GPX}time") or ""
        assert moment.endswith("Z")
        assert datetime.fromisoformat(moment).tzinfo is not None
        (extension,) = point.findall(f"{GPX}extensions/*")
        assert extension.tag == f"{{{TRACKPOINT}}}TrackPointExtension"
        assert extension[0].tag == f"{{{TRACKPOINT}}}speed", "before the course"
        assert extension[0].text == "3.00"
    first = next(root.iter(f"{GPX}trkpt"))
    assert (first.attrib["lon"], first.findtext(f"{GPX}ele")) == ("-180.0000000", "12.50")
    assert first.findtext(f".//{{{TRACKPOINT}}}course") == "0.00", "courses end before 360"


async def test_csv_has_the_columns_of_an_export_and_no_formula(site: Site) -> None:
    unit = await unit_with(site, 12)
    wicked = text("UPDATE unit SET name = '=HYPERLINK(\"http://x\")' WHERE number = :unit")
    await site.change(lambda session: session.execute(wicked, {"unit": unit}))
    body = await file_of(site, whole(unit), "csv")
    rows = list(csv.DictReader(io.StringIO(body.removeprefix(MARK))))
    assert tuple(rows[0]) == COLUMNS
    assert [row["time"] for row in rows] == [
        f"{START + timedelta(minutes=n):%Y-%m-%dT%H:%M:%S}.000Z" for n in range(12)
    ]
    assert {row["name"] for row in rows} == {'\'=HYPERLINK("http://x")'}


async def test_a_page_is_read_without_what_comes_after_it(site: Site) -> None:
    """Else a file would take a time that grows with the square of its length."""
    unit = await unit_with(site, 1300)
    async with site.store.transaction() as session:
        more = """INSERT INTO fix SELECT (jsonb_populate_record(fix, jsonb_build_object('device', device * 1000 + n))).*
                  FROM fix, generate_series(1, 20) AS n WHERE unit = :unit"""
        await session.execute(text(more), {"unit": unit})
    for day in (START, START + 24 * HOUR):  # and their statistics
        await order_day(site.store, day.date())
    statement = history.PAGE_OF_UNIT.format(covered=COVERED, told=TOLD, within="true")
    values = {"unit": unit, "begin": START, "end": START + 24 * HOUR, "off_duty": False, "page": 200}
    async with site.store.snapshot() as session:
        found = await session.execute(
            text(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"), covered(EVERYTHING) | history.START | values
        )
        read = most_rows(found.scalar_one()[0]["Plan"])
    assert read < 2000, "a page, and not the 27 300 of the unit"


def most_rows(plan: dict[str, Any]) -> int:
    """The most rows that a node of a plan gave."""
    return max([int(plan["Actual Rows"]), *(most_rows(one) for one in plan.get("Plans", []))])


# What is in it


async def test_of_an_area_each_unit_is_told_once_and_only_inside(site: Site) -> None:
    first, second = await unit_with(site, 200, squad=0), await unit_with(site, 100, squad=2, start=START + 5 * HOUR)
    outside = await unit_with(site, 5, squad=1)
    async with site.store.transaction() as session:
        away = text("UPDATE fix SET place = ST_SetSRID(ST_MakePoint(113.5, 28.2), 4326) WHERE unit = :unit")
        await session.execute(away, {"unit": outside})
        await session.execute(text("DELETE FROM fix WHERE unit <> ALL (:units)"), {"units": [first, second, outside]})
    ring = [[113.1, 28.1], [113.11, 28.1], [113.11, 28.3], [113.1, 28.3], [113.1, 28.1]]
    box = {"type": "Polygon", "coordinates": [ring]}
    for area in (area_of_box("113.1,28.1,113.11,28.3"), area_of_shape(box)):
        features = json.loads(await file_of(site, whole(area=area)))["features"]
        assert [one["properties"]["unit"] for one in features] == [first, second], "who came first stands first"
        for one in features:
            assert len(one["geometry"]["coordinates"]) == len(one["properties"]["coordTimes"]) == 34
            assert all(113.1 <= longitude <= 113.11 for longitude, _ in one["geometry"]["coordinates"])
    circle = area_of_circle(Circle(longitude=113.1, latitude=28.2, metres=100))
    features = json.loads(await file_of(site, whole(area=circle)))["features"]
    assert [len(one["geometry"]["coordinates"]) for one in features] == [4, 4], "0, 29, 59 and 88 m"
    root = ElementTree.fromstring(await file_of(site, whole(area=circle), "gpx"))
    assert len(root) == 2


async def test_what_a_hold_has_kept_is_in_it(site: Site) -> None:
    unit = await unit_with(site, 20)
    async with site.store.transaction() as session:
        move = "WITH moved AS (DELETE FROM fix WHERE unit = :unit AND fixed_at >= :at RETURNING *) "
        later = {"unit": unit, "at": START + timedelta(minutes=10)}
        await session.execute(text(move + "INSERT INTO kept_fix SELECT * FROM moved"), later)
    for wanted in (whole(unit), whole(area=area_of_box(EAST))):
        features = json.loads(await file_of(site, wanted))["features"]
        (own,) = [one for one in features if one["properties"]["unit"] == unit]
        moments = own["properties"]["coordTimes"]
        assert len(moments) == 20
        assert all(one < other for one, other in pairwise(moments))


async def test_a_right_that_ends_cuts_the_file_off(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "FIRST_PAGE", 5)
    monkeypatch.setattr(history, "PAGE", 5)
    unit = await unit_with(site, 100)
    known = await organisation_of(site)
    district, squad = site.home_of[unit]
    rights = [Rights(frozenset({("track.read", scope)})) for scope in (EVERYTHING, Scope(squads=frozenset({squad})))]
    elsewhere = Rights(frozenset({("track.read", Scope(districts=frozenset({district + 100})))}))
    for last in (None, Rights(), elsewhere):
        given = iter([(known, rights[0]), (known, rights[1]), (known, last)])
        with pytest.raises(Forbidden):
            await file_of(site, whole(unit), current=partial(next, given))


@pytest.mark.parametrize(
    ("wanted", "right"),
    [
        (Wanted(0, LONGEST_MS_OF_ONE, unit=1), True),
        (Wanted(0, LONGEST_MS_OF_ONE + 1, unit=1), False),
        (Wanted(0, LONGEST_MS_OF_ALL), True),
        (Wanted(0, LONGEST_MS_OF_ALL + 1), False),
        (Wanted(5, 5, unit=1), False),
        (Wanted(6, 5), False),
    ],
)
def test_a_span_is_a_day_for_all_and_31_for_one(wanted: Wanted, right: bool) -> None:
    if right:
        check_history(wanted)
    else:
        with pytest.raises(BadInput, match=r"at most (24|744) hours"):
            check_history(wanted)


@pytest.mark.parametrize(
    "box", ["", "1,2,3", "a,b,c,d", "2,1,1,2", "1,2,2,1", "-181,0,0,1", "0,0,nan,1", "0,0,1,inf", "112,27,114,29"]
)
def test_a_box_that_is_none_or_too_large_is_refused(box: str) -> None:
    with pytest.raises(BadInput):
        area_of_box(box)


# Over HTTP


async def rows_of(site: Site, object: str) -> list[tuple[str, str]]:
    async with site.store.snapshot() as session:
        found = "SELECT action, details ->> 'reason' AS reason FROM audit WHERE object = :object ORDER BY id"
        return [tuple(row) for row in await session.execute(text(found), {"object": object})]


@pytest.mark.slow
async def test_a_file_is_fetched_for_a_reason_by_whom_it_may(site: Site) -> None:
    mine, other = await unit_with(site, 30, squad=0), await unit_with(site, 30, squad=2)
    rights = grants("track.read", squads=[site.squads[0]])
    async with await site.browser("tracker", rights) as browser, httpx.AsyncClient(base_url=site.web.url) as stranger:
        query: dict[str, Any] = span() | {"unit": mine, "reason": "a complaint"}
        kinds = {"geojson": "application/geo+json", "gpx": "application/gpx+xml", "csv": "text/csv; charset=utf-8"}
        for form, kind in kinds.items():
            answer = await browser.get("/api/v1/tracks", params=query | {"format": form})
            assert (answer.status_code, answer.headers["content-type"]) == (200, kind), answer.text
            assert answer.headers["content-disposition"] == f'attachment; filename="track-{mine}.{form}"'
        assert await rows_of(site, f"unit:{mine}") == [("track.exported", "a complaint")] * 3
        assert (await browser.get("/api/v1/tracks", params=query | {"unit": other})).status_code == 404
        assert (await stranger.get("/api/v1/tracks", params=query)).status_code == 401
        refused = await browser.get("/api/v1/tracks", params=query | {"reason": ""})
        assert (refused.status_code, refused.json()["code"]) == (422, "reason_needed")
        for bad in ({"format": "kml"}, {"to": 1}, {"area": EAST}, {"from": -1}, {"unit": "x"}):
            assert (await browser.get("/api/v1/tracks", params=query | bad)).status_code == 422, bad
        assert len(await rows_of(site, f"unit:{mine}")) == 3, "who was refused has read nothing"


@pytest.mark.slow
async def test_of_an_area_everybody_gets_his_own(site: Site) -> None:
    mine, other = await unit_with(site, 30, squad=0), await unit_with(site, 30, squad=2)
    resting = await unit_with(site, 30, squad=0, flags=8)
    query = span() | {"area": EAST, "reason": "投诉件 12"}
    circle: dict[str, Any] = {"circle": {"longitude": 113.1, "latitude": 28.2, "metres": 500}}
    polygon: dict[str, Any] = {
        "polygon": {
            "type": "Polygon",
            "coordinates": [[[113.09, 28.19], [113.13, 28.19], [113.13, 28.22], [113.09, 28.19]]],
        }
    }
    body: dict[str, Any] = span() | {"reason": "投诉件 12"}
    ours = {mine, other, resting}
    for name, atoms, seen in (
        ("by squad", grants("track.read", squads=[site.squads[0]]), {mine}),
        ("by unit", grants("track.read", units=[other]), {other}),
        ("fleet", grants("track.read", "fleet.read", squads=[site.squads[0]]), {mine, resting}),
    ):
        async with await site.browser(name, atoms) as browser:
            for answer in (
                await browser.get("/api/v1/tracks", params=query),
                await browser.post("/api/v1/tracks", json=body | circle),
            ):
                assert answer.status_code == 200, answer.text
                assert {one["properties"]["unit"] for one in answer.json()["features"]} & ours == seen, name
    async with await site.browser("asker", grants("track.read")) as browser:
        told = {
            one["properties"]["unit"] for one in (await browser.get("/api/v1/tracks", params=query)).json()["features"]
        }
        assert told & ours == {mine, other}
        wrong: list[dict[str, Any]] = [{}, circle | polygon, {"circle": {}}, {"polygon": {"type": "Point"}}]
        for bad in [*wrong, circle | {"more": 1}]:
            assert (await browser.post("/api/v1/tracks", json=body | bad)).status_code == 422, bad
        assert (await browser.post("/api/v1/tracks", json=body | polygon | {"format": "csv"})).status_code == 200
        assert (await browser.post("/api/v1/tracks", json=body | circle | {"reason": " "})).json()[
            "code"
        ] == "reason_needed"
        too_long = circle | {"to": body["to"] + 1}
        assert (await browser.post("/api/v1/tracks", json=body | too_long)).status_code == 422
    assert {action for action, _ in await rows_of(site, "place:113.100000,28.200000")} == {"track.exported"}
    assert (
        await rows_of(site, "area:113.090000,28.190000,113.200000,28.210000") == [("track.exported", "投诉件 12")] * 4
    )


@pytest.mark.slow
async def test_stops_and_distance_of_a_unit(site: Site) -> None:
    unit = await unit_with(site, 60)  # a step of 29.4 m a minute: it wanders
    async with site.store.transaction() as session:
        move = "UPDATE fix SET place = ST_SetSRID(ST_MakePoint({}, 28.2), 4326) WHERE unit = :unit AND fixed_at {} :at"
        drive = move.format("113.1 + 0.01 * extract(epoch FROM fixed_at - :at) / 60", ">=")
        for statement in (drive, move.format("113.1", "<")):
            await session.execute(text(statement), {"unit": unit, "at": START + timedelta(minutes=30)})
    path = f"/api/v1/units/{unit}/stops"
    query: dict[str, Any] = span() | {"reason": "a complaint"}
    async with await site.browser("looker", grants("track.read", squads=[site.squads[0]])) as browser:
        answer = await browser.get(path, params=query)
        assert answer.status_code == 200, answer.text
        found = answer.json()
        (stop,) = found["stops"]
        assert (stop["from"], stop["to"]) == (to_ms(START), to_ms(START + timedelta(minutes=30)))
        assert (stop["longitude"], stop["latitude"]) == (pytest.approx(113.1), pytest.approx(28.2))
        assert found["distance"] == pytest.approx(29 * 979.9, rel=1e-3)
        assert (found["moving"], found["standing"], found["unknown"]) == (29 * 60_000, 30 * 60_000, 0)
        assert found["fixes"] == 60
        assert (await browser.get(path, params=query | {"minutes": 31})).json()["stops"] == []
        assert await rows_of(site, f"unit:{unit}") == [("track.read", "a complaint")] * 2
        for bad in ({"reason": ""}, {"minutes": 0}, {"to": query["to"] + 1}):
            assert (await browser.get(path, params=query | bad)).status_code == 422, bad
        foreign = await unit_with(site, 1, squad=3)
        assert (await browser.get(f"/api/v1/units/{foreign}/stops", params=query)).status_code == 404


@pytest.mark.slow
async def test_a_track_is_simplified_by_zoom(site: Site) -> None:
    unit = await unit_with(site, 600)
    path = f"/api/v1/units/{unit}/track"
    query: dict[str, Any] = span() | {"reason": "a complaint"}
    async with await site.browser("drawer", grants("track.read", squads=[site.squads[0]])) as browser:
        whole_one = (await browser.get(path, params=query)).json()
        found = (await browser.get(path, params=query | {"zoom": 12})).json()
        assert whole_one["stored"] == found["stored"] == len(whole_one["times"]) == 600
        assert set(found) == set(whole_one)
        assert len(found["times"]) == 301, "a straight line: one fix in two minutes"
        at = {time: n for n, time in enumerate(whole_one["times"])}
        for column in ("longitudes", "latitudes", "speeds", "headings"):
            assert found[column] == pytest.approx([whole_one[column][at[time]] for time in found["times"]], nan_ok=True)
        assert (await browser.get(path, params=query | {"zoom": 25})).status_code == 422
        nothing = (await browser.get(path, params=query | {"zoom": 3, "from": 0, "to": 1})).json()
        assert (nothing["stored"], nothing["times"]) == (0, [])
