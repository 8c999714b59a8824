"""Sockets that devices call. Bytes in, replies out; what they mean is the decoder's and ingest's business."""

import asyncio
import functools
import logging
import socket
import time
from types import TracebackType
from typing import Any, Self

from backend.avl.connections import DeviceConnection, Door, by_frame
from backend.avl.ingest import Ingest
from backend.avl.messages import Outcome
from backend.avl.protocols import PROTOCOLS, Holding, ProtocolEntry
from backend.avl.sessions import Session
from backend.identity.registry import Registry
from backend.settings import Settings

log = logging.getLogger(__name__)

DATAGRAM_BUFFER = 4 * 1024 * 1024  # bytes; the system may allow less
SWEEP_S = 1.0
SWEPT_AT_ONCE = 1000  # connections, before others have their turn
KEEP_ALIVE_PROBES = 4


class Datagrams(asyncio.DatagramProtocol):
    """A UDP port: each datagram says who speaks and is for itself. Nothing is answered; what finds no room is counted.

    Nothing of a datagram is kept but its fixes, so a flood fills what the bound on unacknowledged fixes allows.
    """

    def __init__(self, door: Door, protocol: ProtocolEntry) -> None:
        self._door = door
        self._protocol = protocol

    def datagram_received(self, data: bytes, address: tuple[str | Any, int]) -> None:
        ingest, decoder = self._door.ingest, self._protocol.decoder()
        session = Session(self._protocol.name, self._door.registry, address=address[0], datagram=True)
        messages = decoder.feed(data)
        if isinstance(decoder, Holding):
            messages += decoder.rest()
        for frame in by_frame(messages):
            if ingest.take(self._protocol, session, frame) is Outcome.BUSY:
                ingest.turn_away(self._protocol, frame)


class Listeners:
    """The open ports, each with its protocol."""

    def __init__(self, ingest: Ingest, registry: Registry, settings: Settings, secret: bytes = b"") -> None:
        self.door = Door(ingest, registry, settings, secret)
        self._settings = settings
        self._servers: list[asyncio.Server] = []
        self._datagrams: list[asyncio.DatagramTransport] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        # The kernel gives each of several processes its share of the connections (SO_REUSEPORT, socket(7)).
        shared = True if self._settings.ingest_processes > 1 else None
        for protocol in PROTOCOLS.values():
            port = getattr(self._settings, protocol.port) if protocol.port else 0
            if port == 0:
                continue
            port += self._settings.port_offset
            connection = functools.partial(DeviceConnection, self.door, protocol)
            server = await loop.create_server(
                connection, self._settings.bind, port, backlog=1024, start_serving=False, reuse_port=shared
            )
            self._keep_alive(server)
            await server.start_serving()
            self._servers.append(server)
            if protocol.transport == "TCP and UDP":
                address = (self._settings.bind, port)
                receive = functools.partial(Datagrams, self.door, protocol)
                transport, _ = await loop.create_datagram_endpoint(receive, local_addr=address, reuse_port=shared)
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

    @property
    def connections(self) -> set[DeviceConnection]:
        """Those that are open."""
        return self.door.connections

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
            for place, connection in enumerate(list(self.connections)):
                if place % SWEPT_AT_ONCE == SWEPT_AT_ONCE - 1:
                    await asyncio.sleep(0)
                connection.sweep(time.monotonic())

    def _keep_alive(self, server: asyncio.Server) -> None:
        """Let the kernel ask whether a silent device is still there; what it accepts here inherits this."""
        silence = self._settings.keep_alive_s
        between = max(1, silence // KEEP_ALIVE_PROBES)
        for listener in server.sockets:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, silence)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, between)
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEP_ALIVE_PROBES)
            unheard_ms = (silence + between * KEEP_ALIVE_PROBES) * 1000  # of what was sent, too
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unheard_ms)
