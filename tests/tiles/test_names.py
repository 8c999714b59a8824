"""Names of an extract: streets as people mean them, crossings, and all words that a place may be searched by."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.geo import places as gazetteer
from tests.tiles.town import Drawing, at, draw_town
from tiles.extract import Extract, Place, read
from tiles.names import crossings_of, key_of, streets_of, words_of, write_names


@given(st.text(max_size=60))
def test_both_sides_compare_the_same_keys(text: str) -> None:
    """The builder and the searcher may not know each other; they must agree all the same."""
    key = key_of(text)
    assert key == gazetteer.key_of(text)
    assert all(sign.isalnum() for sign in key)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("人民路", "人民路"),
        ("Renmin  Road", "renminroad"),
        ("ＡＢ－１２", "ab12"),
        ("St. Mary's", "stmarys"),
        (" —·", ""),
    ],
)
def test_keys(text: str, key: str) -> None:
    assert key_of(text) == key


def extract_of(drawing: Drawing, folder: Path) -> Extract:
    return read(drawing.write(folder / "town.osm.pbf"))


def test_ways_of_one_name_are_one_street_unless_far_apart(tmp_path: Path) -> None:
    town = Drawing()
    town.way([at(2, 0), at(3, 0)], highway="primary", name="人民路")
    town.way([at(0, 0), at(1, 0)], highway="primary", name="人民路")
    town.way([at(0, 0.1), at(3, 0.1)], highway="primary", name="人民路", name__en="Renmin Road")
    town.way([at(50, 0), at(51, 0)], highway="primary", name="人民路")
    town.way([at(0, 5), at(1, 5)], highway="platform", name="站台")
    streets = list(streets_of(extract_of(town, tmp_path).streets))
    assert [(len(one.ways), one.name_en) for one in streets] == [(3, "Renmin Road"), (1, None)]
    assert streets[0].middle() in [point for way in streets[0].ways for point in way.points]


def test_a_crossing_is_one_however_many_carriageways_meet(tmp_path: Path) -> None:
    town = Drawing()
    for north in (0, 0.3):
        town.way([at(-5, north), at(0, north), at(0.3, north), at(5, north)], highway="primary", name="人民路")
    for east in (0, 0.3):
        town.way([at(east, -5), at(east, 0), at(east, 0.3), at(east, 5)], highway="primary", name="解放路")
    town.way([at(5, 0), at(6, 0)], highway="primary", name="人民路")
    town.way([at(-5, 1), at(5, 1)], highway="primary", name="高架路")  # above, without a common node
    roads = list(streets_of(extract_of(town, tmp_path).streets))
    ((one, other, place),) = crossings_of(roads)
    assert {roads[one].name, roads[other].name} == {"人民路", "解放路"}
    assert place == pytest.approx(at(0.15, 0.15), abs=0.0003)


def test_words() -> None:
    station = Place("3号线重庆站", "Chongqing", "station", (0, 0), ("老站",))
    assert words_of(station) == {
        ("3号线重庆站", 0), ("老站", 0), ("chongqing", 1),
        ("3haoxianchongqingzhan", 2), ("3hxcqz", 3), ("laozhan", 2), ("lz", 3),
    }  # fmt: skip
    assert words_of(Place("解放路12号", None, "address", (0, 0))) == {("解放路12号", 0)}
    assert words_of(Place("Höhe", None, "street", (0, 0))) == {("höhe", 0)}


def test_what_is_found_in_the_town(tmp_path: Path) -> None:
    file = tmp_path / "names.sqlite"
    counts = write_names(extract_of(draw_town(), tmp_path), [], file)
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT name, kind FROM place").fetchall()
    assert counts == {"streets": 4, "crossings": 2, "places": len(rows)}
    assert set(rows) == {
        ("试城", "city"), ("人民路", "street"), ("解放路", "street"), ("和平路", "street"), ("北环高速", "street"),
        ("人民路与解放路交叉口", "crossing"), ("人民路与和平路交叉口", "crossing"), ("明珠大厦", "building"),
        ("人民路12号", "address"), ("试城医院", "hospital"), ("人民路口", "bus_stop"), ("人民广场站", "subway_station"),
        ("小卖部", "shop"), ("第一小学", "school"), ("老街坊", "neighbourhood"), ("月湖", "water"),
    }  # fmt: skip
