"""A small city with real `web` processes: what the tests of the live socket stand on."""

import asyncio
import itertools
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.bus.connection import Bus
from backend.bus.record import Record, pack
from backend.bus.subjects import IDENTITY_CHANGED, Address, event_subject, position_subject
from backend.clock import now_ms
from backend.db.engine import Database
from backend.db.events import Event, StoredEvent, append, encode
from backend.geo.cells import cell_of
from backend.home import Home
from backend.identity.atoms import ATOMS
from backend.identity.devices import add_node, add_unit
from backend.identity.roles import POWERS
from backend.identity.sessions import COOKIE
from tests.conftest import NO_DEVICE_PORTS, TestBus, TestDatabase, running, temporary_home
from tests.identity.signing import everything_granted, grant_just, signed_in
from tests.live.client import LiveClient

MIDDLE = (113.10, 28.20)  # degrees east, north
WIDE = (112.95, 28.10, 113.25, 28.30)  # west, south, east, north of a view that holds all of the city
START_S = 30


@dataclass
class Web:
    """A running `web` process."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Where pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def live(self) -> str:
        """Where the socket is."""
        return f"ws://127.0.0.1:{self.port}/live"

    async def ready(self) -> None:
        """Wait until it can serve."""
        ends = time.monotonic() + START_S
        async with httpx.AsyncClient() as browser:
            while time.monotonic() < ends:
                assert self.process.poll() is None, self.log.read_text()
                try:
                    if (await browser.get(f"{self.url}/readyz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.05)
        raise TimeoutError(self.log.read_text())


class Site:
    """A city with districts 'north' and 'south' of two squads each, a bus, a store and any number of `web`.

    `squads` are the ids of the four squads, `districts` of the two districts; `home_of` tells a unit's bodies.
    """

    def __init__(self, home: Home, database: TestDatabase, nats: TestBus, stack: ExitStack) -> None:
        self.home = home
        self.secrets = home.secrets()
        self.bus = Bus("test")
        self.store = Database(database.application_url, self._announce)
        self.announces = True
        self.webs: list[Web] = []
        self.districts: list[int] = []
        self.squads: list[int] = []
        self.home_of: dict[int, tuple[int, int]] = {}
        self._database, self._nats, self._stack = database, nats, stack
        self._names = itertools.count(1)
        self._cookies: dict[str, str] = {}
        self.city = 0

    @property
    def web(self) -> Web:
        """The first web process."""
        return self.webs[0]

    async def found(self) -> None:
        """Make the bodies of the city."""
        await self.bus.connect(self._nats.url)
        async with self.store.transaction() as session:
            city = self.city = await add_node(session, "市局", "city")
            for district in ("north", "south"):
                self.districts.append(await add_node(session, district, "district", city))
                for squad in ("first", "second"):
                    self.squads.append(await add_node(session, squad, "squad", self.districts[-1]))

    async def start_web(self, tick_ms: int = 100, patch: str = "", port: int | None = None, **settings: str) -> Web:
        """Start a web process and wait until it serves; `patch` is Python that runs in it before."""
        port = port or free_port()
        process, log = self.start("web", patch, LIANDONG_PORT=str(port), LIANDONG_TICK_MS=str(tick_ms), **settings)
        web = Web(process, port, log)
        self.webs.append(web)
        await web.ready()
        return web

    def start(self, part: str, patch: str = "", **settings: str) -> tuple["subprocess.Popen[bytes]", Path]:
        """A process of the program, and the file with all that it says."""
        environment = {
            **os.environ,
            **NO_DEVICE_PORTS,
            "LIANDONG_DATABASE_URL": self._database.application_url,
            "LIANDONG_NATS_URL": self._nats.url,
            "LIANDONG_HOME": str(self.home.path),
            **settings,
        }
        command = [sys.executable, "-m", "backend", "process", part]
        if patch:
            main = f"import sys; sys.argv = ['liandong', 'process', '{part}']; import backend.__main__ as m; m.main()"
            command = [sys.executable, "-c", f"{patch}\n{main}"]
        log = self.home.path / f"{part}-{next(self._names)}.log"
        return self._stack.enter_context(running(command, log, environment)), log

    def stop(self, web: Web) -> None:
        """Let a web process go, in order."""
        web.process.send_signal(signal.SIGTERM)
        web.process.wait(10)
        self.webs.remove(web)

    async def change[Result](self, work: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
        """Change the organisation in one transaction and announce it."""
        async with self.store.transaction() as session:
            result = await work(session)
        await self.bus.publish(IDENTITY_CHANGED, b"")
        return result

    async def add_units(self, count: int, squad: int) -> list[int]:
        """Units of the squad with this index; returns their numbers."""
        body, district = self.squads[squad], self.districts[squad // 2]

        async def add(session: AsyncSession) -> list[int]:
            return [await add_unit(session, f"U{next(self._names)}", body, "car", "车") for _ in range(count)]

        units = await self.change(add)
        self.home_of |= dict.fromkeys(units, (district, body))
        await self.known()
        return units

    async def set_duty(self, unit: int, on_duty: bool) -> None:
        """As `dispatch/duty.py` will do."""

        async def write(session: AsyncSession) -> None:
            statement = (
                "INSERT INTO unit_duty VALUES (:unit, :on_duty, now()) "
                "ON CONFLICT (unit) DO UPDATE SET on_duty = excluded.on_duty"
            )
            await session.execute(text(statement), {"unit": unit, "on_duty": on_duty})

        await self.change(write)

    async def known(self) -> None:
        """Wait until every web process knows the organisation as it is now."""
        if not self.webs:
            return
        async with self.store.snapshot() as session:
            version = await session.scalar(text("SELECT version FROM identity_version"))
        headers = {"Cookie": await self.cookie()}
        async with asyncio.timeout(5), httpx.AsyncClient() as browser:
            for web in self.webs:
                while (await browser.get(f"{web.url}/api/v1/session", headers=headers)).json()["version"] < version:
                    await asyncio.sleep(0.02)

    async def cookie(self, name: str = "operator", grants: Sequence[dict[str, Any]] | None = None) -> str:
        """The cookie of a person of this name, who is made if there is none; with `grants` he holds just these."""
        if name not in self._cookies:
            self._cookies[name] = await self.change(lambda session: signed_in(session, name, self.city))
            grants = grants if grants is not None else everything_granted()
        if grants is not None:
            given = grants
            await self.change(lambda session: grant_just(session, name, given))
            await self.known()
        return f"{COOKIE}={self._cookies[name]}"

    async def browser(self, name: str, grants: Sequence[dict[str, Any]]) -> httpx.AsyncClient:
        """The browser of somebody who holds just these, with what a changing request needs."""
        cookie = {"Cookie": await self.cookie(name, grants)}
        async with httpx.AsyncClient(base_url=self.web.url, headers=cookie) as asking:
            csrf = (await asking.get("/api/v1/session")).json()["csrf"]
        return httpx.AsyncClient(base_url=self.web.url, headers=cookie | {"X-Liandong-Csrf": csrf})

    async def move(self, unit: int, longitude: float, latitude: float, moment: int | None = None) -> Record:
        """A unit's new position, as ingest announces it."""
        district, squad = self.home_of[unit]
        record = Record(unit, moment or now_ms(), longitude, latitude, 3.0, 90.0, 5.0, 0.0, 0, 2)
        address = Address(district, squad, cell_of(longitude, latitude), unit)
        await self.bus.publish(position_subject(address), pack(record))
        return record

    async def tell(self, *events: Event) -> None:
        """Events in one transaction."""
        async with self.store.transaction() as session:
            for event in events:
                append(session, event)

    async def newest(self) -> int:
        """The newest event's number."""
        async with self.store.snapshot() as session:
            return int(await session.scalar(text("SELECT number FROM event_counter")) or 0)

    async def _announce(self, events: Sequence[StoredEvent]) -> None:
        for event in events if self.announces else ():
            await self.bus.publish(event_subject(event.topic, event.district, event.squad), encode(event))


@asynccontextmanager
async def running_site(database: TestDatabase, nats: TestBus) -> AsyncIterator[Site]:
    """A site without a web process yet; everything of it ends with the block."""
    with temporary_home() as home, ExitStack() as stack:
        site = Site(home, database, nats, stack)
        await site.found()
        try:
            yield site
        finally:
            await site.bus.close()
            await site.store.close()


@asynccontextmanager
async def watching(web: Web, cookie: str, view: tuple[float, float, float, float] | None = WIDE) -> AsyncIterator[Any]:
    """An open client with its first snapshot."""
    async with LiveClient(web.live, cookie) as client:
        await client.until(lambda: client.of_type("upto"))
        if view is not None:
            await client.look_at(*view)
            await client.until(lambda: client.answered)
        yield client


def grants(*atoms: str, **scope: Any) -> list[dict[str, Any]]:
    """The stored form of grants of these atoms (none named: all that one person may hold) in one scope."""
    named = atoms or [atom for atom in ATOMS if atom not in POWERS]
    return [{"atom": atom, "scope": scope or {"everything": True}} for atom in named]


def online(unit: int, home: tuple[int, int] | None, since: int = 0) -> Event:
    """An event about a unit."""
    district, squad = home or (None, None)
    return Event("unit.presence", "unit.online", {"since": since}, district=district, squad=squad, unit=unit)


def free_port() -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
