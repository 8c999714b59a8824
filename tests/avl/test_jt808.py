"""JT/T 808: what is answered, who is let in, and that bytes and frames are two forms of one thing."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.avl.connections import Door
from backend.avl.messages import Fix, Login, Malformed, Outcome
from backend.avl.protocols.jt808 import messages as jt
from backend.avl.protocols.jt808.decoder import MOST_ERRORS, Jt808
from backend.avl.protocols.jt808.frame import (
    SHORT_SERIAL,
    BadFrame,
    Frame,
    escape,
    escape_alternative,
    read_frame,
    unescape,
    unescape_alternative,
    write_frame,
)
from backend.avl.protocols.jt808.location import read_location, read_time, write_time
from backend.avl.protocols.jt808.number import check_digit, read_number, write_number
from backend.avl.protocols.jt808.splitter import Alternative, Splitter
from backend.clock import now_ms
from backend.identity.devices import token_hash
from tests.avl.makers import CAR, Rig, device, free_port, running_ingest
from tests.bus.servers import until
from tests.conftest import TestBus

PHONE = "13812345678"
SECRET = b"of this installation"
TERMINAL = "T000001"
REGISTRATION = (
    struct.pack(">HH", 43, 1)
    + b"70111"
    + b"GT-808".ljust(20, b"\0")
    + TERMINAL.encode()
    + b"\x01"
    + "湘A12345".encode("gbk")
)

NO_MESSAGE = (0x28, 0xE7)  # with which something else begins; no message of the standard does
frames = st.builds(
    Frame,
    message=st.integers(0, 0xFFFF).filter(
        lambda message: message not in SHORT_SERIAL and message >> 8 not in NO_MESSAGE
    ),
    phone=st.from_regex(r"[1-9][0-9]{0,11}", fullmatch=True),
    serial=st.integers(0, 0xFFFF),
    body=st.binary(max_size=1023),
    is_2019=st.booleans(),
    fragments=st.just(1),
    number=st.just(1),
    alternative=st.just(False),
    wants_answer=st.booleans(),
)


def location(at: int | None = None, alarm: int = 0) -> bytes:
    """The body of a location report in the middle of the city."""
    return struct.pack(
        ">IIIIhHH6s", alarm, 0b11, 28_200_000, 113_100_000, 45, 363, 90, write_time(now_ms() if at is None else at)
    )


def written(message: int, body: bytes = b"", serial: int = 1, is_2019: bool = False) -> bytes:
    return write_frame(Frame(message, PHONE, serial, body, is_2019))


def answers(data: bytes) -> list[Frame]:
    return [read_frame(one) for one in Splitter().feed(data) if one is not None]


@given(frames)
def test_frames_round_trip(frame: Frame) -> None:
    (escaped,) = Splitter().feed(write_frame(frame))
    assert escaped is not None
    assert read_frame(escaped) == frame


@given(frames, st.integers(2, 5), st.data())
def test_fragments_round_trip(frame: Frame, count: int, data: st.DataObject) -> None:
    one = frame._replace(fragments=count, number=data.draw(st.integers(1, count)))
    (escaped,) = Splitter().feed(write_frame(one))
    assert escaped is not None
    assert read_frame(escaped) == one


@given(frames, st.from_regex(r"[1-9][0-9]{0,13}", fullmatch=True))
def test_frames_between_e7_round_trip(frame: Frame, phone: str) -> None:
    one = frame._replace(alternative=True, is_2019=False, phone=phone)
    data = write_frame(one)
    assert data[1:-1].count(0xE7) == 0
    (escaped,) = Splitter().feed(data)
    assert isinstance(escaped, Alternative)
    assert read_frame(escaped) == one


@given(frames, st.sampled_from(sorted(SHORT_SERIAL)), st.integers(0, 255))
def test_short_serial_numbers_round_trip(frame: Frame, message: int, serial: int) -> None:
    one = frame._replace(message=message, serial=serial)
    (escaped,) = Splitter().feed(write_frame(one))
    assert escaped is not None
    assert read_frame(escaped) == one


@given(st.lists(frames, min_size=1, max_size=4), st.booleans(), st.integers(1, 50))
def test_however_the_stream_is_cut_the_frames_are_the_same(sent: list[Frame], shared: bool, step: int) -> None:
    """Two frames may share the mark between them."""
    whole = b"".join(write_frame(one) for one in sent)
    if shared:
        whole = b"\x7e" + b"".join(write_frame(one)[1:] for one in sent)
    splitter = Splitter()
    pieces = [piece for at in range(0, len(whole), step) for piece in splitter.feed(whole[at : at + step])]
    assert [read_frame(piece) for piece in pieces if piece is not None] == sent


@given(st.binary(min_size=6, max_size=6))
def test_a_number_of_six_bytes_is_written_as_it_came(data: bytes) -> None:
    assert write_number(read_number(data), 6) == data


def test_an_imei_has_its_check_digit() -> None:
    assert read_number(bytes.fromhex("4e5de66fba22")) == "86165205006882" + check_digit("86165205006882")
    assert check_digit("49015420323751") == "8", "3GPP TS 23.003, as everywhere"
    with pytest.raises(ValueError, match="number of 6 bytes"):
        write_number("not a number", 6)


@given(st.binary(max_size=300))
def test_escape_round_trips_between_e7(data: bytes) -> None:
    assert unescape_alternative(escape_alternative(data)) == data
    assert b"\xe7" not in escape_alternative(data)


@given(st.binary(max_size=300))
def test_escape_round_trips_and_holds_no_mark(data: bytes) -> None:
    assert unescape(escape(data)) == data
    assert b"\x7e" not in escape(data)


@given(frames, st.data())
def test_one_wrong_bit_is_noticed(frame: Frame, data: st.DataObject) -> None:
    plain = bytearray(unescape(write_frame(frame)[1:-1]))
    place = data.draw(st.integers(0, len(plain) - 1))
    plain[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(BadFrame):
        read_frame(escape(bytes(plain)))


@given(frames, st.sampled_from([0x7D, 0x7E]))
def test_a_checksum_that_was_not_escaped_is_put_right(frame: Frame, sum: int) -> None:
    """Some terminals escape header and body only."""
    body = frame.body[:1000]
    plain = unescape(write_frame(frame._replace(body=body + b"\0"))[1:-1])
    one = frame._replace(body=body + bytes([plain[-1] ^ sum]))
    whole = unescape(write_frame(one)[1:-1])
    assert whole[-1] == sum
    pieces = Splitter().feed(b"\x7e" + escape(whole[:-1]) + bytes([sum]) + b"\x7e")
    assert [read_frame(piece) for piece in pieces if piece is not None] == [one]


@given(st.integers(946_656_000, 4_102_415_999))
def test_times_round_trip(seconds: int) -> None:
    assert read_time(write_time(seconds * 1000)) == seconds * 1000


def test_a_place_has_its_signs_in_the_status() -> None:
    report = struct.pack(">IIIIhHH6s", 1, 0b1110, 25_269_608, 57_602_956, -3, 18, 360, write_time(0))
    found = read_location(report)
    assert found.place == (-57.602956, -25.269608)
    assert (found.altitude, found.heading, found.alarms) == (-3.0, None, 1)
    assert found.speed == pytest.approx(0.5)


def test_no_place_is_moved_away_from_null_island() -> None:
    body = bytearray(location())
    body[4:8] = struct.pack(">I", 2 | 1 << 5)
    body[8:16] = bytes(8)
    *_, fix = Jt808().feed(write_frame(Frame(jt.LOCATION, PHONE, 1, bytes(body), False)))
    assert isinstance(fix, Fix)
    assert (fix.longitude, fix.latitude) == (0, 0)


@pytest.mark.parametrize(
    ("outcome", "result"),
    [
        (Outcome.STORED, jt.DONE),
        (Outcome.HEARD, jt.DONE),
        (Outcome.UNKNOWN_DEVICE, jt.FAILED),
        (Outcome.MALFORMED, jt.BAD_MESSAGE),
    ],
)
@pytest.mark.parametrize("is_2019", [False, True])
def test_every_frame_is_answered_by_its_serial(outcome: Outcome, result: int, is_2019: bool) -> None:
    decoder = Jt808()
    decoder.feed(written(jt.LOCATION, location(), 0x7E7D, is_2019))
    (answer,) = answers(decoder.reply(1, outcome))
    assert (answer.message, answer.phone, answer.is_2019) == (jt.PLATFORM_REPLY, PHONE, is_2019)
    assert answer.body == bytes.fromhex("7e7d0200") + bytes([result])


def test_what_was_not_taken_is_not_answered_so_that_it_comes_again() -> None:
    decoder = Jt808()
    decoder.feed(written(jt.LOCATION, location()))
    assert decoder.reply(1, Outcome.BUSY) == b""


def test_an_unknown_message_is_unsupported_and_the_time_is_told() -> None:
    decoder = Jt808()
    decoder.feed(written(0x0F00, b"\1") + written(jt.TIME_REQUEST, b"", 2, True))
    (unsupported,) = answers(decoder.reply(1, Outcome.HEARD))
    assert unsupported.body[-1] == jt.UNSUPPORTED
    (told,) = answers(decoder.reply(2, Outcome.HEARD))
    assert told.message == jt.TIME_REPLY
    assert abs(read_time(told.body) + 8 * 3_600_000 - now_ms()) < 2000, "UTC, and not GMT+8"


def test_a_compact_report_is_answered_where_it_asks_for_it() -> None:
    body = (
        bytes.fromhex("220726061550")
        + bytes.fromhex("28120000" + "113060000f")
        + bytes([0x10, 45, 20, 9, 0, 0, 0, 7, 85])
    )
    for wants in (True, False):
        decoder = Jt808()
        frame = Frame(jt.COMPACT, PHONE, 7, body, False, wants_answer=wants)
        *_, fix = decoder.feed(write_frame(frame))
        assert isinstance(fix, Fix)
        assert (fix.longitude, fix.latitude) == pytest.approx((113.1, 28.2))
        assert fix.speed == pytest.approx(10 * 1852 / 3600)
        assert fix.heading == 90
        reply = decoder.reply(fix.frame, Outcome.STORED)
        if not wants:
            assert reply == b""
            continue
        (escaped,) = Splitter().feed(reply)
        assert escaped is not None
        answer = read_frame(escaped)
        assert (answer.message, answer.phone, answer.body) == (0x4401, PHONE, b"\x55\x01\x00")


def test_a_sentence_that_asks_for_the_time_is_told_it_in_utc() -> None:
    decoder = Jt808()
    (heard,) = decoder.feed(b"(794104004140,1,001,BASE,2,TIME)")
    reply = decoder.reply(heard.frame, Outcome.HEARD)
    assert reply.startswith(b"(794104004140,1,001,BASE,2,20")
    assert len(reply) == len(b"(794104004140,1,001,BASE,2,20261124023000)")
    (other,) = decoder.feed(b"(740190311185,1,001,ELOCK,3,529439)")
    assert decoder.reply(other.frame, Outcome.HEARD) == b""


def test_a_code_belongs_to_number_terminal_and_installation() -> None:
    def code(secret: bytes, registration: bytes) -> bytes:
        decoder = Jt808()
        decoder.equip(secret, lambda phone: False)
        decoder.feed(written(jt.REGISTER, registration, 7))
        (answer,) = answers(decoder.reply(1, Outcome.HEARD))
        assert answer.message == jt.REGISTERED
        assert answer.body[:3] == bytes([0, 7, jt.DONE])
        return answer.body[3:]

    first = code(SECRET, REGISTRATION)
    assert first == code(SECRET, REGISTRATION), "who registers again goes on to be known"
    assert len({first, code(b"another", REGISTRATION), code(SECRET, REGISTRATION.replace(b"T000001", b"T000002"))}) == 3


def test_a_wrong_checksum_is_taken_from_whoever_is_known_for_it() -> None:
    frame = bytearray(written(jt.LOCATION, location(1_700_000_000_000)))
    frame[-2] ^= 0x01
    strict, tolerant = Jt808(), Jt808()
    tolerant.equip(SECRET, lambda phone: phone == PHONE)
    assert [type(message) for message in strict.feed(bytes(frame))] == [Malformed]
    assert [type(message) for message in tolerant.feed(bytes(frame))] == [Login, Fix]


def test_who_speaks_something_else_is_sent_away() -> None:
    decoder = Jt808()
    for number in range(1, MOST_ERRORS + 1):
        assert not decoder.ends(number)
        (malformed,) = decoder.feed(b"GET / HTTP/1.1\x7e")
        assert isinstance(malformed, Malformed)
    assert decoder.ends(MOST_ERRORS)
    assert decoder.reply(1, Outcome.MALFORMED) == b"", "whose it was is not known"


@given(st.lists(st.binary(max_size=3000), max_size=20))
def test_memory_stays_bounded(pieces: list[bytes]) -> None:
    splitter = Splitter()
    for piece in pieces:
        splitter.feed(piece)
        assert len(splitter._rest) <= 2 * 1045 + 2 + 3000


class Terminal:
    """A terminal on a real socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._splitter = Splitter()
        self._waiting: list[Frame] = []

    async def ask(self, message: int, body: bytes = b"", serial: int = 1) -> Frame:
        """The answer to a message."""
        self.writer.write(written(message, body, serial))
        async with asyncio.timeout(8):
            while not self._waiting:
                data = await self.reader.read(4096)
                assert data, "cut"
                self._waiting += [read_frame(one) for one in self._splitter.feed(data) if one is not None]
        return self._waiting.pop(0)


@contextlib.asynccontextmanager
async def terminal(port: int) -> AsyncIterator[Terminal]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.closing(writer):
        yield Terminal(reader, writer)


@contextlib.asynccontextmanager
async def known_by(nats_server: TestBus, port: int) -> AsyncIterator[Rig]:
    """An ingest with this installation's secret."""
    async with running_ingest(nats_server.url, jt808_port=port) as rig:
        rig.listeners.door.secret = SECRET
        yield rig


async def stored(rig: Rig) -> int:
    return (await rig.bus.jetstream.stream_info("fixes")).state.messages


async def test_a_terminal_registers_authenticates_and_is_answered_when_it_is_durable(nats_server: TestBus) -> None:
    port = free_port()
    async with known_by(nats_server, port) as rig, terminal(port) as one:
        code = jt.code_of(SECRET, PHONE, TERMINAL)
        rig.know(replace(device(PHONE, protocol="jt808"), token_hash=token_hash(code)))
        registered = await one.ask(jt.REGISTER, REGISTRATION)
        assert registered.body[3:] == code.encode()
        refused = await one.ask(jt.LOCATION, location(), 2)
        assert refused.body[-1] == jt.FAILED, "before it has authenticated"
        assert (await one.ask(jt.AUTHENTICATE, b"not this one", 3)).body[-1] == jt.FAILED
        assert (await one.ask(jt.AUTHENTICATE, code.encode(), 4)).body[-1] == jt.DONE
        before = await stored(rig)
        answer = await one.ask(jt.LOCATION, location(alarm=1), 5)
        assert answer.body == struct.pack(">HHB", 5, jt.LOCATION, jt.DONE)
        assert await stored(rig) == before + 1, "stored before it was answered"
        assert CAR.number in rig.ingest.latest.moments
        counts = {"registered": registered.message, "heartbeat": (await one.ask(jt.HEARTBEAT, b"", 6)).body[-1]}
        assert counts == {"registered": jt.REGISTERED, "heartbeat": jt.DONE}


async def test_a_stranger_is_remembered_with_the_code_that_he_was_given(nats_server: TestBus) -> None:
    port = free_port()
    async with known_by(nats_server, port) as rig, terminal(port) as one:
        code = (await one.ask(jt.REGISTER, REGISTRATION)).body[3:]
        assert (await one.ask(jt.AUTHENTICATE, code, 2)).body[-1] == jt.FAILED
        (knock,) = rig.ingest.knocks.heard.values()
        assert (knock.identifier, knock.protocol, knock.hash) == (PHONE, "jt808", token_hash(code.decode()))
        rig.know(replace(device(PHONE, protocol="jt808"), token_hash=knock.hash or b""))
        assert (await one.ask(jt.AUTHENTICATE, code, 3)).body[-1] == jt.DONE, "as soon as it is adopted"


async def test_one_who_says_nothing_and_one_who_says_rubbish_delay_nobody(nats_server: TestBus) -> None:
    port = free_port()
    async with running_ingest(nats_server.url, jt808_port=port) as rig, terminal(port) as one:
        rig.know(device(PHONE, protocol="jt808"))
        silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        rubbish = socket.create_connection(("127.0.0.1", port))
        rubbish.sendall(bytes(range(256)) * 4000)
        assert (await one.ask(jt.AUTHENTICATE, b"k3y")).body[-1] == jt.DONE
        assert (await one.ask(jt.LOCATION, location(), 2)).body[-1] == jt.DONE
        await until(lambda: _is_cut(rubbish))
        for other in (*silent, rubbish):
            other.close()


def _is_cut(one: socket.socket) -> bool:
    try:
        return one.recv(4096, socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


def test_the_door_knows_who_is_tolerated() -> None:
    door = Door.__new__(Door)
    known = replace(device(PHONE), tolerates_checksum=True)
    door.registry = type("Known", (), {"current": type("Now", (), {"devices": {PHONE: known}})})()
    assert door.tolerates(PHONE)
    assert not door.tolerates("1")
