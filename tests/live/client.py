"""A small client of the live socket, as `docs/live-protocol.md` describes it."""

import asyncio
import json
import math
import struct
from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Any, Self

import h3.api.basic_int as h3
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from backend.bus.record import SIZE, Record, unpack
from backend.live.frames import CHANGES, HEADER, RESUME, SNAPSHOT

ALL_TOPICS = ("unit.presence", "device.seen", "system.part")


def cells_in_view(west: float, south: float, east: float, north: float) -> tuple[int, list[int]]:
    """Resolution and cells for a view in degrees, by the rule of the protocol."""
    width_km = h3.great_circle_distance((south, west), (south, east), unit="km")
    resolution = next((r for limit, r in ((60, 4), (30, 5), (12, 6), (4, 7)) if width_km > limit), 8)
    while True:
        grown = h3.average_hexagon_edge_length(resolution, unit="km") * 0.17
        up = grown / 111.195
        side = up / max(0.1, abs(math.cos(math.radians(north))))
        box = [
            (south - up, west - side),
            (south - up, east + side),
            (north + up, east + side),
            (north + up, west - side),
        ]
        cells = h3.polygon_to_cells_experimental(h3.LatLngPoly(box), resolution, contain="overlap")
        if len(cells) <= 64 or resolution == 4:
            return resolution, list(cells)[:64]
        resolution -= 1


class LiveClient:
    """One connection. `positions` holds the newest record of each unit in view, `events` all events in order."""

    def __init__(self, url: str, cookie: str, *, topics: Iterable[str] = ALL_TOPICS) -> None:
        self.url = url
        self.cookie = cookie
        self.topics = list(topics)
        self.look_number = 1
        self.look: tuple[int, list[int]] | None = None
        self.follow: list[int] = []
        self.every = 200
        self.positions: dict[int, Record] = {}
        self.answered: int | None = None  # the last look number that a snapshot or a resume frame bore
        self.gone: list[int] = []
        self.events: list[dict[str, Any]] = []
        self.messages: list[dict[str, Any]] = []
        self.frames: list[tuple[int, int, int]] = []  # kind, look, count
        self.bytes = 0
        self.event = 0
        self.frame_time: int | None = None
        self.incomplete = False
        self.close_code: int | None = None
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self, *, resume: bool = False) -> None:
        """Connect and say hello; with `resume` go on where the last connection ended."""
        self.close_code = None
        self._socket = await connect(
            self.url, additional_headers={"Cookie": self.cookie}, compression=None, max_size=None, ping_interval=None
        )
        hello: dict[str, Any] = {
            "type": "hello",
            "version": 1,
            "topics": self.topics,
            "follow": self.follow,
            "every": self.every,
            "look": self._look() if self.look else None,
            "resume": {"event": self.event, "frame": self.frame_time} if resume else None,
        }
        await self._socket.send(json.dumps(hello))
        self._reader = asyncio.create_task(self._read())

    async def close(self) -> None:
        """Close in order."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader

    def cut(self) -> None:
        """Break the line without a word, as a dead mobile network does."""
        assert self._socket is not None
        self._socket.transport.abort()

    async def send(self, message: dict[str, Any] | str) -> None:
        """Send one message as it is."""
        assert self._socket is not None
        await self._socket.send(message if isinstance(message, str) else json.dumps(message))

    async def look_at(self, west: float, south: float, east: float, north: float) -> None:
        """Look at a view in degrees."""
        self.look = cells_in_view(west, south, east, north)
        if self._socket is not None:
            self.look_number += 1
            await self.send(self._look())

    async def until(self, happened: Callable[[], object], timeout: float = 10) -> None:
        """Wait until the given function is true. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            while not happened():
                await asyncio.sleep(0.02)

    def of_type(self, kind: str) -> list[dict[str, Any]]:
        """The text messages of one type, in order."""
        return [message for message in self.messages if message["type"] == kind]

    def _look(self) -> dict[str, Any]:
        assert self.look is not None
        resolution, cells = self.look
        return {"type": "look", "look": self.look_number, "resolution": resolution, "cells": [f"{c:x}" for c in cells]}

    async def _read(self) -> None:
        assert self._socket is not None
        try:
            while True:
                self.take(await self._socket.recv())
        except ConnectionClosed:
            self.close_code = self._socket.close_code

    def take(self, message: str | bytes) -> None:
        """Understand one message of the server."""
        self.bytes += len(message)
        if isinstance(message, bytes):
            self._frame(message)
        else:
            self._text(json.loads(message))

    def _text(self, message: dict[str, Any]) -> None:
        self.messages.append(message)
        kind = message["type"]
        if kind == "event":
            assert message["number"] > self.event, "event numbers only rise"
            self.events.append(message)
            self.event = message["number"]
        elif kind == "upto":
            assert message["number"] >= self.event, "what was said to be known is not taken back"
            self.event = message["number"]
        elif kind == "gap":
            self.event = message["last"]
        elif kind == "alive":
            assert message["event"] >= self.event
            self.event = message["event"]
        elif kind == "gone":
            self.gone += message["units"]
            for unit in message["units"]:
                self.positions.pop(unit, None)

    def _frame(self, data: bytes) -> None:
        kind, _, look, count, time = HEADER.unpack_from(data)
        self.frames.append((kind, look, count))
        self.frame_time = time
        if look != self.look_number and self.look is not None:
            return
        if kind != CHANGES:
            self.answered = look
        end = HEADER.size + count * SIZE
        records = [unpack(data[start : start + SIZE]) for start in range(HEADER.size, end, SIZE)]
        if kind == SNAPSHOT:
            self.positions.clear()
        for record in records:
            known = self.positions.get(record.unit)
            if known is None or record.time >= known.time:
                self.positions[record.unit] = record
        if kind == RESUME:
            present = set(struct.unpack(f"<{(len(data) - end) // 4}I", data[end:]))
            self.positions = {unit: record for unit, record in self.positions.items() if unit in present}
            self.incomplete = present != set(self.positions)
        else:
            assert kind in (CHANGES, SNAPSHOT)


async def each_until(
    clients: Iterable[LiveClient], happened: Callable[[LiveClient], object], timeout: float = 10
) -> None:
    """Wait until it is true of each of the clients."""
    for client in clients:
        await client.until(partial(happened, client), timeout)
