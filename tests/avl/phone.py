"""An MQTT client as a telephone has it, for tests: connects, publishes, and tells what it was answered."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

PATIENCE_S = 8.0


class Phone:
    """One client. It works in a thread of its own; what it hears comes into this event loop."""

    def __init__(self, user: str, password: str, *, client: str = "", version: int = mqtt.MQTTv311) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.connected: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._acknowledged: dict[int, asyncio.Event] = {}
        self._subscribed: dict[int, asyncio.Future[list[bool]]] = {}
        self._client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client or "".join(filter(str.isalnum, user)) + "phone",
            clean_session=None if version == mqtt.MQTTv5 else False,
            protocol=MQTTProtocolVersion(version),
            reconnect_on_failure=False,
        )
        self._client.username_pw_set(user, password)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = lambda *told: self._soon(self.ended.set)
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = lambda client, data, one: self._soon(self.heard.append, (one.topic, one.payload))

    async def connect(self, port: int, trusted: ssl.SSLContext | None = None) -> str:
        """Connect; gives the words of the server's answer ("Success", "Not authorized", …)."""
        if trusted is not None:
            self._client.tls_set_context(trusted)
        await asyncio.to_thread(self._client.connect, "127.0.0.1", port)
        self._client.loop_start()
        return await asyncio.wait_for(self.connected, PATIENCE_S)

    def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> asyncio.Event:
        """Publish; the event is set when the server has acknowledged it (of QoS 0: when it was sent)."""
        acknowledged = asyncio.Event()
        self._acknowledged[self._client.publish(topic, payload, qos, retain).mid] = acknowledged
        return acknowledged

    async def tell(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        """Publish and wait for the acknowledgement. Raises TimeoutError."""
        await asyncio.wait_for(self.publish(topic, payload, qos, retain=retain).wait(), PATIENCE_S)

    async def subscribe(self, topic: str) -> bool:
        """Whether the server took the subscription."""
        asked: asyncio.Future[list[bool]] = self._loop.create_future()
        self._subscribed[self._client.subscribe(topic, 1)[1] or 0] = asked
        return all(await asyncio.wait_for(asked, PATIENCE_S))

    async def close(self) -> None:
        """End the connection."""
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    def _soon(self, call: Any, *given: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the test is over
            self._loop.call_soon_threadsafe(call, *given)

    def _on_connect(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        self._soon(self._answered, str(reason))

    def _answered(self, words: str) -> None:
        if not self.connected.done():
            self.connected.set_result(words)

    def _on_publish(self, client: Any, data: Any, mid: int, reason: Any, properties: Any) -> None:
        self._soon(lambda: self._acknowledged[mid].set())

    def _on_subscribe(self, client: Any, data: Any, mid: int, reasons: Any, properties: Any) -> None:
        self._soon(lambda: self._subscribed[mid].set_result([not reason.is_failure for reason in reasons]))


@contextlib.asynccontextmanager
async def calling(user: str, password: str, port: int, *, client: str = "") -> AsyncIterator[Phone]:
    """A telephone that was let in."""
    phone = Phone(user, password, client=client)
    try:
        assert await phone.connect(port) == "Success"
        yield phone
    finally:
        await phone.close()
