"""Tables of the organisation. Written only by this package (unit_duty: by `dispatch/duty.py` when it exists)."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Integer, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.orm import Mapped, mapped_column

from backend.db.base import Base

NODE_KINDS = ("city", "district", "brigade", "street", "squad", "department")
UNIT_KINDS = ("car", "e_bike", "foot", "command")
Moment = TIMESTAMP(timezone=True)


class Node(Base):
    """A body in the organisation: the bureau, a district bureau, a squad (中队), a partner department."""

    __tablename__ = "node"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    parent: Mapped[int | None] = mapped_column(ForeignKey("node.id"))
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str | None] = mapped_column(Text)


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
    """A tracker. `address` (host:port) only where the program calls the device and not the other way round."""

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


class UnitDuty(Base):
    """Whether a unit is on duty; no row means that it is."""

    __tablename__ = "unit_duty"

    unit: Mapped[int] = mapped_column(ForeignKey("unit.number"), primary_key=True)
    on_duty: Mapped[bool]
    since: Mapped[datetime] = mapped_column(Moment)


class AccessKey(Base):
    """A key that opens the pages until people and log-in exist. `grants`: [{atom, scope}], see `rights.py`."""

    __tablename__ = "access_key"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    key_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    grants: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
