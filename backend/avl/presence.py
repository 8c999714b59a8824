"""Units come and go: online with their first position, offline after a silence. Runs in `worker`.

Judged by what is announced on the bus, so it is right while the recorder is behind; while the bus or every ingest
is away nothing can be heard, and nobody is called offline for it.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from nats.aio.msg import Msg
from sqlalchemy import text

from backend.bus.connection import Bus
from backend.bus.record import SIZE, unit_and_time
from backend.bus.subjects import ALL_POSITIONS
from backend.clock import from_ms, now_ms
from backend.db.engine import Database, is_away
from backend.db.events import Event, append
from backend.identity.registry import Registry

log = logging.getLogger(__name__)

LOOK_S = 1.0
TOPIC = "unit.presence"
# A whole fleet may come at once, after an absence of the bus.
STORE = text(
    """INSERT INTO unit_presence SELECT * FROM
           unnest(CAST(:units AS bigint[]), CAST(:online AS boolean[]), CAST(:since AS timestamptz[]))
       ON CONFLICT (unit) DO UPDATE SET online = excluded.online, since = excluded.since"""
)


class Presence:
    """Who is online. `hears` tells whether positions could be heard at all just now."""

    def __init__(
        self, bus: Bus, database: Database, registry: Registry, offline_after_s: float, hears: Callable[[], bool]
    ) -> None:
        self._bus = bus
        self._database = database
        self._registry = registry
        self._offline_after_ms = round(offline_after_s * 1000)
        self._hears = hears
        self._heard: dict[int, int] = {}
        self._online: dict[int, bool] = {}

    async def start(self) -> None:
        """Learn the last state and listen. Who was online is given the whole time of silence anew."""
        async with self._database.snapshot() as session:
            for row in await session.execute(text("SELECT unit, online FROM unit_presence")):
                self._online[row.unit] = row.online
                if row.online:
                    self._heard[row.unit] = now_ms()
        await self._bus.subscribe(ALL_POSITIONS, self._position)

    def _position(self, message: Msg) -> None:
        if len(message.data) == SIZE:
            self._heard[unit_and_time(message.data)[0]] = now_ms()

    async def run(self) -> None:
        """Look once a second, for ever."""
        looked = now_ms()
        while True:
            await asyncio.sleep(LOOK_S)
            now = now_ms()
            if not self._hears():
                # The clock of silence stands still while nobody can be heard.
                self._heard = {unit: heard + now - looked for unit, heard in self._heard.items()}
            looked = now
            try:
                await self.look(now)
            except Exception as error:
                if not is_away(error):
                    raise

    async def look(self, now: int) -> None:
        """Store and tell what changed up to `now` (ms); a change that cannot be stored is found again next time."""
        changed: dict[int, tuple[bool, int]] = {}
        for unit, heard in self._heard.items():
            online = now - heard <= self._offline_after_ms
            if online != self._online.get(unit, False) and unit in self._registry.current.units:
                changed[unit] = (online, heard)
        if not changed:
            return
        async with self._database.transaction() as session:
            await session.execute(STORE, _columns(changed))
            for unit, (online, since) in changed.items():
                append(session, self._event(unit, online, since))
        for unit, (online, _) in changed.items():
            self._online[unit] = online

    def _event(self, unit: int, online: bool, since: int) -> Event:
        known = self._registry.current.units[unit]
        return Event(
            topic=TOPIC,
            kind="unit.online" if online else "unit.offline",
            district=known.district,
            squad=known.squad,
            unit=unit,
            payload={"since": since},
        )


def _columns(changed: dict[int, tuple[bool, int]]) -> dict[str, list[Any]]:
    return {
        "units": list(changed),
        "online": [online for online, _ in changed.values()],
        "since": [from_ms(since) for _, since in changed.values()],
    }
