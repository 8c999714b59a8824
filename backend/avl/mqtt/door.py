"""The account DEVICES as a door: nobody is let in before what he will publish is kept."""

import asyncio
import logging

from nats.errors import AuthorizationError

from backend.avl.ingest import Ingest
from backend.avl.mqtt.admission import Admission
from backend.avl.mqtt.publications import Publications
from backend.bus.callout import Issuer
from backend.bus.connection import Bus
from backend.bus.devices import ACCOUNT, ensure_devices
from backend.identity.registry import Registry

log = logging.getLogger(__name__)

REFUSED_RETRY_S = 10.0


async def keep_open(url: str, ingest: Ingest, registry: Registry, secret: str) -> None:
    """Let MQTT clients in and take what they publish, for ever. `url` is that of the account DEVICES."""
    bus = Bus("liandong-ingest-devices", echo=False)
    closed = asyncio.Event()
    bus.on_give_up(closed.set)
    try:
        await _connect(bus, url)
        await ensure_devices(bus)
        publications = Publications(bus, ingest, registry)
        admission = Admission(bus, registry, ingest.knocks, Issuer(secret))
        await publications.open()
        await admission.open()
        log.info("MQTT clients are let in")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(publications.follow())
            tasks.create_task(admission.answer())
            tasks.create_task(admission.watch())
            await closed.wait()
            raise ConnectionError(f"the bus closed the connection to the account {ACCOUNT} for good")
    finally:
        await bus.close()


async def _connect(bus: Bus, url: str) -> None:
    """A wrong password keeps this door shut, and no other."""
    while True:
        try:
            await bus.connect(url)
            return
        except AuthorizationError:
            log.error("no log-in to the account %s: check LIANDONG_NATS_DEVICES_URL", ACCOUNT)
            await asyncio.sleep(REFUSED_RETRY_S)
