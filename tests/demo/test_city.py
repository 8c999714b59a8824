"""A built map becomes home areas: by its areas where it has them, else by an even division."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import msgpack
import pytest

from backend.demo import fleet
from backend.demo.city import BESIDE_M, WALK_M, City
from backend.demo.profiles import CAR, FOOT, PROFILES
from backend.demo.streets import metres_between
from tests.demo.networks import CENTRE, METRE, town

HALF_M = 525


def square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
    ring = [[CENTRE[0] + x * METRE, CENTRE[1] + y * METRE] for x, y in corners]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(kind: str, code: str, name: str, geometry: dict[str, Any]) -> dict[str, Any]:
    words = {"kind": kind, "code": code, "name": name, "name_en": f"English {name}", "district": code[:6]}
    return {"type": "Feature", "properties": words, "geometry": geometry}


WEST, EAST = square(-100, -100, HALF_M, 1300), square(HALF_M, -100, 1300, 1300)
AREAS = [
    feature("squad", "439901002", "东街道", EAST),
    feature("district", "439901", "全区", square(-100, -100, 1300, 1300)),
    feature("squad", "439901001", "西街道", WEST),
    feature("squad", "439901003", "海街道", square(5000, 5000, 5100, 5100)),
    feature("grid", "439901001001001", "网格", WEST),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A built map without areas and names."""
    (tmp_path / "roads.msgpack").write_bytes(msgpack.packb(town()))
    return tmp_path


def with_areas(folder: Path) -> City:
    (folder / "areas.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": AREAS}))
    return City(folder)


def east_of_centre(city: City, edges: list[int]) -> list[float]:
    longitudes, _ = city.streets.middles()
    return [(float(longitudes[edge]) - CENTRE[0]) / METRE for edge in edges]


def test_units_are_at_home_in_their_squads_area(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    city = with_areas(folder)
    assert [body.name for body in city.bodies if body.kind == "squad"] == ["西中队", "东中队", "海中队"]
    assert [body.name for body in city.bodies if body.kind == "district"] == ["全区城市管理执法局"]
    for profile in (CAR, FOOT):
        router = city.router(profile)
        west, east = city.home(router, "439901001"), city.home(router, "439901002")
        assert max(east_of_centre(city, west)) < HALF_M < min(east_of_centre(city, east))
        assert set(west) | set(east) <= set(router.core)
        assert city.home(router, "439900") == sorted(west + east)
        assert city.home(router, "439901003") == city.home(router, "439900"), "no street there: the whole city"
    assert "439901003" in caplog.text


def test_without_areas_the_streets_are_shared_out(folder: Path) -> None:
    city = City(folder)
    router = city.router(CAR)
    squads = [body.key for body in city.bodies if body.kind == "squad"]
    homes = [city.home(router, key) for key in squads]
    assert len(homes) == 16
    assert sorted(edge for home in homes for edge in home) == city.home(router, "439900")
    assert max(map(len, homes)) - min(map(len, homes)) <= 2
    assert max(east_of_centre(city, homes[0])) < min(east_of_centre(city, homes[15]))


def test_walkers_stay_near_a_busy_place(folder: Path) -> None:
    with sqlite3.connect(folder / "names.sqlite") as store:
        store.execute("CREATE TABLE place (name TEXT, kind TEXT, longitude REAL, latitude REAL)")
        market = (CENTRE[0] + 150 * METRE, CENTRE[1] + 150 * METRE)
        rows = [
            ("东门夜市", "marketplace", *market),
            ("市场路", "street", CENTRE[0] + 900 * METRE, CENTRE[1] + 900 * METRE),
            ("远方广场", "square", CENTRE[0] + 9000 * METRE, CENTRE[1]),
        ]
        store.executemany("INSERT INTO place VALUES (?, ?, ?, ?)", rows)
    store.close()
    city = City(folder)
    walker = next(post for post in fleet.posts(city.bodies) if post.kind == "foot")
    driver = city.driver(walker, 1, 0.0)
    for _ in range(200):
        driver.advance(30)
        assert metres_between(market, (driver.longitude, driver.latitude)) < WALK_M + 250
    assert BESIDE_M < WALK_M


def test_every_kind_of_unit_drives(folder: Path) -> None:
    city = City(folder)
    for seed, post in enumerate(fleet.posts(city.bodies)):
        driver = city.driver(post, seed, 1e9)
        driver.advance(60)
        assert city.streets.edges.modes[driver.edge] & PROFILES[post.kind].mode


def test_areas_that_are_none_are_refused(folder: Path) -> None:
    (folder / "areas.geojson").write_text("{}")
    with pytest.raises(ValueError, match=r"areas\.geojson.*features"):
        City(folder)


def test_cameras_stand_at_the_crossings_in_the_middle_of_each_squads_area(folder: Path) -> None:
    with sqlite3.connect(folder / "names.sqlite") as store:
        store.execute("CREATE TABLE place (name TEXT, name_en TEXT, kind TEXT, longitude REAL, latitude REAL)")
        rows = [
            (name, None, kind, CENTRE[0] + x * METRE, CENTRE[1] + y * METRE)
            for name, kind, x, y in [
                ("甲与乙交叉口", "crossing", 200, 600),
                ("甲与丙交叉口", "crossing", -90, -90),
                ("丁与戊交叉口", "crossing", 900, 600),
                ("戊与己交叉口", "crossing", 910, 1290),
                ("戊与庚交叉口", "crossing", 600, 1290),
                ("外面的交叉口", "crossing", 3000, 600),
                ("正中市场", "marketplace", 200, 600),
            ]
        ]
        store.executemany("INSERT INTO place VALUES (?, ?, ?, ?, ?)", rows)
    store.close()
    stand = [(squad, name) for squad, name, *_ in with_areas(folder).crossings]
    assert stand == [
        ("439901001", "甲与乙交叉口"),
        ("439901002", "丁与戊交叉口"),
        ("439901002", "戊与己交叉口"),
    ]
