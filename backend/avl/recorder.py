"""The process `recorder`: from the durable stream into PostGIS.

One transaction takes the batches' numbers (a batch that is already there is only acknowledged), the rows, the
newest per unit and the sums. After its commit the batches are acknowledged to the stream.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import psycopg
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.api import ConsumerConfig
from nats.js.client import JetStreamContext
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError

from backend.avl import rows
from backend.avl.batch import Batch, Counts, StoredFix, decode
from backend.avl.protocols import PROTOCOLS
from backend.avl.pulling import pull
from backend.bus.subjects import FIXES
from backend.clock import from_ms, utc_now
from backend.db.engine import Database, is_away
from backend.identity.devices import note_seen, seen_devices
from backend.process import Process
from backend.settings import Settings

log = logging.getLogger(__name__)

FETCH = 50
ACKNOWLEDGE_WAIT_S = 30
SEEN_EVERY_MS = 5_000  # how exactly it is noted when a device was last heard
GATHER_S = 0.1  # what comes within this time is written in one transaction
HOUSEKEEPING_S = 60.0

# What only the data can be to blame for. Anything else is our mistake or an absence, and the batches wait.
BAD_DATA = (DataError, IntegrityError, psycopg.DataError, psycopg.IntegrityError)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A batch with the message that brought it."""

    message: Msg
    sequence: int
    batch: Batch


@dataclass(slots=True)
class _Taken:
    """A batch, or several of one ingest, with the fixes that are kept and those that became too old meanwhile."""

    batch: Batch
    kept: list[StoredFix]
    expired: list[StoredFix]


def _by_incarnation(taken: list[_Taken]) -> list[_Taken]:
    """The batches of each ingest as if they were one: sums are by ingest, and one statement costs less than many."""
    found: dict[str, _Taken] = {}
    for one in taken:
        batch = one.batch
        sum = found.get(batch.incarnation)
        if sum is None:
            counts = {source: Counts(of.received, of.repeat, dict(of.rejected)) for source, of in batch.counts.items()}
            whole = Batch(batch.incarnation, batch.number, counts, dict(batch.cumulative), [])
            found[batch.incarnation] = _Taken(whole, list(one.kept), list(one.expired))
            continue
        sum.kept += one.kept
        sum.expired += one.expired
        for source, of in batch.counts.items():
            sum.batch.counts.setdefault(source, Counts()).add(of)
        for source, count in batch.cumulative.items():
            sum.batch.cumulative[source] = max(count, sum.batch.cumulative.get(source, 0))
    return list(found.values())


def _last_of(fixes: list[StoredFix]) -> tuple[dict[int, int], dict[int, StoredFix]]:
    """When each device was heard last (ms), and the newest fix of each unit."""
    heard: dict[int, int] = {}
    newest: dict[int, StoredFix] = {}
    for fix in fixes:
        if fix.may_lead and (fix.unit not in newest or fix.moment >= newest[fix.unit].moment):
            newest[fix.unit] = fix
        heard[fix.device] = max(fix.received_at, heard.get(fix.device, 0))
    return heard, newest


class Recorder:
    """Writes batches. `seen` are the devices that are known to have been heard before."""

    def __init__(self, database: Database, retention_days: int) -> None:
        self._database = database
        self._retention_days = retention_days
        self._days: set[date] = set()
        self._seen: set[int] = set()
        self._heard: dict[int, int] = {}  # by device the moment (ms) that was noted last
        self.committed = 0

    async def start(self) -> None:
        """Learn which devices were seen before; raises what the database raises."""
        async with self._database.snapshot() as session:
            self._seen = set(await seen_devices(session))

    async def record(self, messages: Sequence[Msg]) -> None:
        """Store these messages and acknowledge them; what can never be stored is set aside, not lost."""
        left = [message for message in messages if not message.is_acked]  # the others were set aside at an earlier try
        fetched = [one for one in [await self._decoded(message) for message in left] if one is not None]
        try:
            await self._store(fetched)
        except BAD_DATA as error:
            # One of them cannot be stored: find out which, and let the others through.
            log.warning("storing %d batches together failed (%s), trying each", len(fetched), error)
            self._days.clear()  # a day that was there may have been let go of meanwhile
            for one in fetched:
                await self._store_or_refuse(one)
        for one in fetched:
            await one.message.ack()

    async def _decoded(self, message: Msg) -> Fetched | None:
        sequence = message.metadata.sequence.stream
        try:
            batch = decode(message.data)
            if unknown := batch.counts.keys() - PROTOCOLS.keys():
                raise ValueError(f"unknown sources {sorted(unknown)}")
            return Fetched(message, sequence, batch)
        except ValueError as error:
            await self._refuse(message, sequence, str(error))
            await message.ack()
            return None

    async def _store_or_refuse(self, one: Fetched) -> None:
        try:
            await self._store([one])
        except BAD_DATA as error:
            await self._refuse(one.message, one.sequence, str(error))

    async def _refuse(self, message: Msg, sequence: int, reason: str) -> None:
        log.error("batch %d of the stream is set aside in fix_batch_refused: %s", sequence, reason)
        async with self._database.transaction() as session:
            await rows.set_aside(session, sequence, reason, message.data)

    async def _store(self, fetched: Sequence[Fetched]) -> None:
        """All of these batches in one transaction."""
        kept, expired = self._by_retention(fetched)
        await self._ensure_days({from_ms(fix.fixed_at).date() for fixes in kept for fix in fixes})
        async with self._database.transaction() as session:
            fresh = await rows.take_numbers(session, [(one.batch, one.sequence) for one in fetched])
            taken: list[_Taken] = []
            for one, fixes, old in zip(fetched, kept, expired, strict=True):
                if (one.batch.incarnation, one.batch.number) in fresh:
                    fresh.discard((one.batch.incarnation, one.batch.number))  # it may lie in the stream twice
                    taken.append(_Taken(one.batch, fixes, old))
            for together in _by_incarnation(taken):
                stored = await rows.insert_fixes(session, together.kept)
                settled = tally(together.batch, together.kept, stored, together.expired)
                await rows.add_tally(session, together.batch, settled)
            fixes = [fix for one in taken for fix in one.kept]
            heard, newest = _last_of(fixes)
            due = {one: at for one, at in heard.items() if at - self._heard.get(one, 0) >= SEEN_EVERY_MS}
            first_heard: dict[int, StoredFix] = {}
            for fix in fixes:
                if fix.device not in self._seen:
                    first_heard.setdefault(fix.device, fix)
            await rows.put_latest(session, list(newest.values()))
            await note_seen(session, {device: from_ms(moment) for device, moment in due.items()})
            if first_heard:
                await rows.tell_first_seen(session, first_heard)
        self._seen |= first_heard.keys()
        self._heard |= due
        self.committed += len(fixes)

    def _by_retention(self, fetched: Sequence[Fetched]) -> tuple[list[list[StoredFix]], list[list[StoredFix]]]:
        """Of each batch, the fixes that are kept and those that became too old while they waited."""
        oldest = utc_now().date() - timedelta(days=self._retention_days)
        kept: list[list[StoredFix]] = []
        expired: list[list[StoredFix]] = []
        for one in fetched:
            kept.append([fix for fix in one.batch.fixes if from_ms(fix.fixed_at).date() >= oldest])
            expired.append([fix for fix in one.batch.fixes if from_ms(fix.fixed_at).date() < oldest])
        return kept, expired

    async def _ensure_days(self, days: set[date]) -> None:
        """Create the partitions that are missing, in a transaction of their own: it locks the whole table."""
        missing = days - self._days
        if missing:
            async with self._database.transaction() as session:
                for day in sorted(missing):
                    await session.execute(text("SELECT ensure_fix_day(:day)"), {"day": day})
            self._days |= missing


def tally(
    batch: Batch, kept: list[StoredFix], stored: dict[int, int], expired: list[StoredFix]
) -> dict[str, tuple[Counts, int]]:
    """What became of a batch's fixes per source: ingest's counts with ours added, and how many rows there are new.

    `stored` counts new rows by the source's number.
    """
    result: dict[str, tuple[Counts, int]] = {}
    for source, counts in batch.counts.items():
        number = PROTOCOLS[source].number
        sent = sum(fix.source == number for fix in kept)
        old = sum(fix.source == number for fix in expired)
        new = stored.get(number, 0)
        settled = Counts(counts.received, counts.repeat + sent - new, dict(counts.rejected))
        if old:
            settled.reject("retention", old)
        result[source] = (settled, new)
    return result


async def follow(recorder: Recorder, jetstream: JetStreamContext) -> None:
    """Record batch after batch for ever, through an absence of bus or database."""
    config = ConsumerConfig(ack_wait=ACKNOWLEDGE_WAIT_S, max_ack_pending=10 * FETCH)

    async def subscribe() -> JetStreamContext.PullSubscription:
        return await jetstream.pull_subscribe(f"{FIXES}.>", "recorder", stream=FIXES, config=config)

    await pull(subscribe, recorder.record, FETCH, GATHER_S)


async def keep_house(database: Database, jetstream: JetStreamContext) -> None:
    """Once a minute: fold the numbers of batches that can never come again."""
    while True:
        await asyncio.sleep(HOUSEKEEPING_S)
        try:
            floor = (await jetstream.consumer_info(FIXES, "recorder")).ack_floor
            if floor is not None:
                async with database.transaction() as session:
                    await rows.forget_numbers(session, floor.stream_seq)
        except Exception as error:
            if not (is_away(error) or isinstance(error, NatsError)):
                raise
            log.info("housekeeping put off: %s", error)


async def main(settings: Settings) -> None:
    """Run until told to stop."""
    async with Process("recorder", settings) as process:
        await process.registry.load()
        await process.ensure_streams()
        recorder = Recorder(process.database, settings.retention_days)
        await recorder.start()
        process.detail = lambda: {"committed": recorder.committed}
        jetstream = process.bus.jetstream
        process.start(follow(recorder, jetstream), keep_house(process.database, jetstream))
        await process.until_stopped()
