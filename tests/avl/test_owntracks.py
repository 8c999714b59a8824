"""What OwnTracks apps are answered."""

import base64
import json

from backend.avl.messages import Login, Outcome
from backend.avl.protocols.owntracks import OwnTracks
from tests.avl.answers import parsed, post

BASIC = "Authorization: Basic " + base64.b64encode(b"phone:k3y").decode()
LOCATION = json.dumps({"_type": "location", "lat": 28.2, "lon": 113.1, "tst": 1772352930}).encode()


def answered(request: bytes, outcome: Outcome) -> tuple[int, dict[str, str], bytes]:
    decoder = OwnTracks()
    return parsed(decoder.reply(decoder.feed(request)[0].frame, outcome))


def test_the_list_comes_when_it_is_stored() -> None:
    """The app keeps a location until it is answered with 200 and JSON."""
    status, headers, body = answered(post(LOCATION, BASIC), Outcome.STORED)
    assert (status, headers["content-type"], json.loads(body)) == (200, "application/json", [])


def test_a_stranger_is_asked_for_name_and_password() -> None:
    status, headers, _ = answered(post(LOCATION), Outcome.UNKNOWN_DEVICE)
    assert (status, headers["www-authenticate"]) == (401, 'basic realm="liandong"')


def test_encrypted_is_refused_with_the_way_out() -> None:
    status, _, words = answered(post(b'{"_type":"encrypted","data":"x"}', BASIC), Outcome.MALFORMED)
    assert (status, words) == (400, b"expected a location in the clear, got an encrypted one: empty the app's key\n")


def test_limit_headers_carry_no_token() -> None:
    """Whoever writes them could write anything."""
    (login, _) = OwnTracks().feed(post(LOCATION, "X-Limit-U: phone", "X-Limit-D: k3y"))
    assert login == Login(frame=1, identifier="phone", token="")
