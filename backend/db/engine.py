"""One transaction per piece of work, and announcements after the commit.

This is the only file that commits. A caller that leaves `transaction()` with an error has changed nothing and
announced nothing; one that leaves it without has done both, in this order.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from backend.clock import now_ms
from backend.db.events import StoredEvent, pending, store_pending

log = logging.getLogger(__name__)

ANSWER_S = 3.0

Announce = Callable[[Sequence[StoredEvent]], Awaitable[None]]

# What a dead or restarting server looks like from here: worth another try, unlike an error in the statement.
# psycopg's own errors come from COPY, which SQLAlchemy does not see.
CONNECTION_LOST = (
    OperationalError,
    InterfaceError,
    PoolTimeout,  # every connection waits for a server that hangs; not a TimeoutError of Python's
    psycopg.OperationalError,
    psycopg.InterfaceError,
    ConnectionError,
    TimeoutError,
)
AWAY = (*CONNECTION_LOST, OSError)


def is_away(error: BaseException) -> bool:
    """True when the error says that the server could not be reached or cut the line."""
    return isinstance(error, AWAY) or (isinstance(error, DBAPIError) and error.connection_invalidated)


class Database:
    """A pool of connections under the application's role.

    `announce` is called after each commit with the events of that transaction; it must not raise for a bus that
    is away (readers find the lost tail in the table).
    """

    def __init__(self, url: str, announce: Announce | None = None, pool_size: int = 5) -> None:
        self._engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=5,
            pool_pre_ping=True,
            pool_timeout=5,
            connect_args={
                "connect_timeout": 3,
                "application_name": "liandong",
                "options": "-c statement_timeout=30s -c idle_in_transaction_session_timeout=60s -c timezone=UTC",
            },
        )
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        self.announce = announce
        self.away_since: int | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose changes are committed when the block ends, with its events as the last statement."""
        async with self._sessions() as session:
            yield session
            stored = await store_pending(session) if pending(session) else []
            await session.commit()
        if stored and self.announce is not None:
            await self.announce(stored)

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A session that reads one unchanging state of the store and can change nothing."""
        async with self._sessions() as session:
            await session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"))
            yield session

    async def answers(self) -> bool:
        """Ask the server for a sign of life, and note since when (ms) it has been away."""
        try:
            # A server that is frozen takes connections and answers nothing: that is away, too.
            async with asyncio.timeout(ANSWER_S), self._engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except Exception as error:
            if not is_away(error):
                raise
            self.away_since = self.away_since or now_ms()
            return False
        self.away_since = None
        return True

    async def close(self) -> None:
        """Close every connection of the pool."""
        await self._engine.dispose()
