"""Reads devices for the pages: with their units, and when they were last heard."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import to_ms, utc_now
from backend.identity.reading import PAGE, contains
from backend.identity.registry import KnownUnit
from backend.identity.tables import Device, DeviceSeen, Unit


async def devices_of(
    session: AsyncSession, units: Iterable[KnownUnit], search: str, after: int
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of devices of these units, and where the next one begins; `search` in identifier, call sign and names."""
    known: Mapping[int, KnownUnit] = {unit.number: unit for unit in units}
    statement = (
        select(Device, DeviceSeen.seen_at)
        .join(DeviceSeen, DeviceSeen.device == Device.id, isouter=True)
        .join(Unit, Unit.number == Device.unit)
        .where(Device.unit == any_(cast(list(known), ARRAY(BigInteger))), Device.id > after)
        .order_by(Device.id)
        .limit(PAGE + 1)
    )
    if search:
        statement = statement.where(contains(search, Device.identifier, Unit.call_sign, Unit.name, Unit.name_en))
    rows = (await session.execute(statement)).all()
    found = [_told(device, known[device.unit]) | {"last_seen": _ms(seen)} for device, seen in rows[:PAGE]]
    return found, rows[PAGE - 1][0].id if len(rows) > PAGE else None


async def protocol_and_unit(session: AsyncSession, id: int) -> tuple[str, int] | None:
    """What a device in force speaks, and the number of its unit; None for one that is not there or was revoked."""
    found = await session.execute(
        select(Device.protocol, Device.unit).where(Device.id == id, Device.disabled_at.is_(None))
    )
    row = found.one_or_none()
    return None if row is None else (row.protocol, row.unit)


def _told(device: Device, unit: KnownUnit) -> dict[str, Any]:
    overlaps = device.former_until is not None and device.former_until > utc_now()
    return {
        "id": device.id,
        "identifier": device.identifier,
        "protocol": device.protocol,
        "address": device.address,
        "unit": {"number": unit.number, "call_sign": unit.call_sign, "name": unit.name, "name_en": unit.name_en},
        "body": unit.body,
        "simulated": device.simulated,
        "personal": device.personal,
        "tolerates_checksum": device.tolerates_checksum,
        "precedence": device.precedence,
        "datum": device.datum,
        "first_seen": _ms(device.first_seen_at),
        "former_until": _ms(device.former_until) if overlaps else None,
        "revoked_at": _ms(device.disabled_at),
    }


def _ms(moment: Any) -> int | None:
    return None if moment is None else to_ms(moment)
