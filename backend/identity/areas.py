"""Where bodies act: versions of their areas, and which bodies a point belongs to.

A body has at most one area at a moment. A point's cell finds the areas that may hold it; where the cell is not wholly
inside, the shape decides, borders included: on a border two neighbours both answer.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shapely.geometry import MultiPolygon
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import from_ms, to_ms, utc_now
from backend.errors import BadInput, NotFound, Refusal
from backend.geo.cells import FINE, cell_of, parent_of
from backend.geo.cover import cover
from backend.geo.outline import check_degrees
from backend.identity.tables import Area, AreaCell, Node

IN_FORCE = "valid_from <= :at AND (valid_to IS NULL OR valid_to > :at)"
# Smaller ones are where two drawn borders do not lie on each other to the metre.
LEAST_OVERLAP_M2 = 100.0

HOLDING = text(
    f"""SELECT DISTINCT node FROM area JOIN area_cell ON area_cell.area = area.id
        WHERE cell = ANY(:cells) AND {IN_FORCE}
          AND (whole OR ST_Covers(shape, ST_SetSRID(ST_MakePoint(:longitude, :latitude), 4326)))"""
)
PRESENT = text(
    f"""SELECT area.id, node, kind, code, name, name_en, valid_from, valid_to, ST_AsGeoJSON(shape, 7)::jsonb AS shape
        FROM area JOIN node ON node.id = area.node WHERE {IN_FORCE} ORDER BY node"""
)
VERSIONS = text(
    """SELECT area.id, valid_from, valid_to, coalesce(person.name, made_by) AS made_by,
              ST_Area(shape::geography) AS square_metres, ST_AsGeoJSON(shape, 7)::jsonb AS shape
       FROM area LEFT JOIN person ON made_by = 'person:' || person.id
       WHERE area.node = :node ORDER BY valid_from DESC"""
)
OVERLAPS = text(
    """SELECT other.node AS body, node.name, node.name_en,
              ST_Area(ST_Intersection(other.shape, area.shape)::geography) AS square_metres
       FROM area JOIN node AS own ON own.id = area.node
            JOIN area AS other ON other.node <> area.node AND ST_Intersects(other.shape, area.shape)
                 AND tstzrange(other.valid_from, other.valid_to) && tstzrange(area.valid_from, area.valid_to)
            JOIN node ON node.id = other.node AND node.kind = own.kind
       WHERE area.id = :area ORDER BY square_metres DESC"""
)


@dataclass(frozen=True, slots=True)
class Overlap:
    """A body of the same kind whose area lies on this one, and how much of it, in m²."""

    body: int
    name: str
    name_en: str | None
    square_metres: float


async def put_area(
    session: AsyncSession, node: int, shape: MultiPolygon, by: str, since: datetime | None = None
) -> int | None:
    """Give a body this area (WGS-84) from a moment on; the version before ends there. Returns its id.

    None: it has just this area already. Raises NotFound for no body, BadInput for a shape that cannot be an area,
    Refusal (`code` since_too_early) for a moment at or before the beginning of a known version: what was in force
    stays known.
    """
    since = from_ms(to_ms(since or utc_now()))  # whole ms, so that a moment that was told is one at which it holds
    check_degrees(shape)
    if await session.get(Node, node, with_for_update=True) is None:
        raise NotFound(f"there is no body {node}", body=node, code="no_body")
    newest = await session.scalar(select(Area).where(Area.node == node).order_by(Area.valid_from.desc()).limit(1))
    geometry = func.ST_SetSRID(func.ST_GeomFromWKB(shape.wkb), 4326)
    if newest is not None:
        if newest.valid_to is None and await session.scalar(select(func.ST_OrderingEquals(newest.shape, geometry))):
            return None
        if since <= newest.valid_from or (newest.valid_to is not None and since < newest.valid_to):
            raise Refusal(
                f"its newest area holds from {newest.valid_from.isoformat()}: a new one must begin later",
                code="since_too_early",
                since=to_ms(newest.valid_from),
            )
        if newest.valid_to is None:
            newest.valid_to = since
            await session.flush()
    try:
        cells = cover(shape)
    except ValueError as error:
        raise BadInput(str(error), code="shape_too_large") from error
    statement = insert(Area).values(node=node, shape=geometry, valid_from=since, made_by=by).returning(Area.id)
    id: int = (await session.execute(statement)).scalar_one()
    rows = [{"area": id, "cell": cell, "whole": True} for cell in cells.whole]
    rows += [{"area": id, "cell": cell, "whole": False} for cell in cells.border]
    await session.execute(insert(AreaCell), rows)
    return id


async def end_area(session: AsyncSession, area: int, until: datetime | None = None) -> None:
    """Let an area end, now or later. Raises NotFound for one that is not in force or to come, BadInput for the past."""
    now = utc_now()
    until = until or now
    known = await session.get(Area, area, with_for_update=True)
    if known is None or (known.valid_to is not None and known.valid_to <= now):
        raise NotFound(f"there is no area {area} in force", area=area)
    if until < now:
        raise BadInput("what was in force stays known: an area ends now or later", got=until.isoformat())
    if until <= known.valid_from:
        raise BadInput(f"it holds from {known.valid_from.isoformat()}: end it later", code="until_before_since")
    await session.execute(update(Area).where(Area.id == area).values(valid_to=until))


async def body_of_area(session: AsyncSession, area: int) -> int | None:
    """Whose area it is."""
    found: int | None = await session.scalar(select(Area.node).where(Area.id == area))
    return found


async def bodies_at(
    session: AsyncSession, longitude: float, latitude: float, at: datetime | None = None
) -> frozenset[int]:
    """The bodies whose area held this WGS-84 point at a moment, now if none is given."""
    cell = cell_of(longitude, latitude)
    cells = [parent_of(cell, resolution) for resolution in range(FINE + 1)]
    values = {"cells": cells, "longitude": longitude, "latitude": latitude, "at": at or utc_now()}
    return frozenset(await session.scalars(HOLDING, values))


async def present_areas(session: AsyncSession, at: datetime) -> list[dict[str, Any]]:
    """The areas in force at a moment as GeoJSON features; `properties` as the contract of `/jurisdiction` has them."""
    return [
        {
            "type": "Feature",
            "geometry": row.shape,
            "properties": {
                "area": row.id,
                "body": row.node,
                "kind": row.kind,
                "code": row.code,
                "name": row.name,
                "name_en": row.name_en,
                "since": to_ms(row.valid_from),
                "until": to_ms(row.valid_to) if row.valid_to else None,
            },
        }
        for row in await session.execute(PRESENT, {"at": at})
    ]


async def versions_of(session: AsyncSession, node: int) -> list[dict[str, Any]]:
    """All areas of a body, the newest first; `square_metres` on the ellipsoid, `by` the name of who drew it."""
    return [
        {
            "id": row.id,
            "since": to_ms(row.valid_from),
            "until": to_ms(row.valid_to) if row.valid_to else None,
            "square_metres": row.square_metres,
            "by": row.made_by,
            "shape": row.shape,
        }
        for row in await session.execute(VERSIONS, {"node": node})
    ]


async def overlaps_of(session: AsyncSession, area: int) -> list[Overlap]:
    """Bodies of the same kind on whose area this one lies, at any time at which both hold; the largest first."""
    rows = await session.execute(OVERLAPS, {"area": area})
    return [Overlap(**row._mapping) for row in rows if row.square_metres >= LEAST_OVERLAP_M2]
