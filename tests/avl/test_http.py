"""What all protocols over HTTP share: one answer to each request, by the gravest outcome, and bounds."""

import tracemalloc

import pytest

from backend.avl.messages import Heartbeat, Malformed, Message, Outcome
from backend.avl.protocols import PROTOCOLS
from backend.avl.protocols.http import GRAVITY, LONGEST_HEAD, HttpDecoder, Request, Response
from tests.avl.answers import parsed, post

OVER_HTTP = {name: entry.decoder for name, entry in PROTOCOLS.items() if entry.transport == "HTTP"}


class Echo(HttpDecoder):
    """As many frames as the body has bytes, and its outcome as answer."""

    kept_headers = frozenset({b"x-kept"})

    def messages(self, request: Request, frame: int) -> list[Message]:
        if request.body == b"\xed\xa0\x80":
            raise ValueError("half a pair: \ud800")
        return [Heartbeat(frame=frame + place) for place in range(len(request.body))]

    def response(self, request: Request, outcome: Outcome, reason: str) -> Response:
        return Response("200 OK", f"{outcome.value} {request.headers} {request.body!r} {reason}", "X-More: yes\r\n")


def test_a_request_of_several_frames_is_answered_once_by_the_gravest() -> None:
    decoder = Echo()
    closing = post(b"xyz", "Connection: close", "X-Kept: a", "X-Other: b")
    assert [message.frame for message in decoder.feed(post(b"x") + closing)] == [1, 2, 3, 4]
    outcomes = (Outcome.HEARD, Outcome.STORED, Outcome.BUSY, Outcome.UNKNOWN_DEVICE)
    said = [(decoder.ends(number), decoder.reply(number, one)) for number, one in enumerate(outcomes, 1)]
    assert [ends for ends, _ in said] == [False, False, False, True]
    assert [reply == b"" for _, reply in said] == [False, True, True, False]
    status, headers, body = parsed(said[-1][1])
    assert (status, headers["connection"], headers["x-more"]) == (200, "close", "yes")
    assert body == b"busy {'x-kept': 'a'} b'' ", "the body was let go of"


def test_every_outcome_has_its_gravity() -> None:
    """What must come again goes before what is wrong, and both before what is done."""
    assert set(GRAVITY) == set(Outcome)
    assert GRAVITY.index(Outcome.UNKNOWN_DEVICE) < GRAVITY.index(Outcome.STORED) < GRAVITY.index(Outcome.HEARD)


def test_words_that_are_no_text_do_not_break_the_answer() -> None:
    decoder = Echo()
    (message,) = decoder.feed(post(b"\xed\xa0\x80"))
    assert isinstance(message, Malformed)
    assert b"half a pair: \\ud800" in parsed(decoder.reply(1, Outcome.MALFORMED))[2]


@pytest.mark.parametrize("protocol", OVER_HTTP)
def test_each_protocol_answers_every_outcome_as_http(protocol: str) -> None:
    """2xx to what is stored or heard and to nothing else; busy says when to come again; a refusal says why."""
    for outcome in Outcome:
        decoder = OVER_HTTP[protocol]()
        frame = decoder.feed(post(b"{}"))[0].frame
        status, headers, body = parsed(decoder.reply(frame, outcome))
        assert (status // 100 == 2) is (outcome in (Outcome.STORED, Outcome.HEARD)), outcome
        assert ("retry-after" in headers) is (status == 503) is (outcome is Outcome.BUSY)
        assert ("www-authenticate" in headers) is (status == 401), "as RFC 9110 wants it"
        assert body or status == 200


@pytest.mark.parametrize("protocol", OVER_HTTP)
def test_endless_body_is_cut_off(protocol: str) -> None:
    decoder = OVER_HTTP[protocol]()
    assert isinstance(decoder, HttpDecoder)
    largest = decoder.largest_body + LONGEST_HEAD
    decoder.feed(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    tracemalloc.start()
    try:
        sent, messages = 0, list[Message]()
        while not messages and sent < 2 * largest:
            messages = decoder.feed(b"3e8\r\n" + b"x" * 1000 + b"\r\n")
            sent += 1007
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [type(message) for message in messages] == [Malformed]
    assert decoder.ends(messages[0].frame)
    assert kept < 2 * largest
    assert decoder.feed(post(b"{}")) == []
