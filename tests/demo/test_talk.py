"""Each protocol as simulated trackers speak it, against a real ingest: what arrives, and what a wrong word gets."""

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
import pytest_asyncio
import uvloop

from backend.avl.batch import StoredFix
from backend.avl.protocols import PROTOCOLS
from backend.clock import now_ms
from backend.demo.bodies import bodies_of
from backend.demo.fleet import posts
from backend.demo.gps import Sample
from backend.demo.organisation import DemoDevice
from backend.demo.talk import WAYS, Call, Way, mqtt, way_of
from backend.demo.talk.call import send
from tests.avl.makers import TOKEN, Rig, device, running_ingest
from tests.avl.mqtt_desk import Desk, open_door, stored_fixes
from tests.bus.servers import KillableServer, connected, killable_server

# South and west as well: the terminals have signs for both.
SAMPLES = (Sample(113.123456, 28.234567, 8.25, 271.4, 6.2), Sample(-58.4, -34.6, 0.0, 359.8, 3.0))
# What each can say: metres of place, m/s, degrees, whether it tells the accuracy.
EXACT = {
    "jt808": (0.2, 0.05, 0.5, False),
    "osmand": (0.02, 0.01, 0.05, True),
    "owntracks": (0.02, 0.15, 0.5, True),
    "nmea": (0.05, 0.01, 0.05, True),
}
WHOLE_SECONDS = ("jt808", "owntracks")
ALL = [(protocol, way) for protocol, ways in WAYS.items() for way in ways]
EACH = pytest.mark.parametrize(("protocol", "way"), ALL, ids=[way.port for _, way in ALL])


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def server() -> AsyncIterator[KillableServer]:
    async with killable_server(mqtt=True) as running_one:
        yield running_one


@dataclass
class Platform:
    """A running ingest that knows one device, and the ports of its doors by name."""

    rig: Rig
    ports: dict[str, int]


@contextlib.asynccontextmanager
async def platform(server: KillableServer, protocol: str, identifier: str) -> AsyncIterator[Platform]:
    opened = (protocol,) if PROTOCOLS[protocol].port else ()
    async with running_ingest(server.url, protocols=opened) as rig, connected(server.devices_url) as devices:
        rig.know(device(identifier, protocol=protocol, simulated=True))
        if protocol == "owntracks":
            await open_door(Desk(server, rig, devices))
        yield Platform(rig, rig.ports | {"mqtt": server.mqtt_port})


def simulated(protocol: str, token: str = TOKEN) -> DemoDevice:
    identifier = "13900000007" if protocol == "jt808" else "sim-007"
    return DemoDevice(identifier, token, posts(bodies_of([], []), 1)[0], protocol)


@contextlib.asynccontextmanager
async def line(way: Way, port: int, one: DemoDevice) -> AsyncIterator[Call]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.closing(writer):
        yield await way.open(one, reader, writer)


def right(fix: StoredFix, sample: Sample, protocol: str) -> None:
    metres, speed, heading, tells_accuracy = EXACT[protocol]
    assert fix.latitude == pytest.approx(sample.latitude, abs=metres / 111_000)
    east = metres / 111_000 / math.cos(math.radians(sample.latitude))
    assert fix.longitude == pytest.approx(sample.longitude, abs=east)
    assert fix.speed == pytest.approx(sample.speed, abs=speed)
    assert fix.heading is not None
    assert abs((fix.heading - sample.heading + 180) % 360 - 180) <= heading
    if tells_accuracy:
        assert fix.accuracy == pytest.approx(sample.accuracy, abs=0.5)
    else:
        assert fix.accuracy is None


@EACH
async def test_what_is_measured_is_what_is_stored(server: KillableServer, protocol: str, way: Way) -> None:
    one = simulated(protocol)
    moments = [now_ms() - 10_000, now_ms() - 5_000]
    async with platform(server, protocol, one.identifier) as there:
        async with line(way, there.ports[way.port], one) as call:
            for sample, moment in zip(SAMPLES, moments, strict=True):
                assert await call.report(sample, moment)
            fixes = await stored_fixes(there.rig, 2)
        assert len(fixes) == 2
        for fix, sample, moment in zip(fixes, SAMPLES, moments, strict=True):
            assert fix.source == PROTOCOLS[protocol].number
            assert 0 <= moment - fix.fixed_at < (1000 if protocol in WHOLE_SECONDS else 10)
            right(fix, sample, protocol)


async def never_taken(there: Platform, way: Way, one: DemoDevice) -> None:
    """A line that says who it is wrongly: refused at once, or with its first fix, where the protocol can say so."""
    try:
        async with line(way, there.ports[way.port], one) as call:
            assert await call.report(SAMPLES[0], now_ms()) is (one.protocol == "nmea")
    except EOFError:
        assert way.port in ("jt808", "mqtt")


@EACH
async def test_a_wrong_token_is_noticed(server: KillableServer, protocol: str, way: Way) -> None:
    one = simulated(protocol)
    async with platform(server, protocol, one.identifier) as there:
        await never_taken(there, way, simulated(protocol, "wrong"))
        async with line(way, there.ports[way.port], one) as call:
            assert await call.report(SAMPLES[0], now_ms())
            fixes = await stored_fixes(there.rig, 1)
        assert len(fixes) == 1


@EACH
async def test_a_cut_line_is_noticed_at_the_next_report(server: KillableServer, protocol: str, way: Way) -> None:
    one = simulated(protocol)
    async with platform(server, protocol, one.identifier) as there, line(way, there.ports[way.port], one) as call:
        assert await call.report(SAMPLES[0], now_ms())
        await cut(there, way)
        with pytest.raises((EOFError, OSError)):
            await asyncio.wait_for(report_for_ever(call), 10)


async def report_for_ever(call: Call) -> None:
    while True:
        await call.report(SAMPLES[0], now_ms())
        await asyncio.sleep(0.05)


async def cut(there: Platform, way: Way) -> None:
    """From the platform's side."""
    if way.port == "mqtt":
        there.rig.know(device("another", protocol="owntracks"))  # the door ends the line of who is known no more
    for connection in list(there.rig.listeners.connections):
        connection.close()


def test_a_line_that_is_gone_is_not_written_to() -> None:
    """On the event loop that the program runs on, where such a write is no OSError."""

    async def work() -> None:
        gone = asyncio.Event()

        def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.transport.abort()
            gone.set()

        async with await asyncio.start_server(answers, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            for await_end in (True, False):
                gone.clear()
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                if await_end:
                    await asyncio.wait_for(gone.wait(), 5)
                    with contextlib.suppress(OSError):
                        await reader.read()
                else:
                    writer.transport.abort()
                with pytest.raises(EOFError):
                    send(b"hello", reader, writer)
                writer.close()

    uvloop.run(work())


def test_the_first_way_whose_port_is_open_is_taken() -> None:
    assert [way.port for ways in WAYS.values() for way in ways] == ["jt808", "osmand", "mqtt", "owntracks", "nmea"]
    assert way_of("owntracks", {"mqtt": 1, "owntracks": 2}) == WAYS["owntracks"][0]
    assert way_of("owntracks", {"owntracks": 2}) == WAYS["owntracks"][1]
    assert way_of("owntracks", {"osmand": 2}) is None


Answers = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def answering(answers: Answers) -> AsyncIterator[mqtt.Publisher]:
    """A publisher on a line to a server that says what the test wants."""
    listening = await asyncio.start_server(answers, "127.0.0.1", 0)
    async with listening:
        reader, writer = await asyncio.open_connection(*listening.sockets[0].getsockname()[:2])
        with contextlib.closing(writer):
            yield mqtt.Publisher(reader, writer)


async def test_mqtt_waits_for_the_acknowledgement_of_its_own_message() -> None:
    told: list[bytes] = []
    right = asyncio.Event()

    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            told.append(await reader.readexactly(212))
            message_to_us = b"\x30\x81\x01" + b"x" * 129
            writer.write(message_to_us + b"\x40\x02\x00\x09")
            await right.wait()
            writer.write(b"\x40\x02\x00\x01")
            await reader.read()

    async with answering(answers) as publisher:
        publishing = asyncio.create_task(publisher.publish("topic", b"p" * 200))
        assert await asyncio.wait({publishing}, timeout=0.2) == (set(), {publishing})
        right.set()
        await asyncio.wait_for(publishing, 5)
    assert told == [b"\x32\xd1\x01\x00\x05topic\x00\x01" + b"p" * 200]


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x20\x02\x00", b"\x20\x02\x00\x05", b"\x20\xff\xff\xff\xff\x01"],
    ids=["nothing", "half", "refused", "a length without end"],
)
async def test_mqtt_that_lets_nobody_in(answer: bytes) -> None:
    async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            await reader.read(100)
            writer.write(answer)

    async with answering(answers) as publisher:
        with pytest.raises(EOFError):
            await publisher.connect("client", "user", "password")


@pytest.mark.parametrize(
    ("length", "spelled"), [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\x01"), (16_384, b"\x80\x80\x01")]
)
def test_lengths_of_mqtt(length: int, spelled: bytes) -> None:
    """The examples of MQTT 3.1.1, table 2.4."""
    assert mqtt.packet(mqtt.PUBLISH, b"x" * length) == b"\x32" + spelled + b"x" * length


async def test_a_terminal_acknowledges_words_for_its_driver(server: KillableServer) -> None:
    async with platform(server, "jt808", "13900000007") as one:
        told: list[tuple[int, int, int]] = []
        one.rig.ingest.messenger.answered = lambda *answer: told.append(answer)  # type: ignore[method-assign]
        (way,) = WAYS["jt808"]
        async with line(way, one.ports[way.port], simulated("jt808")) as call:
            (connection,) = one.rig.listeners.connections
            number = connection.send_text("13900000007", "速到人民路")
            assert await call.report(SAMPLES[0], now_ms())
            assert await call.report(SAMPLES[1], now_ms() + 1000)
        assert told == [(1, number, 0)]
