"""NMEA at the end of a connection or datagram, the join of RMC and GGA in any order, and how much is kept."""

import operator
import tracemalloc
from functools import reduce
from itertools import pairwise

import pytest

from backend.avl.messages import Fix, Heartbeat, Login, Malformed, Message, Outcome
from backend.avl.protocols.nmea import Nmea
from tests.avl.fixtures import FOLDER


def sentence(body: str) -> bytes:
    """The sentence with its checksum."""
    return f"${body}*{reduce(operator.xor, body.encode(), 0):02X}\r\n".encode()


def rmc(second: int) -> bytes:
    return sentence(f"GPRMC,0400{second:02d}.00,A,2812.20804,N,11305.47545,E,18.21,37.00,221126,,,A")


def gga(second: int) -> bytes:
    return sentence(f"GPGGA,0400{second:02d}.00,2812.20804,N,11305.47545,E,1,09,0.9,45.0,M,0.0,M,,")


def fixes(messages: list[Message]) -> list[Fix]:
    return [message for message in messages if isinstance(message, Fix)]


def test_a_whole_drive_is_a_joined_fix_a_second() -> None:
    """A log of gpsfake: every second with a fix comes once, in order, with what its GGA told."""
    data = (FOLDER / "nmea" / "drive.nmea").read_bytes()
    decoder = Nmea()
    messages = decoder.feed(data) + decoder.rest()
    told = fixes(messages)
    assert len(told) == data.count(b",A,28")
    assert sum(isinstance(message, Heartbeat) for message in messages) == data.count(b",V,")
    assert not [message for message in messages if isinstance(message, Malformed)]
    moments = [fix.fixed_at or 0 for fix in told]
    assert {later - former for former, later in pairwise(moments)} == {1000}
    assert all(fix.accuracy == 4.5 and fix.altitude == 45.0 for fix in told)


@pytest.mark.parametrize(
    ("order", "joined"),
    [
        pytest.param([rmc, gga], [True] * 3, id="RMC first"),
        pytest.param([gga, rmc], [True] * 3, id="GGA first"),
        pytest.param([rmc], [False] * 3, id="RMC alone"),
        pytest.param([gga], [], id="GGA alone has no date"),
    ],
)
def test_orders(order: list[object], joined: list[bool]) -> None:
    decoder = Nmea()
    data = b"".join(make(second) for second in (5, 6, 7) for make in order)  # type: ignore[operator]
    told = fixes(decoder.feed(data) + decoder.rest())
    assert [fix.altitude is not None for fix in told] == joined


def test_a_receiver_without_gga_waits_once_only() -> None:
    decoder = Nmea()
    assert [len(decoder.feed(rmc(second))) for second in (5, 6, 7)] == [0, 2, 1]


def test_the_end_brings_what_waited_and_a_line_without_its_end() -> None:
    decoder = Nmea()
    assert decoder.feed(b"car-k3y\r\n" + rmc(5)) == [Login(frame=1, identifier="car", token="k3y")]
    assert decoder.feed(gga(5).strip()) == []
    (fix,) = fixes(decoder.rest())
    assert (fix.frame, fix.altitude) == (2, 45.0)
    assert decoder.rest() == []


def test_what_the_end_cuts_off_is_malformed() -> None:
    decoder = Nmea()
    decoder.feed(rmc(5)[:40])
    assert [type(message) for message in decoder.rest()] == [Malformed]


def test_checksum_in_small_letters_counts_and_a_wrong_one_never_does() -> None:
    good = rmc(5)
    assert good.strip()[-2:].isalnum()
    assert len(fixes(Nmea().feed(good[:-4] + good[-4:].lower() + rmc(6)))) == 2
    for wrong in range(256):
        data = good[:-4] + b"%02X\r\n" % wrong
        (message, *_) = Nmea().feed(data + sentence("GPRMC,040006.00,V,,,,,,,221126,,,N"))
        assert isinstance(message, Fix) is (data == good), wrong


def test_nothing_is_answered_and_nothing_ends_it() -> None:
    decoder = Nmea()
    (message,) = decoder.feed(b"what\r\n")
    assert [decoder.reply(message.frame, outcome) for outcome in Outcome] == [b""] * len(Outcome)
    assert not decoder.ends(message.frame)


def test_a_line_without_end_fills_no_memory() -> None:
    decoder = Nmea()
    told = []
    tracemalloc.start()
    try:
        for _ in range(1000):
            told += decoder.feed(b"$" + b"x" * 1000)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [type(message) for message in told] == [Malformed]
    assert kept < 20_000
