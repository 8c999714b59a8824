"""Shapes of areas: from GeoJSON to a valid multipolygon, with words where it cannot be one."""

from math import cos, radians
from typing import Any

import shapely
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.validation import explain_validity

from backend.errors import BadInput
from backend.geo.cells import METRES_PER_DEGREE

MOST_POINTS = 100_000


def read_outline(geometry: Any) -> MultiPolygon:
    """A GeoJSON Polygon or MultiPolygon in whatever coordinates. A single polygon becomes one part.

    Raises BadInput (`code` shape_invalid, shape_too_large).
    """
    try:
        # JSON's Infinity, letters for numbers, rings of two points: shapely says what is wrong, each in its own way.
        found = shape(geometry)
        points = shapely.get_num_coordinates(found)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, shapely.errors.ShapelyError) as error:
        raise _invalid(f"the geometry is not understood ({error})") from error
    if isinstance(found, Polygon):
        found = MultiPolygon([found])
    if not isinstance(found, MultiPolygon):
        raise _invalid(f"got a {found.geom_type}")
    if points > MOST_POINTS:
        raise BadInput(
            f"an area has at most {MOST_POINTS} points, this one {points}: simplify it", code="shape_too_large"
        )
    return checked(found)


def checked(found: MultiPolygon) -> MultiPolygon:
    """The same without heights, if it is valid. Raises BadInput with the place where it is not."""
    flat = shapely.force_2d(found)
    if flat.is_empty:
        raise _invalid("it has no points")
    if not flat.is_valid:
        words, _, place = explain_validity(flat).partition("[")
        longitude, _, latitude = place.rstrip("]").partition(" ")
        at = {"longitude": float(longitude), "latitude": float(latitude)} if latitude else {}
        raise _invalid(f"{words.lower()} at {longitude} {latitude}".strip(), **at)
    return flat


def check_degrees(found: MultiPolygon) -> MultiPolygon:
    """The same if all of it can be longitude and latitude. Raises BadInput."""
    west, south, east, north = found.bounds
    if west < -180 or east > 180 or south < -90 or north > 90:
        raise _invalid(f"its coordinates run from {west:.6g} {south:.6g} to {east:.6g} {north:.6g}: no degrees")
    return found


def area_m2(found: MultiPolygon) -> float:
    """Square metres of a WGS-84 shape, within 1 %: degrees are made metres at its middle."""
    _, south, _, north = found.bounds
    return float(found.area * METRES_PER_DEGREE**2 * cos(radians((south + north) / 2)))


def _invalid(why: str, **facts: Any) -> BadInput:
    expected = "a valid Polygon or MultiPolygon of GeoJSON (RFC 7946, 3.1)"
    return BadInput(f"expected {expected}: {why}", code="shape_invalid", **facts)
