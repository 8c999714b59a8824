"""Tell every process at once that the organisation changed: from a route, and from outside of them."""

import asyncio
from collections.abc import Awaitable, Callable

import nats
from fastapi import Request
from nats.errors import Error as NatsError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.bus.subjects import IDENTITY_CHANGED
from backend.db.engine import Database

ANNOUNCE_S = 2.0


async def tell_all(request: Request) -> None:
    """A route has changed the organisation: every process looks now; without a bus, at its next poll."""
    request.app.state.registry.announce()
    await request.app.state.bus.publish(IDENTITY_CHANGED, b"")


async def change[Result](database_url: str, nats_url: str, work: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
    """Do the work in one transaction, then say `identity.changed`; without a bus the processes find out by polling."""
    database = Database(database_url)
    try:
        async with database.transaction() as session:
            # One at a time: two commands that both find a body missing must not both add it.
            await session.execute(text("SELECT pg_advisory_xact_lock(5808002)"))
            result = await work(session)
    finally:
        await database.close()
    try:
        async with asyncio.timeout(ANNOUNCE_S):  # nats-py itself goes on trying for two minutes
            client = await nats.connect(nats_url, connect_timeout=1, allow_reconnect=False, error_cb=_not_heard)
            await client.publish(IDENTITY_CHANGED, b"")
            await client.drain()
    except (TimeoutError, NatsError, OSError):
        pass
    return result


async def _not_heard(error: Exception) -> None:
    """The processes find out by polling."""
