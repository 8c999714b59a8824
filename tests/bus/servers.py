"""A NATS server that a test may kill and start again on the same port, with its stream store kept."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

from backend.bus.connection import Bus
from backend.bus.server import MqttPort, NatsServer
from tests.conftest import temporary_home


class KillableServer:
    """One server; `kill` is `kill -9`, `start` brings it back."""

    def __init__(self, server: NatsServer) -> None:
        self._server = server
        self._process: subprocess.Popen[bytes] | None = None
        self.mqtt_secret = ""
        self.url = server.url()
        self.devices_url = server.devices_url()
        self.mqtt_port = server.mqtt.port if server.mqtt else 0

    async def start(self) -> None:
        """Start it and wait until it answers."""
        self._process = subprocess.Popen(  # noqa: ASYNC220 - it starts in a moment
            self._server.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ
        )
        await asyncio.to_thread(self._server.wait_ready)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End it, by default without a word."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=10)
            self._process = None


@contextlib.asynccontextmanager
async def killable_server(*, mqtt: bool = False) -> AsyncIterator[KillableServer]:
    """A server of the test's own, running, on request with its MQTT port."""
    with temporary_home() as home:
        port = MqttPort("127.0.0.1", home.embedded_port("mqtt")) if mqtt else None
        server = NatsServer(home, home.embedded_port("nats"), port)
        server.prepare()
        killable = KillableServer(server)
        killable.mqtt_secret = home.secrets().nats_issuer
        await killable.start()
        try:
            yield killable
        finally:
            killable.kill()


@contextlib.asynccontextmanager
async def connected(url: str, name: str = "test", *, echo: bool = True) -> AsyncIterator[Bus]:
    """A bus connection for the length of the block."""
    bus = Bus(name, echo=echo)
    await bus.connect(url)
    try:
        yield bus
    finally:
        await bus.close()


async def until(happened: Callable[[], object], timeout: float = 10) -> None:
    """Wait until the function gives something true. Raises TimeoutError."""
    async with asyncio.timeout(timeout):
        while not happened():
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Work that runs for ever in the background; its failure is the test's."""
    task = asyncio.create_task(work)
    try:
        yield
        assert not task.done(), task.exception()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
