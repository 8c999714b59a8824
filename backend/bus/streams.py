"""What the bus keeps on disk."""

import asyncio
import logging

from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import APIError, NotFoundError

from backend.bus.connection import Bus
from backend.bus.subjects import FACTS, FIXES

log = logging.getLogger(__name__)

LEAST_BYTES = 64 * 1024**2
FACTS_BYTES = 256 * 1024**2
FACTS_READER = "avl"
ACKNOWLEDGE_WAIT_S = 30
NO_ROOM = 10047  # NATS's error "insufficient storage resources available"


def fixes_stream(max_bytes: int) -> StreamConfig:
    """Batches of fixes between ingest and recorder.

    DiscardNew: when it is full a batch is refused and so not acknowledged, instead of an old one being lost.
    allow_direct: the newest positions are read from it without a second consumer, which a WorkQueue refuses.
    """
    return StreamConfig(
        name=FIXES,
        subjects=[f"{FIXES}.>"],
        retention=RetentionPolicy.WORK_QUEUE,
        discard=DiscardPolicy.NEW,
        storage=StorageType.FILE,
        max_bytes=max_bytes,
        allow_direct=True,
        duplicate_window=120,
    )


def facts_stream() -> StreamConfig:
    """Facts, until everybody who has a consumer here has dealt with them.

    DiscardNew: as with fixes, what cannot be stored is not acknowledged.
    """
    return StreamConfig(
        name=FACTS,
        subjects=[f"{FACTS}.>"],
        retention=RetentionPolicy.INTEREST,
        discard=DiscardPolicy.NEW,
        storage=StorageType.FILE,
        max_bytes=FACTS_BYTES,
        duplicate_window=120,
    )


async def ensure_facts(bus: Bus) -> None:
    """The stream `facts` and its first consumer: without one, what is stated is kept for nobody."""
    await ensure_stream(bus, facts_stream())
    config = ConsumerConfig(durable_name=FACTS_READER, ack_wait=ACKNOWLEDGE_WAIT_S, ack_policy=AckPolicy.EXPLICIT)
    while True:
        try:
            await bus.jetstream.add_consumer(FACTS, config)
            return
        except (NatsError, TimeoutError) as error:
            log.info("consumer of stream %s not there yet (%s), trying again", FACTS, error)
            await asyncio.sleep(0.25)


async def ensure_stream(bus: Bus, config: StreamConfig) -> None:
    """Create the stream if it is missing; tried until the bus has its durable side up."""
    while True:
        try:
            try:
                known = (await bus.jetstream.stream_info(config.name or "")).config
                if known.max_bytes != config.max_bytes:
                    await bus.jetstream.update_stream(config)
            except NotFoundError:
                await bus.jetstream.add_stream(config)
            return
        except APIError as error:
            if error.err_code != NO_ROOM or (config.max_bytes or 0) <= LEAST_BYTES:
                raise
            config.max_bytes = (config.max_bytes or 0) // 2
            log.warning("no room for stream %s, trying %d bytes", config.name, config.max_bytes)
        except (NatsError, TimeoutError) as error:
            log.info("stream %s not there yet (%s), trying again", config.name, error)
            await asyncio.sleep(0.25)
