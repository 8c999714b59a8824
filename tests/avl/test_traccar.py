"""What a Traccar is answered that forwards for many devices."""

import json
from typing import Any

from backend.avl.messages import Outcome
from backend.avl.protocols.traccar import Traccar
from tests.avl.answers import parsed, post

BEARER = "Authorization: Bearer k3y"


def forward(identifier: str) -> dict[str, Any]:
    """What is forwarded of a device."""
    position = {"latitude": 28.2, "longitude": 113.1, "fixTime": "2026-03-01T08:15:30.000+00:00", "valid": True}
    return {"position": position, "device": {"uniqueId": identifier}}


def test_one_unknown_device_of_a_list_makes_it_come_again_and_stops_no_other() -> None:
    decoder = Traccar()
    messages = decoder.feed(post(json.dumps([forward("a"), forward("b"), forward("c")]).encode(), BEARER))
    assert [message.frame for message in messages] == [1, 1, 2, 2, 3, 3]
    assert decoder.reply(1, Outcome.STORED) == decoder.reply(2, Outcome.UNKNOWN_DEVICE) == b""
    status, headers, words = parsed(decoder.reply(3, Outcome.STORED))
    assert (status, headers["www-authenticate"]) == (401, 'bearer realm="liandong"')
    assert b"forward.header" in words


def test_busy_makes_it_come_again() -> None:
    decoder = Traccar()
    decoder.feed(post(json.dumps(forward("a")).encode(), BEARER))
    assert parsed(decoder.reply(1, Outcome.BUSY))[0] == 503
