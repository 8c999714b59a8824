"""Land and sea from coastlines that an extract cuts: land lies on their left."""

import json
import shutil
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import Point

from backend.geo.tiles import TileArchive
from tests.tiles.town import Drawing, at, features
from tiles.build import Order, build
from tiles.coast import land_of

BOUNDS = (*at(-10, -10), *at(10, 10))
# From beyond the north edge to beyond the south edge: the land lies in the east.
MAINLAND = [at(0, 12), at(1, 5), at(-2, 0), at(1, -5), at(0, -12)]
ISLAND = [at(-8, -8), at(-5, -8), at(-5, -5), at(-8, -5), at(-8, -8)]  # counter-clockwise: land inside
LAGOON = [at(4, -8), at(4, -6), at(7, -6), at(7, -8), at(4, -8)]  # clockwise: sea inside
LAND = [at(5, 0), at(9, 9), at(3, -7), at(-6, -6)]
SEA = [at(-9, 9), at(-5, 0), at(-3, -6), at(5, -7)]


def is_land(land: list[shapely.Polygon], place: tuple[float, float]) -> bool:
    return any(one.contains(Point(place)) for one in land)


def test_mainland_island_and_lagoon() -> None:
    land = land_of([MAINLAND, ISLAND, LAGOON], BOUNDS)
    assert len(land) == 2
    assert all(is_land(land, place) for place in LAND)
    assert not any(is_land(land, place) for place in SEA)


def test_pieces_of_a_coastline_are_one() -> None:
    pieces = [MAINLAND[2:], ISLAND[:3], MAINLAND[:3], ISLAND[2:], LAGOON]
    assert shapely.union_all(land_of(pieces, BOUNDS)).equals(
        shapely.union_all(land_of([MAINLAND, ISLAND, LAGOON], BOUNDS))
    )


def test_a_coastline_outside_the_bounds_says_nothing() -> None:
    assert land_of([[at(20, 0), at(20, 5)]], BOUNDS) == []


def test_the_other_way_round_land_and_sea_change_places() -> None:
    there, back = land_of([MAINLAND], BOUNDS), land_of([MAINLAND[::-1]], BOUNDS)
    assert shapely.union_all([*there, *back]).area == pytest.approx(shapely.box(*BOUNDS).area)
    assert shapely.union_all(there).intersection(shapely.union_all(back)).area == pytest.approx(0)


@given(bends=st.lists(st.integers(-7, 7), min_size=1, max_size=12))
def test_land_is_east_of_a_coast_that_runs_south(bends: list[int]) -> None:
    steps = [12 - 24 * number / (len(bends) + 1) for number in range(1, len(bends) + 1)]
    coast = [at(0, 12), *(at(bend, north) for bend, north in zip(bends, steps, strict=True)), at(0, -12)]
    land = land_of([coast], BOUNDS)
    assert is_land(land, at(9, 0))
    assert not is_land(land, at(-9, 0))


@pytest.mark.parametrize(("has_water", "coastal"), [(False, True), (True, False)])
@pytest.mark.skipif(shutil.which("tilemaker") is None, reason="tilemaker is not installed")
def test_islands_in_no_water_lie_in_the_sea(tmp_path: Path, has_water: bool, coastal: bool) -> None:
    atoll = Drawing()
    atoll.way(ISLAND, place="island", name="岛")
    atoll.way(ISLAND[:2], highway="residential")
    if has_water:
        atoll.area(-10, -10, 0, 0, natural="water")
    build(Order(atoll.write(tmp_path / "atoll.osm.pbf"), tmp_path / "out"), lambda words: None)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["coastal"] is coastal
    archive = TileArchive(tmp_path / "out" / "tiles.pmtiles")
    land = shapely.union_all([one.shape for one in features(archive, 14, "land")])
    assert land.contains(Point(at(-6, -6)))


@pytest.mark.skipif(shutil.which("tilemaker") is None, reason="tilemaker is not installed")
def test_the_tiles_have_the_land(tmp_path: Path) -> None:
    shore = Drawing()
    shore.node(at(-10, -10), place="locality", name="西南")
    shore.way(MAINLAND, natural="coastline")
    shore.way(LAGOON, natural="coastline")
    shore.way([at(5, 0), at(6, 0)], highway="primary", name="海滨路")
    shore.node(at(10, 10), place="locality", name="东北")
    said: list[str] = []
    build(Order(shore.write(tmp_path / "shore.osm.pbf"), tmp_path / "out"), said.append)
    assert any(line.startswith("land and sea: 1 pieces of land") for line in said)
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["coastal"] is True
    assert not (tmp_path / "out" / "with-land.osm.pbf").exists()
    land = shapely.union_all(
        [one.shape for one in features(TileArchive(tmp_path / "out" / "tiles.pmtiles"), 14, "land")]
    )
    assert all(land.contains(Point(place)) for place in (at(5, 0), at(9, 9), at(3, -7)))
    assert not any(land.contains(Point(place)) for place in (at(-5, 0), at(5, -7)))
