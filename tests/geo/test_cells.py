"""Cells and distances, against H3 itself and against each other."""

import math

import h3.api.basic_int as h3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.geo.cells import (
    FINE,
    cell_of,
    cells_around,
    distance_m,
    fine_range,
    moved,
    parent_bits,
    parent_of,
    parse_cell,
    resolution_of,
)

longitudes = st.floats(-180, 180)
latitudes = st.floats(-90, 90)


@given(longitudes, latitudes, st.integers(0, 15), st.data())
def test_parent_of_is_h3s_parent(longitude: float, latitude: float, resolution: int, data: st.DataObject) -> None:
    cell = cell_of(longitude, latitude, resolution)
    assert resolution_of(cell) == resolution
    coarser = data.draw(st.integers(0, resolution))
    assert parent_of(cell, coarser) == h3.cell_to_parent(cell, coarser)
    first, second = parent_bits(coarser)
    assert cell & first | second == parent_of(cell, coarser)
    assert 0 < first < 1 << 63, "a bigint of PostgreSQL has a sign"


def test_parent_of_around_all_pentagons() -> None:
    for base in h3.get_pentagons(0):
        for cell in h3.grid_disk(h3.cell_to_center_child(base, 9), 1):
            for resolution in range(10):
                assert parent_of(cell, resolution) == h3.cell_to_parent(cell, resolution)


@given(longitudes, latitudes, longitudes, latitudes, st.integers(0, FINE))
def test_fine_range_holds_the_children_and_no_others(
    longitude: float, latitude: float, other_longitude: float, other_latitude: float, resolution: int
) -> None:
    # Not the cell at that resolution: a point may lie a little outside of its cell's parents.
    parent = parent_of(cell_of(longitude, latitude), resolution)
    first, last = fine_range(parent)
    assert first <= cell_of(longitude, latitude) <= last
    other = cell_of(other_longitude, other_latitude)
    assert (first <= other <= last) is (parent_of(other, resolution) == parent)


@given(longitudes, latitudes, st.floats(0, 360), st.floats(0, 1), st.sampled_from([1.0, 30.0, 350.0, 2000.0]))
def test_cells_around_hold_every_point_that_is_near(
    longitude: float, latitude: float, heading: float, share: float, metres: float
) -> None:
    found = cells_around(longitude, latitude, metres)
    assert len(found) == len(set(found))
    assert cell_of(*moved(longitude, latitude, heading, metres * share)) in found
    assert len(found) < 8 + 90 * ((metres + 300) / 1000) ** 2, "and not many more"


def test_cells_around_pentagons_hold_every_point_that_is_near() -> None:
    for pentagon in h3.get_pentagons(FINE):
        latitude, longitude = h3.cell_to_latlng(pentagon)
        found = cells_around(longitude, latitude, 2000)
        for heading in range(0, 360, 5):
            assert {cell_of(*moved(longitude, latitude, heading, far)) for far in range(0, 2001, 50)} <= set(found)


def test_longitude_comes_before_latitude() -> None:
    assert cell_of(113.1, 28.2) == h3.latlng_to_cell(28.2, 113.1, 9)


def test_a_cell_fits_a_bigint() -> None:
    assert all(cell_of(lon, lat, r) < 2**63 for lon, lat in ((-180, -90), (113.1, 28.2)) for r in range(16))


@given(longitudes, st.floats(-85, 85), st.floats(0, 360), st.floats(0.01, 50_000))
def test_moved_is_the_inverse_of_distance(longitude: float, latitude: float, heading: float, metres: float) -> None:
    there = moved(longitude, latitude, heading, metres)
    assert -180 <= there[0] <= 180
    assert -90 <= there[1] <= 90
    assert distance_m(longitude, latitude, *there) == pytest.approx(metres, rel=1e-6, abs=1e-3)


@given(longitudes, latitudes, longitudes, latitudes)
def test_distance_is_symmetric_and_agrees_with_h3(lon1: float, lat1: float, lon2: float, lat2: float) -> None:
    there = distance_m(lon1, lat1, lon2, lat2)
    assert there == pytest.approx(distance_m(lon2, lat2, lon1, lat1), abs=1e-3)
    assert there == pytest.approx(h3.great_circle_distance((lat1, lon1), (lat2, lon2), unit="m"), rel=1e-4, abs=0.2)


@pytest.mark.parametrize(
    ("heading", "east", "north"),
    [pytest.param(0, 0, 1, id="north"), pytest.param(90, 1, 0, id="east"), pytest.param(225, -1, -1, id="south-west")],
)
def test_headings_turn_clockwise_from_north(heading: float, east: int, north: int) -> None:
    longitude, latitude = moved(113.1, 28.2, heading, 1000)
    assert (round((longitude - 113.1) * 1e3), round((latitude - 28.2) * 1e3)) != (0, 0)
    assert math.copysign(1, longitude - 113.1) == east or east == 0
    assert math.copysign(1, latitude - 28.2) == north or north == 0
    assert abs(longitude - 113.1) < 1e-9 or east != 0


def test_moved_crosses_the_date_line() -> None:
    longitude, _ = moved(179.9999, 0, 90, 1000)
    assert longitude == pytest.approx(-179.9911, abs=1e-3)


@given(longitudes, latitudes, st.integers(0, 15))
def test_parse_cell_round_trip(longitude: float, latitude: float, resolution: int) -> None:
    cell = cell_of(longitude, latitude, resolution)
    assert parse_cell(f"{cell:x}") == cell


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("xyz", id="not hexadecimal"),
        pytest.param("0", id="zero"),
        pytest.param("-8928308280fffff", id="negative"),
        pytest.param("1" + "0" * 16, id="more than 64 bits"),
        pytest.param("8928308280ffff", id="a digit short"),
        pytest.param("115283473fffffff", id="an edge and not a cell"),
        pytest.param("ffffffffffffffff", id="all ones"),
    ],
)
def test_parse_cell_refuses(text: str) -> None:
    with pytest.raises(ValueError):
        parse_cell(text)


@given(st.text(max_size=20))
def test_parse_cell_refuses_any_other_text(text: str) -> None:
    try:
        cell = parse_cell(text)
    except ValueError:
        return
    assert h3.is_valid_cell(cell)
