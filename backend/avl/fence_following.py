"""Keeps ingest's fences as the store has them: read anew when their version rises, at an announcement or the next poll.

While the database is away the last ones go on.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text

from backend.avl.fence_hours import read_week
from backend.avl.fence_shape import FenceShape, shape_from
from backend.avl.fences import Fence, Fences
from backend.avl.geofences import GEOFENCES_CHANGED
from backend.clock import now_ms, to_ms
from backend.db.engine import Database, is_away
from backend.process import Process

log = logging.getLogger(__name__)

POLL_S = 2.0
COLD_START_S = 60.0

VERSION = text("SELECT version FROM geofence_version")
CHANGED = text(
    """SELECT id, body, bodies, units, hours, tells, valid_from, valid_to, shaped_at, ST_AsBinary(shape) AS shape,
              whole, border, deleted_at IS NOT NULL AS deleted
       FROM geofence WHERE version > :version AND (:version > 0 OR deleted_at IS NULL)"""
)


class Following:
    """Follows the store's fences. `version`: the one that is known, 0: none yet."""

    def __init__(self, database: Database, fences: Fences) -> None:
        self.version = 0
        self._database = database
        self._fences = fences
        self._stale = asyncio.Event()

    def announce(self) -> None:
        """Somebody says that a fence has changed: look now instead of at the next poll."""
        self._stale.set()

    async def start(self, process: Process) -> None:
        """Read the first copy of fences and audiences, and follow both as long as the process lives."""
        process.registry.on_change(self._fences.know)
        self._fences.know(process.registry.current)
        await process.bus.subscribe(GEOFENCES_CHANGED, lambda message: self.announce())
        await self.load()
        process.start(self.run())

    async def load(self) -> None:
        """Read the first copy, waiting for the database at most `COLD_START_S`; then TimeoutError."""
        async with asyncio.timeout(COLD_START_S):
            while not await self.renew():
                await asyncio.sleep(0.25)

    async def run(self) -> None:
        """Follow for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stale.wait(), POLL_S)
            self._stale.clear()
            await self.renew()

    async def renew(self) -> bool:
        """Read what has changed; False when the database is away."""
        try:
            async with self._database.snapshot() as session:
                version = (await session.execute(VERSION)).scalar_one()
                if version == self.version:
                    return True
                restored = version < self.version
                known = 0 if restored else self.version
                rows = (await session.execute(CHANGED, {"version": known})).all()
        except Exception as error:
            if not is_away(error):
                raise
            return False
        changed, gone = await asyncio.to_thread(_read, rows)
        self._fences.take(changed, gone, all_anew=known == 0)
        self.version = version
        log.info("%d geofences", len(self._fences))
        return True


def _read(rows: Sequence[Row[Any]]) -> tuple[list[Fence], list[int]]:
    """The fences that live, and the ids of those that do not any more."""
    now = now_ms()
    changed, gone = [], []
    for row in rows:
        until = to_ms(row.valid_to) if row.valid_to else None
        if row.deleted or (until is not None and until <= now):
            gone.append(row.id)
            continue
        changed.append(
            Fence(
                row.id,
                row.body,
                None if row.bodies is None else frozenset(row.bodies),
                None if row.units is None else frozenset(row.units),
                read_week(row.hours),
                row.tells,
                to_ms(row.valid_from),
                until,
                row.shaped_at,
                FenceShape(shape_from(row.shape)),
                tuple(row.whole),
                tuple(row.border),
            )
        )
    return changed, gone
