"""Puts the rows of days that have passed in the order (unit, time): a track then lies in few pages of the disk.

A day at a time, each in its own transaction; the store notes which days are done. While a day is at it (a minute for
ten million rows, and the disk needs room for it twice), it can neither be read nor written; all other days can.
"""

from datetime import UTC, date

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from backend.avl.retention import BUSY, take_turn
from backend.clock import utc_now
from backend.db.engine import Database
from backend.errors import Refusal

UNORDERED = text(
    """SELECT to_date(substr(day.relname, 5), 'YYYYMMDD') FROM pg_inherits AS days
       JOIN pg_class AS day ON day.oid = days.inhrelid
       JOIN pg_index ON indrelid = day.oid AND NOT indisclustered
       JOIN pg_inherits AS indexes ON indexes.inhrelid = indexrelid
            AND indexes.inhparent = 'fix_unit_fixed_at_index'::regclass
       WHERE days.inhparent = 'fix'::regclass AND to_date(substr(day.relname, 5), 'YYYYMMDD') < :today
       ORDER BY 1 DESC"""
)


async def unordered_days(database: Database) -> list[date]:
    """The days (UTC) that have passed and are not in order yet, the newest first: it is the one most asked for."""
    async with database.snapshot() as session:
        return list(await session.scalars(UNORDERED, {"today": utc_now().astimezone(UTC).date()}))


async def order_day(database: Database, day: date) -> bool:
    """Put a day in order; False if it is so already. Raises Refusal while somebody is at it or lets go of days."""
    async with database.transaction() as session:
        if not await take_turn(session):
            raise Refusal("positions are being let go of just now; try again soon")
        # Whoever comes after us waits behind us: better we come again.
        await session.execute(text("SET LOCAL lock_timeout = '5s'"))
        try:
            return bool(await session.scalar(text("SELECT cluster_fix_day(:day)"), {"day": day}))
        except OperationalError as error:
            if not isinstance(error.orig, BUSY):
                raise
            raise Refusal(f"{day:%Y-%m-%d} is being written or read just now; try again soon") from error


async def order_past_days(database: Database) -> int:
    """Put every day that has passed in order; returns how many that were. Raises Refusal: call it again."""
    return sum([await order_day(database, day) for day in await unordered_days(database)])
