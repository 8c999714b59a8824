"""Shapes and points of a file as WGS-84: from any coordinate system with an EPSG number, by the store's own PROJ."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import shapely
from shapely.geometry import MultiPolygon, Point
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from backend.errors import BadInput
from backend.geo.outline import check_degrees, checked, read_outline
from backend.identity.importing.files import srid_of
from backend.identity.importing.row import Findings, Row

WGS84 = 4326
IS_KNOWN = text("SELECT EXISTS (SELECT FROM spatial_ref_sys WHERE srid = :srid)")
TRANSFORM = text("SELECT ST_AsBinary(ST_Transform(ST_GeomFromWKB(:shape, :srid), 4326))")


@dataclass(slots=True)
class Places:
    """By row, as `(file, line)`: the areas of bodies, and where cameras stand."""

    areas: dict[tuple[str, int], MultiPolygon] = field(default_factory=dict)
    points: dict[tuple[str, int], tuple[float, float]] = field(default_factory=dict)


async def read_places(session: AsyncSession, rows: Sequence[Row], findings: Findings) -> Places:
    """Of all rows that have a place. Raises BadInput at once where the store refuses one: that ends the transaction."""
    places = Places()
    for row in rows:
        try:
            if row.what == "body" and row.geometry is not None:
                shape = await _to_wgs84(session, read_outline(row.geometry), row, findings)
                assert isinstance(shape, MultiPolygon)
                places.areas[row.file, row.line] = check_degrees(checked(shape))
            elif row.what == "camera":
                point = await _to_wgs84(session, _point_of(row), row, findings)
                assert isinstance(point, Point)
                if point.is_empty or abs(point.x) > 180 or abs(point.y) > 90:
                    raise BadInput(f"expected degrees of longitude and latitude, got {point.x:g} {point.y:g}")
                places.points[row.file, row.line] = point.x, point.y
        except BadInput as error:
            findings.note(row, error.detail)
    return places


def _point_of(row: Row) -> Point:
    """Raises BadInput where a row does not say where it stands."""
    words = f"a {row.what} needs longitude and latitude, or a Point"
    if row.geometry is None:
        try:
            return Point(float(row.values["longitude"]), float(row.values["latitude"]))
        except (KeyError, ValueError) as error:
            raise BadInput(words) from error
    try:
        point = shapely.geometry.shape(dict(row.geometry))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, shapely.errors.ShapelyError) as error:
        raise BadInput(words) from error
    if not isinstance(point, Point) or point.is_empty:
        raise BadInput(words)
    return point


async def _to_wgs84(
    session: AsyncSession, shape: MultiPolygon | Point, row: Row, findings: Findings
) -> shapely.Geometry:
    srid = srid_of(row.crs or "")
    if srid is None or srid == WGS84:  # None is a finding of its own
        return shape
    if not await session.scalar(IS_KNOWN, {"srid": srid}):
        raise BadInput(f"EPSG:{srid} is not known to PostGIS")
    try:
        return shapely.from_wkb(bytes(await session.scalar(TRANSFORM, {"shape": shape.wkb, "srid": srid})))
    except DBAPIError as error:
        findings.note(row, f"this cannot lie in EPSG:{srid} ({' '.join(str(error.orig).split())})")
        refused = error
    findings.check()
    raise refused
