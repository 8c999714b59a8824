"""The routes of the map in process, on a ground that the real builder made: bytes, headers, refusals."""

import json
import logging
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import mapbox_vector_tile
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from backend.app import make_app
from backend.geo import ground as grounds
from backend.geo.areas import Areas
from backend.geo.ground import Ground, open_ground, read_ground
from backend.identity.registry import KnownViewer, Organisation
from backend.identity.rights import EVERYTHING, Rights, everything
from backend.identity.sessions import COOKIE
from backend.map_routes import is_known, takes_gzip
from backend.settings import Settings
from tests.identity.doors import FixedSessions
from tests.tiles.town import MIDDLE, at, tile_of, write_town
from tiles.build import Order, build

pytestmark = pytest.mark.skipif(shutil.which("tilemaker") is None, reason="tilemaker is not installed")

SECRET = "secret"
VIEWERS = {
    "person:1": KnownViewer("operator", everything()),
    "person:2": KnownViewer("clerk", Rights(frozenset({("unit.read", EVERYTHING)}))),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the town's map."""
    home = tmp_path_factory.mktemp("home")
    build(Order(write_town(home), home / "map", areas=home / "areas.geojson"), lambda words: None)
    return home


@pytest.fixture(scope="module")
def town(home: Path) -> Iterator[Ground]:
    """The open map."""
    ground = read_ground(home / "map")
    yield ground
    ground.close()


@dataclass
class BuiltAreas:
    """The areas where no store is: those of the built map."""

    areas: Areas

    async def current(self) -> Areas:
        """All of them, always."""
        return self.areas


def browser_on(ground: Ground, person: int | None = 1, settings: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    """A browser on the app with this ground."""
    known = Settings.model_validate(settings or {})
    app = make_app(known.ground_origins)
    app.state.cookie_secret, app.state.settings, app.state.ground = SECRET, known, ground
    app.state.registry = SimpleNamespace(current=Organisation(version=2, viewers=VIEWERS))
    app.state.sessions = FixedSessions()
    app.state.jurisdiction = BuiltAreas(ground.areas)
    cookies = {COOKIE: str(person)} if person else {}
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://city", cookies=cookies)


@pytest_asyncio.fixture
async def browser(town: Ground) -> AsyncIterator[httpx.AsyncClient]:
    """A browser with all rights."""
    async with browser_on(town) as running_one:
        yield running_one


@pytest.fixture
def address() -> str:
    """Of the tile in the middle of the town."""
    x, y = tile_of(MIDDLE, 14)
    return f"/tiles/14/{x}/{y}"


def assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.json()
    return body


# Tiles


async def test_a_tile_as_it_lies_in_the_file(browser: httpx.AsyncClient, town: Ground, address: str) -> None:
    answer = await browser.get(address, headers={"Accept-Encoding": "br, gzip"})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert town.tiles is not None
    assert int(answer.headers["content-length"]) == len(town.tiles.get(14, *tile_of(MIDDLE, 14)) or b"")
    assert "road" in mapbox_vector_tile.decode(answer.content)


async def test_a_tile_for_one_that_takes_no_gzip(browser: httpx.AsyncClient, address: str) -> None:
    packed = await browser.get(address, headers={"Accept-Encoding": "gzip"})
    plain = await browser.get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == packed.content
    assert plain.headers["etag"] != packed.headers["etag"], "other bytes, other tag: it is a strong one"


async def test_what_the_browser_has_is_not_sent_again(browser: httpx.AsyncClient, address: str) -> None:
    tag = (await browser.get(address)).headers["etag"]
    assert not tag.startswith("W/")
    again = await browser.get(address, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await browser.get(address, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_only_the_address_of_this_map_is_kept_for_ever(
    browser: httpx.AsyncClient, town: Ground, address: str
) -> None:
    assert town.manifest is not None
    for query, control in (
        (f"?v={town.manifest.version}", "private, max-age=31536000, immutable"),
        ("?v=000000000000", "private, no-cache"),
        ("?v=", "private, no-cache"),
        ("", "private, no-cache"),
    ):
        assert (await browser.get(address + query)).headers["cache-control"] == control


async def test_nothing_there_is_204(browser: httpx.AsyncClient) -> None:
    for path in ("/tiles/14/0/0", "/tiles/14/16383/16383", "/tiles/6/0/0"):
        answer = await browser.get(path)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["cache-control"] == "private, no-cache"


@pytest.mark.parametrize(
    "path",
    [
        "5/0/0", "15/0/0", "14/16384/0", "14/0/16384", "99999999/0/0", "14/-1/0", "14/0/-1", "1e1/0/0", "14/0/0.5",
        "x/y/z", "14/٣/0", "14/0/" + "9" * 5000, "14/0", "14", "14/0/0/0", "14/%00/0", "+14/0/0", " 14/0/0",
    ],
    ids=lambda path: str(path)[:20],
)  # fmt: skip
async def test_no_such_tile_404(browser: httpx.AsyncClient, path: str) -> None:
    assert_problem(await browser.get(f"/tiles/{path}"), 404)


PATHS = [
    "/tiles/14/0/0",
    "/api/v1/ground",
    "/api/v1/areas/district",
    "/api/v1/places?q=a",
    "/api/v1/where?longitude=0&latitude=0",
]


@pytest.mark.parametrize("path", PATHS)
async def test_only_for_those_who_may_see_the_map(town: Ground, path: str) -> None:
    async with browser_on(town, person=None) as stranger, browser_on(town, person=2) as clerk:
        assert_problem(await stranger.get(path), 401)
        assert assert_problem(await clerk.get(path), 403)["atom"] == "map.read"


# The ground


async def test_the_ground_says_where_its_tiles_are(browser: httpx.AsyncClient, town: Ground, address: str) -> None:
    body = (await browser.get("/api/v1/ground")).json()
    characters = body.pop("characters")
    assert "人" in characters
    assert body.pop("bounds") == pytest.approx([*at(-10, -10), *at(10, 10)])
    (template,) = body.pop("tiles")
    assert body == {
        "kind": "vector", "name": "试城", "name_en": "Testville", "minzoom": 6, "maxzoom": 14, "tile_size": 512,
        "attribution": "© OpenStreetMap contributors", "datum": "wgs84", "coastal": False,
    }  # fmt: skip
    z, x, y = address.removeprefix("/tiles/").split("/")
    tile = await browser.get(template.format(z=z, x=x, y=y))
    assert tile.status_code == 200
    assert "immutable" in tile.headers["cache-control"]


TIANDITU = "https://t0.tianditu.gov.cn/vec_w/wmts?LAYER=vec&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=KEY"


async def test_an_operators_own_ground(town: Ground) -> None:
    urls = f"{TIANDITU} {TIANDITU.replace('vec', 'cva')} http://maps.city:8080/{{z}}/{{x}}/{{y}}.png"
    own = {"ground_urls": urls, "ground_datum": "gcj02", "ground_attribution": "审图号", "ground_maxzoom": "17"}
    async with browser_on(town, settings=own) as browser:
        answer = await browser.get("/api/v1/ground")
        body = answer.json()
        assert (body["kind"], body["tiles"], body["bounds"]) == ("raster", urls.split(), None)
        assert (body["minzoom"], body["maxzoom"], body["tile_size"]) == (0, 17, 256)
        assert (body["datum"], body["attribution"], body["coastal"]) == ("gcj02", "审图号", False)
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
        for allowed in ("connect-src", "img-src"):
            assert policy[allowed].split()[-2:] == ["https://t0.tianditu.gov.cn", "http://maps.city:8080"]
            assert policy[allowed].split()[0] == "'self'"
        assert policy["default-src"] == "'self'"
        assert (await browser.get("/api/v1/places", params={"q": "人民路"})).json()["places"], "names stay ours"


async def test_without_own_tiles_no_other_origin_is_allowed(browser: httpx.AsyncClient) -> None:
    policy = (await browser.get("/api/v1/ground")).headers["content-security-policy"]
    assert "http" not in policy


@pytest.mark.parametrize("datum", ["wgs84", "cgcs2000"])
async def test_cgcs2000_is_wgs84_for_the_page(town: Ground, datum: str) -> None:
    async with browser_on(town, settings={"ground_urls": TIANDITU, "ground_datum": datum}) as browser:
        assert (await browser.get("/api/v1/ground")).json()["datum"] == "wgs84"


async def test_without_a_map_all_answers_are_empty() -> None:
    async with browser_on(Ground()) as browser:
        body = (await browser.get("/api/v1/ground")).json()
        assert (body["kind"], body["tiles"], body["bounds"], body["characters"]) == ("none", [], None, "")
        assert "make tiles" in assert_problem(await browser.get("/tiles/14/0/0"), 404)["detail"]
        areas = (await browser.get("/api/v1/areas/squad")).json()
        assert areas == {"type": "FeatureCollection", "features": []}
        assert (await browser.get("/api/v1/places", params={"q": "人民路"})).json() == {"places": []}
        where = (await browser.get("/api/v1/where", params={"longitude": 113.1, "latitude": 28.2})).json()
        assert where == {"street": None, "crossing": None, "areas": []}


async def test_the_first_view_is_that_of_the_map_unless_it_was_set(town: Ground) -> None:
    async def view(ground: Ground, **settings: str) -> tuple[float, float, float]:
        async with browser_on(ground, settings=settings) as browser:
            body = (await browser.get("/api/v1/session")).json()["map"]
            return body["longitude"], body["latitude"], body["zoom"]

    assert town.manifest is not None
    assert await view(town) == (*town.manifest.centre, town.manifest.zoom)
    assert (await view(town))[:2] == pytest.approx(MIDDLE)
    assert await view(town, map_longitude="120.5", map_zoom="9") == (120.5, town.manifest.centre[1], 9)
    assert await view(Ground()) == (113.1, 28.2, 12)


# Which folder


def test_the_operators_map_goes_before_the_demo_city(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grounds, "DEMO_CITY", home / "map")
    with_own = open_ground(home)
    demo = open_ground(tmp_path)
    assert with_own.manifest == demo.manifest
    monkeypatch.setattr(grounds, "DEMO_CITY", tmp_path / "none")
    assert open_ground(tmp_path).manifest is None
    with_own.close()
    demo.close()


@pytest.mark.parametrize("name", ["manifest.json", "tiles.pmtiles", "names.sqlite", "areas.geojson"])
def test_a_broken_map_is_told_and_the_next_one_taken(
    name: str, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(grounds, "DEMO_CITY", tmp_path / "none")
    shutil.copytree(home / "map", tmp_path / "map")
    (tmp_path / "map" / name).write_bytes(b"\xff nothing of the kind")
    with caplog.at_level(logging.WARNING):
        assert open_ground(tmp_path).manifest is None
    assert f"the map in {tmp_path / 'map'} cannot be read" in caplog.text


# Areas, places, where


async def test_areas_of_a_kind(browser: httpx.AsyncClient, home: Path) -> None:
    answer = await browser.get("/api/v1/areas/squad")
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["content-encoding"] == "gzip"
    given = json.loads((home / "areas.geojson").read_text())["features"]
    assert answer.json() == {"type": "FeatureCollection", "features": given[1:]}
    again = await browser.get("/api/v1/areas/squad", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = await browser.get("/api/v1/areas/squad", headers={"Accept-Encoding": "identity"})
    assert (plain.json(), "content-encoding" in plain.headers) == (answer.json(), False)
    assert (await browser.get("/api/v1/areas/grid")).json()["features"] == []
    assert (await browser.get("/api/v1/areas/grid")).headers["etag"] != answer.headers["etag"]
    assert_problem(await browser.get("/api/v1/areas/country"), 422)


async def test_places(browser: httpx.AsyncClient) -> None:
    query: dict[str, Any] = {"q": "试城医院", "longitude": MIDDLE[0], "latitude": MIDDLE[1]}
    (place, *_) = (await browser.get("/api/v1/places", params=query)).json()["places"]
    assert place.pop("distance") == pytest.approx(314, abs=2)
    assert (place.pop("longitude"), place.pop("latitude")) == pytest.approx(at(3, 1))
    assert place == {"name": "试城医院", "name_en": "Testville Hospital", "kind": "hospital"}
    (district, *_) = (await browser.get("/api/v1/places", params={"q": "439901"})).json()["places"]
    assert (district["name"], district["kind"], district["distance"]) == ("试城区", "district", None)
    assert len((await browser.get("/api/v1/places", params={"q": "人", "limit": 2})).json()["places"]) == 2


@pytest.mark.parametrize(
    "query",
    [
        "",
        "q=" + "x" * 101,
        "q=a&limit=0",
        "q=a&limit=21",
        "q=a&longitude=181&latitude=0",
        "q=a&longitude=nan&latitude=0",
    ],
    ids=lambda query: query[:30],
)
async def test_bad_questions_422(browser: httpx.AsyncClient, query: str) -> None:
    assert_problem(await browser.get(f"/api/v1/places?{query}"), 422)


async def test_where(browser: httpx.AsyncClient) -> None:
    longitude, latitude = at(-2, 0.2)
    body = (await browser.get("/api/v1/where", params={"longitude": longitude, "latitude": latitude})).json()
    assert body["street"] == {"name": "人民路", "name_en": "Renmin Road", "distance": pytest.approx(22.2, abs=0.2)}
    assert body["crossing"] == {"name": "解放路", "name_en": "Jiefang Road", "distance": pytest.approx(197.5, abs=1)}
    assert body["areas"] == [
        {"kind": "district", "code": "439901", "name": "试城区", "name_en": None},
        {"kind": "squad", "code": "439901001", "name": "城西中队", "name_en": None},
    ]


async def test_where_on_a_border_and_outside(browser: httpx.AsyncClient) -> None:
    async def codes(east: float, north: float) -> list[str]:
        longitude, latitude = at(east, north)
        answer = await browser.get("/api/v1/where", params={"longitude": longitude, "latitude": latitude})
        return [area["code"] for area in answer.json()["areas"]]

    assert await codes(0, 5) == ["439901", "439901001", "439901002"]
    assert await codes(50, 50) == []
    for query in ("longitude=1", "longitude=1&latitude=91", "longitude=inf&latitude=0", "longitude=x&latitude=0"):
        assert_problem(await browser.get(f"/api/v1/where?{query}"), 422)


# Headers


@pytest.mark.parametrize(
    ("accepted", "takes"),
    [
        ("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("gzip;q=1", True), ("deflate, gzip", True),
        ("", False), ("identity", False), ("gzip;q=0", False), ("gzip;q=0.000, *", False), ("*;q=0", False),
        ("xgzip", False),
    ],
)  # fmt: skip
def test_takes_gzip(accepted: str, takes: bool) -> None:
    assert takes_gzip(accepted) is takes


@pytest.mark.parametrize(
    ("known", "expected"),
    [('"a"', True), ('"b", "a"', True), ('W/"a"', True), ("*", True), ("", False), ('"b"', False), ("a", False)],
)
def test_known_tags(known: str, expected: bool) -> None:
    assert is_known(known, '"a"') is expected


@given(st.text(max_size=40))
def test_headers_may_hold_anything(text: str) -> None:
    assert takes_gzip(text) in (True, False)
    assert is_known(text, '"a"') in (True, False)
