"""Sockets that devices call. Bytes in, replies out; what they mean is the decoder's and ingest's business."""

import asyncio
import functools
import logging
import time
from collections import deque
from itertools import groupby
from types import TracebackType
from typing import Self, cast

from backend.avl.ingest import Ingest
from backend.avl.messages import Outcome
from backend.avl.protocols import PROTOCOLS, ProtocolEntry
from backend.avl.sessions import Session
from backend.identity.registry import Registry
from backend.settings import Settings

log = logging.getLogger(__name__)

MOST_UNSETTLED = 64  # frames of one connection that wait for their answer before its socket is no longer read
MOST_CONNECTIONS = 20_000
IDLE_S = 300.0
SWEEP_S = 1.0


class DeviceConnection(asyncio.Protocol):
    """One device's connection. Replies go out in the order of the frames, whatever is settled first."""

    def __init__(self, listeners: "Listeners", protocol: ProtocolEntry) -> None:
        self._listeners = listeners
        self._protocol = protocol
        self._decoder = protocol.decoder()
        self._session = Session(protocol.name, listeners.registry)
        self._transport: asyncio.Transport | None = None
        self._unsettled: deque[tuple[int, float]] = deque()  # frame, monotonic time (s) when it came
        self._outcomes: dict[int, Outcome] = {}
        self._last_heard = time.monotonic()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass
        self._session.address = (transport.get_extra_info("peername") or (None,))[0]
        if len(self._listeners.connections) >= MOST_CONNECTIONS:
            self._transport.abort()
            return
        self._listeners.connections.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._listeners.connections.discard(self)

    def pause_writing(self) -> None:
        """Answers pile up because nobody reads them: not a client of ours, and memory is not endless."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        now = self._last_heard = time.monotonic()
        messages = self._decoder.feed(data)
        for frame, group in groupby(messages, key=lambda message: message.frame):
            self._unsettled.append((frame, now))
            outcome = self._listeners.ingest.take(self._protocol, self._session, list(group))
            if outcome is None:
                self._listeners.ingest.batches.when_stored(functools.partial(self._settle, frame, Outcome.STORED))
            else:
                self._settle(frame, outcome)
        if len(self._unsettled) > MOST_UNSETTLED and self._transport is not None:
            self._transport.pause_reading()

    def sweep(self, now: float, acknowledge_timeout_s: float) -> None:
        """Tell a device to come again when its fixes could not be stored in time; drop a silent connection."""
        late = [frame for frame, came in self._unsettled if now - came > acknowledge_timeout_s]
        for frame in late:
            self._settle(frame, Outcome.BUSY)
        if not self._unsettled and now - self._last_heard > IDLE_S:
            self.close()

    def close(self) -> None:
        """Close after what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    def _settle(self, frame: int, outcome: Outcome) -> None:
        """Note a frame's outcome and send every reply that is due now."""
        if not self._unsettled or frame < self._unsettled[0][0]:
            return  # answered as busy before, and stored after all
        self._outcomes.setdefault(frame, outcome)
        while self._unsettled and (due := self._unsettled[0][0]) in self._outcomes:
            self._unsettled.popleft()
            ends = self._decoder.ends(due)
            reply = self._decoder.reply(due, self._outcomes.pop(due))
            if self._transport is not None and not self._transport.is_closing():
                self._transport.write(reply)
                if ends:
                    self._transport.close()
        if not self._unsettled and self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()


class Listeners:
    """The open ports, each with its protocol."""

    def __init__(self, ingest: Ingest, registry: Registry, settings: Settings) -> None:
        self.ingest = ingest
        self.registry = registry
        self.connections: set[DeviceConnection] = set()
        self._settings = settings
        self._servers: list[asyncio.Server] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for protocol in PROTOCOLS.values():
            port = getattr(self._settings, protocol.port) if protocol.port else 0
            if port == 0:
                continue
            port += self._settings.port_offset
            connection = functools.partial(DeviceConnection, self, protocol)
            self._servers.append(await loop.create_server(connection, self._settings.bind, port, backlog=1024))
            log.info("%s on %s:%d", protocol.name, self._settings.bind, port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
        for connection in list(self.connections):
            connection.close()

    async def close(self) -> None:
        """Take no new connections."""
        for server in self._servers:
            server.close()

    async def sweep(self) -> None:
        """Look after waiting and silent connections for ever."""
        while True:
            await asyncio.sleep(SWEEP_S)
            now = time.monotonic()
            for connection in list(self.connections):
                connection.sweep(now, self._settings.acknowledge_timeout_s)
