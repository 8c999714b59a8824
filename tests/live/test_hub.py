"""What the sockets of one process share: nobody waits for a slow one, and it is cut in the end."""

import asyncio
import contextlib
import json
import secrets
import socket
import time
from collections.abc import AsyncIterator
from functools import partial

import httpx
import psutil
import psycopg
import pytest
import pytest_asyncio
from websockets.frames import Frame, Opcode

from backend.avl.latest import Latest
from backend.bus.beats import Watch
from backend.bus.record import Record, pack
from backend.bus.subjects import BOARD_FILL, Address, position_subject
from backend.db.events import Event
from backend.geo.cells import cell_of
from backend.identity.registry import Registry
from backend.live.hub import Hub
from tests.conftest import TestBus, TestDatabase
from tests.live.client import LiveClient, cells_in_view
from tests.live.site import MIDDLE, WIDE, Site, Web, running_site, watching

FLEET = 1_500
# As in production, only sooner: 10 s until a frame counts as stuck, 20 s until the kernel gives up.
SOONER = """
from backend import app
from backend.live import client, socket
app.UNREAD_MS, client.STALLED_S, socket.LAST_WORD_S = 1500, 1.0, 0.3
"""


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with a large fleet and an impatient web process."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web(patch=SOONER)
        yield running_one


class Deaf:
    """A browser on a bare TCP socket that says hello and then never reads."""

    def __init__(self, web: Web, cookie: str) -> None:
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.connect(("127.0.0.1", web.port))
        self._socket.sendall(
            f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{web.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {secrets.token_bytes(12).hex()[:22]}==\r\nSec-WebSocket-Version: 13\r\n"
            f"Cookie: {cookie}\r\n\r\n".encode()
        )
        answer = self._socket.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101"), answer
        self._socket.setblocking(False)
        self.look = 0
        self._unsent = b""

    def say(self, message: dict[str, object]) -> None:
        """Raises OSError once the server has cut the line. Says nothing while an earlier message is not out."""
        if not self._unsent:
            self._unsent = Frame(Opcode.TEXT, json.dumps(message).encode()).serialize(mask=True)
        with contextlib.suppress(BlockingIOError):
            self._unsent = self._unsent[self._socket.send(self._unsent) :]

    def look_again(self) -> None:
        """Ask for everything: 48 kB that will not be read."""
        resolution, cells = cells_in_view(*WIDE)
        self.look = (self.look + 1) % 65_536
        look = {"type": "look", "look": self.look, "resolution": resolution, "cells": [f"{cell:x}" for cell in cells]}
        self.say(look)

    async def aclose(self) -> None:
        self._socket.close()


async def viewers(site: Site) -> int:
    """How many sockets the process holds."""

    async with httpx.AsyncClient() as browser:
        answer = await browser.get(f"{site.web.url}/health", headers={"Cookie": await site.cookie()})
        return int(answer.json()["viewers"])


def is_shown(client: LiveClient, record: Record) -> bool:
    return client.positions[record.unit].time >= record.time


@pytest.mark.slow
async def test_who_never_reads_delays_nobody_costs_little_and_is_cut(site: Site) -> None:
    units = await site.add_units(FLEET, squad=0)
    for index, unit in enumerate(units):
        await site.move(unit, MIDDLE[0] + index % 40 / 1000, MIDDLE[1] + index // 40 / 1000)
    cookie = await site.cookie()
    hello = {"type": "hello", "version": 1, "topics": ["system.part"], "follow": [], "every": 200, "look": None}
    async with watching(site.web, cookie) as good, contextlib.aclosing(Deaf(site.web, cookie)) as deaf:
        await good.until(lambda: len(good.positions) == FLEET)
        process = psutil.Process(site.web.process.pid)
        before = process.memory_info().rss
        deaf.say(hello)
        worst, most, cut = 0.0, before, False
        ends = time.monotonic() + 25
        step = 0
        while not cut and time.monotonic() < ends:
            step += 1
            try:
                for _ in range(8):
                    deaf.look_again()
                    await asyncio.sleep(0.02)
            except OSError:
                cut = True
            for unit in units[:: FLEET // 30]:
                moved = await site.move(unit, MIDDLE[0] + step / 10_000, MIDDLE[1])
            await site.tell(*[Event("system.part", "part.back", {"filler": "x" * 200})] * 20)
            asked = time.monotonic()
            await good.until(partial(is_shown, good, moved), timeout=5)
            worst = max(worst, time.monotonic() - asked)
            most = max(most, process.memory_info().rss)
        assert cut, "the line of who never reads is cut"
        async with asyncio.timeout(10):
            while await viewers(site) != 1:
                await asyncio.sleep(0.1)
        newest = await site.newest()
        await good.until(lambda: good.event == newest)
        assert len(good.events) == 20 * step
        assert worst < 3, "no other viewer waited for it"
        assert most - before < 60 * 1024 * 1024
        assert good.close_code is None


async def test_who_goes_without_a_word_is_forgotten(site: Site) -> None:
    before = await viewers(site)
    async with watching(site.web, await site.cookie(), None) as client:
        assert await viewers(site) == before + 1
        client.cut()
        async with asyncio.timeout(5):
            while await viewers(site) != before:
                await asyncio.sleep(0.05)


async def test_a_board_is_filled_by_an_ingest_that_starts_later_and_by_all_there_are(site: Site) -> None:
    """Started together, the web process may be up first; and a unit that stands still says nothing new for long."""
    still, other, off = await site.add_units(3, squad=3)
    await site.set_duty(off, False)
    registry = Registry(site.store)
    await registry.load()
    hub = Hub(site.bus, site.store, registry, Watch(site.bus, (), lambda: None), {}, 200)
    await hub.start()
    house = asyncio.create_task(hub.keep_house())
    try:
        assert hub.filled.is_set()
        assert not hub.board.entries
        for units in ([still, off], [other]):  # two ingests, each with its own
            latest = Latest(site.bus)
            for unit in units:
                latest.note(unit, 1000, *announced(site, unit, 1000))
            await site.bus.subscribe(BOARD_FILL, latest._asked)
        async with asyncio.timeout(5):
            while set(hub.board.entries) != {still, other}:  # one of them does not know of duty yet
                await asyncio.sleep(0.02)
        assert hub.board.entries[still].time == 1000
    finally:
        house.cancel()
        await asyncio.gather(house, return_exceptions=True)


async def test_after_a_restore_of_the_store_viewers_come_back_and_go_on(site: Site, database: TestDatabase) -> None:
    cookie = await site.cookie()
    await site.tell(*[Event("system.part", "part.back")] * 5)
    newest = await site.newest()
    async with LiveClient(site.web.live, cookie, topics=["system.part"]) as client:
        await client.until(lambda: client.event == newest)
        owner = database.owner_url.replace("+psycopg", "", 1)
        async with await psycopg.AsyncConnection.connect(owner) as connection:
            await connection.execute("UPDATE event_counter SET number = %s", (newest - 3,))
            await connection.execute("DELETE FROM event WHERE number > %s", (newest - 3,))
        await client.until(lambda: client.close_code)
        assert client.close_code == 1012
        client.messages.clear()
        client.events.clear()  # those before the restore may have been told, or have come with the welcome
        await client.open(resume=True)
        await client.until(lambda: client.of_type("topic"))
        assert client.of_type("gap")
        await site.tell(Event("system.part", "part.back", {"after": "restore"}))
        await client.until(lambda: client.events)
        assert [event["number"] for event in client.events] == [newest - 2]


def announced(site: Site, unit: int, moment: int) -> tuple[str, bytes]:
    """Subject and record of a position, as an ingest keeps them."""
    district, squad = site.home_of[unit]
    record = Record(unit, moment, *MIDDLE, None, None, None, None, 0, 2)
    return position_subject(Address(district, squad, cell_of(*MIDDLE), unit)), pack(record)
