"""Places by name and a point in words, on names that the real builder wrote."""

import math
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, Point

from backend.geo.cells import METRES_PER_DEGREE, distance_m
from backend.geo.places import Places, key_of, keys_of
from tests.tiles.town import MIDDLE, Drawing, at, draw_town
from tiles.extract import read
from tiles.names import write_names


def book_of(town: Drawing, folder: Path) -> Places:
    write_names(read(town.write(folder / "town.osm.pbf")), [], folder / "names.sqlite")
    return Places(folder / "names.sqlite")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """The names of the town; a second 人民路 lies in a village 20 km away."""
    town = draw_town()
    town.way([at(200, 0), at(201, 0)], highway="residential", name="人民路")
    town.node(at(3.3, 2), highway="bus_stop", name="人民路口")  # the other side of the street
    book = book_of(town, tmp_path_factory.mktemp("names"))
    yield book
    book.close()


def found(book: Places, query: str, near: tuple[float, float] | None = MIDDLE, limit: int = 20) -> list[str]:
    return [place.name for place in book.search(query, near, limit)]


# By name


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("人民路", "人民路"),
        (" 人民 路 ", "人民路"),
        ("人民路口", "人民路口"),
        ("人民广场", "人民广场站"),
        ("renmin road", "人民路"),
        ("RENMINLU", "人民路"),
        ("rml", "人民路"),
        ("解放", "解放路"),
        ("医院", "试城医院"),
        ("hospital", "试城医院"),
        ("syyy", None),
        ("人民路12", "人民路12号"),
        ("人民路12号附近", "人民路12号"),
        ("人民路解放路", "人民路与解放路交叉口"),
        ("解放路人民路口", "人民路与解放路交叉口"),
        ("解放路与人民路", "人民路与解放路交叉口"),
        ("人民路和和平路", "人民路与和平路交叉口"),
        ("和平路和人民路交叉口", "人民路与和平路交叉口"),
        ("renmin road and jiefang road", "人民路与解放路交叉口"),
        ("人民路/解放路", "人民路与解放路交叉口"),
        ("rmljfl", "人民路与解放路交叉口"),
        ("没有这个地方", None),
        ("", None),
        ("  、—", None),
        ("%", None),
        ("_", None),
    ],
)
def test_first_answer(book: Places, query: str, first: str | None) -> None:
    assert next(iter(found(book, query)), None) == first


def test_the_nearer_of_two_of_one_name_comes_first_and_says_how_far_it_is(book: Places) -> None:
    here, there = book.search("人民路", MIDDLE, 20)[:2], book.search("人民路", at(200, 1), 20)[:2]
    assert [place.name for place in here] == ["人民路", "人民路"]
    assert (here[0].longitude, here[0].latitude) == (there[1].longitude, there[1].latitude)
    assert here[1].distance == pytest.approx(distance_m(*MIDDLE, here[1].longitude, here[1].latitude))
    assert {place.distance for place in book.search("人民路", None, 20)} == {None}


def test_both_sides_of_a_stop_are_one_answer(book: Places) -> None:
    assert found(book, "人民路口").count("人民路口") == 1


def test_no_more_than_asked_for(book: Places) -> None:
    assert len(found(book, "人", limit=3)) == 3
    assert len(found(book, "人", limit=20)) > 3


@given(st.text(max_size=100), st.booleans())
def test_any_text_is_a_question(book: Places, text: str, is_near: bool) -> None:
    places = book.search(text, MIDDLE if is_near else None, 5)
    assert len(places) <= 5


@given(st.text(max_size=60))
def test_keys(text: str) -> None:
    key = key_of(text)
    assert key_of(key) == key or any(not sign.isascii() for sign in text)
    assert key_of(f" {text}\t") == key
    assert key_of(text.upper()) == key_of(text.lower()) or not text.isascii()
    assert key in keys_of(text) or not key
    assert len(keys_of(text)) <= 6


def test_every_name_finds_its_place(book: Places) -> None:
    for name in ("试城", "北环高速", "明珠大厦", "第一小学", "老街坊", "月湖", "小卖部", "和平路"):
        for part in (name, name[:2], name[1:]):
            assert name in found(book, part), part


# A point in words


def test_the_street_at_a_point_and_the_one_that_crosses_it(book: Places) -> None:
    answer = book.nearest_street(*at(2, 0.2))
    assert answer is not None
    street, crossing = answer
    assert crossing is not None
    assert (street.name, street.name_en) == ("人民路", "Renmin Road")
    assert street.distance == pytest.approx(0.2 / 1000 * METRES_PER_DEGREE, rel=0.01)
    assert (crossing.name, crossing.name_en) == ("解放路", "Jiefang Road")
    assert crossing.distance == pytest.approx(distance_m(*at(2, 0.2), *at(0, 0)), rel=0.01)


def test_a_crossing_too_far_away_is_none(book: Places) -> None:
    street, crossing = book.nearest_street(*at(200.5, 0)) or (None, None)
    assert street is not None
    assert crossing is None


def test_too_far_from_any_street(book: Places) -> None:
    assert book.nearest_street(*at(100, 100)) is None
    assert book.nearest_street(0, 90) is None


@pytest.fixture(scope="module")
def wild(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Places, dict[str, LineString]]]:
    """Sixty crooked streets, and their lines in metres around MIDDLE."""
    chance = random.Random(7)
    town, lines = Drawing(), {}
    for number in range(60):
        x, y = chance.uniform(-10, 10), chance.uniform(-10, 10)
        corners = [at(x, y)]
        for _ in range(chance.randint(1, 6)):
            x, y = x + chance.uniform(-2, 2), y + chance.uniform(-2, 2)
            corners.append(at(x, y))
        town.way(corners, highway="residential", name=f"{number}号路")
        lines[f"{number}号路"] = LineString([in_metres(*corner) for corner in corners])
    book = book_of(town, tmp_path_factory.mktemp("wild"))
    yield book, lines
    book.close()


def in_metres(longitude: float, latitude: float) -> tuple[float, float]:
    across = METRES_PER_DEGREE * math.cos(math.radians(MIDDLE[1]))
    return (longitude - MIDDLE[0]) * across, (latitude - MIDDLE[1]) * METRES_PER_DEGREE


@given(east=st.floats(-13, 13), north=st.floats(-13, 13))
def test_the_nearest_street_is_the_nearest_of_all(
    wild: tuple[Places, dict[str, LineString]], east: float, north: float
) -> None:
    book, lines = wild
    place = Point(in_metres(*at(east, north)))
    distances = {name: line.distance(place) for name, line in lines.items()}
    nearest = min(distances.values())
    answer = book.nearest_street(*at(east, north))
    if answer is None:
        assert nearest > 299
    else:
        assert nearest < 301
        assert answer[0].distance == pytest.approx(nearest, rel=1e-3, abs=0.05)
        assert distances[answer[0].name] == pytest.approx(nearest, rel=1e-3, abs=0.05)
