"""Writes the devices that knock and are not known, and adopts them.

Nobody has vouched for what is told here. So a token is kept only if it is long enough, and only if the device has shown
no other one: where two tokens were shown under one identifier, one of them may be a stranger's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import from_ms, to_ms
from backend.errors import NotFound, Refusal
from backend.identity.devices import device_of, new_token, put_device, token_hash
from backend.identity.tables import Device, UnknownDevice

MOST_UNKNOWN = 1000
SHORTEST_KEPT = 16
"""Signs of a token that an adopted device may go on with."""

STORE = text(
    """INSERT INTO unknown_device AS known (identifier, protocol, token_hash, address, first_at, last_at, count)
       SELECT heard.* FROM unnest(CAST(:identifiers AS text[]), CAST(:protocols AS text[]), CAST(:hashes AS bytea[]),
                                  CAST(:addresses AS text[]), CAST(:firsts AS timestamptz[]),
                                  CAST(:lasts AS timestamptz[]), CAST(:counts AS bigint[])) AS heard (identifier)
       WHERE NOT EXISTS (SELECT FROM device WHERE device.identifier = heard.identifier)
       ORDER BY 1, 2
       ON CONFLICT (identifier, protocol) DO UPDATE SET
           token_hash = CASE WHEN known.token_hash = excluded.token_hash THEN known.token_hash END,
           address = excluded.address, last_at = greatest(known.last_at, excluded.last_at),
           count = known.count + excluded.count"""
)
BOUND = text(
    """DELETE FROM unknown_device
       WHERE id IN (SELECT id FROM unknown_device ORDER BY last_at DESC, id DESC OFFSET :most)"""
)


@dataclass(frozen=True, slots=True)
class Knock:
    """How often somebody unknown called, from when until when (ms since 1970). `hash` None: no token to go on with."""

    identifier: str
    protocol: str
    hash: bytes | None
    address: str | None
    first: int
    last: int
    count: int

    def and_then(self, later: "Knock") -> "Knock":
        """Both together."""
        hash = self.hash if self.hash == later.hash else None
        return replace(later, hash=hash, first=self.first, count=self.count + later.count)


def kept_hash(token: str) -> bytes | None:
    """What is kept of a token: of a short one nothing, since its hash could be guessed."""
    return token_hash(token) if len(token) >= SHORTEST_KEPT else None


async def store_knocks(session: AsyncSession, knocks: Sequence[Knock]) -> None:
    """Add what was heard; of all that were ever heard only the last `MOST_UNKNOWN` are kept."""
    values = {
        "identifiers": [one.identifier for one in knocks],
        "protocols": [one.protocol for one in knocks],
        "hashes": [one.hash for one in knocks],
        "addresses": [one.address for one in knocks],
        "firsts": [from_ms(one.first) for one in knocks],
        "lasts": [from_ms(one.last) for one in knocks],
        "counts": [one.count for one in knocks],
    }
    await session.execute(STORE, values)
    await session.execute(BOUND, {"most": MOST_UNKNOWN})


async def unknown_devices(session: AsyncSession) -> list[dict[str, Any]]:
    """All that knock and are still not known, the last one first. Moments are ms since 1970."""
    known = select(Device.id).where(Device.identifier == UnknownDevice.identifier).exists()
    rows = await session.scalars(
        select(UnknownDevice).where(~known).order_by(UnknownDevice.last_at.desc(), UnknownDevice.id.desc())
    )
    return [
        {
            "id": row.id,
            "identifier": row.identifier,
            "protocol": row.protocol,
            "address": row.address,
            "first_at": to_ms(row.first_at),
            "last_at": to_ms(row.last_at),
            "count": row.count,
            "has_token": row.token_hash is not None,
        }
        for row in rows
    ]


async def adopt(session: AsyncSession, id: int, unit: int, *, personal: bool) -> tuple[Device, str | None]:
    """Make a known device of one that knocks; with a new token where it showed none to go on with.

    Raises NotFound, and Refusal where a device has this identifier by now.
    """
    knock = await _locked(session, id)
    if await device_of(session, knock.identifier) is not None:
        raise Refusal(f"the identifier {knock.identifier} is taken", code="identifier_taken")
    token = None if knock.token_hash is not None else new_token()
    hash = knock.token_hash if token is None else token_hash(token)
    assert hash is not None
    device = await put_device(session, knock.identifier, unit, knock.protocol, hash, personal=personal)
    await session.delete(knock)
    await session.flush()
    return device, token


async def forget_unknown(session: AsyncSession, id: int) -> str:
    """Forget one, until it knocks again; returns its identifier. Raises NotFound."""
    knock = await _locked(session, id)
    await session.delete(knock)
    await session.flush()
    return knock.identifier


async def _locked(session: AsyncSession, id: int) -> UnknownDevice:
    knock = await session.get(UnknownDevice, id, with_for_update=True)
    if knock is None:
        raise NotFound(f"there is no unknown device {id}", unknown_device=id)
    return knock
