"""What OsmAnd clients are answered, and how much a stranger can make the decoder keep."""

import re
import tracemalloc

import pytest

from backend.avl.messages import Malformed, Message, Outcome
from backend.avl.protocols.osmand import LARGEST_REQUEST, OsmAnd

GET = b"GET /?id=phone-k3y&lat=28.2&lon=113.1 HTTP/1.1\r\nHost: h\r\n\r\n"
BODY = (
    b'{"device_id":"phone-k3y","location":'
    b'{"timestamp":"2026-03-01T08:15:30Z","coords":{"latitude":28.2,"longitude":113.1}}}'
)
POST = b"POST / HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY


def parsed(reply: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers, body; asserts that the body is as long as was said."""
    head, _, body = reply.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    assert re.match(r"HTTP/1\.1 \d{3} [A-Z]", first)
    assert int(headers["content-length"]) == len(body)
    return int(first.split()[1]), headers, body


@pytest.mark.parametrize(
    ("request_bytes", "outcome", "status"),
    [
        pytest.param(GET, Outcome.STORED, 200, id="query stored"),
        pytest.param(GET, Outcome.HEARD, 200, id="query heard"),
        pytest.param(GET, Outcome.UNKNOWN_DEVICE, 400, id="query of an unknown device"),
        pytest.param(GET, Outcome.BUSY, 503, id="query while busy"),
        pytest.param(POST, Outcome.STORED, 200, id="JSON stored"),
        pytest.param(POST, Outcome.UNKNOWN_DEVICE, 404, id="JSON of an unknown device"),
        pytest.param(POST, Outcome.BUSY, 503, id="JSON while busy"),
        pytest.param(GET.replace(b"id=", b"ix="), Outcome.MALFORMED, 400, id="no id"),
    ],
)
def test_status(request_bytes: bytes, outcome: Outcome, status: int) -> None:
    decoder = OsmAnd()
    frame = decoder.feed(request_bytes)[0].frame
    assert not decoder.ends(frame)
    got, headers, body = parsed(decoder.reply(frame, outcome))
    assert got == status
    assert headers["connection"] == "keep-alive"
    assert ("retry-after" in headers) is (status == 503)
    assert bool(body) is (status != 200), "a refusal says why"


@pytest.mark.parametrize(
    ("request_bytes", "ends"),
    [
        pytest.param(GET, False, id="HTTP/1.1"),
        pytest.param(GET.replace(b"Host: h", b"Connection: close"), True, id="HTTP/1.1 close"),
        pytest.param(GET.replace(b"HTTP/1.1", b"HTTP/1.0"), True, id="HTTP/1.0"),
        pytest.param(
            GET.replace(b"HTTP/1.1", b"HTTP/1.0").replace(b"Host: h", b"Connection: keep-alive"), False, id="1.0 kept"
        ),
        pytest.param(b"GET / HTTP/9.9\r\n\r\n", True, id="unreadable"),
        pytest.param(GET.replace(b"Host: h", b"Connection: Upgrade\r\nUpgrade: websocket"), True, id="upgrade"),
    ],
)
def test_who_closes(request_bytes: bytes, ends: bool) -> None:
    decoder = OsmAnd()
    frames = {message.frame for message in decoder.feed(request_bytes)}
    assert len(frames) == 1
    frame = frames.pop()
    assert decoder.ends(frame) is ends
    _, headers, _ = parsed(decoder.reply(frame, Outcome.STORED))
    assert headers["connection"] == ("close" if ends else "keep-alive")


def test_pipelined_requests_are_answered_once_each_in_order() -> None:
    decoder = OsmAnd()
    frames = list(dict.fromkeys(message.frame for message in decoder.feed(GET + POST + GET)))
    assert frames == [1, 2, 3]
    outcomes = (Outcome.UNKNOWN_DEVICE, Outcome.UNKNOWN_DEVICE, Outcome.STORED)
    statuses = [parsed(decoder.reply(frame, outcome))[0] for frame, outcome in zip(frames, outcomes, strict=True)]
    assert statuses == [400, 404, 200]
    with pytest.raises(KeyError):
        decoder.reply(1, Outcome.STORED)


def test_after_what_is_no_http_nothing_is_read() -> None:
    decoder = OsmAnd()
    assert [type(message) for message in decoder.feed(b"\x00garbage\r\n\r\n" + GET)] == [Malformed]
    assert decoder.feed(GET) == []


@pytest.mark.parametrize(
    ("head", "more"),
    [
        pytest.param(b"GET /?", b"x" * 1000, id="URL"),
        pytest.param(b"GET / HTTP/1.1\r\nX: ", b"x" * 1000, id="header"),
        pytest.param(b"GET / HTTP/1.1\r\n", b"X: y\r\n" * 200, id="headers"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", b"x" * 1000, id="body"),
        pytest.param(
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"3e8\r\n" + b"x" * 1000 + b"\r\n", id="chunks"
        ),
    ],
)
def test_endless_request_is_cut_off(head: bytes, more: bytes) -> None:
    decoder = OsmAnd()
    decoder.feed(head)
    tracemalloc.start()
    try:
        sent = 0
        messages: list[Message] = []
        while not messages and sent < 4 * LARGEST_REQUEST:
            messages = decoder.feed(more)
            sent += len(more)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [type(message) for message in messages] == [Malformed]
    assert decoder.ends(messages[0].frame)
    assert kept < 4 * LARGEST_REQUEST
    assert parsed(decoder.reply(messages[0].frame, Outcome.MALFORMED))[0] == 400
    assert decoder.feed(more) == []


def test_long_connection_is_not_one_long_request() -> None:
    decoder = OsmAnd()
    for _ in range(2 * LARGEST_REQUEST // len(GET)):
        (login, fix) = decoder.feed(GET)
        assert login.frame == fix.frame
        assert parsed(decoder.reply(fix.frame, Outcome.STORED))[0] == 200
