"""A part of the ground that history is asked about: a polygon, a rectangle, or a circle, WGS-84.

Its cells find the fixes that may lie in it, by the index on (cell, fixed_at); `within` is the exact test.
"""

from dataclasses import dataclass
from typing import Annotated, Any

import shapely
from pydantic import Field
from shapely.geometry import MultiPolygon

from backend.errors import BadInput
from backend.geo.cells import cells_around
from backend.geo.cover import touched
from backend.geo.outline import area_m2, check_degrees, read_outline
from backend.identity.login_routes import Strict

MOST_KM2 = 25
"""About the area of a squad. Tracks of more are taken out by approval of two (`approved.py`)."""
MOST_METRES = 2_800

IN_SHAPE = "ST_Intersects(place, ST_SetSRID(ST_GeomFromWKB(:shape), 4326))"
CENTRE = "ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326)::geography"
IN_CIRCLE = f"ST_DWithin(place::geography, {CENTRE}, :metres)"  # on the ellipsoid


class Circle(Strict):
    """A circle: degrees WGS-84 and metres."""

    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    latitude: Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
    metres: Annotated[float, Field(gt=0, le=MOST_METRES, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Area:
    """`cells`: all fine ones that may hold a point of it. `within`: SQL of the column `place`, with its `values`.

    `words`: how the access log names it.
    """

    cells: list[int]
    within: str
    values: dict[str, Any]
    words: str


def area_of_circle(circle: Circle) -> Area:
    """A circle on the ground, its border inside."""
    values = circle.model_dump()
    words = f"place:{circle.longitude:.6f},{circle.latitude:.6f}"
    return Area(cells_around(circle.longitude, circle.latitude, circle.metres), IN_CIRCLE, values, words)


def area_of_shape(geometry: Any) -> Area:
    """A GeoJSON Polygon or MultiPolygon, its border inside. Raises BadInput (`code` shape_invalid, shape_too_large)."""
    return _area(check_degrees(read_outline(geometry)))


def area_of_box(box: str) -> Area:
    """`west,south,east,north` in degrees. Raises BadInput."""
    try:
        west, south, east, north = (float(word) for word in box.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadInput("expected four numbers of degrees", expected="west,south,east,north", got=box[:100])
    return _area(MultiPolygon([shapely.box(west, south, east, north)]))


def _area(shape: MultiPolygon) -> Area:
    square_km = area_m2(shape) / 1e6
    if square_km > MOST_KM2:
        raise BadInput(
            f"an area of at most {MOST_KM2} km² is asked about, this one has {square_km:.0f}", code="shape_too_large"
        )
    west, south, east, north = shape.bounds
    words = f"area:{west:.6f},{south:.6f},{east:.6f},{north:.6f}"
    return Area(sorted(touched(shape)), IN_SHAPE, {"shape": shape.wkb}, words)
