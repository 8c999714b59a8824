"""Writes bodies, units and devices. A device's token is shown once and stored hashed."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import utc_now
from backend.errors import BadInput, NotFound
from backend.identity.tables import NODE_KINDS, UNIT_KINDS, Device, Node, Unit

IDENTIFIER = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
LONGEST_OVERLAP = timedelta(days=7)

# In the order of ids: one order of locks, or two recorders block each other.
FIRST_SEEN = text(
    """UPDATE device SET first_seen_at = heard.at
       FROM unnest(CAST(:devices AS integer[]), CAST(:moments AS timestamptz[])) AS heard (id, at)
       WHERE device.id = heard.id AND first_seen_at IS NULL RETURNING device.id, identifier, protocol, unit"""
)
NOTE_SEEN = text(
    """INSERT INTO device_seen
       SELECT device.id, heard.at FROM unnest(CAST(:devices AS integer[]), CAST(:moments AS timestamptz[]))
              AS heard (id, at) JOIN device ON device.id = heard.id ORDER BY device.id
       ON CONFLICT (device) DO UPDATE SET seen_at = excluded.seen_at WHERE device_seen.seen_at < excluded.seen_at"""
)


class FirstSeen(NamedTuple):
    """A device that was heard for the first time."""

    id: int
    identifier: str
    protocol: str
    unit: int


def new_token() -> str:
    """A fresh token: 128 random bits in letters and digits only, since people type it into a phone."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "".join(secrets.choice(alphabet) for _ in range(26))


def token_hash(token: str) -> bytes:
    """SHA-256 of the token. A slow hash guards weak passwords; this one has 128 random bits and is asked often."""
    # JSON can bring half a surrogate pair, which UTF-8 refuses.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def token_matches(token: str, stored: bytes) -> bool:
    """Compare in a time that does not depend on where they differ."""
    return hmac.compare_digest(token_hash(token), stored)


async def add_node(
    session: AsyncSession, name: str, kind: str, parent: int | None = None, name_en: str | None = None
) -> int:
    """Add a body, or find the one of this name under this parent; returns its id. Raises BadInput for a kind."""
    if kind not in NODE_KINDS:
        raise BadInput(f"unknown kind of body {kind!r}", expected=NODE_KINDS, got=kind)
    known = await session.scalar(select(Node).where(Node.name == name, Node.parent.is_not_distinct_from(parent)))
    if known is None:
        known = Node(name=name, kind=kind, parent=parent, name_en=name_en)
        session.add(known)
        await session.flush()
    return known.id


async def ids_by_code(session: AsyncSession) -> dict[str, int]:
    """The ids of the bodies that have a code."""
    rows = await session.execute(select(Node.code, Node.id).where(Node.code.is_not(None)))
    return {code: id for code, id in rows if code is not None}


async def first_root(session: AsyncSession) -> int | None:
    """The oldest body above which there is none."""
    found: int | None = await session.scalar(select(Node.id).where(Node.parent.is_(None)).order_by(Node.id).limit(1))
    return found


async def add_unit(
    session: AsyncSession, call_sign: str, squad: int, kind: str, name: str, name_en: str | None = None
) -> int:
    """Add a unit, or find the one of this call sign; returns its number. Raises BadInput for a kind."""
    if kind not in UNIT_KINDS:
        raise BadInput(f"unknown kind of unit {kind!r}", expected=UNIT_KINDS, got=kind)
    known = await session.scalar(select(Unit).where(Unit.call_sign == call_sign))
    if known is None:
        known = Unit(call_sign=call_sign, squad=squad, kind=kind, name=name, name_en=name_en)
        session.add(known)
        await session.flush()
    return known.number


async def find_unit(session: AsyncSession, call_sign: str) -> int:
    """The number of the unit with this call sign. Raises NotFound."""
    number = await session.scalar(select(Unit.number).where(Unit.call_sign == call_sign))
    if number is None:
        raise NotFound(f"there is no unit with the call sign {call_sign!r}", call_sign=call_sign)
    return number


async def add_device(
    session: AsyncSession,
    identifier: str,
    unit: int,
    protocol: str,
    *,
    address: str | None = None,
    token: str | None = None,
    simulated: bool = False,
    personal: bool = False,
) -> str:
    """Add a device, or give the known one this unit and a new token; returns the token.

    `personal`: somebody's own telephone, tracked on duty only. Raises BadInput for an identifier that could not be
    typed into a client.
    """
    token = token or new_token()
    await put_device(
        session,
        identifier,
        unit,
        protocol,
        token_hash(token),
        address=address,
        simulated=simulated,
        personal=personal,
    )
    return token


async def put_device(
    session: AsyncSession,
    identifier: str,
    unit: int,
    protocol: str,
    hash: bytes,
    *,
    address: str | None = None,
    simulated: bool = False,
    personal: bool = False,
    precedence: int | None = None,
    datum: str | None = None,
) -> Device:
    """The same with the hash of a token that somebody else has."""
    known = await device_of(session, identifier)
    if known is None:
        known = Device(identifier=identifier)
        session.add(known)
    known.unit, known.protocol, known.address, known.simulated = unit, protocol, address, simulated
    known.token_hash, known.personal, known.precedence = hash, personal, precedence
    known.datum = datum
    known.former_hash = known.former_until = known.disabled_at = None
    await session.flush()
    return known


async def device_of(session: AsyncSession, identifier: str) -> Device | None:
    """The device of this identifier, one too that was revoked. Raises BadInput for what is no identifier."""
    if not IDENTIFIER.fullmatch(identifier):
        raise BadInput(
            f"bad device identifier {identifier!r}",
            code="identifier_bad",
            expected="1 to 64 of A-Z a-z 0-9 _ . : -",
            got=identifier,
        )
    found: Device | None = await session.scalar(select(Device).where(Device.identifier == identifier).with_for_update())
    return found


async def find_device(session: AsyncSession, identifier: str) -> Device:
    """The device of this identifier. Raises NotFound for one that is not there or was revoked."""
    known = await device_of(session, identifier)
    if known is None or known.disabled_at is not None:
        raise NotFound(f"there is no device {identifier!r} in force", identifier=identifier)
    return known


async def simulated_devices(session: AsyncSession, units: Iterable[int]) -> Sequence[Device]:
    """The simulated devices in force of these units, by id, locked."""
    wanted = select(Device).where(Device.unit.in_(list(units)), Device.simulated, Device.disabled_at.is_(None))
    return (await session.scalars(wanted.order_by(Device.id).with_for_update())).all()


async def rotate_device(session: AsyncSession, device: Device, overlap: timedelta) -> str:
    """Give a device a new token; the former one works on for so long, one before that no more. Raises BadInput."""
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        hours = LONGEST_OVERLAP / timedelta(hours=1)
        raise BadInput(f"expected an overlap of 0 to {hours:.0f} hours", got=overlap / timedelta(hours=1))
    token = new_token()
    device.former_hash, device.former_until = (device.token_hash, utc_now() + overlap) if overlap else (None, None)
    device.token_hash = token_hash(token)
    await session.flush()
    return token


async def change_device(
    session: AsyncSession,
    device: Device,
    unit: int | None,
    personal: bool | None,
    tolerates_checksum: bool | None = None,
) -> None:
    """Another unit, somebody's own telephone or not, wrong checksums taken or not; None: as it is."""
    device.unit = device.unit if unit is None else unit
    device.personal = device.personal if personal is None else personal
    device.tolerates_checksum = device.tolerates_checksum if tolerates_checksum is None else tolerates_checksum
    await session.flush()


async def prefer_device(session: AsyncSession, device: Device, precedence: int | None) -> None:
    """Of the devices of one unit the one with the lowest number is believed first; None: as its protocol has it."""
    device.precedence = precedence
    await session.flush()


async def declare_datum(session: AsyncSession, device: Device, datum: str | None) -> None:
    """In which datum it gives its places (wgs84, gcj02), whatever it says itself; None: as its protocol says."""
    device.datum = datum
    await session.flush()


async def revoke_device(session: AsyncSession, device: Device) -> None:
    """Take nothing from a device any more: neither of its tokens opens, on open connections too."""
    device.disabled_at = utc_now()
    device.former_hash = device.former_until = None
    await session.flush()


async def mark_first_seen(session: AsyncSession, seen: dict[int, datetime]) -> list[FirstSeen]:
    """Note the first fix of devices (id → moment of receipt); returns those that had none before."""
    rows = await session.execute(FIRST_SEEN, {"devices": list(seen), "moments": list(seen.values())})
    return [FirstSeen(*row) for row in rows]


async def note_seen(session: AsyncSession, heard: dict[int, datetime]) -> None:
    """Note when the last fix of devices came (id → moment of receipt); of one that is not there nothing."""
    if heard:
        await session.execute(NOTE_SEEN, {"devices": list(heard), "moments": list(heard.values())})


async def seen_devices(session: AsyncSession) -> Iterable[int]:
    """The ids of the devices that were seen before."""
    return (await session.scalars(select(Device.id).where(Device.first_seen_at.is_not(None)))).all()
