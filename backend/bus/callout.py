"""NATS asks us who may log in (auth callout, ADR-26): its request, our answer, and the key that signs it.

Requests and answers are JWTs (claims version 2, algorithm `ed25519-nkey`). The key is that of an nkey account: the
server's configuration names its public half and believes nothing that it did not sign. No I/O here.
"""

import base64
import binascii
import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SUBJECT = "$SYS.REQ.USER.AUTH"
_ACCOUNT = 0  # the first byte of a public nkey of an account: they begin with A
_HEAD = {"typ": "JWT", "alg": "ed25519-nkey"}
_UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Request:
    """Who wants to log in, and `over` what (`mqtt`, `nats`, …).

    `connection` is the nkey that the server made for it, `server` that server's id.
    """

    server: str
    connection: str
    user: str
    password: str
    address: str
    over: str


@dataclass(frozen=True, slots=True)
class Permission:
    """What who is let in over MQTT may do: publish to these subjects, and read nothing.

    `name` is what the server calls the connection from now on; it is closed at `until`, seconds since 1970.
    """

    account: str
    name: str
    publish: tuple[str, ...]
    until: int


def decode_request(data: bytes) -> Request:
    """The server's question. Raises ValueError for anything else.

    Its signature is not looked at: nobody but the server can publish on SUBJECT.
    """
    try:
        _, claims, _ = data.decode().split(".")
        told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["nats"]
        client, options = told["client_info"], told["connect_opts"]
        return Request(
            told["server_id"]["id"],
            told["user_nkey"],
            options.get("user", ""),
            options.get("pass", ""),
            client.get("host", ""),
            client.get("type", ""),
        )
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise ValueError(f"expected an authorization request, got {data[:60]!r} ({error!r})") from error


class Issuer:
    """Our signing key, made of a secret text; `public` goes into the server's configuration."""

    def __init__(self, secret: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(secret.encode()).digest())
        self.public = _nkey(_ACCOUNT, self._key.public_key().public_bytes_raw())

    def admit(self, request: Request, permission: Permission) -> bytes:
        """The answer that lets somebody in."""
        user = {
            "aud": permission.account,
            "sub": request.connection,
            "name": permission.name,
            "exp": permission.until,
            "nats": {
                "pub": {"allow": list(permission.publish)},
                "sub": {"deny": [">"]},
                "subs": _UNLIMITED,
                "data": _UNLIMITED,
                "payload": _UNLIMITED,
                "allowed_connection_types": ["MQTT"],
                "type": "user",
                "version": 2,
            },
        }
        return self._answer(request, {"jwt": self._signed(user)})

    def refuse(self, request: Request, reason: str) -> bytes:
        """The answer that does not; the reason stands in the server's log, the client hears "not authorized"."""
        return self._answer(request, {"error": reason})

    def _answer(self, request: Request, said: dict[str, str]) -> bytes:
        answer = said | {"type": "authorization_response", "version": 2}
        return self._signed({"aud": request.server, "sub": request.connection, "nats": answer}).encode()

    def _signed(self, claims: dict[str, Any]) -> str:
        whole = claims | {"jti": secrets.token_hex(16), "iat": int(time.time()), "iss": self.public}
        text = f"{_base64(json.dumps(_HEAD).encode())}.{_base64(json.dumps(whole).encode())}"
        return f"{text}.{_base64(self._key.sign(text.encode()))}"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _nkey(kind: int, key: bytes) -> str:
    """A public nkey: kind and key with their CRC-16 (XMODEM), in base 32."""
    body = bytes([kind]) + key
    return base64.b32encode(body + binascii.crc_hqx(body, 0).to_bytes(2, "little")).decode().rstrip("=")
