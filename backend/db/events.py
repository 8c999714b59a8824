"""Events: what people must hear of, numbered so that number order is commit order, without holes.

The last statement before a commit raises the one-row counter and inserts the rows with their numbers in one
statement. The counter's row stays locked until the commit, so a transaction that commits late gets a late number
and a rolled back one leaves no hole.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import now_ms

PENDING = "pending_events"

STORE = text(
    """
    WITH raised AS (UPDATE event_counter SET number = number + :count RETURNING number)
    INSERT INTO event (number, topic, kind, at, district, squad, unit, about, cell, payload)
    SELECT raised.number - :count + given.position, given.row ->> 'topic', given.row ->> 'kind',
           to_timestamp((given.row ->> 'time')::bigint / 1000.0),
           (given.row ->> 'district')::integer, (given.row ->> 'squad')::integer,
           (given.row ->> 'unit')::bigint, (given.row ->> 'about')::integer,
           (given.row ->> 'cell')::bigint, given.row -> 'payload'
    FROM raised, jsonb_array_elements(CAST(:rows AS jsonb)) WITH ORDINALITY AS given(row, position)
    RETURNING number
    """
)

FIELDS = ("topic", "kind", "time", "district", "squad", "unit", "about", "cell", "payload")

SELECT_FIELDS = """
    SELECT number, topic, kind, (extract(epoch FROM at) * 1000)::bigint AS time, district, squad, unit, about,
           cell, payload
    FROM event
"""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened. `topic` decides which atom may read it, district, squad and unit where it belongs.

    `kind` is in the past tense (`unit.online`); None for a place means the whole city. `time` is ms since 1970.
    `about`: the body that it is a complaint about, or None: hidden from that body whatever else it may read.
    `cell`: the resolution-9 cell in which it happened, for whoever may see what happens there.
    """

    topic: str
    kind: str
    payload: dict[str, Any] = field(default_factory=dict)
    district: int | None = None
    squad: int | None = None
    unit: int | None = None
    time: int = field(default_factory=now_ms)
    about: int | None = None
    cell: int | None = None


@dataclass(frozen=True, slots=True)
class StoredEvent(Event):
    """An event that is committed, or will be with the transaction that it belongs to."""

    number: int = 0

    def message(self) -> dict[str, Any]:
        """The event as it goes over the bus and the live socket."""
        return {"number": self.number, **{name: getattr(self, name) for name in FIELDS}}


def from_message(message: dict[str, Any]) -> StoredEvent:
    """The inverse of `StoredEvent.message`."""
    return StoredEvent(**message)


def append(session: AsyncSession, event: Event) -> None:
    """Let the event become part of this transaction; it is announced after the commit."""
    session.info.setdefault(PENDING, []).append(event)


def pending(session: AsyncSession) -> Sequence[Event]:
    """The events that wait for the end of this transaction."""
    events: list[Event] = session.info.get(PENDING, [])
    return events


async def store_pending(session: AsyncSession) -> list[StoredEvent]:
    """Number and insert the waiting events; must be the last statement before the commit."""
    await session.flush()
    events = pending(session)
    rows = [{name: getattr(event, name) for name in FIELDS} for event in events]
    result = await session.execute(STORE, {"count": len(rows), "rows": json.dumps(rows)})
    numbers = sorted(result.scalars())
    session.info[PENDING] = []
    return [StoredEvent(**row, number=number) for row, number in zip(rows, numbers, strict=True)]


async def newest_number(session: AsyncSession) -> int:
    """The number of the newest event that this session can see; 0 when there is none."""
    return int((await session.execute(text("SELECT number FROM event_counter"))).scalar_one())


async def after(session: AsyncSession, number: int, limit: int = 1000) -> list[StoredEvent]:
    """The events that follow `number`, in order, at most `limit` of them."""
    rows = await session.execute(
        text(SELECT_FIELDS + " WHERE number > :number ORDER BY number LIMIT :limit"),
        {"number": number, "limit": limit},
    )
    return [StoredEvent(**row._mapping) for row in rows]


def encode(event: StoredEvent) -> bytes:
    """The event as JSON bytes."""
    return orjson.dumps(event.message())


def decode(data: bytes) -> StoredEvent:
    """The inverse of `encode`."""
    return from_message(orjson.loads(data))
