"""Writes bodies one by one, and reads what hangs on them. Many at once: `importing/`."""

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.errors import BadInput, NotFound, Refusal
from backend.identity.tables import NODE_KINDS, Camera, Device, Node, Person, Seat, Unit, Vehicle


class UnitLine(BaseModel):
    """A unit of a body."""

    number: int
    call_sign: str
    name: str
    name_en: str | None
    kind: str


class SeatLine(BaseModel):
    """A seat of a body; `number` is its extension."""

    id: int
    number: str
    name: str
    name_en: str | None


class VehicleLine(BaseModel):
    """A vehicle of a body."""

    id: int
    plate: str
    kind: str
    name: str | None


class CameraLine(BaseModel):
    """A camera of a body: degrees WGS-84, and where it looks in degrees from north."""

    id: int
    code: str
    name: str
    name_en: str | None
    longitude: float
    latitude: float
    heading: float | None


class Belongings(BaseModel):
    """What hangs on one body itself, not on those beneath: how many people and devices, and the rest one by one."""

    people: int
    devices: int
    units: list[UnitLine]
    seats: list[SeatLine]
    vehicles: list[VehicleLine]
    cameras: list[CameraLine]


async def add_body(
    session: AsyncSession, parent: int, kind: str, name: str, name_en: str | None, code: str | None
) -> int:
    """Add a body beneath another one; returns its id. Raises BadInput and Refusal (`code` name_taken, code_taken)."""
    if kind not in NODE_KINDS:
        raise BadInput(f"unknown kind of body {kind!r}", expected=NODE_KINDS, got=kind)
    await _check_free(session, None, parent, name.strip(), code)
    node = Node(parent=parent, kind=kind, name=name.strip(), name_en=name_en, code=code)
    session.add(node)
    await session.flush()
    return node.id


async def change_body(
    session: AsyncSession, id: int, name: str | None = None, name_en: str | None = None, code: str | None = None
) -> None:
    """Give a body other words; None: as before. Raises NotFound and Refusal (`code` name_taken, code_taken)."""
    node = await session.get(Node, id, with_for_update=True)
    if node is None:
        raise NotFound(f"there is no body {id}", body=id, code="no_body")
    name = (name or node.name).strip()
    await _check_free(session, id, node.parent, name, code)
    node.name, node.name_en, node.code = name, name_en or node.name_en, code or node.code


async def belongings_of(session: AsyncSession, body: int) -> Belongings:
    """What hangs on this body."""
    units = await session.scalars(select(Unit).where(Unit.squad == body).order_by(Unit.call_sign))
    seats = await session.scalars(select(Seat).where(Seat.node == body).order_by(Seat.number))
    vehicles = await session.scalars(select(Vehicle).where(Vehicle.node == body).order_by(Vehicle.plate))
    place = (func.ST_X(Camera.place).label("longitude"), func.ST_Y(Camera.place).label("latitude"))
    columns = (Camera.id, Camera.code, Camera.name, Camera.name_en, Camera.heading, *place)
    cameras = await session.execute(select(*columns).where(Camera.node == body).order_by(Camera.code))
    people = select(func.count()).select_from(Person).where(Person.node == body, Person.disabled_at.is_(None))
    devices = (
        select(func.count())
        .select_from(Device)
        .join(Unit, Unit.number == Device.unit)
        .where(Unit.squad == body, Device.disabled_at.is_(None))
    )
    return Belongings(
        people=await session.scalar(people) or 0,
        devices=await session.scalar(devices) or 0,
        units=[UnitLine.model_validate(one, from_attributes=True) for one in units],
        seats=[SeatLine.model_validate(one, from_attributes=True) for one in seats],
        vehicles=[VehicleLine.model_validate(one, from_attributes=True) for one in vehicles],
        cameras=[CameraLine.model_validate(one, from_attributes=True) for one in cameras],
    )


async def _check_free(session: AsyncSession, own: int | None, parent: int | None, name: str, code: str | None) -> None:
    namesake = select(Node.id).where(Node.parent.is_not_distinct_from(parent), Node.name == name, Node.id != (own or 0))
    if await session.scalar(namesake) is not None:
        raise Refusal(f"a body named {name} stands there already", code="name_taken")
    if code and await session.scalar(select(Node.id).where(Node.code == code, Node.id != (own or 0))) is not None:
        raise Refusal(f"the code {code} is taken", code="code_taken")
