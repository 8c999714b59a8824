"""Lets go of positions past retention, a day at a time: the one place that drops days.

What a hold covers is kept as it is (`kept_fix`); of the rest remains how often a unit was in which cell of resolution 8
in which hour (`coarse_fix`). Each day is one transaction: killed in the middle it has not happened. Nothing but the
day's own partition is locked until it is dropped, so storing and reading of other days go on.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.holds import HELD
from backend.avl.rows import NAMES
from backend.clock import to_ms
from backend.db.engine import Database
from backend.errors import Refusal
from backend.geo.cells import parent_bits
from backend.identity.audit import Actor, record

COARSE = 8
BUSY = (errors.LockNotAvailable, errors.DeadlockDetected, errors.ObjectInUse)
WORKER = Actor("worker", "worker")

# One at a time for the whole system: a second one would find the same days.
TURN = text("SELECT pg_try_advisory_xact_lock(5808004)")
DAYS = text(
    "SELECT to_date(substr(child.relname, 5), 'YYYYMMDD') AS day FROM pg_inherits "
    "JOIN pg_class AS child ON child.oid = inhrelid WHERE inhparent = 'fix'::regclass ORDER BY 1"
)
COARSEN = """
    INSERT INTO coarse_fix AS known (unit, cell, hour, off_duty, fixes, first_at, last_at, district, squad)
    SELECT unit, cell & CAST(:kept_bits AS bigint) | CAST(:set_bits AS bigint) AS coarse,
           date_trunc('hour', fixed_at, 'UTC'), flags & 8 <> 0, count(*),
           date_trunc('minute', min(fixed_at), 'UTC'), date_trunc('minute', max(fixed_at), 'UTC'),
           (array_agg(district ORDER BY fixed_at DESC))[1], (array_agg(squad ORDER BY fixed_at DESC))[1]
    FROM leaving GROUP BY 1, 2, 3, 4
    ON CONFLICT (unit, cell, hour, off_duty) DO UPDATE SET
        fixes = known.fixes + excluded.fixes,
        first_at = least(known.first_at, excluded.first_at),
        last_at = greatest(known.last_at, excluded.last_at),
        district = CASE WHEN excluded.last_at >= known.last_at THEN excluded.district ELSE known.district END,
        squad = CASE WHEN excluded.last_at >= known.last_at THEN excluded.squad ELSE known.squad END
"""
BITS = dict(zip(("kept_bits", "set_bits"), parent_bits(COARSE), strict=True))
# Held no more: they go the way that the others of their day went.
SETTLE = text(
    f"""WITH leaving AS (DELETE FROM kept_fix WHERE NOT {HELD} RETURNING *), coarsened AS ({COARSEN})
        SELECT count(*) FROM leaving"""
)


@dataclass(frozen=True, slots=True)
class Released:
    """What became of some days' rows."""

    days: int = 0
    kept: int = 0
    coarsened: int = 0

    def __add__(self, other: "Released") -> "Released":
        return Released(self.days + other.days, self.kept + other.kept, self.coarsened + other.coarsened)


def first_kept(retention_days: int, now: datetime) -> date:
    """The oldest day (UTC) that is not past retention; what is older is refused on its way in as well."""
    return now.astimezone(UTC).date() - timedelta(days=retention_days)


def day_start(day: date) -> int:
    """When a day (UTC) began, ms since 1970."""
    return to_ms(datetime(day.year, day.month, day.day, tzinfo=UTC))


async def stored_days(session: AsyncSession) -> list[date]:
    """The days that have raw positions, the oldest first."""
    return list(await session.scalars(DAYS))


async def take_turn(session: AsyncSession) -> bool:
    """Whether nobody else lets go of anything; holds until the transaction's end. Statements may take their time."""
    if not await session.scalar(TURN):
        return False
    await session.execute(text("SET LOCAL statement_timeout = 0"))
    return True


async def keep_and_coarsen(session: AsyncSession, day: date) -> Released:
    """Copy what is held of a day, and write the rest coarsened; the rows themselves are still there."""
    table = f"fix_{day:%Y%m%d}"
    # Nothing is added from here on: it would be lost between the copy and the drop.
    await session.execute(text(f"LOCK TABLE {table} IN SHARE MODE"))
    keep = f"INSERT INTO kept_fix ({NAMES}) SELECT {NAMES} FROM {table} WHERE {HELD} ON CONFLICT DO NOTHING RETURNING 1"
    kept = await session.scalar(text(f"WITH kept AS ({keep}) SELECT count(*) FROM kept"))
    rest = f"""leaving AS (SELECT * FROM {table} AS one WHERE NOT EXISTS (SELECT FROM kept_fix AS kept WHERE
        kept.device = one.device AND kept.fixed_at = one.fixed_at AND kept.digest = one.digest))"""
    coarsen = text(f"WITH {rest}, coarsened AS ({COARSEN}) SELECT count(*) FROM leaving")
    coarsened = await session.scalar(coarsen, BITS)
    return Released(1, kept or 0, coarsened or 0)


async def drop_day(session: AsyncSession, day: date) -> None:
    """Drop a day's rows. Raises Refusal while somebody is at them, or something of them is held and not kept."""
    # Who reads a track for long must not make every writer wait behind us: we come again.
    await session.execute(text("SET LOCAL lock_timeout = '5s'"))
    try:
        await session.execute(text("SELECT drop_fix_day(:day)"), {"day": day})
    except OperationalError as error:
        if not isinstance(error.orig, BUSY):
            raise
        raise Refusal(f"{day:%Y-%m-%d} is being written, read or held just now; try again soon") from error


async def release(session: AsyncSession, actor: Actor, days: list[date]) -> Released:
    """Let go of these days in the caller's transaction, after `take_turn`. Raises what the store raises."""
    done = Released()
    for day in days:
        one = await keep_and_coarsen(session, day)
        await record(
            session, actor, "positions.released", f"day:{day:%Y-%m-%d}", kept=one.kept, coarsened=one.coarsened
        )
        done += one
    # All at the end: dropping locks out every writer until the commit.
    for day in days:
        await drop_day(session, day)
    return done


async def settle(session: AsyncSession, actor: Actor) -> int:
    """Coarsen what was kept and is held no more; returns how many rows that were."""
    # A hold that is made meanwhile waits, and then finds what is left.
    await session.execute(text("LOCK TABLE hold IN SHARE MODE"))
    settled: int = await session.scalar(SETTLE, BITS) or 0
    if settled:
        await record(session, actor, "positions.released", "kept", kept=0, coarsened=settled)
    return settled


async def run_once(database: Database, oldest: date) -> Released:
    """Let go of every day before this one, each in its own transaction. Raises Refusal when another does so."""
    async with database.snapshot() as session:
        days = [day for day in await stored_days(session) if day < oldest]
    done = Released()
    for day in days:
        async with database.transaction() as session:
            await _turn(session)
            # Another one may have been quicker.
            if day in await stored_days(session):
                done += await release(session, WORKER, [day])
    async with database.transaction() as session:
        await _turn(session)
        done += Released(coarsened=await settle(session, WORKER))
        # The newest of a unit that has been silent for longer than that.
        forget = text("DELETE FROM unit_latest WHERE moment < :oldest")
        await session.execute(forget, {"oldest": day_start(oldest)})
        # Batches that could not be stored hold positions, too.
        await session.execute(text("DELETE FROM fix_batch_refused WHERE refused_at < :oldest"), {"oldest": oldest})
        values = {"days": done.days, "kept": done.kept, "coarsened": done.coarsened}
        noted = "INSERT INTO retention_run (days, kept, coarsened) VALUES (:days, :kept, :coarsened)"
        await session.execute(text(noted), values)
    return done


async def _turn(session: AsyncSession) -> None:
    if not await take_turn(session):
        raise Refusal("positions are being let go of just now; try again soon")
