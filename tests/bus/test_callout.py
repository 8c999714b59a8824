"""The words between the server and us when somebody logs in; that the real server takes them: tests of admission."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from backend.bus.callout import Issuer, Permission, Request, decode_request

REQUEST = Request("NSERVER", "UCONNECTION", "phone", "k3y", "10.0.0.1", "mqtt")


def part(token: str, place: int) -> dict[str, object]:
    """A part of a JWT."""
    text = token.split(".")[place]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def asked(**client: object) -> bytes:
    """A question as the server puts it."""
    claims = {
        "server_id": {"id": "NSERVER"},
        "user_nkey": "UCONNECTION",
        "client_info": {"host": "10.0.0.1", "type": "mqtt", "mqtt_id": "x"} | client,
        "connect_opts": {"user": "phone", "pass": "k3y", "protocol": 0},
    }
    text = base64.urlsafe_b64encode(json.dumps({"nats": claims}).encode()).rstrip(b"=")
    return b"e30." + text + b".c2ln"


def test_a_question_is_read() -> None:
    assert decode_request(asked()) == REQUEST


@pytest.mark.parametrize(
    "data", [b"", b"a.b", b"a.b.c", b"\xff.\xff.\xff", b"e30.e30.x", b"e30.W10.x", b"e30.bnVsbA.x"]
)
def test_what_is_no_question_is_named(data: bytes) -> None:
    with pytest.raises(ValueError, match="expected an authorization request"):
        decode_request(data)


def test_an_answer_is_signed_and_holds_the_permission() -> None:
    issuer = Issuer("secret")
    answer = issuer.admit(REQUEST, Permission("DEVICES", "phone#1", ("owntracks.phone.>",), 1_900_000_000)).decode()
    text, _, signature = answer.rpartition(".")
    raw = base64.b32decode(issuer.public + "=" * (-len(issuer.public) % 8))
    assert (issuer.public[0], len(issuer.public), raw[0]) == ("A", 56, 0)
    Ed25519PublicKey.from_public_bytes(raw[1:33]).verify(
        base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)), text.encode()
    )
    claims = part(answer, 1)
    assert (claims["aud"], claims["sub"], claims["iss"]) == ("NSERVER", "UCONNECTION", issuer.public)
    user = part(claims["nats"]["jwt"], 1)  # type: ignore[index]
    assert (user["aud"], user["sub"], user["name"]) == ("DEVICES", "UCONNECTION", "phone#1")
    assert user["exp"] == 1_900_000_000
    rights = user["nats"]
    assert isinstance(rights, dict)
    assert (rights["pub"], rights["sub"]) == ({"allow": ["owntracks.phone.>"]}, {"deny": [">"]})
    assert rights["allowed_connection_types"] == ["MQTT"]


def test_a_refusal_opens_nothing() -> None:
    claims = part(Issuer("secret").refuse(REQUEST, "unknown device").decode(), 1)["nats"]
    assert claims == {"error": "unknown device", "type": "authorization_response", "version": 2}


def test_the_key_is_that_of_the_secret() -> None:
    assert Issuer("secret").public == Issuer("secret").public != Issuer("other").public
