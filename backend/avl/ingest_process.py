"""The process `ingest`: what is known, the way into the stream, then the doors for devices, in this order."""

import gc
import logging
from contextlib import AsyncExitStack

from backend.avl.fence_following import Following
from backend.avl.ingest import Ingest
from backend.avl.listeners import Listeners
from backend.avl.mqtt.doors import Mqtt
from backend.avl.protocols import PROTOCOLS
from backend.avl.receivers import Receivers
from backend.bus.beats import ingest_name
from backend.home import Home
from backend.process import Process, allow_files
from backend.settings import Settings

log = logging.getLogger(__name__)

DRAIN_S = 5.0
# Ten thousand connections are many objects that live long: they are not to be looked through all the time.
GARBAGE_THRESHOLDS = (50_000, 20, 50)


async def main(settings: Settings) -> None:
    """Run until told to stop."""
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    async with Process(ingest_name(settings.ingest_number), settings, echo=False) as process, AsyncExitStack() as stack:
        ingest = Ingest(process)
        await process.registry.load()
        await process.ensure_streams()
        await ingest.latest.fill(process.database)
        process.registry.on_change(ingest.latest.forget_off_duty)
        process.registry.on_change(ingest.speakers.forget_gone)
        ingest.latest.forget_off_duty(process.registry.current)
        await ingest.latest.listen()
        await Following(process.database, ingest.fences).start(process)
        secrets = Home(settings.home).secrets()
        mqtt = Mqtt(ingest, process.registry, settings, secrets.nats_issuer)
        process.detail = lambda: {
            "incarnation": ingest.batches.incarnation,
            "received": ingest.batches.cumulative,
            "refused": ingest.batches.refused_since,
            "geofences": len(ingest.fences),
            "mqtt": mqtt.detail(),
            "connections": ingest.limits.public(),
        }
        process.start(process.registry.run(), ingest.announce(), ingest.batches.run())
        process.start(ingest.knocks.run(process.database), ingest.messenger.run(process.bus, process.database))
        allow_files(settings.connections)
        listeners = await stack.enter_async_context(
            Listeners(ingest, process.registry, settings, secrets.terminals.encode())
        )
        receivers = await stack.enter_async_context(Receivers(ingest, process.registry, PROTOCOLS["gpsd"]))
        process.start(listeners.sweep())
        if settings.ingest_number == 1:  # receivers are called by one of several ingests
            process.start(receivers.run())
        process.start(*mqtt.work())
        await process.until_stopped()
        await listeners.close()
        if not await ingest.batches.drain(DRAIN_S):
            log.warning("stopped with fixes that were not acknowledged; their devices will send them again")
