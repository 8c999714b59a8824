"""What ingest runs for MQTT; the account DEVICES as a door: nobody is let in before what he will publish is kept."""

import asyncio
import logging
from collections.abc import Coroutine

from nats.errors import AuthorizationError

from backend.avl.ingest import Ingest
from backend.avl.mqtt.admission import Admission
from backend.avl.mqtt.broker import Broker
from backend.avl.mqtt.publications import Publications
from backend.bus.callout import Issuer
from backend.bus.connection import Bus
from backend.bus.devices import ACCOUNT, ensure_devices
from backend.identity.registry import Registry
from backend.settings import Settings

log = logging.getLogger(__name__)

REFUSED_RETRY_S = 10.0


def doors(ingest: Ingest, registry: Registry, settings: Settings, secret: str) -> list[Coroutine[None, None, None]]:
    """The work for ever that the settings ask for. `secret` makes the key by which the bus knows our answers."""
    work = []
    if settings.mqtt_port and settings.nats_devices_url is not None:
        work.append(keep_open(settings.nats_devices_url, ingest, registry, secret))
    if settings.mqtt_broker_url is not None:
        work.append(Broker(ingest, registry, settings).run())
    return work


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
