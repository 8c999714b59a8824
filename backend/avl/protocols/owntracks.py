"""OwnTracks over HTTP, where the app POSTs one JSON object (or a list of them) to one address, and over MQTT.

`_type: location`: `lat`, `lon` degrees, `tst` s since 1970, `acc` and `vac` m (vertical), `alt` m, `vel` **km/h**,
    `cog` degrees, `batt` %, `t` what made the app tell (p ping, c region, b beacon, u by hand, t timer, v visit, …).
    A negative accuracy, speed or course is unknown. Other types, and an empty body, are signs of life.
    `encrypted` cannot be read: the app's encryption key must be empty.
HTTP: who speaks is told by Basic, user = identifier, password = token. The headers X-Limit-U and X-Limit-D prove
    nothing; the former names who is to be adopted. Unknown device: 401. An answer of 200 with a JSON list means
    stored; after anything else the app sends it again.
MQTT 3.1.1, on the bus's own port (1883, `LIANDONG_MQTT_PORT`): user name = identifier, password = token, one JSON
    object (or a list) a message, on `owntracks/<identifier>/<anything>`. Quality of service 1 and 2: the
    acknowledgement (PUBACK, PUBCOMP) means stored; 0: taken if ingest runs, without a promise. What is published on
    another topic is dropped by the bus, though MQTT has it acknowledged. Nothing can be subscribed to; retained
    messages are let go of after a second. A message of more than 64 KB is malformed, one of more than 128 KB ends
    the connection. How the app is set up, and MQTT from a
    broker of yours: docs/mqtt.md.
(owntracks.org/booklet/tech/json, …/tech/http and …/tech/mqtt.)
"""

import base64
import binascii
import json
from typing import Any

from backend.avl.messages import Fix, Heartbeat, Login, Malformed, Message, Outcome
from backend.avl.protocols.http import BUSY, BUSY_WORDS, LARGEST_BODY, HttpDecoder, Request, Response
from backend.avl.protocols.values import (
    KILOMETRE_PER_HOUR,
    at_most,
    battery,
    finite,
    heading,
    known,
    number,
    speed,
    table,
    timestamp,
    word,
)

JSON = "Content-Type: application/json\r\n"
CHALLENGE = 'WWW-Authenticate: Basic realm="Liandong"\r\n'
UNKNOWN = "unknown device: expected its identifier as user and its token as password\n"


class OwnTracks(HttpDecoder):
    """Decoder of one app's connection."""

    kept_headers = frozenset({b"authorization", b"x-limit-u"})

    def messages(self, request: Request, frame: int) -> list[Message]:
        """Who speaks, and where he is."""
        login = _login(request.headers, frame)
        told = request.document() if request.body or request.method != "POST" else []
        return [login, *(meaning(told, frame) or [Heartbeat(frame=frame)])]

    def response(self, request: Request, outcome: Outcome, reason: str) -> Response:
        """The list for the app's friends and commands is always empty."""
        match outcome:
            case Outcome.UNKNOWN_DEVICE:
                return Response("401 Unauthorized", UNKNOWN, CHALLENGE)
            case Outcome.MALFORMED:
                return Response("400 Bad Request", f"{reason}\n")
            case Outcome.BUSY:
                return Response(BUSY, BUSY_WORDS)
        return Response("200 OK", "[]", JSON)


def published(payload: bytes) -> list[Message]:
    """What one MQTT message tells; one that clears a retained one is empty."""
    try:
        if len(payload) > LARGEST_BODY:
            raise ValueError(f"expected at most {LARGEST_BODY} bytes, got {len(payload)}")
        return meaning(json.loads(payload) if payload else [], 0) or [Heartbeat()]
    except KeyError as error:
        return [Malformed(reason=f"expected the field {error}")]
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        return [Malformed(reason=str(error))]


def meaning(told: Any, frame: int) -> list[Message]:
    """The fixes in what an app told; none where it told something else. Raises ValueError, KeyError, TypeError."""
    objects = told if isinstance(told, list) else [told]
    at_most(len(objects))
    fixes: list[Message] = []
    for one in objects:
        match table(one, "what is told")["_type"]:
            case "location":
                fixes.append(_fix(one, frame))
            case "encrypted":
                raise ValueError("expected a location in the clear, got an encrypted one: empty the app's key")
    return fixes


def _fix(location: dict[str, Any], frame: int) -> Fix:
    trigger, vertical = word(location.get("t")), known(number(location, "vac"))
    return Fix(
        frame=frame,
        fixed_at=timestamp(finite(location["tst"])),
        longitude=finite(location["lon"]),
        latitude=finite(location["lat"]),
        speed=speed(number(location, "vel"), KILOMETRE_PER_HOUR),
        heading=heading(number(location, "cog")),
        accuracy=known(number(location, "acc")),
        altitude=number(location, "alt"),
        attributes=battery(number(location, "batt"))
        | ({} if trigger is None else {"trigger": trigger})
        | ({} if vertical is None else {"vertical_accuracy": vertical}),
    )


def _login(headers: dict[str, str], frame: int) -> Login:
    """An identifier without a token opens nothing, and can be adopted."""
    scheme, _, encoded = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return Login(frame=frame, identifier="")
        return Login(frame=frame, identifier=user, token=password if colon else "")
    return Login(frame=frame, identifier=headers.get("x-limit-u", ""))
