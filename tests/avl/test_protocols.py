"""Every protocol, with what holds for all: real bytes mean what stands beside them, and nothing makes one fail."""

import math
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.avl.messages import Fix, Message, Outcome
from backend.avl.protocols import PROTOCOLS, Decoder, Holding
from tests.avl.fixtures import Case, assert_physical_sense, cases, comparable

ALL = [(protocol, case) for protocol in PROTOCOLS for case in cases(protocol)]
protocols = pytest.mark.parametrize("protocol", PROTOCOLS)


def fed(decoder: Decoder, pieces: list[bytes]) -> list[Message]:
    return [message for piece in pieces for message in decoder.feed(piece)]


def assert_frames_in_order(messages: list[Message]) -> None:
    """The messages of a frame stand together, and no number comes twice."""
    frames = [frame for frame, _ in groupby(message.frame for message in messages)]
    assert frames == sorted(set(frames))


@pytest.mark.parametrize(("protocol", "case"), ALL, ids=[f"{protocol}-{case.name}" for protocol, case in ALL])
def test_fixture_means_what_stands_beside_it(protocol: str, case: Case) -> None:
    messages = fed(PROTOCOLS[protocol].decoder(), case.pieces)
    assert comparable(messages) == case.expected
    assert_physical_sense(messages)
    assert_frames_in_order(messages)


@pytest.mark.parametrize(("protocol", "case"), ALL, ids=[f"{protocol}-{case.name}" for protocol, case in ALL])
def test_fixture_cut_anywhere_means_the_same(protocol: str, case: Case) -> None:
    data = b"".join(case.pieces)
    step = 1 if len(data) < 10_000 else 61
    small = fed(PROTOCOLS[protocol].decoder(), [data[place : place + step] for place in range(0, len(data), step)])
    assert comparable(small) == case.expected
    if len(data) > 1500:
        return
    for place in range(1, len(data)):
        assert comparable(fed(PROTOCOLS[protocol].decoder(), [data[:place], data[place:]])) == case.expected, place


@protocols
def test_number_and_name_are_kept_for_ever(protocol: str) -> None:
    """Numbers stand in stored rows."""
    numbers = {"gpsd": 1, "osmand": 2, "jt808": 3, "nmea": 4, "owntracks": 5, "traccar": 6, "field": 7}
    assert {name: entry.number for name, entry in PROTOCOLS.items()} == numbers
    assert PROTOCOLS[protocol].name == protocol


def pieces_of(protocol: str) -> st.SearchStrategy[list[bytes]]:
    """Any bytes in any pieces, and true ones with something wrong in them."""
    samples = [b"".join(case.pieces)[:600] for case in cases(protocol)]

    @st.composite
    def damaged(draw: st.DrawFn) -> list[bytes]:
        data = bytearray(draw(st.sampled_from(samples)))
        for _ in range(draw(st.integers(1, 4))):
            place = draw(st.integers(0, len(data)))
            data[place : place + draw(st.integers(0, 5))] = draw(st.binary(max_size=8))
        cut = draw(st.integers(0, len(data)))
        return [bytes(data[:cut]), bytes(data[cut:])]

    return st.lists(st.binary(max_size=200), max_size=8) | damaged()


@protocols
@settings(max_examples=2 * settings().max_examples)
@given(data=st.data())
def test_no_bytes_make_it_fail(protocol: str, data: st.DataObject) -> None:
    decoder = PROTOCOLS[protocol].decoder()
    messages = fed(decoder, data.draw(pieces_of(protocol)))
    assert_frames_in_order(messages)
    for message in messages:
        if isinstance(message, Fix):
            numbers = (message.longitude, message.latitude, message.speed, message.heading, message.accuracy)
            assert all(number is None or math.isfinite(number) for number in numbers)
    messages += decoder.rest() if isinstance(decoder, Holding) else []
    assert_frames_in_order(messages)
    for frame in dict.fromkeys(message.frame for message in messages):
        assert isinstance(decoder.ends(frame), bool)
        assert isinstance(decoder.reply(frame, data.draw(st.sampled_from(Outcome))), bytes)
