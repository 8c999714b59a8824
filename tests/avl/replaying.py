"""A replay out of a real store, with a clock that the test drives and a browser that hears."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import text
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect

from backend.avl.replay import TICK_MS, Replay
from backend.avl.replay_wanted import WantedReplay, parse_replay
from backend.avl.rows import insert_fixes
from backend.clock import from_ms, to_ms
from backend.identity.access import Viewer
from backend.identity.registry import Organisation, read_organisation
from backend.identity.rights import EVERYTHING, Rights
from tests.avl.makers import stored_fix
from tests.live.client import LiveClient, cells_in_view
from tests.live.site import WIDE, Site

EVERY_RIGHT = Rights(frozenset({("track.read", EVERYTHING)}))
AREA = "113.09,28.19,113.11,28.21"


def hello(start: datetime, seconds: float, **given: Any) -> dict[str, Any]:
    """A hello of a replay of so many seconds; of AREA unless units are named."""
    resolution, cells = cells_in_view(*WIDE)
    look = {"look": 1, "resolution": resolution, "cells": [f"{cell:x}" for cell in cells]}
    span = {"from": to_ms(start), "to": to_ms(start) + round(seconds * 1000)}
    if "units" not in given:
        given = {"area": AREA} | given
    return {"type": "hello", "version": 1, "look": look, "replay": span | {"reason": "a test"} | given}


async def drive(
    site: Site,
    unit: int,
    start: datetime,
    count: int,
    *,
    step: float = 10,
    east: float = 3e-4,
    longitude: float = 113.1,
    flags: int = 0,
    device: int | None = None,
) -> None:
    """`count` fixes of a unit, one each `step` seconds, each `east` degrees farther."""
    district, squad = site.home_of[unit]
    fixes = [
        stored_fix(
            to_ms(start) + round(n * step * 1000),
            unit=unit,
            device=device or unit,
            longitude=round(longitude + n * east, 7),
            flags=flags,
        )._replace(district=district, squad=squad)
        for n in range(count)
    ]
    async with site.store.transaction() as session:
        for day in {from_ms(fix.fixed_at).date() for fix in fixes}:
            await session.execute(text("SELECT ensure_fix_day(:day)"), {"day": day})
        await insert_fixes(session, fixes)


class _Gate:
    """What the replay sends to."""

    def __init__(self, taken: Callable[[str | bytes], None]) -> None:
        self.taken = taken
        self.code: int | None = None

    async def send_text(self, message: str) -> None:
        self.taken(message)

    async def send_bytes(self, data: bytes) -> None:
        self.taken(data)

    async def close(self, code: int) -> None:
        self.code = code


class Screening:
    """A replay and the browser before it. `seconds` passes only when the test says so."""

    def __init__(self, site: Site, wanted: WantedReplay, organisation: Organisation, rights: Rights | None) -> None:
        self.seconds = 0.0
        self.organisation, self.rights = organisation, rights
        self.browser = LiveClient("", "", topics=())
        self.browser.look = (0, [])
        self.gate = _Gate(self.browser.take)
        assert rights is not None
        self.replay = Replay(
            cast(WebSocket, self.gate),
            Viewer("person:1", "somebody", rights),
            wanted,
            site.store,
            lambda: (self.organisation, self.rights),
            lambda: self.seconds,
        )

    @property
    def time(self) -> int:
        """ms since 1970."""
        return int(self.replay.clock.time)

    @property
    def places(self) -> dict[int, tuple[int, float]]:
        """By unit, time and longitude of what the browser shows."""
        return {unit: (one.time, one.longitude) for unit, one in self.browser.positions.items()}

    async def step(self, seconds: float = TICK_MS / 1000) -> None:
        """One tick, so many seconds after the last one."""
        self.seconds += seconds
        await self.replay.step()
        for _ in range(6):  # what was queued goes out
            await asyncio.sleep(0)

    async def play(self, seconds: float) -> None:
        """Let so many seconds pass, tick by tick."""
        for _ in range(round(seconds * 1000 / TICK_MS)):
            await self.step()

    async def give(self, rights: Rights | None) -> None:
        """Let the viewer hold these rights from now on."""
        self.organisation = replace(self.organisation, version=self.organisation.version + 1)
        self.rights = rights
        self.replay.check_rights()
        for _ in range(6):
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def screening(site: Site, message: dict[str, Any], rights: Rights = EVERY_RIGHT) -> AsyncIterator[Screening]:
    """A replay that was placed where it begins."""
    async with site.store.snapshot() as session:
        organisation = await read_organisation(session, 1)
    made = Screening(site, parse_replay(message), organisation, rights)
    sender = asyncio.create_task(made.replay.client.run())
    try:
        await made.step(0)
        yield made
    finally:
        sender.cancel()
        await asyncio.gather(sender, return_exceptions=True)


class Watcher(LiveClient):
    """Takes all that comes on a socket that was opened elsewhere."""

    def __init__(self, socket: ClientConnection) -> None:
        super().__init__("", "", topics=())
        self.look = (0, [])
        self._socket = socket
        self._reader = asyncio.create_task(self._read())

    @property
    def marks(self) -> list[dict[str, Any]]:
        """What it was told of the time."""
        return self.of_type("replay")


@contextlib.asynccontextmanager
async def watching_replay(live: str, message: dict[str, Any], cookie: str) -> AsyncIterator[Watcher]:
    """A replay in a real web process, with its first snapshot or its end. `live`: the live socket's address.

    Raises InvalidStatus.
    """
    headers = {"Cookie": cookie}
    async with connect(f"{live}/replay", additional_headers=headers, compression=None) as socket:
        await socket.send(json.dumps(message))
        watcher = Watcher(socket)
        await watcher.until(lambda: watcher.answered is not None or watcher.close_code is not None)
        yield watcher
