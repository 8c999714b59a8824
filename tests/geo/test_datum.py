"""GCJ-02 on published points, there and back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.geo.cells import distance_m
from backend.geo.datum import from_gcj02, to_gcj02

# Airports as published (WGS-84) and as 高德 shows them (the vectors of prcoords).
AIRPORTS = [
    ((116 + 35.9 / 60, 40 + 4.4 / 60), (116.604140, 40.074380)),
    ((116.4, 39.5), (116.406192, 39.501340)),
    ((109 + 51.9 / 60, 39 + 29.4 / 60), (109.870522, 39.490848)),
]
longitudes, latitudes = st.floats(73.5, 135), st.floats(18, 53.5)


@pytest.mark.parametrize(("wgs84", "gcj02"), AIRPORTS)
def test_published_points(wgs84: tuple[float, float], gcj02: tuple[float, float]) -> None:
    assert to_gcj02(*wgs84) == pytest.approx(gcj02, abs=2e-6)
    assert distance_m(*from_gcj02(*gcj02), *wgs84) < 0.2


@given(longitudes, latitudes)
def test_back_is_where_it_was_to_a_millimetre(longitude: float, latitude: float) -> None:
    assert distance_m(*from_gcj02(*to_gcj02(longitude, latitude)), longitude, latitude) < 1e-3


@given(longitudes, latitudes)
def test_it_moves_everything_by_some_hundred_metres_at_most(longitude: float, latitude: float) -> None:
    assert 15 < distance_m(*to_gcj02(longitude, latitude), longitude, latitude) < 720
