"""What hangs on bodies: units, seats, vehicles, cameras, people. Each is known by its code: added, or changed."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.errors import Refusal
from backend.geo.cells import cell_of
from backend.identity.importing.row import Row
from backend.identity.people import add_person
from backend.identity.tables import Camera, Node, Person, Seat, Unit, Vehicle


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a row belongs: its body if that is known, and for what stands somewhere its place, degrees WGS-84.

    Nothing is put without a body.
    """

    body: Node | None
    place: tuple[float, float] | None = None

    @property
    def id(self) -> int:
        """The body's id."""
        assert self.body is not None
        return self.body.id


async def put_unit(session: AsyncSession, row: Row, hook: Hook) -> bool:
    """A unit by its call sign. Returns whether it is new."""
    values = _named(row) | {"squad": hook.id, "kind": row.values["kind"]}
    return await _put(session, Unit, Unit.call_sign, row.code, values)


async def put_seat(session: AsyncSession, row: Row, hook: Hook) -> bool:
    """A seat by its number. Returns whether it is new."""
    return await _put(session, Seat, Seat.number, row.code, _named(row) | {"node": hook.id})


async def put_vehicle(session: AsyncSession, row: Row, hook: Hook) -> bool:
    """A vehicle by its plate. Returns whether it is new. Raises Refusal for a unit that is not there or has another."""
    values: dict[str, Any] = {"node": hook.id, "kind": row.values["kind"], "name": row.values.get("name")}
    if (call_sign := row.values.get("unit")) is not None:
        unit = await session.scalar(select(Unit.number).where(Unit.call_sign == call_sign))
        if unit is None:
            raise Refusal(f"there is no unit with the call sign {call_sign!r}")
        other = await session.scalar(select(Vehicle.plate).where(Vehicle.unit == unit, Vehicle.plate != row.code))
        if other is not None:
            raise Refusal(f"{call_sign} drives {other} already")
        values["unit"] = unit
    return await _put(session, Vehicle, Vehicle.plate, row.code, values)


async def put_camera(session: AsyncSession, row: Row, hook: Hook) -> bool:
    """A camera by its code. Returns whether it is new. Raises Refusal for what is no direction."""
    assert hook.place is not None, "read_places refuses one without"
    longitude, latitude = hook.place
    heading = _heading(row.values["heading"]) if "heading" in row.values else None
    values = _named(row) | {
        "node": hook.id,
        "place": func.ST_SetSRID(func.ST_MakePoint(longitude, latitude), 4326),
        "cell": cell_of(longitude, latitude),
        "heading": heading,
    }
    return await _put(session, Camera, Camera.code, row.code, values)


async def put_person(session: AsyncSession, row: Row, hook: Hook) -> bool:
    """A person by the log-in name. Returns whether he is new; signs in by a link that is made apart."""
    values = _named(row)
    phone = row.values.get("phone")
    known = await session.scalar(select(Person).where(Person.login == row.code.lower()))
    if known is None:
        await add_person(session, row.code, values["name"], hook.id, name_en=values["name_en"], phone=phone)
        return True
    known.name, known.name_en, known.node = values["name"], values["name_en"] or known.name_en, hook.id
    known.phone = phone or known.phone
    return False


PUT: dict[str, Callable[[AsyncSession, Row, Hook], Awaitable[bool]]] = {
    "unit": put_unit,
    "seat": put_seat,
    "vehicle": put_vehicle,
    "camera": put_camera,
    "person": put_person,
}


def _heading(text: str) -> float:
    try:
        heading = float(text)
    except ValueError:
        heading = -1
    if not 0 <= heading < 360:
        raise Refusal(f"expected a heading from 0 to under 360 degrees, got {text}")
    return heading


def _named(row: Row) -> dict[str, Any]:
    return {"name": row.values["name"], "name_en": row.values.get("name_en")}


async def _put(session: AsyncSession, table: Any, key: Any, code: str, values: dict[str, Any]) -> bool:
    known = await session.scalar(select(table).where(key == code))
    if known is None:
        session.add(table(**values | {key.key: code}))
        return True
    for name, value in values.items():
        setattr(known, name, value)
    return False
