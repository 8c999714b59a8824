"""Subjects are addresses: what NATS matches by prefix is what H3 calls a parent."""

import h3.api.basic_int as h3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.bus.subjects import (
    Address,
    cell_tokens,
    event_subject,
    parse_position,
    position_subject,
    tokens_cell,
)

PENTAGONS = [cell for base in h3.get_pentagons(0) for cell in h3.grid_disk(h3.cell_to_center_child(base, 9), 2)]
CELL = h3.latlng_to_cell(28.2, 113.1, 9)

points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


def assert_spelled_out(cell: int) -> None:
    tokens = cell_tokens(cell)
    assert tokens_cell(tokens) == cell
    parts = tokens.split(".")
    assert len(parts) == 10
    for resolution in range(10):
        assert tokens_cell(".".join(parts[: resolution + 1])) == h3.cell_to_parent(cell, resolution)


@given(points)
@example((90.0, 0.0))
@example((-90.0, 180.0))
@example((0.0, -180.0))
def test_prefix_is_the_parent(point: tuple[float, float]) -> None:
    assert_spelled_out(h3.latlng_to_cell(*point, 9))


def test_prefix_is_the_parent_around_all_pentagons() -> None:
    assert len(h3.get_pentagons(0)) == 12
    for cell in PENTAGONS:
        assert_spelled_out(cell)


@given(points, st.integers(0, 15))
def test_tokens_of_any_resolution(point: tuple[float, float], resolution: int) -> None:
    cell = h3.latlng_to_cell(*point, resolution)
    digits = [(cell >> (45 - 3 * level)) & 7 for level in range(1, resolution + 1)]
    assert tokens_cell(".".join(str(token) for token in (h3.get_base_cell_number(cell), *digits))) == cell


@given(st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1), points, st.integers(0, 2**32 - 1))
def test_position_subject_round_trip(district: int, squad: int, point: tuple[float, float], unit: int) -> None:
    address = Address(district, squad, h3.latlng_to_cell(*point, 9), unit)
    subject = position_subject(address)
    assert subject.count(".") == 13
    assert parse_position(subject) == address


def test_one_subject_as_it_is_written() -> None:
    cell = 0x8928308280FFFFF
    assert position_subject(Address(3, 12, cell, 41)) == "pos.3.12.20.0.6.0.4.0.5.0.0.3.41"


@pytest.mark.parametrize("resolution", [0, 8, 10, 15])
def test_only_the_fine_resolution_is_an_address(resolution: int) -> None:
    with pytest.raises(ValueError, match="resolution 9"):
        cell_tokens(h3.latlng_to_cell(28.2, 113.1, resolution))


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param("", id="empty"),
        pytest.param("pos", id="no tokens"),
        pytest.param("pos.1.2", id="no cell"),
        pytest.param("pos.1.2.3", id="no unit"),
        pytest.param("fix.1.2." + cell_tokens(CELL) + ".9", id="other family"),
        pytest.param("pos.x.2." + cell_tokens(CELL) + ".9", id="district no number"),
        pytest.param("pos.1.2." + cell_tokens(CELL) + ".x", id="unit no number"),
        pytest.param("pos.1.2." + cell_tokens(CELL)[:-2] + ".9", id="cell of resolution 8"),
        pytest.param("pos.1.2." + cell_tokens(CELL) + ".0.9", id="cell of resolution 10"),
        pytest.param("pos.1.2." + cell_tokens(CELL)[:-1] + "7.9", id="digit 7"),
        pytest.param("pos.1.2." + cell_tokens(CELL)[:-1] + "9.9", id="digit 9"),
        pytest.param("pos.1.2.122." + cell_tokens(CELL).partition(".")[2] + ".9", id="base cell 122"),
        pytest.param("pos.1.2.-1." + cell_tokens(CELL).partition(".")[2] + ".9", id="negative base cell"),
        pytest.param("pos.1.2." + cell_tokens(CELL)[:-1] + "-1.9", id="negative digit"),
    ],
)
def test_what_is_no_position_is_refused(subject: str) -> None:
    with pytest.raises(ValueError):
        parse_position(subject)


@given(st.text(max_size=60))
def test_any_text_is_a_position_or_a_value_error(text: str) -> None:
    for subject in (text, f"pos.{text}", f"pos.1.2.{text}.9"):
        try:
            address = parse_position(subject)
        except ValueError:
            continue
        assert h3.get_resolution(address.cell) == 9


def test_whole_city_is_body_zero() -> None:
    assert event_subject("system.part", None, None) == "event.0.0.system.part"
    assert event_subject("unit.presence", 3, 12) == "event.3.12.unit.presence"
