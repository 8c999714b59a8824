"""Device ports: real sockets, a real bus, a real ingest."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from backend.avl import connections as connections_module
from backend.avl import listeners as listeners_module
from backend.avl.batch import decode
from backend.bus.record import unpack
from backend.bus.subjects import ALL_POSITIONS, parse_position
from backend.clock import now_ms
from backend.geo.cells import cell_of
from tests.avl.makers import CAR, DISTRICT, SQUAD, TOKEN, Rig, device, off_duty, running_ingest
from tests.bus.servers import connected, killable_server, until
from tests.conftest import TestBus

START = now_ms() - 60_000


class Phone:
    """One connection of a client that writes what it is told."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def status(self) -> int:
        """The status of the next answer."""
        async with asyncio.timeout(8):
            head = await self.reader.readuntil(b"\r\n\r\n")
            lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            await self.reader.readexactly(int(lengths[0][15:]))
        return int(head.split()[1])

    async def is_closed(self) -> bool:
        """Whether the other side ended the connection; waits for it."""
        async with asyncio.timeout(8):
            return await self.reader.read(1) == b""


@contextlib.asynccontextmanager
async def phone(rig: Rig) -> AsyncIterator[Phone]:
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
    try:
        yield Phone(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def fix(moment: int, identifier: str = "phone", token: str = TOKEN, more: str = "", longitude: float = 113.1) -> bytes:
    """A request with one fix, `moment` ms after START."""
    query = f"id={identifier}-{token}&timestamp={START + moment}&lat=28.2&lon={longitude}&speed=10{more}"
    return f"POST /?{query} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n".encode()


async def messages(rig: Rig) -> int:
    return (await rig.bus.jetstream.stream_info("fixes")).state.messages


async def test_answered_when_it_is_durable_and_announced_at_once(nats_server: TestBus) -> None:
    async with (
        running_ingest(nats_server.url, batches=False) as rig,
        phone(rig) as client,
        connected(nats_server.url) as ear,
    ):
        heard: list[tuple[str, bytes]] = []
        await ear.subscribe(ALL_POSITIONS, lambda message: heard.append((message.subject, message.data)))
        await ear.flush()
        client.send(fix(0))
        await until(lambda: heard)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 0.2)
        assert await messages(rig) == 0
        rig.process.start(rig.batches.run())
        assert await client.status() == 200
        assert await messages(rig) == 1
        (subject, record), *others = heard
        assert others == []
        address = parse_position(subject)
        assert (address.district, address.squad, address.unit) == (DISTRICT, SQUAD, CAR.number)
        assert address.cell == cell_of(113.1, 28.2)
        told = unpack(record)
        assert (told.time, told.longitude, told.latitude, told.source) == (START, 113.1, 28.2, 2)
        assert told.speed == pytest.approx(5.14, abs=0.006), "knots came in"
        batch = decode((await rig.bus.jetstream.get_msg("fixes", seq=1)).data or b"")
        assert batch.fixes[0].speed == pytest.approx(10 * 1852 / 3600)


async def test_replies_keep_the_order_of_the_requests(nats_server: TestBus) -> None:
    """What is settled at once waits behind what must first be stored."""
    async with running_ingest(nats_server.url) as rig, phone(rig) as client:
        client.send(
            fix(1)
            + fix(2, token="wrong")
            + b"GET /nothing HTTP/1.1\r\n\r\n"
            + fix(2)
            + fix(1)  # a repeat
            + fix(3, longitude=0).replace(b"lat=28.2", b"lat=0")  # null island: refused, and not to be sent again
            + b"GET /?id=phone-k3y&batt=5 HTTP/1.1\r\n\r\n"
        )
        assert [await client.status() for _ in range(7)] == [200, 400, 400, 200, 200, 200, 200]
        assert rig.batches.cumulative == {"osmand": 6}, "a sign of life is not counted"


async def test_each_request_is_answered_once_under_load(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url, batch_fixes=10) as rig, phone(rig) as client:
        data = b"".join(fix(number) if number % 3 else fix(number, token="no") for number in range(300))
        for start in range(0, len(data), 777):
            client.send(data[start : start + 777])
            await asyncio.sleep(0)
        statuses = [await client.status() for _ in range(300)]
        assert statuses == [200 if number % 3 else 400 for number in range(300)]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 0.1)
        client.send(fix(1000))
        assert await client.status() == 200, "it is read from again"


JSON = (
    b'{"device_id":"%s","location":{"timestamp":"2026-03-01T08:15:30Z","coords":{"latitude":28.2,"longitude":113.1}}}'
)


@pytest.mark.parametrize(
    ("identifier", "status"),
    [
        pytest.param(b"phone-k3y", 200, id="known"),
        pytest.param(b"phone-wrong", 404, id="wrong token"),
        pytest.param(b"stranger-k3y", 404, id="unknown device"),
        pytest.param(b"receiver-k3y", 404, id="device of another protocol"),
        pytest.param(b"k3y", 404, id="no hyphen"),
        pytest.param(b"phone-\\ud800", 404, id="token that is no text"),
    ],
)
async def test_who_is_known(nats_server: TestBus, identifier: bytes, status: int) -> None:
    async with running_ingest(nats_server.url, retention_days=3660) as rig, phone(rig) as client:
        rig.know(device(), device("receiver", 2, protocol="gpsd"))
        body = JSON % identifier
        client.send(
            b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )
        assert await client.status() == status
        client.send(b"GET /?lat=1&lon=1&id=" + identifier.replace(b"\\ud800", b"%ED%A0%80") + b" HTTP/1.1\r\n\r\n")
        assert await client.status() == (200 if status == 200 else 400)
        assert await rig.batches.drain(5)
        assert rig.batches.cumulative == {"osmand": 2}


async def test_disabled_device_is_refused_from_the_next_request(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url) as rig, phone(rig) as client:
        client.send(fix(1))
        assert await client.status() == 200
        rig.know()
        client.send(fix(2))
        assert await client.status() == 400


@pytest.mark.parametrize("personal", [True, False])
async def test_off_duty_is_acknowledged_and_announced_to_nobody(nats_server: TestBus, personal: bool) -> None:
    async with (
        running_ingest(nats_server.url) as rig,
        phone(rig) as client,
        connected(nats_server.url) as ear,
    ):
        heard: list[bytes] = []
        await ear.subscribe(ALL_POSITIONS, lambda message: heard.append(message.data))
        await ear.flush()
        rig.know(device(unit=off_duty(), personal=personal))
        client.send(fix(1))
        assert await client.status() == 200
        batch = decode((await rig.bus.jetstream.get_msg("fixes", seq=1)).data or b"")
        rejected = batch.counts["osmand"].rejected
        assert ([one.flags for one in batch.fixes], rejected) == (([], {"off_duty": 1}) if personal else ([8], {}))
        await ear.flush()
        assert heard == []
        assert rig.ingest.latest.moments == {}


async def test_back_fill_is_stored_and_not_announced(nats_server: TestBus) -> None:
    async with (
        running_ingest(nats_server.url) as rig,
        phone(rig) as client,
        connected(nats_server.url) as ear,
    ):
        heard: list[int] = []
        await ear.subscribe(ALL_POSITIONS, lambda message: heard.append(unpack(message.data).time - START))
        await ear.flush()
        client.send(fix(5_000) + fix(1_000) + fix(2_000) + fix(6_000))
        assert [await client.status() for _ in range(4)] == [200] * 4
        await until(lambda: len(heard) >= 2)
        assert heard == [5_000, 6_000]
        assert await rig.batches.drain(5)
        assert sum(batch_fixes for batch_fixes in await sizes(rig)) == 4


async def sizes(rig: Rig) -> list[int]:
    found = []
    for sequence in range(1, await messages(rig) + 1):
        found.append(len(decode((await rig.bus.jetstream.get_msg("fixes", seq=sequence)).data or b"").fixes))
    return found


async def test_full_is_503_at_once(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url, batches=False) as rig, phone(rig) as one, phone(rig) as two:
        rig.batches._most_fixes = 2
        one.send(fix(1) + fix(2))
        await until(lambda: rig.batches.full)
        two.send(fix(3))
        assert await two.status() == 503
        assert rig.batches.cumulative == {"osmand": 2}, "what was not taken is not counted"
        rig.process.start(rig.batches.run())
        assert [await one.status() for _ in range(2)] == [200, 200]
        two.send(fix(3))
        assert await two.status() == 200


@pytest.mark.slow
async def test_busy_after_the_time_to_acknowledge() -> None:
    """The bus is away: the device is told to come again, and what it then repeats is stored once."""
    async with (
        killable_server() as server,
        running_ingest(server.url, acknowledge_timeout_s=0.5) as rig,
        phone(rig) as client,
    ):
        client.send(fix(1))
        assert await client.status() == 200
        server.kill()
        client.send(fix(2))
        client.send(fix(3))
        assert [await client.status() for _ in range(2)] == [503, 503]
        client.send(fix(2))  # again, as it was told to; a repeat while the first still waits is no "stored"
        assert await client.status() == 503
        await server.start()
        assert await rig.batches.drain(20)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 0.1)
        client.send(fix(2) + fix(3) + fix(4))
        assert [await client.status() for _ in range(3)] == [200] * 3
        assert await rig.batches.drain(5)
        assert sum(await sizes(rig)) == 4


async def test_garbage_is_answered_and_the_connection_closed(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url) as rig, phone(rig) as client:
        client.send(b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4" + bytes(100))
        assert await client.status() == 400
        assert await client.is_closed()
        assert rig.batches.cumulative == {"osmand": 1}
        await until(lambda: not rig.listeners.connections)


async def test_connection_close_is_honoured_after_the_reply(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url) as rig, phone(rig) as client:
        client.send(fix(1).replace(b"Host: h", b"Connection: close") + fix(2))
        assert await client.status() == 200
        assert await client.is_closed()


async def test_idle_connection_is_closed(nats_server: TestBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections_module, "IDLE_S", 0.3)
    monkeypatch.setattr(listeners_module, "SWEEP_S", 0.05)
    async with running_ingest(nats_server.url) as rig, phone(rig) as talking, phone(rig) as silent:
        for number in range(8):
            talking.send(fix(number))
            assert await talking.status() == 200
            await asyncio.sleep(0.06)
        assert await silent.is_closed()
        talking.send(fix(100))
        assert await talking.status() == 200


async def test_device_that_goes_without_its_answer_loses_nothing(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url, batches=False) as rig:
        async with phone(rig) as client:
            client.send(fix(1))
            await until(lambda: rig.batches.cumulative)
        await until(lambda: not rig.listeners.connections)
        rig.process.start(rig.batches.run())
        assert await rig.batches.drain(5)
        assert await sizes(rig) == [1]


async def test_device_that_never_reads_its_answers_is_cut_off(nats_server: TestBus) -> None:
    """Else a stranger could fill our memory with answers."""
    async with running_ingest(nats_server.url) as rig, phone(rig) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await until(lambda: rig.listeners.connections)
        request = b"GET /nothing HTTP/1.1\r\n\r\n" * 5000
        for _ in range(200):
            client.send(request)
            await asyncio.sleep(0.005)
            if not rig.listeners.connections:
                break
        assert not rig.listeners.connections
        client.writer.transport.abort()


async def test_ports_that_are_off_are_not_opened(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url) as rig:
        assert len(rig.listeners._servers) == 1
