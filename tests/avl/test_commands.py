"""Messages to terminals: a real store, a real bus, real sockets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from backend.avl import commands, messenger
from backend.avl.protocols import PROTOCOLS, Commandable
from backend.avl.protocols.jt808 import messages as jt
from backend.avl.protocols.jt808.frame import Frame, read_frame, write_frame
from backend.avl.protocols.jt808.splitter import Splitter
from backend.bus.subjects import command_subject
from backend.db.engine import Database
from backend.db.events import StoredEvent
from backend.errors import BadInput, Refusal
from backend.identity.audit import Actor
from backend.identity.registry import KnownDevice
from tests.avl.makers import CAR, TOKEN, Rig, device, running_ingest
from tests.bus.servers import connected, until
from tests.conftest import TestBus, TestDatabase

PHONE = "13800138000"
ACTOR = Actor("person:1", "dispatcher")


class Desk:
    """A store with one terminal, and who writes to it. `told`: the events, in order."""

    def __init__(self, database: Database, known: KnownDevice, told: list[StoredEvent]) -> None:
        self.database, self.known, self.told = database, known, told

    async def send(self, words: str, *, seconds: float = 60, rig: Rig | None = None) -> int:
        """Queue words as the route does; announced to this ingest."""
        async with self.database.transaction() as session:
            row = await commands.add_command(session, self.known.id, words, timedelta(seconds=seconds), ACTOR)
        if rig is not None:
            async with connected(rig.bus._client.connected_url.geturl()) as web:  # type: ignore[union-attr]
                await web.publish(command_subject(self.known.id), b"")
                await web.flush()
        return int(row.id)

    async def row(self, id: int) -> dict[str, Any]:
        async with self.database.snapshot() as session:
            found = await commands.commands_of(session, self.known.id)
        return next(commands.public(row) for row in found if row.id == id)

    async def state(self, id: int) -> str:
        return str((await self.row(id))["state"])

    async def becomes(self, id: int, state: str) -> None:
        async with asyncio.timeout(8):
            while await self.state(id) != state:
                await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def desk(database: TestDatabase) -> AsyncIterator[Desk]:
    told: list[StoredEvent] = []

    async def announce(events: Any) -> None:
        told.extend(events)

    opened = Database(database.application_url, announce)
    async with opened.transaction() as session:
        await session.execute(text("DELETE FROM device_command"))
        await session.execute(text("INSERT INTO node (kind, name) VALUES ('squad', 's') ON CONFLICT DO NOTHING"))
        await session.execute(
            text(
                "INSERT INTO unit (squad, call_sign, kind, name) SELECT min(id), 'S1', 'car', 'car' FROM node "
                "ON CONFLICT DO NOTHING"
            )
        )
        await session.execute(
            text(
                "INSERT INTO device (identifier, unit, protocol, token_hash) SELECT :phone, min(number), 'jt808', '' "
                "FROM unit ON CONFLICT DO NOTHING"
            ),
            {"phone": PHONE},
        )
        id = (await session.execute(text("SELECT id FROM device"))).scalar_one()
    yield Desk(opened, replace(device(PHONE, id, protocol="jt808")), told)
    await opened.close()


@contextlib.asynccontextmanager
async def ingest(nats_server: TestBus, desk: Desk, **settings: Any) -> AsyncIterator[Rig]:
    async with running_ingest(nats_server.url, protocols=("jt808",), **({"command_reply_s": 0.3} | settings)) as rig:
        rig.know(desk.known)
        rig.process.start(rig.ingest.messenger.run(rig.bus, desk.database))
        await until(lambda: rig.ingest.messenger._database is not None)
        yield rig


class Terminal:
    """A terminal on a real socket, which says what it is told to say."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_2019: bool) -> None:
        self.reader, self.writer, self.is_2019 = reader, writer, is_2019
        self.texts: list[tuple[int, str]] = []
        self._splitter = Splitter()
        self._serial = 0

    def say(self, message: int, body: bytes) -> None:
        self._serial += 1
        self.writer.write(write_frame(Frame(message, PHONE, self._serial, body, self.is_2019)))

    def log_in(self) -> None:
        code = TOKEN.encode()
        self.say(jt.AUTHENTICATE, bytes([len(code)]) + code + bytes(35) if self.is_2019 else code)

    async def text(self) -> tuple[int, str]:
        """The serial number and the words of the next message."""
        async with asyncio.timeout(8):
            while not self.texts:
                data = await self.reader.read(4096)
                assert data, "cut"
                for one in self._splitter.feed(data):
                    assert one is not None
                    frame = read_frame(one)
                    if frame.message == jt.TEXT:
                        head = 2 if self.is_2019 else 1
                        self.texts.append((frame.serial, frame.body[head:].decode("gbk")))
        return self.texts.pop(0)

    def answer(self, serial: int, result: int = 0) -> None:
        self.say(jt.GENERAL_REPLY, serial.to_bytes(2) + jt.TEXT.to_bytes(2) + bytes([result]))


@contextlib.asynccontextmanager
async def terminal(rig: Rig, *, is_2019: bool = False) -> AsyncIterator[Terminal]:
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.ports["jt808"])
    with contextlib.closing(writer):
        one = Terminal(reader, writer, is_2019)
        one.log_in()
        yield one


@pytest.mark.parametrize("is_2019", [False, True])
async def test_kept_until_it_logs_in_and_delivered_in_their_order(
    nats_server: TestBus, desk: Desk, is_2019: bool
) -> None:
    first, second = await desk.send("新城路口集合"), await desk.send("then go home")
    assert await desk.state(first) == "queued"
    async with ingest(nats_server, desk) as rig, terminal(rig, is_2019=is_2019) as one:
        serial, words = await one.text()
        assert words == "新城路口集合"
        assert (await desk.state(first), await desk.state(second)) == ("sent", "queued"), "one at a time"
        one.answer(serial)
        serial, words = await one.text()
        assert words == "then go home"
        one.answer(serial)
        await desk.becomes(second, "delivered")
        third = await desk.send("a third", rig=rig)
        serial, words = await one.text()
        one.answer(serial, 1)
        await desk.becomes(third, "refused")
    row = await desk.row(first)
    assert (row["state"], row["attempts"], row["answer"]) == ("delivered", 1, 0)
    assert row["created_at"] <= row["sent_at"] <= row["settled_at"]
    assert (await desk.row(third))["answer"] == 1
    kinds = [(event.kind, event.payload["id"]) for event in desk.told]
    assert kinds == [
        ("command.sent", first),
        ("command.delivered", first),
        ("command.sent", second),
        ("command.delivered", second),
        ("command.sent", third),
        ("command.refused", third),
    ]
    assert all(event.unit == CAR.number and "payload" not in event.payload for event in desk.told)


async def test_sent_again_three_times_and_then_kept_for_the_next_log_in(nats_server: TestBus, desk: Desk) -> None:
    id = await desk.send("hello")
    async with ingest(nats_server, desk) as rig:
        async with terminal(rig) as deaf:
            heard = [await deaf.text() for _ in range(messenger.TRIES)]
            assert {words for _, words in heard} == {"hello"}
            await desk.becomes(id, "queued")
            deaf.answer(heard[0][0] + 77)
            deaf.say(jt.GENERAL_REPLY, b"\0")
        assert (await desk.row(id))["attempts"] == 3
        async with terminal(rig) as again:
            serial, _ = await again.text()
            again.answer(serial)
            await desk.becomes(id, "delivered")
        assert (await desk.row(id))["attempts"] == 4


async def test_what_is_not_delivered_in_time_expires_and_is_never_sent(
    nats_server: TestBus, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messenger, "EXPIRE_S", 0.05)
    id, fresh = await desk.send("too late", seconds=0.1), await desk.send("in time")
    await asyncio.sleep(0.15)
    async with ingest(nats_server, desk) as rig, terminal(rig) as one:
        serial, words = await one.text()
        assert words == "in time"
        one.answer(serial)
        await desk.becomes(fresh, "delivered")
        await desk.becomes(id, "expired")
    assert (await desk.row(id))["attempts"] == 0


async def test_an_ingest_that_died_before_the_answer_sends_it_again(nats_server: TestBus, desk: Desk) -> None:
    id = await desk.send("once more")
    async with ingest(nats_server, desk, command_reply_s=60) as first, terminal(first) as one:
        await one.text()
        # As a killed one: it writes nothing down any more.
        first.ingest.messenger._database = None
    assert await desk.state(id) == "sent"
    async with ingest(nats_server, desk) as second, terminal(second) as one:
        serial, words = await one.text()
        assert words == "once more"
        one.answer(serial)
        await desk.becomes(id, "delivered")
    assert (await desk.row(id))["attempts"] == 2


async def test_a_line_that_breaks_leaves_it_queued(nats_server: TestBus, desk: Desk) -> None:
    id = await desk.send("hold the line")
    async with ingest(nats_server, desk, command_reply_s=60) as rig:
        async with terminal(rig) as one:
            await one.text()
        await desk.becomes(id, "queued")
        assert rig.ingest.messenger._devices == {}


async def test_one_taken_back_is_not_sent(nats_server: TestBus, desk: Desk) -> None:
    id, other = await desk.send("never mind"), await desk.send("this one")
    async with desk.database.transaction() as session:
        assert await commands.cancel_command(session, desk.known.id + 1, id) is None, "of another device"
        assert await commands.cancel_command(session, desk.known.id, id) is not None
        assert await commands.cancel_command(session, desk.known.id, id) is None
    async with ingest(nats_server, desk) as rig, terminal(rig) as one:
        assert (await one.text())[1] == "this one"
        async with desk.database.transaction() as session:
            assert await commands.cancel_command(session, desk.known.id, other) is None, "it is on its way"
    assert await desk.state(id) == "cancelled"


async def test_a_stranger_on_its_number_is_sent_nothing(nats_server: TestBus, desk: Desk) -> None:
    id = await desk.send("secret")
    async with ingest(nats_server, desk) as rig:
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.ports["jt808"])
        with contextlib.closing(writer):
            stranger = Terminal(reader, writer, is_2019=False)
            stranger.say(jt.AUTHENTICATE, b"guess")
            stranger.say(jt.HEARTBEAT, b"")
            await asyncio.sleep(0.3)
            assert rig.ingest.messenger._devices == {}
    assert await desk.state(id) == "queued"


async def test_no_more_than_so_many_wait(desk: Desk) -> None:
    async with desk.database.transaction() as session:
        for number in range(commands.MOST_OPEN):
            await commands.add_command(session, desk.known.id, str(number), timedelta(hours=1), ACTOR)
        with pytest.raises(Refusal, match="wait for this device already"):
            await commands.add_command(session, desk.known.id, "one more", timedelta(hours=1), ACTOR)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("😀 come", id="not in GBK"),
        pytest.param("字" * 511, id="too long for a frame"),
        pytest.param("  ", id="nothing"),
        pytest.param("a\0b", id="zero byte"),
        pytest.param("\ud800", id="half a sign"),
    ],
)
def test_words_that_cannot_be_sent_are_refused(words: str) -> None:
    with pytest.raises(BadInput) as refused:
        commands.check_command("jt808", words)
    assert refused.value.facts["code"] == "text_bad"


def test_the_longest_words_fit_into_a_frame_of_either_version() -> None:
    words = "字" * 510
    commands.check_command("jt808", words)
    for is_2019 in (False, True):
        assert write_frame(Frame(jt.TEXT, PHONE, 1, jt.text(words, is_2019=is_2019), is_2019))


def test_who_can_be_told_something() -> None:
    told = {name for name, entry in PROTOCOLS.items() if isinstance(entry.decoder(), Commandable)}
    assert told == {"jt808"}
    for name in PROTOCOLS.keys() - told:
        with pytest.raises(Refusal, match="knows no messages"):
            commands.check_command(name, "hello")
