"""The statements of the recording of facts. All run in the caller's transaction."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.facts import ALARM, ENTERED, Fact
from backend.avl.holds import HELD
from backend.clock import from_ms
from backend.db.events import Event, append

CROSSING_TOPIC = "geofence.crossing"
ALARM_TOPIC = "unit.alarm"

PLACE = "ST_SetSRID(ST_MakePoint(CAST(:longitude AS float8), CAST(:latitude AS float8)), 4326)"
# Whose fence it is not any more, by the time that this is stored, had it then.
INSERT_CROSSING = text(
    f"""INSERT INTO geofence_crossing
            (fact, geofence, unit, device, entered, at, received_at, place, cell, district, squad)
        VALUES (:fact, :geofence, :unit, :device, :entered, :at, :received_at, {PLACE}, :cell, :district, :squad)
        ON CONFLICT (fact) DO NOTHING
        RETURNING id, (SELECT name FROM geofence WHERE geofence.id = :geofence) AS name"""
)
INSERT_ALARM = text(
    f"""INSERT INTO unit_alarm (fact, unit, device, at, received_at, alarms, place, cell, district, squad)
        VALUES (:fact, :unit, :device, :at, :received_at, :alarms, {PLACE}, :cell, :district, :squad)
        ON CONFLICT (fact) DO NOTHING RETURNING id"""
)
SET_ASIDE = text("INSERT INTO fact_refused (stream_sequence, reason, payload) VALUES (:sequence, :reason, :payload)")
# As positions: what is past retention goes, but for what a hold covers.
FORGET = tuple(
    text(
        f"""DELETE FROM {table} WHERE id IN (
                SELECT id FROM (SELECT id, unit, at AS fixed_at FROM {table} WHERE at < :before) AS old
                WHERE NOT {HELD} ORDER BY id LIMIT 10000)"""
    )
    for table in ("geofence_crossing", "unit_alarm")
)


async def insert_facts(session: AsyncSession, facts: Sequence[Fact]) -> int:
    """Store those that are not there yet, each with its event; returns how many were new."""
    return sum([await _insert(session, fact) for fact in facts])


async def set_aside(session: AsyncSession, sequence: int, reason: str, payload: bytes) -> None:
    """Keep a fact that cannot be stored, with the reason, for a person to look at."""
    await session.execute(SET_ASIDE, {"sequence": sequence, "reason": reason, "payload": payload})


async def forget_facts(session: AsyncSession, before: int) -> int:
    """Delete crossings and alarms from before a moment (ms) that no hold covers, some at a time; returns how many."""
    counts = [(await session.execute(statement, {"before": from_ms(before)})).rowcount for statement in FORGET]  # type: ignore[attr-defined]
    return sum(counts)


async def _insert(session: AsyncSession, fact: Fact) -> bool:
    values: dict[str, Any] = {
        "fact": fact.id,
        "unit": fact.unit,
        "device": fact.device,
        "at": from_ms(fact.at),
        "received_at": from_ms(fact.received_at),
        "longitude": fact.longitude,
        "latitude": fact.latitude,
        "cell": fact.cell,
        "district": fact.district,
        "squad": fact.squad,
    }
    about = {"unit": fact.unit, "at": fact.at}
    if fact.kind == ALARM:
        row = (await session.execute(INSERT_ALARM, values | {"alarms": fact.alarms})).one_or_none()
        topic, kind, told = ALARM_TOPIC, "unit.alarmed", about | {"alarms": fact.alarms}
    else:
        entered = fact.kind == ENTERED
        more = {"geofence": fact.geofence, "entered": entered}
        row = (await session.execute(INSERT_CROSSING, values | more)).one_or_none()
        topic, kind, told = CROSSING_TOPIC, fact.kind, about | more
    if row is None:
        return False
    append(
        session,
        Event(
            topic=topic,
            kind=kind,
            district=fact.district or None,
            squad=fact.squad or None,
            unit=fact.unit,
            cell=fact.cell or None,
            time=fact.at,
            payload=dict(row._mapping) | told,
        ),
    )
    return True
