"""Who may connect to the bus's MQTT port, and who must leave it."""

import asyncio
import contextlib
import logging
import random
import time

from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from backend.avl.knocks import Knocks
from backend.avl.messages import Login
from backend.avl.mqtt.publications import PROTOCOL
from backend.bus.callout import SUBJECT, Issuer, Permission, Request, decode_request
from backend.bus.connection import Bus
from backend.bus.devices import ACCOUNT, CONSUMER, connected, connection_name, kick, topic_subject
from backend.clock import now_ms
from backend.identity.devices import token_matches
from backend.identity.registry import Organisation, Registry

log = logging.getLogger(__name__)

MOST_WAITING = 1000  # who finds no room is refused by the server after its timeout, and comes again
# Then the client connects anew: also where the server lets us end no connection. Not all at the same moment.
LEAST_ADMITTED_S, MOST_ADMITTED_S = 2700, 3600
LOOK_S = 30.0


class Admission:
    """Answers the server's question whether somebody may log in, by the registry in memory."""

    def __init__(self, bus: Bus, registry: Registry, knocks: Knocks, issuer: Issuer) -> None:
        self._bus = bus
        self._registry = registry
        self._knocks = knocks
        self._issuer = issuer
        self._asked: asyncio.Queue[Msg] = asyncio.Queue(MOST_WAITING)
        self._look = asyncio.Event()
        registry.on_change(self._changed)

    async def open(self) -> None:
        """From now on answer; each question is given to one of the ingests."""
        await self._bus.subscribe(SUBJECT, self._enqueue, CONSUMER)
        await self._bus.flush()

    async def answer(self) -> None:
        """Answer for ever."""
        while True:
            message = await self._asked.get()
            try:
                request = decode_request(message.data)
            except ValueError as error:
                log.error("%s", error)
                continue
            await self._bus.publish(message.reply, self.decide(request))

    async def watch(self) -> None:
        """End connections of devices that were revoked, or whose token works no more, for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._look.wait(), LOOK_S)
            self._look.clear()
            try:
                await self._end_unwanted()
            except (NatsError, TimeoutError, ValueError, KeyError) as error:
                log.warning("MQTT connections of revoked devices are not ended at once (%r)", error)

    def decide(self, request: Request) -> bytes:
        """The answer to one question."""
        if request.over != "mqtt":
            return self._issuer.refuse(request, "only over MQTT")
        device = self._registry.current.devices.get(request.user)
        if device is None:
            login = Login(identifier=request.user, token=request.password)
            self._knocks.note(PROTOCOL.name, login, request.address or None)
            return self._issuer.refuse(request, "unknown device")
        now = now_ms()
        matched = next((hash for hash in device.hashes(now) if token_matches(request.password, hash)), None)
        if matched is None or device.protocol != PROTOCOL.name:
            return self._issuer.refuse(request, "wrong token")
        until = int(time.time()) + random.randint(LEAST_ADMITTED_S, MOST_ADMITTED_S)
        if matched != device.token_hash:
            until = min(until, device.former_until // 1000)
        name = connection_name(device.identifier, matched)
        return self._issuer.admit(request, Permission(ACCOUNT, name, (topic_subject(device.identifier),), until))

    async def _end_unwanted(self) -> None:
        now, devices = now_ms(), self._registry.current.devices
        async for one in connected(self._bus):
            identifier = one.name.partition("#")[0]
            device = devices.get(identifier)
            hashes = device.hashes(now) if device is not None and device.protocol == PROTOCOL.name else ()
            if one.name not in [connection_name(identifier, hash) for hash in hashes]:
                log.info("ending the MQTT connection of %s", identifier)
                await kick(self._bus, one)

    def _enqueue(self, message: Msg) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self._asked.put_nowait(message)

    def _changed(self, organisation: Organisation) -> None:
        self._look.set()
