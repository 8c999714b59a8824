"""Government vehicles off duty: their terminals go on, and where they stand is for the fleet manager alone."""

from collections.abc import Sequence

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import to_ms
from backend.identity.registry import KnownUnit

# Of this time off duty only: what was measured in an earlier one is older than where the unit has been since. A clock
# may be wrong by a day; in which partitions to look must not depend on it.
NEWEST = text(
    """SELECT duty.unit, vehicle.plate, ST_X(newest.place) AS longitude, ST_Y(newest.place) AS latitude, newest.fixed_at
       FROM unit_duty AS duty CROSS JOIN LATERAL (
           SELECT place, fixed_at FROM fix
           WHERE fix.unit = duty.unit AND flags & 8 <> 0
             AND fix.fixed_at > duty.since - interval '1 day' AND fix.received_at >= duty.since
           ORDER BY fix.fixed_at DESC LIMIT 1
       ) AS newest LEFT JOIN vehicle ON vehicle.unit = duty.unit
       WHERE NOT duty.on_duty AND duty.unit = ANY (CAST(:units AS bigint[])) ORDER BY duty.unit"""
)


class Parked(BaseModel):
    """The newest place of a unit that is off duty: degrees WGS-84, ms since 1970; `body`: the id of its body.

    `plate` null: no vehicle is known for the unit.
    """

    unit: int
    call_sign: str
    name: str
    name_en: str | None
    body: int
    plate: str | None
    longitude: float
    latitude: float
    time: int


async def read_parked(session: AsyncSession, units: Sequence[KnownUnit]) -> list[Parked]:
    """Where those of these units stand that are off duty and still report."""
    known = {unit.number: unit for unit in units}
    rows = await session.execute(NEWEST, {"units": list(known)})
    return [
        Parked(
            unit=row.unit,
            call_sign=known[row.unit].call_sign,
            name=known[row.unit].name,
            name_en=known[row.unit].name_en,
            body=known[row.unit].body,
            plate=row.plate,
            longitude=row.longitude,
            latitude=row.latitude,
            time=to_ms(row.fixed_at),
        )
        for row in rows
    ]
