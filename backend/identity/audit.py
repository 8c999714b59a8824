"""The audit: who did what to whom, from where. A row goes into the transaction of what it tells, or neither does.

Rows are sealed afterwards, in `seal.py`. Nothing here changes or deletes one: the store refuses that.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

PAGE = 200

APPEND = text(
    """INSERT INTO audit (actor, actor_name, session, address, action, object, details)
       VALUES (:actor, :actor_name, :session, :address, :action, :object, CAST(:details AS jsonb))"""
)
READ = text(
    """SELECT id, at, actor, actor_name, session, address, action, object, details FROM audit
       WHERE id < :before AND (:actor = '' OR actor = :actor) AND (:object = '' OR object = :object)
         AND (:action = '' OR action LIKE :action || '%') AND at >= :since AND at < :until
         AND (CAST(:actions AS text[]) IS NULL OR action = ANY(CAST(:actions AS text[])))
         AND (:everybody OR actor = ANY(CAST(:holders AS text[])) OR object = ANY(CAST(:holders AS text[])))
       ORDER BY id DESC LIMIT :limit"""
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a holder as in `Organisation.viewers`, or a part of the program."""

    holder: str
    name: str
    session: int | None = None
    address: str | None = None


COMMAND_LINE = Actor("command line", "command line")


async def record(session: AsyncSession, actor: Actor, action: str, object: str | None = None, **details: Any) -> None:
    """Append a row to this transaction. `action` is `subject.verb`, past tense; `object` e.g. `person:7`."""
    await session.execute(
        APPEND,
        {
            "actor": actor.holder,
            "actor_name": actor.name,
            "session": actor.session,
            "address": actor.address,
            "action": action,
            "object": object,
            "details": json.dumps(details, ensure_ascii=False, default=str),
        },
    )


async def read_audit(
    session: AsyncSession,
    *,
    before: int | None,
    actor: str,
    object: str,
    action: str,
    since: datetime,
    until: datetime,
    holders: list[str] | None,
    actions: Sequence[str] | None = None,
) -> list[dict[str, Any]]:
    """A page of rows, the newest first; `action` is the beginning of one, `actions` the only ones.

    `holders`: the people (`person:<id>`) and units (`unit:<number>`) whose doings, and what was done to whom, may be
    seen; None: everybody's.
    """
    rows = await session.execute(
        READ,
        {
            "before": before or 2**62,
            # No text of the store holds the sign 0.
            "actor": actor.replace("\0", ""),
            "object": object.replace("\0", ""),
            "action": action.replace("\0", "").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_"),
            "since": since,
            "until": until,
            "actions": None if actions is None else list(actions),
            "limit": PAGE,
            "everybody": holders is None,
            "holders": holders or [],
        },
    )
    return [dict(row._mapping) for row in rows]
