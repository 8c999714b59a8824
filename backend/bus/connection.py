"""The one connection of a process to the bus.

nats-py runs a subscription's callback one message after another and drops what piles up behind a slow one, so
callbacks here are plain functions that only enqueue.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import AuthorizationError
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from backend.clock import now_ms

log = logging.getLogger(__name__)

CONNECT_RETRY_S = 0.25
PENDING_BYTES = 2 * 1024 * 1024

Callback = Callable[[Msg], None]


class Bus:
    """A connection that comes back by itself; `away_since` (ms) tells since when it is down, None when it is up."""

    def __init__(self, name: str, *, echo: bool = True) -> None:
        """`echo` False: what this process says itself is not sent back to its own subscriptions."""
        self.name = name
        self._echo = echo
        self.away_since: int | None = now_ms()
        self.dropped = 0
        self._client: Client = Client()
        self._returned: list[Callable[[], Awaitable[None]]] = []
        self._given_up: Callable[[], None] = lambda: None
        self._tasks: set[asyncio.Task[None]] = set()
        self._connecting = False
        self._closing = False

    async def connect(self, url: str) -> None:
        """Connect, trying until the server answers; a wrong password ends it with nats' error."""
        while True:
            self._client = Client()
            self._connecting = True
            try:
                await self._client.connect(
                    url,
                    name=self.name,
                    no_echo=not self._echo,
                    connect_timeout=2,
                    reconnect_time_wait=CONNECT_RETRY_S,  # type: ignore[arg-type]  # seconds; a float works
                    max_reconnect_attempts=-1,
                    ping_interval=5,
                    max_outstanding_pings=2,
                    pending_size=PENDING_BYTES,
                    disconnected_cb=self._disconnected,
                    reconnected_cb=self._reconnected,
                    error_cb=self._error,
                    closed_cb=self._closed,
                )
                break
            except AuthorizationError:
                await self._client.close()
                raise
            except (OSError, NatsError) as error:
                log.info("bus not there yet (%s), trying again", error)
                await asyncio.sleep(CONNECT_RETRY_S)
            finally:
                self._connecting = False
        self.away_since = None

    @property
    def jetstream(self) -> JetStreamContext:
        """The durable side of the bus."""
        return self._client.jetstream()

    def on_return(self, callback: Callable[[], Awaitable[None]]) -> None:
        """Call this each time the connection came back: what was said meanwhile was not heard."""
        self._returned.append(callback)

    def on_give_up(self, callback: Callable[[], None]) -> None:
        """Call this if the connection is closed for good, e.g. because the server took our rights away."""
        self._given_up = callback

    async def publish(self, subject: str, data: bytes, reply: str = "") -> bool:
        """Say something to whoever listens now; False (and counted) when the bus is away and it was dropped."""
        if self.away_since is not None:
            self.dropped += 1
            return False
        try:
            await self._client.publish(subject, data, reply=reply)
        except NatsError:
            self.dropped += 1
            return False
        return True

    async def request(self, subject: str, data: bytes, timeout: float = 2) -> bytes:
        """Ask and wait for the first answer, seconds. Raises nats' error when there is none."""
        answer: bytes = (await self._client.request(subject, data, timeout=timeout)).data
        return answer

    async def subscribe(self, subject: str, callback: Callback, queue: str = "") -> Subscription:
        """Hear a subject from now on, across reconnections. In a `queue`, one of its members hears a message."""

        async def enqueue(message: Msg) -> None:
            callback(message)

        return await self._client.subscribe(
            subject, queue, cb=enqueue, pending_msgs_limit=-1, pending_bytes_limit=64 * 1024 * 1024
        )

    def inbox(self) -> str:
        """A subject of this connection's own, to be answered on."""
        return str(self._client.new_inbox())

    async def flush(self) -> None:
        """Wait until the server has taken what was said, e.g. a subscription."""
        # Twice: nats-py writes its PING past what still waits to be written; with the second nothing waits any more.
        await self._client.flush(timeout=5)
        await self._client.flush(timeout=5)

    async def close(self) -> None:
        """Close the connection, if there ever was one."""
        self._closing = True
        if self._client.connected_url is not None or self._client.is_reconnecting:
            try:
                await self._client.close()
            except (TypeError, RuntimeError, OSError, NatsError) as error:
                # While away nats-py 2.16 writes what is pending to the line that is gone.
                log.info("bus closed while away: %r", error)

    async def _disconnected(self) -> None:
        if self.away_since is None:
            self.away_since = now_ms()
            log.warning("bus away")

    async def _closed(self) -> None:
        if not self._closing and not self._connecting:
            log.error("the bus closed the connection for good")
            self._given_up()

    async def _reconnected(self) -> None:
        self.away_since = None
        log.warning("bus back")
        for callback in self._returned:
            # Not awaited here: nats-py reads nothing while this runs, and the callback may wait for an answer.
            task = asyncio.ensure_future(callback())
            self._tasks.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: "asyncio.Task[Any]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("after the bus came back: %s", error, exc_info=error)

    async def _error(self, error: Exception) -> None:
        log.info("bus: %r", error)
        if self._connecting and "authorization violation" in str(error).lower():
            raise AuthorizationError  # nats-py itself would go on trying for ever
