"""The statements of the recorder. All run in the caller's transaction."""

from collections.abc import Sequence
from typing import Any

import orjson
from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.batch import Batch, Counts, StoredFix
from backend.avl.copying import COLUMNS, copy_data
from backend.bus.subjects import Address, position_subject
from backend.clock import from_ms, now_ms
from backend.db.events import Event, append
from backend.identity.devices import mark_first_seen

NAMES = ", ".join(COLUMNS)
NOT_KEPT = """ WHERE NOT EXISTS (SELECT FROM kept_fix AS kept WHERE kept.device = incoming.device
    AND kept.fixed_at = incoming.fixed_at AND kept.digest = incoming.digest)"""
DAY_MS = 86_400_000


async def _driver(session: AsyncSession) -> AsyncConnection[Any]:
    """The psycopg connection under this session, for COPY."""
    raw = await (await session.connection()).get_raw_connection()
    driver = raw.driver_connection
    assert isinstance(driver, AsyncConnection)
    return driver


async def take_numbers(session: AsyncSession, batches: Sequence[tuple[Batch, int]]) -> set[tuple[str, int]]:
    """Note the batches (with their sequence in the stream) as committed; returns those that were not before."""
    result = await session.execute(
        text(
            "INSERT INTO fix_batch (incarnation, number, stream_sequence) "
            "SELECT * FROM unnest(CAST(:incarnations AS text[]), CAST(:numbers AS bigint[]), "
            "CAST(:sequences AS bigint[])) ON CONFLICT DO NOTHING RETURNING incarnation, number"
        ),
        {
            "incarnations": [batch.incarnation for batch, _ in batches],
            "numbers": [batch.number for batch, _ in batches],
            "sequences": [sequence for _, sequence in batches],
        },
    )
    return {(row.incarnation, row.number) for row in result}


async def insert_fixes(session: AsyncSession, fixes: Sequence[StoredFix]) -> dict[int, int]:
    """Insert what is not there yet; returns the count of new rows by the source's number."""
    if not fixes:
        return {}
    driver = await _driver(session)
    # What a hold keeps is of days that have passed: the fixes of today need not be looked for there.
    unkept = NOT_KEPT if min(fix.fixed_at for fix in fixes) < now_ms() // DAY_MS * DAY_MS else ""
    async with driver.cursor() as cursor:
        await cursor.execute("SET LOCAL client_min_messages = warning")
        await cursor.execute(
            f"CREATE TEMP TABLE IF NOT EXISTS incoming ON COMMIT DELETE ROWS AS SELECT {NAMES} FROM fix WITH NO DATA"
        )
        async with cursor.copy(f"COPY incoming ({NAMES}) FROM STDIN (FORMAT BINARY)") as copy:
            await copy.write(copy_data(fixes))
        await cursor.execute(
            f"WITH added AS (INSERT INTO fix ({NAMES}) SELECT {NAMES} FROM incoming{unkept} ON CONFLICT DO NOTHING "
            "RETURNING source) SELECT source, count(*) FROM added GROUP BY source"
        )
        stored = dict(await cursor.fetchall())
        # Several ingests' batches share a transaction, each ingest with its own counts.
        await cursor.execute("TRUNCATE incoming")
    return stored


async def add_tally(session: AsyncSession, batch: Batch, tallies: dict[str, tuple[Counts, int]]) -> None:
    """Add a batch's counts to the sums of its incarnation: per source the counts and the number of new rows."""
    for source, (counts, stored) in tallies.items():
        await session.execute(
            text(
                """
                INSERT INTO fix_tally AS tally
                VALUES (:incarnation, :source, :cumulative, :received, :stored, :repeat, CAST(:rejected AS jsonb))
                ON CONFLICT (incarnation, source) DO UPDATE SET
                    cumulative = greatest(tally.cumulative, excluded.cumulative),
                    received = tally.received + excluded.received,
                    stored = tally.stored + excluded.stored,
                    repeat = tally.repeat + excluded.repeat,
                    rejected = (
                        SELECT coalesce(jsonb_object_agg(reason, total), '{}') FROM (
                            SELECT key AS reason, sum(value::bigint) AS total
                            FROM (SELECT * FROM jsonb_each_text(tally.rejected)
                                  UNION ALL SELECT * FROM jsonb_each_text(excluded.rejected)) AS counts
                            GROUP BY key
                        ) AS summed
                    )
                """
            ),
            {
                "incarnation": batch.incarnation,
                "source": source,
                "cumulative": batch.cumulative[source],
                "received": counts.received,
                "stored": stored,
                "repeat": counts.repeat,
                "rejected": orjson.dumps(counts.rejected).decode(),
            },
        )


async def put_latest(session: AsyncSession, newest: Sequence[StoredFix]) -> None:
    """Keep the newest position of each unit."""
    if not newest:
        return
    ordered = sorted(newest, key=lambda fix: fix.unit)  # one order of locks, or two recorders block each other
    await session.execute(
        text(
            "INSERT INTO unit_latest AS latest SELECT * FROM unnest(CAST(:units AS bigint[]), "
            "CAST(:moments AS bigint[]), CAST(:subjects AS text[]), CAST(:records AS bytea[])) "
            "ON CONFLICT (unit) DO UPDATE SET moment = excluded.moment, subject = excluded.subject, "
            "record = excluded.record WHERE latest.moment <= excluded.moment"
        ),
        {
            "units": [fix.unit for fix in ordered],
            "moments": [fix.moment for fix in ordered],
            "subjects": [position_subject(Address(fix.district, fix.squad, fix.cell, fix.unit)) for fix in ordered],
            "records": [fix.record() for fix in ordered],
        },
    )


async def tell_first_seen(session: AsyncSession, first_heard: dict[int, StoredFix]) -> None:
    """Devices (by id, with a fix) that may never have been heard before: note it, and let people hear of it."""
    moments = {device: from_ms(fix.received_at) for device, fix in first_heard.items()}
    for device in await mark_first_seen(session, moments):
        append(
            session,
            Event(
                topic="device.seen",
                kind="device.first_seen",
                district=first_heard[device.id].district,
                squad=first_heard[device.id].squad,
                unit=device.unit,
                payload={"device": device.identifier, "protocol": device.protocol},
            ),
        )


async def set_aside(session: AsyncSession, sequence: int, reason: str, payload: bytes) -> None:
    """Keep a batch that cannot be stored, with the reason, for a person to look at."""
    await session.execute(
        text("INSERT INTO fix_batch_refused (stream_sequence, reason, payload) VALUES (:sequence, :reason, :payload)"),
        {"sequence": sequence, "reason": reason, "payload": payload},
    )


async def forget_numbers(session: AsyncSession, acknowledged: int) -> None:
    """Drop the numbers of batches that the stream has let go of, an hour after: they cannot come again.

    But for each ingest's newest: an ingest that was cut off before its answer came tries that one again, however late.
    """
    await session.execute(
        text(
            "DELETE FROM fix_batch WHERE stream_sequence <= :acknowledged AND committed_at < now() - interval '1 hour' "
            "AND number < (SELECT max(number) FROM fix_batch AS last WHERE last.incarnation = fix_batch.incarnation)"
        ),
        {"acknowledged": acknowledged},
    )
