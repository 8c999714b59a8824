"""The files: the same each time, in the order of OSM, within their box, without half-written leftovers."""

from pathlib import Path

import osmium
import pytest

from tests.tiles.demo.extract import City

pytestmark = pytest.mark.timeout(600)  # the first test waits until the city is made


def test_two_runs_write_the_same_bytes(folders: tuple[Path, Path]) -> None:
    for name in ("city.osm.pbf", "areas.geojson"):
        here, there = (folder / name for folder in folders)
        assert here.read_bytes() == there.read_bytes()
        assert here.stat().st_size > 100_000


def test_nothing_but_the_two_files_is_left(folders: tuple[Path, Path]) -> None:
    assert sorted(path.name for path in folders[0].iterdir()) == ["areas.geojson", "city.osm.pbf"]


def test_nodes_come_before_ways_before_relations_with_ascending_numbers(city: City) -> None:
    ranked = [("nwr".index(kind), number) for kind, number in city.order]
    assert ranked == sorted(set(ranked))


def test_all_lies_in_the_box_of_the_header(folders: tuple[Path, Path], city: City) -> None:
    with osmium.io.Reader(str(folders[0] / "city.osm.pbf")) as reader:
        box = reader.header().box()
    west, south = (box.bottom_left.lon - 113.10) * 98_184, (box.bottom_left.lat - 28.20) * 110_852
    east, north = (box.top_right.lon - 113.10) * 98_184, (box.top_right.lat - 28.20) * 110_852
    slack = 1600.0  # lines that leave the city go a little on
    for x, y in city.places.values():
        assert west - slack < x < east + slack
        assert south - slack < y < north + slack
    assert 20_000 < east - west < 40_000


def test_ways_and_relations_have_all_their_members(city: City) -> None:
    for members, tags in city.relations:
        for kind, number, _ in members:
            assert number in (city.places if kind == "n" else city.ways), tags
    assert all(len(way.nodes) >= 2 for way in city.ways.values())
