"""Sessions on the server: a cookie names a row, and the row can be ended.

A web process keeps the ones that it has met, so that a page goes on while the database is away. That a session has
ended is a new version of the organisation (`Organisation.ended`): it counts with the next request, and closes sockets.
"""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import now_ms, to_ms, utc_now
from backend.db.engine import Database, is_away
from backend.errors import Unavailable
from backend.identity.devices import token_hash
from backend.identity.factors import new_session_token
from backend.identity.registry import Registry
from backend.identity.tables import Session
from backend.settings import Settings

log = logging.getLogger(__name__)

COOKIE = "liandong"
PASSWORD, FULL = "password", "full"
KEPT_MS = 60_000
MOST_KEPT = 20_000
KEEP_EVERY_S = 10.0
LONGEST_AGENT = 300

NOTE_SEEN = text(
    """UPDATE session SET seen_at = GREATEST(seen_at, to_timestamp(seen.ms / 1000.0))
       FROM unnest(CAST(:ids AS bigint[]), CAST(:seen AS bigint[])) AS seen (id, ms)
       WHERE session.id = seen.id AND ended_at IS NULL AND seen_at < to_timestamp(seen.ms / 1000.0)"""
)
END_IDLE = text(
    """UPDATE session SET ended_at = now(), ended_why = CASE WHEN opened_at < :opened THEN 'age' ELSE 'idle' END
       WHERE ended_at IS NULL AND NOT lasting AND (seen_at < :seen OR opened_at < :opened)"""
)


@dataclass(slots=True)
class KnownSession:
    """A session as a web process keeps it; `read` and `seen` are ms since 1970."""

    id: int
    person: int
    stage: str
    read: int
    seen: int


async def open_session(
    session: AsyncSession, person: int, stage: str, *, lasting: bool, address: str | None, agent: str | None
) -> str:
    """A new session; returns what goes into the cookie."""
    token = new_session_token()
    session.add(
        Session(
            person=person,
            token_hash=token_hash(token),
            stage=stage,
            lasting=lasting and stage == FULL,
            address=address,
            agent=(agent or "")[:LONGEST_AGENT] or None,
        )
    )
    await session.flush()
    return token


async def end_sessions(
    session: AsyncSession, why: str, *, id: int | None = None, person: int | None = None, but: int = 0
) -> int:
    """End one session, or all of a person `but` one; returns how many were open."""
    which = Session.id == id if id is not None else (Session.person == person) & (Session.id != but)
    statement = (
        update(Session)
        .where(which, Session.ended_at.is_(None))
        .values(ended_at=utc_now(), ended_why=why)
        .returning(Session.id)
    )
    return len((await session.scalars(statement)).all())


class Sessions:
    """The sessions that this web process has met."""

    def __init__(self, database: Database, registry: Registry, settings: Settings) -> None:
        self._database = database
        self._registry = registry
        self._idle = timedelta(minutes=settings.idle_minutes)
        self._longest = timedelta(hours=settings.session_hours)
        self._known: dict[bytes, KnownSession] = {}

    async def find(self, token: str | None, *, sign_of_life: bool = False) -> KnownSession | None:
        """The open session of a cookie; with `sign_of_life` its person has just done something. Raises Unavailable."""
        if not token or len(token) > 100:
            return None
        hash = token_hash(token)
        known = self._known.get(hash)
        if known is not None and known.id in self._registry.current.ended:
            del self._known[hash]
            return None
        if known is None or now_ms() - known.read > KEPT_MS:
            known = await self._read(hash, known)
        if known is not None and sign_of_life:
            known.seen = now_ms()
        return known

    def forget(self, token: str | None) -> None:
        """It was ended here: do not wait for the news."""
        if token:
            self._known.pop(token_hash(token), None)

    async def keep(self) -> None:
        """Note signs of life and end what is idle, for ever."""
        while True:
            await asyncio.sleep(KEEP_EVERY_S)
            try:
                await self.keep_once()
            except Exception as error:
                if not is_away(error):
                    raise

    async def keep_once(self) -> None:
        """One round of `keep`."""
        seen = [(one.id, one.seen) for one in self._known.values()]
        async with self._database.transaction() as session:
            if seen:
                ids, moments = zip(*sorted(seen), strict=True)
                await session.execute(NOTE_SEEN, {"ids": list(ids), "seen": list(moments)})
            now = utc_now()
            bounds = {"seen": now - self._idle, "opened": now - self._longest}
            await session.execute(END_IDLE, bounds)

    async def _read(self, hash: bytes, known: KnownSession | None) -> KnownSession | None:
        try:
            async with self._database.snapshot() as session:
                row = await session.scalar(
                    select(Session).where(Session.token_hash == hash, Session.ended_at.is_(None))
                )
        except Exception as error:
            if not is_away(error):
                raise
            if known is not None:
                return known
            raise Unavailable("the database is away, so no session can be looked up; try again soon") from error
        if row is None:
            self._known.pop(hash, None)
            return None
        if len(self._known) >= MOST_KEPT:
            self._known.clear()
        seen = max(to_ms(row.seen_at), known.seen if known else 0)
        self._known[hash] = found = KnownSession(row.id, row.person, row.stage, now_ms(), seen)
        return found
