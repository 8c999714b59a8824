"""Small true things for the tests of vehicle location."""

import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import replace

from nats.js.errors import NotFoundError
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.batch import Batch, Counts, StoredFix, digest
from backend.avl.ingest import Ingest
from backend.avl.listeners import Listeners
from backend.avl.protocols import PROTOCOLS
from backend.bus.connection import Bus
from backend.bus.streams import ensure_stream, fixes_stream
from backend.clock import now_ms
from backend.geo.cells import cell_of
from backend.identity.devices import token_hash
from backend.identity.registry import Body, KnownDevice, KnownUnit, Organisation
from backend.process import Process
from backend.settings import Settings

DISTRICT, SQUAD = 2, 3
NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/none"  # ingest's path needs no database once it has its copy
CAR = KnownUnit(7, "S001", "car", "巡逻车001", None, SQUAD, DISTRICT, True)
TOKEN = "k3y"


def device(
    identifier: str = "phone",
    number: int = 1,
    unit: KnownUnit = CAR,
    protocol: str = "osmand",
    *,
    simulated: bool = False,
    personal: bool = False,
    address: str | None = None,
    precedence: int | None = None,
    datum: str | None = None,
) -> KnownDevice:
    """A device whose token is TOKEN."""
    return KnownDevice(
        number,
        identifier,
        protocol,
        address,
        token_hash(TOKEN),
        simulated,
        unit,
        personal,
        precedence=precedence,
        datum=datum,
    )


def organisation(*devices: KnownDevice, version: int = 1) -> Organisation:
    """What a registry knows of these devices and their units."""
    bodies = {
        DISTRICT: Body(DISTRICT, "district", "江东区", None, DISTRICT),
        SQUAD: Body(SQUAD, "squad", "一中队", None, DISTRICT),
    }
    units = {one.unit.number: one.unit for one in devices}
    return Organisation(version, bodies, units, {one.identifier: one for one in devices}, {})


def off_duty(unit: KnownUnit = CAR) -> KnownUnit:
    """The unit off duty."""
    return replace(unit, on_duty=False)


def stored_fix(
    fixed_at: int | None = None,
    *,
    longitude: float = 113.1,
    latitude: float = 28.2,
    device: int = 1,
    unit: int = 7,
    alarms: int = 0,
    source: int = 2,
    received_at: int | None = None,
    flags: int = 0,
    speed: float | None = 8.25,
    heading: float | None = 90.5,
    accuracy: float | None = 6.5,
    altitude: float | None = 45.25,
    attributes: dict[str, object] | None = None,
) -> StoredFix:
    """A fix as a batch carries it; without a time it is of now."""
    fixed_at = now_ms() if fixed_at is None else fixed_at
    return StoredFix(
        device=device,
        unit=unit,
        district=DISTRICT,
        squad=SQUAD,
        source=source,
        fixed_at=fixed_at,
        received_at=fixed_at + 250 if received_at is None else received_at,
        longitude=longitude,
        latitude=latitude,
        cell=cell_of(longitude, latitude),
        digest=digest(longitude, latitude, alarms),
        alarms=alarms,
        flags=flags,
        speed=speed,
        heading=heading,
        accuracy=accuracy,
        altitude=altitude,
        attributes=attributes,
    )


class Source:
    """One incarnation of an ingest that makes batches with counts that add up."""

    def __init__(self, incarnation: str, source: str = "osmand") -> None:
        self.incarnation = incarnation
        self.source = source
        self.number = 0
        self.cumulative = 0

    def batch(self, *fixes: StoredFix, repeat: int = 0, rejected: dict[str, int] | None = None) -> Batch:
        """The next batch."""
        rejected = rejected or {}
        received = len(fixes) + repeat + sum(rejected.values())
        self.number += 1
        self.cumulative += received
        counts = {self.source: Counts(received, repeat, dict(rejected))}
        return Batch(self.incarnation, self.number, counts, {self.source: self.cumulative}, list(fixes))


def free_port() -> int:
    """A TCP port that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def clean_stream(bus: Bus, max_bytes: int = 64 * 1024 * 1024) -> AsyncIterator[Bus]:
    """The stream `fixes`, empty at the start and gone at the end."""
    await ensure_stream(bus, fixes_stream(max_bytes))
    try:
        yield bus
    finally:
        await bus.jetstream.delete_stream("fixes")


class Rig:
    """A real ingest on a real bus with open device ports; the organisation is set by hand."""

    def __init__(self, process: Process, ingest: Ingest, listeners: Listeners, ports: dict[str, int]) -> None:
        self.process = process
        self.bus = process.bus
        self.ingest = ingest
        self.batches = ingest.batches
        self.listeners = listeners
        self.ports = ports
        self.port = ports["osmand"]

    def know(self, *devices: KnownDevice) -> None:
        """From now on the registry holds exactly these devices."""
        registry = self.process.registry
        registry.current = organisation(*devices, version=registry.current.version + 1)
        for callback in registry._changed:
            callback(registry.current)


@contextlib.asynccontextmanager
async def running_ingest(
    nats_url: str, *, batches: bool = True, protocols: tuple[str, ...] = ("osmand",), **settings: object
) -> AsyncIterator[Rig]:
    """An ingest as its process runs it, without the database. `batches` False: nothing is stored.

    Of the device ports only those of `protocols` and OsmAnd's are open.
    """
    ports = {name: free_port() for name in {"osmand", *protocols}}
    opened = {entry.port: ports.get(name, 0) for name, entry in PROTOCOLS.items() if entry.port}
    made = Settings(database_url=NOWHERE, nats_url=nats_url, **(opened | settings))  # type: ignore[arg-type]
    process = Process("ingest", made, echo=False)
    await process.bus.connect(nats_url)
    await process.ensure_streams()
    ingest = Ingest(process)
    await ingest.latest.listen()
    process.start(ingest.announce())
    if batches:
        process.start(ingest.batches.run())
    async with Listeners(ingest, process.registry, made) as listeners:
        process.start(listeners.sweep())
        rig = Rig(process, ingest, listeners, ports)
        rig.know(device())
        try:
            yield rig
        finally:
            if process._failed is not None:
                raise process._failed
            if process.bus.away_since is None:
                for stream in ("fixes", "facts"):
                    with contextlib.suppress(NotFoundError):  # another ingest had it, too
                        await process.bus.jetstream.delete_stream(stream)
            for connection in list(listeners.connections):
                connection.close()
            await process.__aexit__(None, None, None)


async def count(session: AsyncSession, statement: str) -> int:
    """A number from the store."""
    from sqlalchemy import text

    return int((await session.execute(text(statement))).scalar_one())
