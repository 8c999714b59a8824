"""What MQTT clients have published: out of the bus's store, through ingest, and only then forgotten by the bus."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js import JetStreamContext

from backend.avl.ingest import Ingest
from backend.avl.messages import Outcome
from backend.avl.protocols import PROTOCOLS
from backend.avl.protocols.owntracks import published
from backend.avl.sessions import Session
from backend.bus.connection import Bus
from backend.bus.devices import CONSUMER, MESSAGES, PREFIX, PUBLISHED_QOS, ensure_devices, subject_identifier
from backend.identity.registry import Registry

log = logging.getLogger(__name__)

PROTOCOL = PROTOCOLS["owntracks"]
FETCH = 200
PAUSE_S = 0.5
BUSY_S = 1.0


def session_of(identifier: str, registry: Registry) -> Session:
    """The session of a device that the bus or a broker has let in, if the registry still knows it."""
    device = registry.current.devices.get(identifier)
    known = device is not None and device.protocol == PROTOCOL.name
    return Session(PROTOCOL.name, registry, bound=identifier if known else None)


async def until_stored(ingest: Ingest, outcomes: Sequence[Outcome | None]) -> None:
    """Wait until all that was taken with these outcomes is durable, what was only counted too."""
    if any(outcome not in (Outcome.HEARD, Outcome.BUSY) for outcome in outcomes):
        stored = asyncio.Event()
        ingest.batches.when_stored(stored.set)
        await stored.wait()


class Publications:
    """Takes what was published; several ingests share the bus's consumer, each is given other messages."""

    def __init__(self, bus: Bus, ingest: Ingest, registry: Registry) -> None:
        self._bus = bus
        self._ingest = ingest
        self._registry = registry

    async def open(self) -> None:
        """From now on hear what is published with quality of service 0, which the bus does not store."""
        await self._bus.subscribe(f"{PREFIX}>", self._take_unstored, CONSUMER)

    async def follow(self) -> None:
        """Take what is published for ever, through an absence of the bus."""
        subscription: JetStreamContext.PullSubscription | None = None
        while True:
            try:
                if subscription is None:
                    await ensure_devices(self._bus)
                    subscription = await self._bus.jetstream.pull_subscribe_bind(CONSUMER, MESSAGES)
                messages = await subscription.fetch(FETCH, timeout=1)
            except TimeoutError:
                continue
            except NatsError as error:
                log.warning("what was published over MQTT is not readable (%r), trying on", error)
                if subscription is not None:
                    with contextlib.suppress(NatsError):
                        await subscription.unsubscribe()
                subscription = None
                await asyncio.sleep(PAUSE_S)
                continue
            await self._take(messages)

    async def _take(self, messages: Sequence[Msg]) -> None:
        """Take these and wait until they are stored; for what finds no room the bus comes again."""
        outcomes = [(message, self._take_one(message)) for message in messages]
        await until_stored(self._ingest, [outcome for _, outcome in outcomes])
        try:
            for message, outcome in outcomes:
                await (message.nak(delay=BUSY_S) if outcome is Outcome.BUSY else message.ack())
        except NatsError as error:
            log.warning("the bus was not told of %d messages (%r): they will come again", len(messages), error)

    def _take_one(self, message: Msg) -> Outcome | None:
        session = session_of(subject_identifier(message.subject), self._registry)
        return self._ingest.take(PROTOCOL, session, published(message.data))

    def _take_unstored(self, message: Msg) -> None:
        if (message.headers or {}).get(PUBLISHED_QOS) == "0" and self._take_one(message) is Outcome.BUSY:
            self._ingest.turn_away(PROTOCOL, published(message.data))
