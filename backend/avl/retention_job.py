"""When positions past retention are let go of, and past days put in order: once a day, in `worker`."""

import asyncio
import logging
from datetime import datetime, timedelta

from sqlalchemy import text

from backend.avl.clustering import order_past_days
from backend.avl.retention import Released, first_kept, run_once
from backend.clock import utc_now
from backend.db.engine import Database, is_away
from backend.errors import Refusal

log = logging.getLogger(__name__)

LOOK_S = 60.0


class Retention:
    """The daily run. `hour`: of the machine's own clock."""

    def __init__(self, database: Database, retention_days: int, hour: int) -> None:
        self._database = database
        self._retention_days = retention_days
        self._hour = hour
        self._ordering = False

    async def run(self) -> None:
        """Look once a minute whether it is time, for ever; also at the start, if a day was missed."""
        while True:
            try:
                if await self.is_due(utc_now()):
                    done = await self.release()
                    log.info("let go of %d days: %d rows kept, %d coarsened", done.days, done.kept, done.coarsened)
                    self._ordering = True
                await self.order()
            except Refusal as error:
                log.info("retention put off: %s", error)
            except Exception as error:
                if not is_away(error):
                    raise
                log.info("retention put off: %s", error)
            await asyncio.sleep(LOOK_S)

    async def is_due(self, now: datetime) -> bool:
        """Whether nothing has run since the hour last struck."""
        async with self._database.snapshot() as session:
            last = await session.scalar(text("SELECT max(ended_at) FROM retention_run"))
        return last is None or last < struck(now, self._hour)

    async def release(self) -> Released:
        """Let go of what is past retention now. Raises Refusal when another one does so."""
        return await run_once(self._database, first_kept(self._retention_days, utc_now()))

    async def order(self) -> None:
        """After the day's release, and again until it was done: put past days in order. Raises Refusal."""
        if self._ordering:
            log.info("put %d days in order of unit and time", await order_past_days(self._database))
            self._ordering = False


def struck(now: datetime, hour: int) -> datetime:
    """When the machine's own clock last showed this hour."""
    local = now.astimezone()
    today = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today <= local else today - timedelta(days=1)
