"""Takes message after message out of a durable consumer and gives them to whoever records them, for ever.

What was fetched is recorded before more is, however long the database is away; meanwhile nobody else is given it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.client import JetStreamContext

from backend.db.engine import is_away

log = logging.getLogger(__name__)

PAUSE_S = 0.5

Subscribe = Callable[[], Awaitable[JetStreamContext.PullSubscription]]
Record = Callable[[Sequence[Msg]], Awaitable[None]]


async def pull(subscribe: Subscribe, record: Record, most: int, gather_s: float = 0.0) -> None:
    """Record at most so many messages at a time, through an absence of bus or database.

    `gather_s`: how long to wait after a fetch that was not full, so that there is more in the next.
    """
    subscription: JetStreamContext.PullSubscription | None = None
    while True:
        try:
            if subscription is None:
                subscription = await subscribe()
            messages = await subscription.fetch(most, timeout=1)
        except TimeoutError:
            continue
        except NatsError as error:
            log.warning("stream not readable (%r), trying on", error)
            subscription = None
            await asyncio.sleep(PAUSE_S)
            continue
        await record_through(record, messages)
        if len(messages) < most:
            await asyncio.sleep(gather_s)


async def record_through(record: Record, messages: Sequence[Msg]) -> None:
    """Record these, waiting for the database as long as it takes."""
    while True:
        try:
            await record(messages)
            return
        except Exception as error:
            if not is_away(error):
                raise
            for message in messages:
                if not message.is_acked:
                    await message.in_progress()
            await asyncio.sleep(PAUSE_S)
