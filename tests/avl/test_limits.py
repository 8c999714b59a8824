"""Bounds: of connections, of the time that one may hold a place for naught, of fixes, of wrong tokens."""

import asyncio
import contextlib
import gc
import socket
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.avl import limits as limits_module
from backend.avl import listeners as listeners_module
from backend.avl.batch import decode
from backend.avl.limits import Limits, Rates, WrongTokens
from backend.process import allow_files
from backend.settings import Settings
from tests.avl.makers import CAR, Rig, device, running_ingest
from tests.avl.test_listeners import START, Phone, fix, phone
from tests.bus.servers import until
from tests.conftest import TestBus

TCP_REPAIR = 19  # a socket closed in this state tells the other side nothing
HONEST, CROWD = "127.0.0.1", "127.0.0.9"
LOGIN = b"car-k3y\r\n"
HALF_A_LINE = b"$GPRMC,0815"


@pytest.fixture(autouse=True)
def _swept_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listeners_module, "SWEEP_S", 0.05)


@contextlib.asynccontextmanager
async def line(rig: Rig, protocol: str = "osmand", source: str = HONEST) -> AsyncIterator[Phone]:
    """A connection from this address of the loopback network."""
    reader, writer = await asyncio.open_connection("127.0.0.1", rig.ports[protocol], local_addr=(source, 0))
    try:
        yield Phone(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@contextlib.contextmanager
def silent(rig: Rig, count: int, source: str = CROWD) -> Iterator[list[socket.socket]]:
    """Connections that say nothing."""
    opened: list[socket.socket] = []
    try:
        for _ in range(count):
            one = socket.socket()
            one.setblocking(False)
            one.bind((source, 0))
            one.connect_ex(("127.0.0.1", rig.port))
            opened.append(one)
        yield opened
    finally:
        for one in opened:
            one.close()


def turned_away(rig: Rig) -> dict[str, int]:
    return dict(rig.ingest.limits.turned_away)


async def was_cut(client: Phone) -> bool:
    """Whether the other side ended it, however; waits for it."""
    try:
        return await client.is_closed()
    except ConnectionResetError:
        return True


@pytest.mark.slow
async def test_thousands_that_say_nothing_delay_nobody_and_take_no_memory(nats_server: TestBus) -> None:
    allow_files(6000)
    async with running_ingest(nats_server.url) as rig, line(rig) as client:
        client.send(fix(0))
        assert await client.status() == 200
        tracemalloc.start()
        try:
            with silent(rig, 2500):
                await until(lambda: sum(turned_away(rig).values()) >= 2300)
                gc.collect()
                kept, _ = tracemalloc.get_traced_memory()
                began = time.monotonic()
                for number in range(1, 51):
                    client.send(fix(number))
                    assert await client.status() == 200
                each_s = (time.monotonic() - began) / 50
                async with line(rig) as another:
                    another.send(fix(100))
                    assert await another.status() == 200, "from elsewhere one still gets in"
        finally:
            tracemalloc.stop()
        assert turned_away(rig) == {"newcomers_of_address": 2300}
        assert rig.ingest.limits.public()["newcomers"] == 200
        assert kept < 8_000_000
        assert each_s < 0.1
    assert rig.ingest.limits.public()["open"] == 0


async def test_one_who_waits_too_long_makes_room(nats_server: TestBus, monkeypatch: pytest.MonkeyPatch) -> None:
    """So whoever holds all places of an address shuts nobody out for long who shares it."""
    monkeypatch.setattr(limits_module, "PATIENCE_S", 0.2)
    async with running_ingest(nats_server.url, newcomers_per_address=3) as rig:
        with silent(rig, 3, HONEST):
            await until(lambda: len(rig.listeners.connections) == 3)
            async with line(rig) as early:
                assert await was_cut(early)
            await asyncio.sleep(0.25)
            async with line(rig) as late:
                late.send(fix(1))
                assert await late.status() == 200
        assert turned_away(rig) == {"newcomers_of_address": 1, "newcomers": 1}


@pytest.mark.parametrize(
    ("bounds", "reason"),
    [
        ({"connections": 1}, "connections"),
        ({"connections_per_address": 1}, "connections_of_address"),
    ],
)
async def test_too_many_connections_are_turned_away(nats_server: TestBus, bounds: dict[str, Any], reason: str) -> None:
    async with running_ingest(nats_server.url, **bounds) as rig, phone(rig) as first:
        first.send(fix(1))
        assert await first.status() == 200
        async with phone(rig) as second:
            assert await was_cut(second)
        assert turned_away(rig) == {reason: 1}
        first.send(fix(2))
        assert await first.status() == 200
        if reason == "connections_of_address":
            async with line(rig, source=CROWD) as elsewhere:
                elsewhere.send(fix(3))
                assert await elsewhere.status() == 200
    assert rig.ingest.limits.public()["open"] == 0


async def test_who_does_not_log_in_is_closed_whatever_trickles(nats_server: TestBus) -> None:
    """A byte now and then, whole messages of a stranger, nothing at all: none of it holds a place."""
    async with running_ingest(nats_server.url, login_s=0.6, message_s=30, protocols=("nmea",)) as rig:
        rig.know(device("car", protocol="nmea"), device(number=2))
        async with (
            line(rig, "nmea") as known,
            line(rig, "nmea") as empty_lines,
            line(rig) as trickle,
            line(rig) as stranger,
            line(rig) as mute,
        ):
            known.send(LOGIN)
            cut = [asyncio.create_task(was_cut(one)) for one in (empty_lines, trickle, mute)]
            for number in range(20):
                empty_lines.send(b"\r\n")
                trickle.send(b"GET /?id=phone-k3y&lat=1"[number : number + 1])
                if number < 8:
                    stranger.send(fix(number, "nobody"))
                    assert await stranger.status() == 400
                await asyncio.sleep(0.05)
            assert all(await asyncio.gather(*cut))
            assert await was_cut(stranger)
            assert turned_away(rig) == {"no_login": 4}
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(known.reader.read(1), 0.1)


@pytest.mark.parametrize("protocol", ["osmand", "nmea", "jt808"])
async def test_a_message_that_never_ends_ends_its_connection(nats_server: TestBus, protocol: str) -> None:
    """Also of who has logged in, and though bytes go on to come."""
    begins = {"osmand": fix(1), "nmea": LOGIN, "jt808": b""}
    drops = {"osmand": b"GET /?lat=1" + b"1" * 60, "nmea": HALF_A_LINE * 6, "jt808": b"\x7e" + b"\x02" * 60}
    login_s = 30 if protocol == "jt808" else 0.3
    async with running_ingest(nats_server.url, login_s=login_s, message_s=0.5, protocols=(protocol,)) as rig:
        rig.know(device("car", protocol="nmea"), device(number=2))
        async with line(rig, protocol) as slow, line(rig) as honest:
            slow.send(begins[protocol])
            if protocol == "osmand":
                assert await slow.status() == 200
            await asyncio.sleep(0.05)
            cut = asyncio.create_task(was_cut(slow))
            for number in range(40):
                slow.send(drops[protocol][number : number + 1])
                honest.send(fix(10 + number))
                assert await honest.status() == 200
                await asyncio.sleep(0.03)
            assert await cut
            assert turned_away(rig) == {"unfinished": 1}


async def test_a_long_message_over_a_bad_network_arrives(nats_server: TestBus) -> None:
    """Slower than `message_s`, but no slower than 1 kB/s: the more has come, the longer it may take."""
    async with running_ingest(nats_server.url, login_s=0.4, message_s=0.4, protocols=("field",)) as rig:
        rig.know(device("page", protocol="field"))
        body = b'{"identifier":"page","token":"k3y","fixes":[]%s}' % (b" " * 4000)
        request = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        async with line(rig, "field") as client:
            for start in range(0, len(request), 300):
                client.send(request[start : start + 300])
                await asyncio.sleep(0.08)
            assert await client.status() == 200
        assert turned_away(rig) == {}


async def test_a_device_that_vanished_is_noticed_while_nothing_is_sent(nats_server: TestBus) -> None:
    """Half-open: its side is gone and never said so. The kernel asks, and what gets no answer is closed."""
    async with running_ingest(nats_server.url, keep_alive_s=1) as rig:
        gone = socket.create_connection(("127.0.0.1", rig.port))
        gone.sendall(fix(1))
        await asyncio.to_thread(gone.recv, 4096)
        try:
            gone.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
        except PermissionError:
            gone.close()
            pytest.skip("only root may close a socket without a word")
        gone.close()
        await asyncio.sleep(0.2)
        assert len(rig.listeners.connections) == 1, "nobody has said anything"
        await until(lambda: not rig.listeners.connections, 8)


async def test_sockets_ask_whether_the_device_is_there(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url, keep_alive_s=44) as rig, phone(rig):
        await until(lambda: rig.listeners.connections)
        (connection,) = rig.listeners.connections
        assert connection._transport is not None
        accepted = connection._transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT, socket.TCP_USER_TIMEOUT)
        assert [accepted.getsockopt(socket.IPPROTO_TCP, one) for one in options] == [44, 11, 4, 88_000]


async def test_who_guesses_tokens_is_locked_out_and_nobody_else_is_cut_off(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url, wrong_tokens_per_minute=3, wrong_tokens_lock_s=0.7) as rig:  # noqa: SIM117
        async with line(rig) as honest, line(rig) as guesser:
            honest.send(fix(0))
            assert await honest.status() == 200
            for number in range(10):
                guesser.send(fix(1, token="typo") + fix(1, "nobody", f"token{number}"))
                assert [await guesser.status() for _ in range(2)] == [400, 400]
            assert turned_away(rig) == {}, "one wrong token is a mistake, and strangers may have what token they like"
            guesser.send(b"".join(fix(1, token=f"guess{number}") for number in range(9)) + fix(2))
            assert await was_cut_after_answers(guesser)
            assert turned_away(rig) == {"wrong_tokens": 1}
            assert rig.ingest.latest.moments == {CAR.number: START}, "nor was what came after looked at"
            async with line(rig) as another:
                assert await was_cut(another)
            async with line(rig, source=CROWD) as elsewhere:
                elsewhere.send(fix(3))
                assert await elsewhere.status() == 200
            honest.send(fix(4))
            assert await honest.status() == 200, "who was there stays"
            await asyncio.sleep(0.7)
            async with line(rig) as later:
                later.send(fix(5))
                assert await later.status() == 200


async def was_cut_after_answers(client: Phone) -> bool:
    try:
        while await asyncio.wait_for(client.reader.read(4096), 8):
            pass
    except ConnectionResetError:
        pass
    return True


async def test_datagrams_lock_nobody_out(nats_server: TestBus) -> None:
    """Whoever forges an address must not shut the true one out."""
    async with running_ingest(nats_server.url, wrong_tokens_per_minute=1, protocols=("nmea",)) as rig:
        rig.know(device("car", protocol="nmea"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(("127.0.0.1", rig.ports["nmea"]))
            for number in range(9):
                sender.send(b"car-guess%d\n$GPGGA" % number)
        await until(lambda: rig.batches.cumulative.get("nmea", 0) >= 9)
        assert not rig.ingest.limits.wrong_tokens.locked(HONEST)


def sentence(seconds: int) -> bytes:
    """One RMC of today."""
    body = time.strftime(f"GPRMC,0000{seconds:02d}.00,A,2812.0000,N,11306.0000,E,1.0,90.0,%d%m%y,,,A", time.gmtime())
    total = 0
    for sign in body.encode():
        total ^= sign
    return b"$%s*%02X\r\n" % (body.encode(), total)


async def test_a_device_that_sends_too_much_is_read_later_and_loses_nothing(nats_server: TestBus) -> None:
    """What it has sent at once is taken; then its socket is left alone until its share is whole again."""
    async with running_ingest(nats_server.url, device_fixes_per_s=20, device_burst=10, protocols=("nmea",)) as rig:
        rig.know(device("car", protocol="nmea"), device(number=2))
        async with line(rig, "nmea") as fast, line(rig) as other:
            fast.send(LOGIN + b"".join(sentence(number) for number in range(40)))
            await until(lambda: rig.batches.cumulative.get("nmea") == 40)
            rests_until = time.monotonic() + (40 - 10) / 20 - 0.3
            fast.send(sentence(40))
            other.send(fix(1))
            assert await other.status() == 200, "the others are not held up"
            await until(lambda: rig.batches.cumulative["nmea"] == 41)
            assert time.monotonic() > rests_until
        await until(lambda: not rig.listeners.connections)
        assert await rig.batches.drain(5)
        assert turned_away(rig)["device_rate"] >= 1
        found = []
        for sequence in range(1, (await rig.bus.jetstream.stream_info("fixes")).state.messages + 1):
            batch = decode((await rig.bus.jetstream.get_msg("fixes", seq=sequence)).data or b"")
            found += [one for one in batch.fixes if one.device == 1]
        assert len(found) == 41


async def test_over_http_who_sends_too_much_is_told_to_come_later(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url, device_fixes_per_s=5, device_burst=3) as rig, phone(rig) as client:
        rig.know(device(), device("tablet", 2))
        client.send(b"".join(fix(number) for number in range(6)) + fix(9, "tablet"))
        assert [await client.status() for _ in range(7)] == [200, 200, 200, 200, 503, 503, 200]
        assert turned_away(rig) == {"device_rate": 2}
        assert rig.batches.cumulative == {"osmand": 5}, "what was not taken is not counted"
        await asyncio.sleep(0.45)
        async with phone(rig) as again:
            again.send(fix(4))
            assert await again.status() == 200


async def test_of_datagrams_what_is_too_much_is_counted(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url, device_fixes_per_s=1, device_burst=2, protocols=("nmea",)) as rig:
        rig.know(device("car", protocol="nmea"))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.connect(("127.0.0.1", rig.ports["nmea"]))
            for number in range(6):
                sender.send(LOGIN + sentence(number))
        await until(lambda: rig.batches.cumulative.get("nmea", 0) >= 6)
        assert await rig.batches.drain(5)
        batch = decode((await rig.bus.jetstream.get_msg("fixes", seq=1)).data or b"")
        assert turned_away(rig)["device_rate"] >= 2
        assert len(batch.fixes) <= 4


@dataclass(eq=False)
class Stranger:
    """A line without a socket."""

    address: str
    came: float
    limits: Limits
    known: bool = False
    reasons: list[str] = field(default_factory=list)

    def turn_away(self, reason: str) -> None:
        self.reasons.append(reason)
        self.limits.leave(self)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["come", "know", "leave"]), st.integers(0, 9))))
def test_bounds_hold_whatever_comes(moves: list[tuple[str, str, int]]) -> None:
    bounds = Settings(connections=9, connections_per_address=5, newcomers=4, newcomers_per_address=2)
    limits, clock = Limits(bounds), 0.0
    inside: list[Stranger] = []
    for address, what, which in moves:
        clock += 1.0
        if what == "come":
            stranger = Stranger(address, clock, limits)
            if limits.admit(stranger) is None:
                inside.append(stranger)
            assert not any(one.reasons for one in inside if one.known), "who has logged in is never cut off"
            inside = [one for one in inside if not one.reasons]
        elif inside and what == "know":
            inside[which % len(inside)].known = True
            limits.know(inside[which % len(inside)])
        elif inside:
            limits.leave(inside.pop(which % len(inside)))
        newcomers = [one for one in inside if not one.known]
        assert limits.public()["open"] == len(inside) <= 9
        assert limits.public()["newcomers"] == len(newcomers) <= 4
        for name in "abc":
            assert sum(one.address == name for one in inside) <= 5
            assert sum(one.address == name for one in newcomers) <= 2


def test_wrong_tokens_of_many_addresses_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "MOST_ADDRESSES", 10)
    wrong = WrongTokens(1, 60)
    for number in range(30):
        wrong.note(f"10.0.0.{number}", "a")
        wrong.note(f"10.0.0.{number}", "b")
    assert len(wrong._shown) == 10
    assert wrong.locked("10.0.0.29")
    assert not wrong.locked("10.0.0.1")


def test_a_new_minute_begins_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("backend.avl.limits.time.monotonic", lambda: clock[0])
    wrong = WrongTokens(2, 30)
    for number in range(20):
        wrong.note("a", str(number))
        clock[0] += 31
        assert not wrong.locked("a")


def test_a_burst_comes_back_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("backend.avl.limits.time.monotonic", lambda: clock[0])
    rates = Rates(10, 50)
    assert rates.spend(1, 50) <= clock[0]
    assert rates.allows(1)
    assert rates.spend(1, 20) == pytest.approx(1002)
    assert not rates.allows(1)
    assert rates.allows(2)
    clock[0] += 2
    assert rates.allows(1)
    clock[0] += 60
    assert rates.spend(1, 50) <= clock[0], "no more than one burst is saved up"
    assert rates.spend(1, 1) > clock[0]
