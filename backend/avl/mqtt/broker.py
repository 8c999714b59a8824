"""A broker of the operator: ingest is its client, and acknowledges to it what is stored.

paho works in a thread of its own; what it hears goes through a queue into the event loop. The session at the broker
outlives us: what we have not acknowledged comes again, to this process or the next one.
"""

import asyncio
import logging
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from backend.avl.ingest import Ingest
from backend.avl.messages import Login, Outcome
from backend.avl.mqtt.publications import BUSY_S, FETCH, PROTOCOL, session_of, until_stored
from backend.avl.protocols.owntracks import published
from backend.clock import now_ms
from backend.identity.registry import Registry
from backend.settings import Settings

log = logging.getLogger(__name__)

MOST_WAITING = 1000  # heard and not stored; then the broker's socket is no longer read
LONGEST_PAUSE_S = 30
KEEP_ALIVE_S = 60


@dataclass(frozen=True, slots=True)
class _Heard:
    """One message. `connection` counts ours: a number of one means nothing on the next."""

    identifier: str
    payload: bytes
    connection: int
    number: int
    qos: int


def identifier_of(topic: str, pattern: str) -> str:
    """Who speaks: what stands where the pattern has its first `+`; empty where the topic is shorter."""
    levels = pattern.split("/")
    levels = levels[2:] if levels[0] == "$share" else levels
    place = levels.index("+")
    spelled = topic.split("/")
    return spelled[place] if place < len(spelled) else ""


class Broker:
    """The connection to the broker; `away_since` (ms) tells since when there is none, and None that there is one."""

    def __init__(self, ingest: Ingest, registry: Registry, settings: Settings) -> None:
        self.away_since: int | None = now_ms()
        self._ingest = ingest
        self._registry = registry
        self._pattern = settings.mqtt_broker_topic
        self._url = urlsplit(settings.mqtt_broker_url or "")
        self._loop = asyncio.get_running_loop()
        self._heard: asyncio.Queue[_Heard] = asyncio.Queue()
        self._room = threading.Semaphore(MOST_WAITING)
        self._stopping = False
        self._connection = 0
        self._client = self._make_client(settings.mqtt_broker_client)

    async def run(self) -> None:
        """Take what the broker has, for ever, through its absence."""
        secure = self._url.scheme == "mqtts"
        port = self._url.port or (8883 if secure else 1883)
        self._client.connect_async(self._url.hostname or "", port, KEEP_ALIVE_S)
        self._client.loop_start()
        try:
            while True:
                taken = [await self._heard.get()]
                while len(taken) < FETCH and not self._heard.empty():
                    taken.append(self._heard.get_nowait())
                await self._take(taken)
        finally:
            self._stopping = True
            self._room.release()
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)

    async def _take(self, taken: list[_Heard]) -> None:
        """Take these, however long there is no room, and acknowledge them in their order once they are stored."""
        left = taken
        while left:
            outcomes = [(one, self._take_one(one)) for one in left]
            await until_stored(self._ingest, [outcome for _, outcome in outcomes])
            left = [one for one, outcome in outcomes if outcome is Outcome.BUSY]
            if left:
                await asyncio.sleep(BUSY_S)
        for one in taken:
            self._room.release()
            if one.qos and one.connection == self._connection:
                self._client.ack(one.number, one.qos)

    def _take_one(self, one: _Heard) -> Outcome | None:
        if one.identifier not in self._registry.current.devices:
            self._ingest.knocks.note(PROTOCOL.name, Login(identifier=one.identifier), None)
        return self._ingest.take(PROTOCOL, session_of(one.identifier, self._registry), published(one.payload))

    def _make_client(self, name: str) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=name, clean_session=False, protocol=mqtt.MQTTv311, manual_ack=True
        )
        if self._url.username is not None:
            client.username_pw_set(unquote(self._url.username), unquote(self._url.password or ""))
        if self._url.scheme == "mqtts":
            client.tls_set()
        client.reconnect_delay_set(1, LONGEST_PAUSE_S)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        return client

    # Callbacks of paho, in its thread.

    def _on_connect(self, client: mqtt.Client, data: Any, flags: Any, reason: ReasonCode, properties: Any) -> None:
        if reason.is_failure:
            log.error("the MQTT broker %s refuses us: %s", self._url.hostname, reason)
            return
        self._connection += 1
        log.info("MQTT broker %s: connected", self._url.hostname)
        client.subscribe(self._pattern, 1)

    def _on_subscribe(self, client: mqtt.Client, data: Any, number: int, reasons: Any, properties: Any) -> None:
        if any(reason.is_failure for reason in reasons):
            log.error("the MQTT broker %s refuses the subscription to %s", self._url.hostname, self._pattern)
            return
        self.away_since = None

    def _on_disconnect(self, client: mqtt.Client, data: Any, flags: Any, reason: ReasonCode, properties: Any) -> None:
        if self.away_since is None:
            self.away_since = now_ms()
            log.warning("MQTT broker %s: away (%s)", self._url.hostname, reason)

    def _on_message(self, client: mqtt.Client, data: Any, message: mqtt.MQTTMessage) -> None:
        try:
            identifier = identifier_of(message.topic, self._pattern)
        except UnicodeDecodeError:
            identifier = ""
        heard = _Heard(identifier, bytes(message.payload), self._connection, message.mid, message.qos)
        self._room.acquire()
        if not self._stopping:
            self._loop.call_soon_threadsafe(self._heard.put_nowait, heard)
