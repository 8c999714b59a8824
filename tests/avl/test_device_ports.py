"""Each protocol at its own port: real sockets, a real bus, a real ingest, and what lands in the stream."""

import asyncio
import base64
import contextlib
import json
import operator
import socket
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import reduce

import pytest

from backend.avl.batch import Batch, StoredFix, decode
from backend.clock import now_ms
from backend.identity.unknown_devices import Knock
from tests.avl.answers import parsed, post
from tests.avl.makers import TOKEN, Rig, device, running_ingest
from tests.bus.servers import killable_server, until
from tests.conftest import TestBus

START = now_ms() // 1000 * 1000 - 60_000


def owntracks(identifier: str, token: str) -> bytes:
    """A location of 36 km/h."""
    told = {"_type": "location", "lat": 28.2, "lon": 113.1, "tst": START // 1000, "vel": 36, "batt": 50}
    credential = base64.b64encode(f"{identifier}:{token}".encode()).decode()
    return post(json.dumps(told).encode(), f"Authorization: Basic {credential}")


def traccar(identifier: str, token: str) -> bytes:
    """A position of 19.44 knots with an emergency."""
    position = {"latitude": 28.2, "longitude": 113.1, "deviceTime": START, "speed": 10 * 3600 / 1852}
    position["attributes"] = {"alarm": "sos", "batteryLevel": 50}  # type: ignore[assignment]
    told = {"position": position, "device": {"uniqueId": identifier}}
    return post(json.dumps(told).encode(), f"Authorization: Bearer {token}")


def field(identifier: str, token: str) -> bytes:
    """A batch of one."""
    fix = {"at": START, "longitude": 113.1, "latitude": 28.2, "speed": 10}
    return post(json.dumps({"identifier": identifier, "token": token, "fixes": [fix]}).encode())


def sentence(body: str) -> bytes:
    """The sentence with its checksum."""
    return f"${body}*{reduce(operator.xor, body.encode(), 0):02X}\r\n".encode()


def rmc(moment: int) -> bytes:
    """An RMC of 10 m/s, `moment` ms after START."""
    at = datetime.fromtimestamp((START + moment) / 1000, UTC)
    time, date = f"{at:%H%M%S}.{at.microsecond // 1000:03d}", f"{at:%d%m%y}"
    return sentence(f"GPRMC,{time},A,2812.00000,N,11306.00000,E,{10 * 3600 / 1852:.6f},90.0,{date},,,A")


async def answer(rig: Rig, protocol: str, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """What a request is answered on a connection of its own."""
    async with asyncio.timeout(8):
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.ports[protocol])
        writer.write(request.replace(b"Host: h", b"Connection: close"))
        reply = await reader.read()
        writer.close()
        await writer.wait_closed()
    return parsed(reply)


async def batches(rig: Rig) -> list[Batch]:
    """What is in the stream, once everything is."""
    assert await rig.batches.drain(8)
    count = (await rig.bus.jetstream.stream_info("fixes")).state.messages
    return [decode((await rig.bus.jetstream.get_msg("fixes", seq=one + 1)).data or b"") for one in range(count)]


async def stored(rig: Rig) -> list[StoredFix]:
    return [fix for batch in await batches(rig) for fix in batch.fixes]


async def rejected(rig: Rig, source: str) -> dict[str, int]:
    """How many of a source were refused, by reason."""
    found: dict[str, int] = {}
    for batch in await batches(rig):
        for reason, count in batch.counts[source].rejected.items() if source in batch.counts else ():
            found[reason] = found.get(reason, 0) + count
    return found


HTTP = [
    pytest.param("owntracks", 5, owntracks, b"[]", 401, id="owntracks"),
    pytest.param("traccar", 6, traccar, b"", 401, id="traccar"),
    pytest.param("field", 7, field, b'{"stored": 1}', 403, id="field"),
]
Made = Callable[[str, str], bytes]


@pytest.mark.parametrize(("protocol", "number", "request_of", "body", "refusal"), HTTP)
async def test_over_http(
    nats_server: TestBus, protocol: str, number: int, request_of: Made, body: bytes, refusal: int
) -> None:
    """Answered when it is durable; a stranger and a wrong token are refused, the former can be adopted."""
    async with running_ingest(nats_server.url, batches=False, protocols=(protocol,)) as rig:
        rig.know(device("mine", protocol=protocol), device("other", 2, protocol="osmand"))
        waits = asyncio.create_task(answer(rig, protocol, request_of("mine", TOKEN)))
        await until(lambda: rig.batches.cumulative)
        assert not waits.done(), "not before it is stored"
        rig.process.start(rig.batches.run())
        status, _, said = await waits
        assert (status, said) == (200, body)
        for identifier, token in (("mine", "wrong"), ("other", TOKEN), ("stranger", "t" * 16)):
            assert (await answer(rig, protocol, request_of(identifier, token)))[0] == refusal, identifier
        (fix,) = await stored(rig)
        assert (fix.device, fix.source, fix.fixed_at, fix.longitude, fix.latitude) == (1, number, START, 113.1, 28.2)
        assert fix.speed == pytest.approx(10)
        assert fix.alarms == (protocol == "traccar")
        assert fix.attributes == (None if protocol == "field" else {"battery_percent": 50.0})
        assert await rejected(rig, protocol) == {"unknown_device": 3}
        (((identifier, source), knock),) = rig.ingest.knocks.heard.items()
        assert (identifier, source, knock.hash is not None) == ("stranger", protocol, True)


async def test_owntracks_without_a_credential_is_refused_and_can_be_adopted(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url, protocols=("owntracks",)) as rig:
        rig.know(device("mine", protocol="owntracks"))
        bare = owntracks("", "").replace(b"Authorization: Basic Og==", b"X-Limit-U: newcomer\r\nX-Limit-D: " + b"k3y")
        assert (await answer(rig, "owntracks", bare))[0] == 401
        assert await stored(rig) == []
        assert [(knock.identifier, knock.hash) for knock in rig.ingest.knocks.heard.values()] == [("newcomer", None)]


async def test_a_traccar_speaks_for_several_devices_at_once(nats_server: TestBus) -> None:
    """One unknown among them makes Traccar come again, and keeps nobody else out."""
    async with running_ingest(nats_server.url, protocols=("traccar",)) as rig:
        rig.know(device("a", 1, protocol="traccar"), device("c", 3, protocol="traccar"))
        bodies = [json.loads(traccar(name, TOKEN).partition(b"\r\n\r\n")[2]) for name in "abc"]
        request = post(json.dumps(bodies).encode(), f"Authorization: Bearer {TOKEN}")
        assert (await answer(rig, "traccar", request))[0] == 401
        assert [fix.device for fix in await stored(rig)] == [1, 3]
        rig.know(*(device(name, place, protocol="traccar") for place, name in enumerate("abc", 1)))
        assert (await answer(rig, "traccar", request))[0] == 200
        assert sorted(fix.device for fix in await stored(rig)) == [1, 2, 3], "what came again is a repeat"


async def test_nmea_over_tcp(nats_server: TestBus) -> None:
    """Cut anywhere, nothing answered; the fix that waited for its GGA comes with the end of the connection."""
    async with running_ingest(nats_server.url, protocols=("nmea",)) as rig:
        rig.know(device("car", protocol="nmea"))
        reader, writer = await asyncio.open_connection("127.0.0.1", rig.ports["nmea"])
        data = rmc(0) + b"car-k3y\r\n" + rmc(1000) + rmc(1000)[:-3]
        for place in range(0, len(data), 11):
            writer.write(data[place : place + 11])
            await asyncio.sleep(0.001)
        await until(lambda: rig.batches.cumulative.get("nmea", 0) >= 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.1)
        writer.close()
        await until(lambda: not rig.listeners.connections)
        (fix,) = await stored(rig)
        assert (fix.device, fix.source, fix.fixed_at - START) == (1, 4, 1000)
        assert fix.speed == pytest.approx(10, abs=1e-5)
        assert await rejected(rig, "nmea") == {"unknown_device": 1, "malformed": 1}


@pytest.mark.slow
async def test_nmea_over_tcp_waits_for_room_and_loses_nothing() -> None:
    """While the bus is away the socket is not read; a device that cannot be told "later" is held up instead."""
    async with (
        killable_server() as server,
        running_ingest(server.url, protocols=("nmea",), acknowledge_timeout_s=0.3) as rig,
    ):
        rig.know(device("car", protocol="nmea"))
        rig.batches._most_fixes = 120
        _, writer = await asyncio.open_connection("127.0.0.1", rig.ports["nmea"])
        server.kill()
        writer.write(b"car-k3y\r\n" + b"".join(rmc(100 * number) for number in range(300)))
        await until(lambda: rig.batches.full)
        await asyncio.sleep(1.5)
        assert rig.batches.cumulative == {"nmea": 120}
        await server.start()
        await until(lambda: rig.batches.cumulative == {"nmea": 300}, 30)
        writer.close()
        await until(lambda: not rig.listeners.connections)
        assert [fix.fixed_at - START for fix in await stored(rig)] == [100 * number for number in range(300)]


async def test_nmea_that_hangs_up_while_it_waits_is_counted(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url, batches=False, protocols=("nmea",)) as rig:
        rig.know(device("car", protocol="nmea"))
        rig.batches._most_fixes = 3
        _, writer = await asyncio.open_connection("127.0.0.1", rig.ports["nmea"])
        writer.write(b"car-k3y\r\n" + b"".join(rmc(100 * number) for number in range(10)))
        await until(lambda: rig.batches.full)
        (connection,) = rig.listeners.connections
        connection.close()
        await until(lambda: not rig.listeners.connections)
        writer.close()
        rig.process.start(rig.batches.run())
        assert len(await stored(rig)) == 3
        assert await rejected(rig, "nmea") == {"busy": 7}


@contextlib.contextmanager
def sending(rig: Rig) -> Iterator[Callable[[bytes], int]]:
    """What sends a datagram to NMEA's port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", rig.ports["nmea"]))
        yield sender.send


async def test_nmea_over_udp(nats_server: TestBus) -> None:
    """A datagram holds who speaks and several sentences; one without its own identity has none."""
    async with running_ingest(nats_server.url, protocols=("nmea",)) as rig:
        rig.know(device("car", protocol="nmea"), device("bike", 2, protocol="nmea"))
        with sending(rig) as send:
            send(b"car-k3y\r\n" + rmc(0) + rmc(1000) + rmc(2000).strip())
            send(sentence(f"PLDID,bike,{TOKEN}") + rmc(0))
            send(rmc(3000))
            send(b"stranger-tttttttttttttttt\n" + rmc(3000))
            send(b"\x00\xff")
            send(b"")
            await until(lambda: rig.batches.cumulative.get("nmea", 0) >= 8)
        assert [(fix.device, fix.fixed_at - START) for fix in await stored(rig)] == [
            (1, 0),
            (1, 1000),
            (1, 2000),
            (2, 0),
        ]
        assert await rejected(rig, "nmea") == {"unknown_device": 3, "malformed": 1}
        (knock,) = rig.ingest.knocks.heard.values()
        assert isinstance(knock, Knock)
        assert (knock.identifier, knock.address) == ("stranger", "127.0.0.1")


async def test_a_flood_of_datagrams_fills_no_memory_and_is_counted(nats_server: TestBus) -> None:
    """Nothing is stored meanwhile: what is kept is bounded, the rest is counted as refused, the equation holds."""
    async with running_ingest(nats_server.url, batches=False, protocols=("nmea",)) as rig:
        rig.know(device("car", protocol="nmea"))
        rig.batches._most_fixes = 500
        tracemalloc.start()
        try:
            with sending(rig) as send:
                for number in range(600):
                    send(b"car-k3y\r\n" + b"".join(rmc(number * 10 + place) for place in range(10)))
                    await asyncio.sleep(0)
                await until(lambda: rig.batches.cumulative.get("nmea", 0) > 3000)
            kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert kept < 4_000_000
        rig.process.start(rig.batches.run())
        fixes, refused = await stored(rig), await rejected(rig, "nmea")
        assert len(fixes) == 500
        assert refused == {"busy": rig.batches.cumulative["nmea"] - 500}


async def test_the_datagram_port_closes_with_the_others(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url, protocols=("nmea",)) as rig:
        await rig.listeners.close()
        await asyncio.sleep(0.05)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
            again.bind(("127.0.0.1", rig.ports["nmea"]))
