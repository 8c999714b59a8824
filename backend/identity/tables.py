"""Tables of the organisation. Written only by this package (unit_duty: by `dispatch/duty.py` when it exists)."""

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import REAL, BigInteger, ForeignKey, Identity, Integer, LargeBinary, SmallInteger, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base

NODE_KINDS = ("city", "district", "brigade", "street", "squad", "department")
UNIT_KINDS = ("car", "e_bike", "foot", "command")
VEHICLE_KINDS = ("car", "e_bike", "command", "truck")
Moment = TIMESTAMP(timezone=True)


class Node(Base):
    """A body in the organisation: the bureau, a district bureau, a squad (中队), a partner department."""

    __tablename__ = "node"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    parent: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text, unique=True)


class Area(Base):
    """Where a body acts, from and until when; its `shape` (MultiPolygon, EPSG:4326) and its cells: see `areas.py`."""

    __tablename__ = "area"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    node: Mapped[int] = mapped_column(ForeignKey("node.id"))
    shape: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=False))
    valid_from: Mapped[datetime] = mapped_column(Moment)
    valid_to: Mapped[datetime | None] = mapped_column(Moment)
    made_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    made_by: Mapped[str] = mapped_column(Text)


class AreaCell(Base):
    """A cell of an area's index. `whole`: all of it lies inside; else the shape is asked."""

    __tablename__ = "area_cell"

    area: Mapped[int] = mapped_column(ForeignKey("area.id"), primary_key=True)
    cell: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    whole: Mapped[bool]


class Seat(Base):
    """A desk at which calls are taken; `number` is its extension."""

    __tablename__ = "seat"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    node: Mapped[int] = mapped_column(ForeignKey("node.id"))
    number: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)


class Vehicle(Base):
    """A vehicle of a body, and the unit that drives it."""

    __tablename__ = "vehicle"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    node: Mapped[int] = mapped_column(ForeignKey("node.id"))
    plate: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    unit: Mapped[int | None] = mapped_column(ForeignKey("unit.number"), unique=True)


class Camera(Base):
    """A camera of a body: where it stands (WGS-84, resolution-9 cell) and where it looks (degrees from north)."""

    __tablename__ = "camera"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    node: Mapped[int] = mapped_column(ForeignKey("node.id"))
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)
    place: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
    cell: Mapped[int] = mapped_column(BigInteger)
    heading: Mapped[float | None] = mapped_column(REAL)


class Unit(Base):
    """What moves and is sent (车组/巡逻组). Its number is what positions carry."""

    __tablename__ = "unit"

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    squad: Mapped[int] = mapped_column(ForeignKey("node.id"))
    call_sign: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)


class Device(Base):
    """A tracker. `address` (host:port) only where the program calls the device and not the other way round.

    After its token was rotated the former one works until `former_until`. `personal`: somebody's own telephone.
    `precedence`: of the devices of one unit the lowest is believed first; null: as its protocol has it.
    `datum`: in which it gives its places (wgs84, gcj02), whatever it says itself; null: as its protocol says.
    """

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    identifier: Mapped[str] = mapped_column(Text, unique=True)
    unit: Mapped[int] = mapped_column(ForeignKey("unit.number"))
    protocol: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    simulated: Mapped[bool]
    first_seen_at: Mapped[datetime | None] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    former_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_until: Mapped[datetime | None] = mapped_column(Moment)
    personal: Mapped[bool] = mapped_column(default=False)
    tolerates_checksum: Mapped[bool] = mapped_column(default=False)
    precedence: Mapped[int | None] = mapped_column(SmallInteger)
    datum: Mapped[str | None] = mapped_column(Text)


class DeviceSeen(Base):
    """When a device's last fix came."""

    __tablename__ = "device_seen"

    device: Mapped[int] = mapped_column(ForeignKey("device.id"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Moment)


class UnknownDevice(Base):
    """What calls a device port and is not known. `token_hash`: of the only token that it showed, if long enough."""

    __tablename__ = "unknown_device"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    identifier: Mapped[str] = mapped_column(Text)
    protocol: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    address: Mapped[str | None] = mapped_column(Text)
    first_at: Mapped[datetime] = mapped_column(Moment)
    last_at: Mapped[datetime] = mapped_column(Moment)
    count: Mapped[int] = mapped_column(BigInteger)


class UnitDuty(Base):
    """Whether a unit is on duty; no row means that it is."""

    __tablename__ = "unit_duty"

    unit: Mapped[int] = mapped_column(ForeignKey("unit.number"), primary_key=True)
    on_duty: Mapped[bool]
    since: Mapped[datetime] = mapped_column(Moment)


class AccessKey(Base):
    """A partner system's key for the interface. `grants`: [{atom, scope}], see `grants.rights_of_key`.

    After it was rotated the former one works until `former_until`.
    """

    __tablename__ = "access_key"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    grants: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    made_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    former_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    former_until: Mapped[datetime | None] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class Person(Base):
    """Somebody who signs in. `simulated`: of the demo, who may be entered with one click on this machine."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    login: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)
    node: Mapped[int] = mapped_column(ForeignKey("node.id"))
    phone: Mapped[str | None] = mapped_column(Text)
    simulated: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    password_hash: Mapped[str | None] = mapped_column(Text)
    password_set_at: Mapped[datetime | None] = mapped_column(Moment)
    former_hashes: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    factor_secret: Mapped[str | None] = mapped_column(Text)
    factor_offered: Mapped[str | None] = mapped_column(Text)
    factor_step: Mapped[int] = mapped_column(BigInteger, default=0)


class RecoveryCode(Base):
    """Opens once in place of the second factor."""

    __tablename__ = "recovery_code"

    person: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class Enrolment(Base):
    """A one-time link by which a person sets a password."""

    __tablename__ = "enrolment"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    person: Mapped[int] = mapped_column(ForeignKey("person.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    expires_at: Mapped[datetime] = mapped_column(Moment)
    used_at: Mapped[datetime | None] = mapped_column(Moment)


class PersonGrant(Base):
    """A role or single atoms, with where and when; see `grants.py`."""

    __tablename__ = "person_grant"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    person: Mapped[int] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str | None] = mapped_column(Text)
    atoms: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list)
    scope: Mapped[dict[str, Any]] = mapped_column(JSONB)
    valid_from: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    valid_until: Mapped[datetime | None] = mapped_column(Moment)
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    reason: Mapped[str | None] = mapped_column(Text)


class Session(Base):
    """A browser that somebody signed in with. `stage` password: the second factor is still to come."""

    __tablename__ = "session"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    person: Mapped[int] = mapped_column(ForeignKey("person.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    stage: Mapped[str] = mapped_column(Text)
    lasting: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    ended_at: Mapped[datetime | None] = mapped_column(Moment)
    ended_why: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    agent: Mapped[str | None] = mapped_column(Text)
