"""Geofences as rows: whose they are, whom they are about, when they hold; written, changed and deleted here only.

A fence belongs to a body, which decides who may see and change it. It is about all units beneath that body, or about
some bodies or some units of it. Deleted ones stay, for the crossings that name them.
"""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import shapely
from shapely.geometry import MultiPolygon
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.fence_shape import shape_from
from backend.clock import to_ms
from backend.errors import BadInput, NotFound, Refusal
from backend.geo.cover import cover
from backend.geo.outline import area_m2, check_degrees, read_outline
from backend.identity.audit import Actor, record

GEOFENCES_CHANGED = "geofences.changed"
"""Said on the bus after a change; who keeps a copy looks at once instead of at its next poll."""
MOST_KM2 = 2_000
MOST_POINTS = 2_000
MOST_FENCES = 2_000

Tells = Literal["enter", "leave", "both"]

COLUMNS = """id, name, body, bodies, units, hours, tells, valid_from, valid_to, created_by_name, created_at,
             ST_AsGeoJSON(shape, 7)::json AS shape, ST_Area(shape::geography) AS square_metres"""
LIVING = text(
    f"""SELECT {COLUMNS} FROM geofence
        WHERE deleted_at IS NULL AND (CAST(:id AS integer) IS NULL OR id = :id) ORDER BY name, id"""
)
ONE = text("SELECT id, body, name FROM geofence WHERE id = :id AND deleted_at IS NULL FOR UPDATE")
VALUES = """name = :name, shape = ST_SetSRID(ST_GeomFromWKB(:shape), 4326), whole = CAST(:whole AS bigint[]),
    border = CAST(:border AS bigint[]), body = :body, bodies = CAST(:bodies AS integer[]),
    units = CAST(:units AS bigint[]), hours = CAST(:hours AS jsonb), tells = :tells, valid_to = :valid_to"""
CHANGE = text(f"UPDATE geofence SET {VALUES}, valid_from = coalesce(:valid_from, valid_from) WHERE id = :id")
ADD = text(
    """INSERT INTO geofence (version, shaped_at, name, shape, whole, border, body, bodies, units, hours, tells,
                             valid_from, valid_to, created_by, created_by_name)
       VALUES (0, 0, :name, ST_SetSRID(ST_GeomFromWKB(:shape), 4326), CAST(:whole AS bigint[]),
               CAST(:border AS bigint[]), :body, CAST(:bodies AS integer[]), CAST(:units AS bigint[]),
               CAST(:hours AS jsonb), :tells, coalesce(:valid_from, now()), :valid_to, :by, :by_name)
       RETURNING id"""
)
DELETE = text("UPDATE geofence SET deleted_at = now() WHERE id = :id")
SHAPE = text("SELECT ST_AsBinary(shape) AS shape FROM geofence WHERE id = :id AND deleted_at IS NULL")


@dataclass(frozen=True, slots=True)
class Geofence:
    """A living fence as it is told: `shape` GeoJSON in WGS-84, m² on the ellipsoid, moments ms since 1970.

    `bodies` and `units` both None: it is about everybody beneath its body. `hours`: `fence_hours.Span`, None: always.
    """

    id: int
    name: str
    body: int
    bodies: list[int] | None
    units: list[int] | None
    hours: list[dict[str, Any]] | None
    tells: Tells
    since: int
    until: int | None
    by: str
    made_at: int
    shape: dict[str, Any]
    square_metres: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A fence as somebody wants it; what is in it was checked by the caller but for the shape."""

    name: str
    shape: MultiPolygon
    body: int
    bodies: list[int] | None
    units: list[int] | None
    hours: list[dict[str, Any]] | None
    tells: Tells
    since: datetime | None
    until: datetime | None


def read_fence_shape(geometry: Any) -> MultiPolygon:
    """The shape of a fence out of GeoJSON. Raises BadInput (`code` shape_invalid, shape_too_large)."""
    shape = check_degrees(read_outline(geometry))
    points, square_km = int(shapely.get_num_coordinates(shape)), area_m2(shape) / 1e6
    if points > MOST_POINTS or square_km > MOST_KM2:
        raise BadInput(
            f"a geofence has at most {MOST_POINTS} points and {MOST_KM2} km², this one {points} and {square_km:.0f}",
            code="shape_too_large",
        )
    return shape


async def read_geofences(session: AsyncSession, id: int | None = None) -> list[Geofence]:
    """All that are not deleted, by name; with `id` that one, if it is there."""
    return [
        Geofence(
            row.id,
            row.name,
            row.body,
            row.bodies,
            row.units,
            row.hours,
            row.tells,
            to_ms(row.valid_from),
            to_ms(row.valid_to) if row.valid_to else None,
            row.created_by_name,
            to_ms(row.created_at),
            row.shape,
            row.square_metres,
        )
        for row in await session.execute(LIVING, {"id": id})
    ]


async def add_geofence(session: AsyncSession, actor: Actor, drawn: Drawn) -> int:
    """Add a fence; returns its id. Raises Refusal (`code` too_many_fences)."""
    # Who counts holds the row of the version until he commits, as who adds does.
    await session.execute(text("SELECT version FROM geofence_version FOR UPDATE"))
    living = await session.scalar(text("SELECT count(*) FROM geofence WHERE deleted_at IS NULL")) or 0
    if living >= MOST_FENCES:
        raise Refusal(f"there are {living} geofences: delete some first", code="too_many_fences", most=MOST_FENCES)
    by = {"by": actor.holder, "by_name": actor.name}
    id: int = (await session.execute(ADD, await _values(drawn) | by)).scalar_one()
    await record(session, actor, "geofence.made", f"geofence:{id}", **_told(drawn))
    return id


async def change_geofence(session: AsyncSession, actor: Actor, id: int, drawn: Drawn) -> None:
    """Change a fence. Raises NotFound."""
    await find_geofence(session, id)
    await session.execute(CHANGE, await _values(drawn) | {"id": id})
    await record(session, actor, "geofence.changed", f"geofence:{id}", **_told(drawn))


async def delete_geofence(session: AsyncSession, actor: Actor, id: int) -> None:
    """Delete a fence; its crossings stay. Raises NotFound."""
    name = (await find_geofence(session, id))[1]
    await session.execute(DELETE, {"id": id})
    await record(session, actor, "geofence.deleted", f"geofence:{id}", name=name)


async def find_geofence(session: AsyncSession, id: int) -> tuple[int, str]:
    """Body and name of a living fence, locked against others who change it. Raises NotFound."""
    row = (await session.execute(ONE, {"id": id})).one_or_none()
    if row is None:
        raise NotFound(f"there is no geofence {id}", geofence=id, code="no_geofence")
    return row.body, row.name


async def shape_of(session: AsyncSession, id: int) -> MultiPolygon:
    """The shape (WGS-84) of a living fence. Raises NotFound."""
    stored = await session.scalar(SHAPE, {"id": id})
    if stored is None:
        raise NotFound(f"there is no geofence {id}", geofence=id, code="no_geofence")
    return shape_from(stored)


async def _values(drawn: Drawn) -> dict[str, Any]:
    cells = await asyncio.to_thread(cover, drawn.shape)
    return {
        "name": drawn.name,
        "shape": drawn.shape.wkb,
        "whole": sorted(cells.whole),
        "border": sorted(cells.border),
        "body": drawn.body,
        "bodies": drawn.bodies,
        "units": drawn.units,
        "hours": None if drawn.hours is None else json.dumps(drawn.hours),
        "tells": drawn.tells,
        "valid_from": drawn.since,
        "valid_to": drawn.until,
    }


def _told(drawn: Drawn) -> dict[str, Any]:
    """What the audit has of it."""
    return {
        "name": drawn.name,
        "body": drawn.body,
        "bodies": drawn.bodies,
        "units": drawn.units,
        "hours": drawn.hours,
        "tells": drawn.tells,
        "since": drawn.since,
        "until": drawn.until,
        "square_metres": round(area_m2(drawn.shape)),
    }
