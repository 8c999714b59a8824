"""GPS receivers that the program calls: the real gpsd, fed by the real gpsfake."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backend.avl import receivers as receivers_module
from backend.avl.batch import decode
from backend.avl.protocols import PROTOCOLS
from backend.avl.receivers import Receivers
from backend.bus.record import unpack
from backend.bus.subjects import ALL_POSITIONS
from backend.demo import nmea, receiver
from backend.demo.gps import Gps
from backend.geo.cells import distance_m
from tests.avl.makers import CAR, Rig, device, free_port, running_ingest
from tests.bus.servers import connected, until
from tests.conftest import TestBus
from tests.demo.networks import town_driver

needs_gpsd = pytest.mark.skipif(not receiver.available(), reason="apt-get install gpsd gpsd-clients")


@contextlib.asynccontextmanager
async def running_gpsd(folder: Path, port: int) -> AsyncIterator[dict[str, tuple[float, float]]]:
    """gpsd with a drive that begins now; yields where the car is, by gpsd's time."""
    driver, gps = town_driver("command", 1001), Gps(1001)
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    places: dict[str, tuple[float, float]] = {}
    sentences = []
    for second in range(60):
        driver.advance(1)
        moment = start + timedelta(seconds=second)
        sample = gps.look(driver)
        places[moment.isoformat()] = (sample.longitude, sample.latitude)
        sentences.append(nmea.epoch(moment, sample))
    file = folder / f"drive-{port}.nmea"
    file.write_text("".join(sentences), newline="")
    replay = asyncio.create_task(receiver.replay(file, port, 60))
    try:
        yield places
    finally:
        replay.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await replay


@contextlib.asynccontextmanager
async def receiving(rig: Rig) -> AsyncIterator[Receivers]:
    """The receivers of this ingest."""
    async with Receivers(rig.ingest, rig.process.registry, PROTOCOLS["gpsd"]) as receivers:
        task = asyncio.create_task(receivers.run())
        try:
            yield receivers
            assert not task.done(), task.exception()
            assert not any(follower.done() for follower in receivers._running.values())
        finally:
            task.cancel()


def car(port: int) -> object:
    return device("car", 1, protocol="gpsd", address=f"127.0.0.1:{port}", simulated=True)


def children(port: int) -> list[int]:
    """Processes that poll this port."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_bytes()
                if b"receiver_child" in command and str(port).encode() in command.split(b"\0"):
                    found.append(int(folder.name))
    return found


@needs_gpsd
@pytest.mark.slow
async def test_fixes_come_through_an_outage_of_gpsd_and_end_with_the_address(
    nats_server: TestBus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receivers_module, "FIRST_PAUSE_S", 0.2)
    monkeypatch.setattr(receivers_module, "LONGEST_PAUSE_S", 0.5)
    port = free_port()
    async with running_ingest(nats_server.url) as rig, connected(nats_server.url) as ear, receiving(rig):
        heard: list[bytes] = []
        await ear.subscribe(ALL_POSITIONS, lambda message: heard.append(message.data))
        await ear.flush()
        rig.know(car(port))  # type: ignore[arg-type]
        async with running_gpsd(tmp_path, port) as places:
            await until(lambda: len(heard) >= 3, timeout=15)
        records = [unpack(data) for data in heard]
        for record in records:
            moment = datetime.fromtimestamp(record.time / 1000, UTC)
            assert distance_m(record.longitude, record.latitude, *places[moment.isoformat()]) < 0.2
            assert record.unit == CAR.number
            assert record.source == PROTOCOLS["gpsd"].number
        assert any(record.heading is not None for record in records)
        gone = len(heard)
        async with running_gpsd(tmp_path, port):
            await until(lambda: len(heard) > gone, timeout=15)
            rig.know()
            await until(lambda: not children(port))
        assert await rig.batches.drain(5)
        batch = decode((await rig.bus.jetstream.get_msg("fixes", seq=1)).data or b"")
        assert set(batch.counts) == {"gpsd"}


@pytest.mark.slow
async def test_silent_listener_hangs_nobody(
    nats_server: TestBus, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It accepts and says nothing: the child gives up by itself, or is killed, and is started again."""
    monkeypatch.setattr(receivers_module, "SILENCE_S", 0.5)
    monkeypatch.setattr(receivers_module, "FIRST_PAUSE_S", 0.05)
    calls = 0
    connections: list[asyncio.StreamWriter] = []

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        connections.append(writer)

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with running_ingest(nats_server.url) as rig, receiving(rig):
            rig.know(car(port))  # type: ignore[arg-type]
            await until(lambda: calls >= 2, timeout=15)
        await until(lambda: not children(port))
        for writer in connections:
            writer.close()
    assert "silent for" in caplog.text


@pytest.mark.slow
async def test_receivers_come_and_go_with_the_registry(nats_server: TestBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receivers_module, "FIRST_PAUSE_S", 0.05)
    one, two = free_port(), free_port()
    async with running_ingest(nats_server.url) as rig, receiving(rig) as receivers:
        rig.know(device("phone", 2, address="127.0.0.1:1"), device("plain", 3, protocol="gpsd"))
        await asyncio.sleep(0.05)
        assert not receivers._running, "only gpsd devices with an address are called"
        rig.know(car(one))  # type: ignore[arg-type]
        await until(lambda: children(one))
        rig.know(car(two))  # type: ignore[arg-type]
        await until(lambda: children(two) and not children(one))
    assert not children(two)


async def test_address_that_is_none_stops_nobody(nats_server: TestBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receivers_module, "FIRST_PAUSE_S", 0.05)
    async with running_ingest(nats_server.url) as rig, receiving(rig) as receivers:
        rig.know(device("odd", 2, protocol="gpsd", address="nonsense"))
        await until(lambda: receivers._running)
        await asyncio.sleep(0.5)


async def child_says(port: int) -> list[dict[str, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "backend.avl.receiver_child",
        "127.0.0.1",
        str(port),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await asyncio.wait_for(process.communicate(), 10)
    assert process.returncode == 1
    assert errors == b""
    return [json.loads(line) for line in output.splitlines()]


async def test_child_says_why_it_ends() -> None:
    (said,) = await child_says(free_port())
    assert (said["class"], said["state"]) == ("STATE", "down")
    assert "refused" in said["reason"]


@pytest.mark.parametrize(
    "greeting",
    [b"", b"SSH-2.0-OpenSSH\r\n", b'{"class":"OTHER"}\n', b"[]\n", b'{"class":"VERSION"}\nnothing\n', b"\xff\xfe\n"],
    ids=["closes at once", "ssh", "other JSON", "list", "breaks off", "no text"],
)
async def test_child_meets_something_else(greeting: bytes) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        with contextlib.suppress(OSError):
            await writer.drain()
            writer.write_eof()
            await reader.read()
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        (said,) = await child_says(server.sockets[0].getsockname()[1])
        assert (said["class"], said["state"]) == ("STATE", "down")
        assert said["reason"]
