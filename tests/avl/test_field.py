"""What the field page is answered."""

import json

import pytest

from backend.avl.messages import Outcome
from backend.avl.protocols.field import Field
from tests.avl.answers import parsed, post

FIX = {"at": 1772352930000, "longitude": 113.1, "latitude": 28.2}


def batch(count: int) -> bytes:
    """A request with so many fixes."""
    fixes = [FIX | {"at": FIX["at"] + number} for number in range(count)]
    return post(json.dumps({"identifier": "officer", "token": "k3y", "fixes": fixes}).encode())


@pytest.mark.parametrize("count", [0, 1, 500])
def test_how_many_are_stored(count: int) -> None:
    decoder = Field()
    decoder.feed(batch(count))
    status, _, body = parsed(decoder.reply(1, Outcome.STORED if count else Outcome.HEARD))
    assert (status, json.loads(body)) == (200, {"stored": count})


@pytest.mark.parametrize("outcome", Outcome)
def test_a_page_of_another_origin_can_read_every_answer(outcome: Outcome) -> None:
    decoder = Field()
    decoder.feed(batch(1))
    status, headers, _ = parsed(decoder.reply(1, outcome))
    assert headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in headers, "no cookie opens anything here"
    assert status == {"unknown_device": 403, "malformed": 400, "busy": 503}.get(outcome.value, 200)


def test_the_question_before_it_posts() -> None:
    decoder = Field()
    decoder.feed(post(b"", "Origin: https://elsewhere", "Access-Control-Request-Method: POST", method="OPTIONS"))
    status, headers, body = parsed(decoder.reply(1, Outcome.HEARD))
    assert (status, body, headers["access-control-allow-methods"]) == (200, b"", "post")
    assert headers["access-control-allow-headers"] == "content-type"
