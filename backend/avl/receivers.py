"""GPS receivers that the program calls itself: one child process each, started again with growing pauses."""

import asyncio
import logging
from itertools import groupby
from types import TracebackType
from typing import Self

from backend.avl.ingest import Ingest
from backend.avl.protocols import ProtocolEntry
from backend.avl.sessions import Session
from backend.children import mortal, python
from backend.identity.registry import KnownDevice, Registry

log = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0
LAST_WORDS = 400  # bytes of what a child said last, for the log
SILENCE_S = 10.0  # a child that hangs is as good as dead


class Receivers:
    """Keeps one child per device that has an address, following the registry."""

    def __init__(self, ingest: Ingest, registry: Registry, protocol: ProtocolEntry) -> None:
        self._ingest = ingest
        self._registry = registry
        self._protocol = protocol
        self._running: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._renewed = asyncio.Event()
        registry.on_change(lambda organisation: self._renewed.set())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)

    async def run(self) -> None:
        """Start and end children as devices come and go, for ever."""
        while True:
            wanted = {
                (device.identifier, device.address): device
                for device in self._registry.current.devices.values()
                if device.protocol == self._protocol.name and device.address
            }
            for key in self._running.keys() - wanted.keys():
                self._running.pop(key).cancel()
            for key in wanted.keys() - self._running.keys():
                self._running[key] = asyncio.create_task(self._follow(wanted[key]))
            await self._renewed.wait()
            self._renewed.clear()

    async def _follow(self, device: KnownDevice) -> None:
        """Run this receiver's child again and again."""
        pause = FIRST_PAUSE_S
        while True:
            began = asyncio.get_running_loop().time()
            try:
                reason = await self._once(device)
            except Exception as error:  # one receiver's trouble must not end it for ever, nor the others
                log.exception("receiver %s", device.identifier)
                reason = repr(error)
            if asyncio.get_running_loop().time() - began > 2 * LONGEST_PAUSE_S:
                pause = FIRST_PAUSE_S
            log.log(
                logging.WARNING if pause == FIRST_PAUSE_S else logging.DEBUG,
                "receiver %s at %s: %s; trying on",
                device.identifier,
                device.address,
                reason,
            )
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def _once(self, device: KnownDevice) -> str:
        """One life of the child; returns why it ended."""
        host, _, port = (device.address or "").rpartition(":")
        child = await asyncio.create_subprocess_exec(
            *mortal(python("-m", "backend.avl.receiver_child", host, port)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        assert child.stdout is not None
        decoder = self._protocol.decoder()
        session = Session(self._protocol.name, self._registry, bound=device.identifier)
        last = b""
        try:
            while data := await asyncio.wait_for(child.stdout.read(65536), SILENCE_S):
                last = (last + data)[-LAST_WORDS:]
                for _, group in groupby(decoder.feed(data), key=lambda message: message.frame):
                    # Not answered: gpsd does not ask whether its report was stored.
                    self._ingest.take(self._protocol, session, list(group))
            return (
                last.decode(errors="replace").strip().rpartition("\n")[2] or f"ended with status {await child.wait()}"
            )
        except TimeoutError:
            return f"silent for {SILENCE_S:.0f} s"
        finally:
            if child.returncode is None:
                child.kill()
            await child.wait()
