"""Sockets that devices call. Bytes in, replies out; what they mean is the decoder's and ingest's business."""

import asyncio
import functools
import logging
import socket
import time
from collections import deque
from itertools import groupby
from types import TracebackType
from typing import Any, Self, cast

from backend.avl.ingest import Ingest
from backend.avl.messages import Message, Outcome
from backend.avl.protocols import PROTOCOLS, Holding, ProtocolEntry
from backend.avl.protocols.jt808.decoder import Jt808
from backend.avl.sessions import Session
from backend.identity.registry import Registry
from backend.settings import Settings

log = logging.getLogger(__name__)

MOST_UNSETTLED = 64  # frames of one connection that wait for their answer before its socket is no longer read
MOST_CONNECTIONS = 20_000
IDLE_S = 300.0
DATAGRAM_BUFFER = 4 * 1024 * 1024  # bytes; the system may allow less
SWEEP_S = 1.0


def by_frame(messages: list[Message]) -> list[list[Message]]:
    """The messages of each frame."""
    return [list(group) for _, group in groupby(messages, key=lambda message: message.frame)]


class DeviceConnection(asyncio.Protocol):
    """One device's connection. Replies go out in the order of the frames, whatever is settled first."""

    def __init__(self, listeners: "Listeners", protocol: ProtocolEntry) -> None:
        self._listeners = listeners
        self._protocol = protocol
        self._decoder = protocol.decoder()
        if isinstance(self._decoder, Jt808):
            self._decoder.equip(listeners.secret, listeners.tolerates)
        self._session = Session(protocol.name, listeners.registry)
        self._transport: asyncio.Transport | None = None
        self._unsettled: deque[tuple[int, float]] = deque()  # frame, monotonic time (s) when it came
        self._outcomes: dict[int, Outcome] = {}
        self._untaken: list[list[Message]] = []  # frames that found no room, of a device that cannot be told so
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
        if isinstance(self._decoder, Holding):
            self._take(by_frame(self._decoder.rest()))
        for frame in self._untaken:
            self._listeners.ingest.turn_away(self._protocol, frame)

    def pause_writing(self) -> None:
        """Answers pile up because nobody reads them: not a client of ours, and memory is not endless."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._last_heard = time.monotonic()
        self._take(by_frame(self._decoder.feed(data)))

    def sweep(self, now: float, acknowledge_timeout_s: float) -> None:
        """Tell a device to come again when its fixes could not be stored in time; drop a silent connection."""
        late = [frame for frame, came in self._unsettled if now - came > acknowledge_timeout_s]
        for frame in late:
            self._settle(frame, Outcome.BUSY)
        if self._untaken:
            self._take([])
        elif not self._unsettled and now - self._last_heard > IDLE_S:
            self.close()

    def close(self) -> None:
        """Close after what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    def _take(self, frames: list[list[Message]]) -> None:
        """Hand frames to ingest. A device that cannot be asked to come again waits for room, and so does its socket."""
        frames, self._untaken = self._untaken + frames, []
        now, ingest = time.monotonic(), self._listeners.ingest
        for place, messages in enumerate(frames):
            frame = messages[0].frame
            outcome = ingest.take(self._protocol, self._session, messages)
            if outcome is Outcome.BUSY and not self._protocol.answers:
                self._untaken = frames[place:]
                break
            self._unsettled.append((frame, now))
            if outcome is None:
                ingest.batches.when_stored(functools.partial(self._settle, frame, Outcome.STORED))
            else:
                self._settle(frame, outcome)
        if self._transport is not None and not self._transport.is_closing():
            if self._untaken or len(self._unsettled) > MOST_UNSETTLED:
                self._transport.pause_reading()
            elif not self._unsettled:
                self._transport.resume_reading()

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
                if reply:
                    self._transport.write(reply)
                if ends:
                    self._transport.close()
        if self._unsettled or self._untaken or self._transport is None or self._transport.is_closing():
            return
        self._transport.resume_reading()


class Datagrams(asyncio.DatagramProtocol):
    """A UDP port: each datagram says who speaks and is for itself. Nothing is answered; what finds no room is counted.

    Nothing of a datagram is kept but its fixes, so a flood fills what the bound on unacknowledged fixes allows.
    """

    def __init__(self, listeners: "Listeners", protocol: ProtocolEntry) -> None:
        self._listeners = listeners
        self._protocol = protocol

    def datagram_received(self, data: bytes, address: tuple[str | Any, int]) -> None:
        ingest, decoder = self._listeners.ingest, self._protocol.decoder()
        session = Session(self._protocol.name, self._listeners.registry, address=address[0])
        messages = decoder.feed(data)
        if isinstance(decoder, Holding):
            messages += decoder.rest()
        for frame in by_frame(messages):
            if ingest.take(self._protocol, session, frame) is Outcome.BUSY:
                ingest.turn_away(self._protocol, frame)


class Listeners:
    """The open ports, each with its protocol."""

    def __init__(self, ingest: Ingest, registry: Registry, settings: Settings, secret: bytes = b"") -> None:
        self.ingest = ingest
        self.registry = registry
        self.secret = secret  # from which a terminal that registers gets its code
        self.connections: set[DeviceConnection] = set()
        self._settings = settings
        self._servers: list[asyncio.Server] = []
        self._datagrams: list[asyncio.DatagramTransport] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        for protocol in PROTOCOLS.values():
            port = getattr(self._settings, protocol.port) if protocol.port else 0
            if port == 0:
                continue
            port += self._settings.port_offset
            connection = functools.partial(DeviceConnection, self, protocol)
            self._servers.append(await loop.create_server(connection, self._settings.bind, port, backlog=1024))
            if protocol.transport == "TCP and UDP":
                address = (self._settings.bind, port)
                receive = functools.partial(Datagrams, self, protocol)
                transport, _ = await loop.create_datagram_endpoint(receive, local_addr=address)
                transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, DATAGRAM_BUFFER)
                self._datagrams.append(transport)
            log.info("%s on %s:%d (%s)", protocol.name, self._settings.bind, port, protocol.transport)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
        for connection in list(self.connections):
            connection.close()

    def tolerates(self, identifier: str) -> bool:
        """Whether a device is known to send wrong checksums."""
        device = self.registry.current.devices.get(identifier)
        return device is not None and device.tolerates_checksum

    async def close(self) -> None:
        """Take no new connections."""
        for server in self._servers:
            server.close()
        for transport in self._datagrams:
            transport.close()

    async def sweep(self) -> None:
        """Look after waiting and silent connections for ever."""
        while True:
            await asyncio.sleep(SWEEP_S)
            now = time.monotonic()
            for connection in list(self.connections):
                connection.sweep(now, self._settings.acknowledge_timeout_s)
