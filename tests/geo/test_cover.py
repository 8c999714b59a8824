"""A shape's cells: never wrong about a point, whatever the shape."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon

from backend.geo.cells import FINE, cell_of, parent_of, resolution_of
from backend.geo.cover import Cover, cover

CENTRE = (113.1, 28.2)


def star(radii: list[float], hole: float) -> MultiPolygon:
    """A shape around CENTRE whose corners lie so many degrees away; `hole`: part of each radius that is cut out."""

    def ring(part: float) -> list[tuple[float, float]]:
        turn = 2 * math.pi / len(radii)
        return [
            (CENTRE[0] + part * radius * math.cos(number * turn), CENTRE[1] + part * radius * math.sin(number * turn))
            for number, radius in enumerate(radii)
        ]

    return MultiPolygon([Polygon(ring(1), [ring(hole)] if hole else [])])


stars = st.builds(star, st.lists(st.floats(0.002, 0.08), min_size=3, max_size=12), st.sampled_from([0.0, 0.4, 0.9]))


def found(cells: Cover, longitude: float, latitude: float) -> bool | None:
    """True: wholly inside, None: ask the shape, False: outside."""
    cell = cell_of(longitude, latitude)
    if any(parent_of(cell, resolution) in cells.whole for resolution in range(FINE + 1)):
        return True
    return None if cell in cells.border else False


@settings(max_examples=60)
@given(stars, st.lists(st.tuples(st.floats(-0.09, 0.09), st.floats(-0.09, 0.09)), min_size=1, max_size=40))
def test_cells_never_contradict_the_shape(shape: MultiPolygon, offsets: list[tuple[float, float]]) -> None:
    cells = cover(shape)
    near = [shape.boundary.interpolate(part / 30, normalized=True) for part in range(30)]
    points = [Point(CENTRE[0] + x, CENTRE[1] + y) for x, y in offsets] + near
    for point in points:
        said = found(cells, point.x, point.y)
        if said is not None:
            assert said is shape.covers(point), point


@given(stars)
@settings(max_examples=30)
def test_whole_cells_are_compact_and_apart_from_the_border(shape: MultiPolygon) -> None:
    cells = cover(shape)
    assert all(resolution_of(cell) == FINE for cell in cells.border)
    for cell in cells.border | cells.whole:
        above = (parent_of(cell, resolution) for resolution in range(resolution_of(cell)))
        assert not any(parent in cells.whole for parent in above)


def test_a_shape_smaller_than_a_cell_still_has_one() -> None:
    cells = cover(star([0.0001] * 5, 0))
    assert cells.whole == frozenset()
    assert cell_of(*CENTRE) in cells.border


def test_more_than_any_city_is_refused() -> None:
    with pytest.raises(ValueError, match="km² is more than any city has"):
        cover(star([5.0] * 6, 0))
