"""When keys were used: noted in memory with each request, written down beside the requests, to the minute."""

import asyncio

from sqlalchemy import text

from backend.clock import utc_now
from backend.db.engine import Database, is_away

WRITE_EVERY_S = 5.0
NOTE_USED = text(
    """UPDATE access_key SET used_at = :now
       WHERE id = ANY(CAST(:ids AS integer[])) AND (used_at IS NULL OR used_at < :now - interval '1 minute')"""
)


class KeyUses:
    """The keys that were used since the last time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._used: set[int] = set()

    def note(self, holder: str) -> None:
        """`key:<id>` opened something."""
        self._used.add(int(holder.removeprefix("key:")))

    async def run(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(WRITE_EVERY_S)
            await self.write()

    async def write(self) -> None:
        """Write down who came; a key that was noted less than a minute ago is left alone."""
        if not self._used:
            return
        used, self._used = self._used, set()
        try:
            async with self._database.transaction() as session:
                await session.execute(NOTE_USED, {"ids": sorted(used), "now": utc_now()})
        except Exception as error:
            if not is_away(error):
                raise
            self._used |= used
