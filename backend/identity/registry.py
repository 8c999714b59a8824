"""The copy of the organisation that a process keeps in memory: devices, units, duty, keys.

It is read anew when the database's version of it has risen: at an announcement, and at the latest after the poll.
While the database is away the last copy goes on; without a first copy a process does not start.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.db.engine import Database, is_away
from backend.errors import Refusal
from backend.identity.rights import Rights, parse_grants
from backend.identity.tables import AccessKey, Device, Node, Unit, UnitDuty

log = logging.getLogger(__name__)

POLL_S = 2.0
COLD_START_S = 60.0


@dataclass(frozen=True, slots=True)
class Body:
    """A node with the district-level body that it belongs to (0: none, it stands above the districts)."""

    id: int
    kind: str
    name: str
    name_en: str | None
    district: int


@dataclass(frozen=True, slots=True)
class KnownUnit:
    """A unit with its bodies."""

    number: int
    call_sign: str
    kind: str
    name: str
    name_en: str | None
    squad: int
    district: int
    on_duty: bool


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A device with the unit that it reports for."""

    id: int
    identifier: str
    protocol: str
    address: str | None
    token_hash: bytes
    simulated: bool
    unit: KnownUnit


@dataclass(frozen=True, slots=True)
class Organisation:
    """One version of everything that is known."""

    version: int = 0
    bodies: dict[int, Body] = field(default_factory=dict)
    units: dict[int, KnownUnit] = field(default_factory=dict)
    devices: dict[str, KnownDevice] = field(default_factory=dict)
    keys: dict[int, tuple[str, Rights]] = field(default_factory=dict)


class Registry:
    """Keeps the newest `Organisation`; `changed` callbacks run after each renewal."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stale = asyncio.Event()
        self._changed: list[Callable[[Organisation], None]] = []
        self.current = Organisation()

    def on_change(self, callback: Callable[[Organisation], None]) -> None:
        """Call this with every new version."""
        self._changed.append(callback)

    def announce(self) -> None:
        """Somebody says that the organisation changed: look now instead of at the next poll."""
        self._stale.set()

    async def load(self) -> None:
        """Read the first copy, waiting for the database at most `COLD_START_S`; then TimeoutError."""
        async with asyncio.timeout(COLD_START_S):
            while not await self._renew():
                await asyncio.sleep(0.25)

    async def run(self) -> None:
        """Follow the version for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stale.wait(), POLL_S)
            self._stale.clear()
            await self._renew()

    async def _renew(self) -> bool:
        """Read what changed; False when the database is away."""
        try:
            async with self._database.snapshot() as session:
                version = (await session.execute(text("SELECT version FROM identity_version"))).scalar_one()
                if version == self.current.version:
                    return True
                self.current = await read_organisation(session, version)
        except Exception as error:
            if not is_away(error):
                raise
            return False
        for callback in self._changed:
            callback(self.current)
        return True


async def read_organisation(session: AsyncSession, version: int) -> Organisation:
    """Everything of one version, in one unchanging snapshot."""
    nodes = {node.id: node for node in await session.scalars(select(Node))}
    bodies = {
        node.id: Body(node.id, node.kind, node.name, node.name_en, district_of(node, nodes)) for node in nodes.values()
    }
    off_duty = set(await session.scalars(select(UnitDuty.unit).where(~UnitDuty.on_duty)))
    units = {
        unit.number: KnownUnit(
            unit.number,
            unit.call_sign,
            unit.kind,
            unit.name,
            unit.name_en,
            unit.squad,
            bodies[unit.squad].district,
            unit.number not in off_duty,
        )
        for unit in await session.scalars(select(Unit))
    }
    devices = {
        device.identifier: KnownDevice(
            device.id,
            device.identifier,
            device.protocol,
            device.address,
            device.token_hash,
            device.simulated,
            units[device.unit],
        )
        for device in await session.scalars(select(Device).where(Device.disabled_at.is_(None)))
    }
    keys: dict[int, tuple[str, Rights]] = {}
    for key in await session.scalars(select(AccessKey).where(AccessKey.revoked_at.is_(None))):
        try:
            keys[key.id] = (key.name, parse_grants(key.grants))
        except (Refusal, ValueError, KeyError, TypeError) as error:
            # Of another version of the program, perhaps: it opens nothing, and everybody else goes on.
            log.error("the grants of key %r are not understood: %s", key.name, error)
    return Organisation(version, bodies, units, devices, keys)


def district_of(node: Node, nodes: dict[int, Node]) -> int:
    """The nearest body of kind district at or above this one; 0 when there is none."""
    current: Node | None = node
    seen: set[int] = set()
    while current is not None and current.id not in seen:
        if current.kind == "district":
            return current.id
        seen.add(current.id)
        current = nodes.get(current.parent) if current.parent is not None else None
    return 0
