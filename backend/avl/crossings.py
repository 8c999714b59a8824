"""Crossings of geofences and alarms of units, as they were stored: pages of a list, counts, and what the wall is told.

A crossing tells where somebody was: it is for whoever holds `geofence.read` for the unit, its bodies or that cell.
"""

from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import from_ms, to_ms, utc_now
from backend.errors import BadInput
from backend.identity.filters import COVERED, covered
from backend.identity.registry import Organisation
from backend.identity.rights import Scope
from backend.live.topics import Placed

PAGE = 200
LONGEST_MS = 31 * 24 * 3600 * 1000
TOLD = timedelta(hours=24)
MOST_TOLD = 1000

PAGE_OF_LIST = text(
    f"""SELECT crossing.id, crossing.geofence, name, unit, entered, at,
               ST_X(place) AS longitude, ST_Y(place) AS latitude
        FROM geofence_crossing AS crossing JOIN geofence ON geofence.id = crossing.geofence
        WHERE at BETWEEN :begin AND :end AND (at, crossing.id) < (:before, :before_id)
          AND (CAST(:geofence AS integer) IS NULL OR crossing.geofence = :geofence)
          AND (CAST(:unit AS bigint) IS NULL OR unit = :unit) AND {COVERED}
        ORDER BY at DESC, crossing.id DESC LIMIT {PAGE + 1}"""
)
COUNTS = text(
    f"SELECT geofence, count(*) AS crossings FROM geofence_crossing WHERE at >= :since AND {COVERED} GROUP BY geofence"
)
LAST_CROSSINGS = text(
    f"""SELECT crossing.id, crossing.geofence, name, unit, entered, at, district, squad, cell
        FROM geofence_crossing AS crossing JOIN geofence ON geofence.id = crossing.geofence
        WHERE at >= :since ORDER BY at DESC, crossing.id DESC LIMIT {MOST_TOLD}"""
)
LAST_ALARMS = text(
    f"""SELECT id, unit, at, alarms, district, squad, cell FROM unit_alarm
        WHERE at >= :since ORDER BY at DESC, id DESC LIMIT {MOST_TOLD}"""
)


class Crossing(BaseModel):
    """A unit went into a fence or out of it: ms since 1970, degrees WGS-84; `name`: the fence's of today."""

    id: int
    geofence: int
    name: str
    unit: int
    entered: bool
    at: int
    longitude: float | None
    latitude: float | None


class CrossingPage(BaseModel):
    """The newest first; `more` asks for the next page, null: there is none."""

    rows: list[Crossing]
    more: str | None


def check_span(begin: int, end: int) -> None:
    """Raises BadInput for a span that is empty or longer than 31 days."""
    if not 0 < end - begin <= LONGEST_MS:
        raise BadInput("expected a span of at most 31 days that ends after it begins", begin=begin, end=end)


async def read_crossings(
    session: AsyncSession,
    scope: Scope,
    begin: int,
    end: int,
    *,
    geofence: int | None = None,
    unit: int | None = None,
    after: str | None = None,
) -> CrossingPage:
    """A page of crossings between two moments (ms, both inside). `after`: `more` of the page before."""
    before, before_id = (end + 1, 0) if after is None else _parsed(after)
    values = {"begin": from_ms(begin), "end": from_ms(end), "geofence": geofence, "unit": unit}
    cursor = {"before": from_ms(before), "before_id": before_id}
    rows = (await session.execute(PAGE_OF_LIST, values | cursor | covered(scope))).all()
    told = [
        Crossing(
            id=row.id,
            geofence=row.geofence,
            name=row.name,
            unit=row.unit,
            entered=row.entered,
            at=to_ms(row.at),
            longitude=row.longitude,
            latitude=row.latitude,
        )
        for row in rows[:PAGE]
    ]
    return CrossingPage(rows=told, more=f"{told[-1].at}-{told[-1].id}" if len(rows) > PAGE else None)


async def count_crossings(session: AsyncSession, scope: Scope, since: int) -> dict[int, int]:
    """How many crossings of each fence there were since a moment (ms), as far as the scope covers them."""
    rows = await session.execute(COUNTS, {"since": from_ms(since)} | covered(scope))
    return {row.geofence: row.crossings for row in rows}


async def crossings_told(session: AsyncSession, organisation: Organisation) -> list[Placed]:
    """The topic's snapshot: crossings of the last 24 hours, the newest first."""
    return [
        _placed(row, {"geofence": row.geofence, "name": row.name, "entered": row.entered})
        for row in await session.execute(LAST_CROSSINGS, {"since": utc_now() - TOLD})
    ]


async def alarms_told(session: AsyncSession, organisation: Organisation) -> list[Placed]:
    """The topic's snapshot: alarms of the last 24 hours, the newest first."""
    return [
        _placed(row, {"alarms": row.alarms}) for row in await session.execute(LAST_ALARMS, {"since": utc_now() - TOLD})
    ]


def _placed(row: Row[Any], told: dict[str, Any]) -> Placed:
    """By the bodies and the cell of that moment: who saw it then sees it again."""
    about = {"id": row.id, "unit": row.unit, "at": to_ms(row.at)}
    return Placed(about | told, row.district, row.squad, row.unit, cell=row.cell)


def _parsed(after: str) -> tuple[int, int]:
    moment, _, id = after.partition("-")
    if not (moment.isdecimal() and id.isdecimal() and len(moment) <= 13 and len(id) <= 18):
        raise BadInput("expected `more` of the page before", expected="more", got=after[:40])
    return int(moment), int(id)
