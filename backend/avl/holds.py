"""Holds: what must not be let go of when its time is over. These units, over this span of time, until the hold ends.

A legal hold (证据保全) is made by a person and ends by approval of two (`approved.py`). A case's hold is made when the
case is opened, with no end or that of the case, and ends when the case is closed: through these same two functions.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import to_ms
from backend.errors import BadInput, NotFound, Refusal
from backend.identity.audit import Actor, record

Kind = Literal["legal", "case"]
LEGAL: Kind = "legal"
CASE: Kind = "case"

# Columns `unit` and `fixed_at` of the statement's table: whether a hold that has not ended covers the row.
HELD = """EXISTS (SELECT FROM hold WHERE hold.ended_at IS NULL AND unit = ANY (hold.units) AND fixed_at <@ hold.span)"""

PUT = text(
    """INSERT INTO hold (kind, subject, units, span, reason, made_by, made_by_name)
       VALUES (:kind, :subject, CAST(:units AS bigint[]), tstzrange(:begin, :end, '[]'), :reason, :by, :by_name)
       RETURNING id"""
)
FIELDS = """id, kind, subject, units, lower(span) AS begin, upper(span) AS "end", reason, made_by_name, made_at,
            ended_at"""


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it stands. `end` None: as long as it has not ended."""

    id: int
    kind: Kind
    subject: str
    units: list[int]
    begin: datetime
    end: datetime | None
    reason: str
    made_by_name: str
    made_at: datetime
    ended_at: datetime | None


async def put_hold(
    session: AsyncSession,
    actor: Actor,
    kind: Kind,
    subject: str,
    units: list[int],
    begin: datetime,
    end: datetime | None,
    reason: str,
) -> int:
    """Hold the positions of these units between two moments (both inside); returns the hold's id.

    `end` None: until the hold ends, as of a case that is open. Whoever makes it was asked for by the caller. What was
    let go of before cannot be brought back. Raises BadInput for no units or a span that ends before it begins.
    """
    if not units or (end is not None and end <= begin):
        raise BadInput("a hold is of at least one unit, and ends after it begins", units=units, begin=str(begin))
    values = {"kind": kind, "subject": subject, "units": sorted(set(units)), "begin": begin, "end": end}
    by = {"reason": reason, "by": actor.holder, "by_name": actor.name}
    made: int = (await session.execute(PUT, values | by)).scalar_one()
    told = {"kind": kind, "subject": subject, "units": values["units"], "reason": reason}
    await record(session, actor, "hold.made", f"hold:{made}", **told, begin=begin, end=end)
    return made


async def find_hold(session: AsyncSession, hold: int, *, lock: bool = False) -> Hold:
    """One hold. Raises NotFound."""
    statement = f"SELECT {FIELDS} FROM hold WHERE id = :hold{' FOR UPDATE' if lock else ''}"
    row = (await session.execute(text(statement), {"hold": hold})).one_or_none()
    if row is None:
        raise NotFound(f"there is no hold {hold}", hold=hold)
    return Hold(**row._mapping)


async def end_hold(session: AsyncSession, actor: Actor, hold: int, kind: Kind) -> None:
    """End a hold of this kind; what no other one covers is coarsened by the next run of retention.

    Whoever closes a case ends the case's hold by CASE. A legal one is ended by nobody but the act that two people have
    approved. Raises NotFound, and Refusal for one that has ended or is of the other kind.
    """
    known = await find_hold(session, hold, lock=True)
    if known.kind != kind or known.ended_at is not None:
        state = "has ended" if known.ended_at is not None else f"is a {known.kind} hold"
        raise Refusal(f"hold {hold} {state}", expected=f"a {kind} hold that has not ended", hold=hold)
    statement = text("UPDATE hold SET ended_at = now(), ended_by = :by WHERE id = :hold")
    await session.execute(statement, {"hold": hold, "by": actor.holder})
    await record(session, actor, "hold.ended", f"hold:{hold}", kind=kind)


async def read_holds(session: AsyncSession) -> list[Hold]:
    """All holds, those that have not ended first, each part the newest first."""
    rows = await session.execute(text(f"SELECT {FIELDS} FROM hold ORDER BY ended_at IS NOT NULL, id DESC LIMIT 1000"))
    return [Hold(**row._mapping) for row in rows]


def public(hold: Hold) -> dict[str, Any]:
    """A hold's moments as ms since 1970, and its other fields; units are numbers."""
    return {
        "id": hold.id,
        "kind": hold.kind,
        "subject": hold.subject,
        "units": hold.units,
        "begin": to_ms(hold.begin),
        "end": to_ms(hold.end) if hold.end else None,
        "reason": hold.reason,
        "by": hold.made_by_name,
        "made_at": to_ms(hold.made_at),
        "ended_at": to_ms(hold.ended_at) if hold.ended_at else None,
    }
