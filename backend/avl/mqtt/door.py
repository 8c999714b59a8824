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


class Door:
    """`url` is that of the account; `secret` makes the key by which the server knows our answers."""

    def __init__(self, url: str, ingest: Ingest, registry: Registry, secret: str) -> None:
        self._url = url
        self._bus = Bus("liandong-ingest-devices", echo=False)
        self._publications = Publications(self._bus, ingest, registry)
        self._admission = Admission(self._bus, registry, ingest.knocks, Issuer(secret))
        self._admits = False

    @property
    def is_open(self) -> bool:
        """Whether clients are let in by this process now."""
        return self._admits and self._bus.away_since is None

    async def run(self) -> None:
        """Let MQTT clients in and take what they publish, for ever."""
        closed = asyncio.Event()
        self._bus.on_give_up(closed.set)
        try:
            await self._connect()
            await ensure_devices(self._bus)
            await self._publications.open()
            await self._admission.open()
            self._admits = True
            log.info("MQTT clients are let in")
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._publications.follow())
                tasks.create_task(self._admission.answer())
                tasks.create_task(self._admission.watch())
                await closed.wait()
                raise ConnectionError(f"the bus closed the connection to the account {ACCOUNT} for good")
        finally:
            await self._bus.close()

    async def _connect(self) -> None:
        """A wrong password keeps this door shut, and no other."""
        while True:
            try:
                await self._bus.connect(self._url)
                return
            except AuthorizationError:
                log.error("no log-in to the account %s: check LIANDONG_NATS_DEVICES_URL", ACCOUNT)
                await asyncio.sleep(REFUSED_RETRY_S)
