"""What is true of the topics of vehicle location, for the live socket."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import to_ms
from backend.identity.registry import Organisation
from backend.live.topics import Placed


async def presence(session: AsyncSession, organisation: Organisation) -> list[Placed]:
    """Who is online, and since when (ms)."""
    rows = await session.execute(text("SELECT unit, online, since FROM unit_presence ORDER BY unit"))
    return [
        _placed({"unit": row.unit, "online": row.online, "since": to_ms(row.since)}, row.unit, organisation)
        for row in rows
    ]


async def devices_seen(session: AsyncSession, organisation: Organisation) -> list[Placed]:
    """The devices that were heard at least once, and when first (ms)."""
    rows = await session.execute(
        text("SELECT identifier, unit, protocol, first_seen_at FROM device WHERE first_seen_at IS NOT NULL")
    )
    return [
        _placed(
            {
                "device": row.identifier,
                "unit": row.unit,
                "protocol": row.protocol,
                "first_seen": to_ms(row.first_seen_at),
            },
            row.unit,
            organisation,
        )
        for row in rows
    ]


def _placed(row: dict[str, object], unit: int, organisation: Organisation) -> Placed:
    known = organisation.units.get(unit)
    return Placed(row, known.district if known else 0, known.squad if known else 0, unit)
