"""The field page's own batch: what a telephone in the browser collected, at once or after hours without a network.

POST `{"identifier", "token", "fixes": [{"at": ms since 1970, "longitude", "latitude" degrees, "speed" m/s,
    "heading" degrees, "accuracy" m, "altitude" m}]}`, at most 500 fixes; what is null or left out is unknown.
Answer: 200 `{"stored": n}` once all are durable. Unknown device: 403. A page of another origin may post it: what
    opens the door stands in the body, never in a cookie.
"""

import json
from typing import Any

from backend.avl.messages import Fix, Heartbeat, Login, Message, Outcome
from backend.avl.protocols.http import BUSY, BUSY_WORDS, HttpDecoder, Request, Response
from backend.avl.protocols.values import at_most, finite, heading, known, number, speed, table

LARGEST_BODY = 256 * 1024  # 500 fixes with all their digits are half of it
ANY_ORIGIN = "Access-Control-Allow-Origin: *\r\n"
MAY_POST = "Access-Control-Allow-Methods: POST\r\nAccess-Control-Allow-Headers: Content-Type\r\n"
JSON = "Content-Type: application/json\r\n"


class Field(HttpDecoder):
    """Decoder of one page's connection."""

    largest_body = LARGEST_BODY

    def messages(self, request: Request, frame: int) -> list[Message]:
        """Who speaks, and where he was; a browser's question whether it may post is a sign of life."""
        if request.method == "OPTIONS":
            return [Heartbeat(frame=frame)]
        told = table(request.document(), "identifier, token and fixes")
        login = Login(frame=frame, identifier=_text(told, "identifier"), token=_text(told, "token"))
        fixes = told["fixes"]
        if not isinstance(fixes, list):
            raise ValueError(f"expected fixes as a list, got {fixes!r:.40}")
        at_most(len(fixes))
        return [login, *(_fix(one, frame) for one in fixes)] if fixes else [login, Heartbeat(frame=frame)]

    def response(self, request: Request, outcome: Outcome, reason: str) -> Response:
        """Always with leave for pages of other origins to read it."""
        match outcome:
            case Outcome.UNKNOWN_DEVICE:
                return Response("403 Forbidden", "unknown device: expected its identifier and token\n", ANY_ORIGIN)
            case Outcome.MALFORMED:
                return Response("400 Bad Request", f"{reason}\n", ANY_ORIGIN)
            case Outcome.BUSY:
                return Response(BUSY, BUSY_WORDS, ANY_ORIGIN)
        if request.method == "OPTIONS":
            return Response("200 OK", headers=ANY_ORIGIN + MAY_POST)
        return Response("200 OK", json.dumps({"stored": request.fixes}), ANY_ORIGIN + JSON)


def _text(told: dict[str, Any], name: str) -> str:
    value = told[name]
    if not isinstance(value, str):
        raise ValueError(f"expected {name} as a text, got {value!r:.40}")
    return value


def _fix(told: dict[str, Any], frame: int) -> Fix:
    at = table(told, "a fix")["at"]
    if type(at) not in (int, float):
        raise ValueError(f"expected at in milliseconds since 1970, got {at!r:.40}")
    return Fix(
        frame=frame,
        fixed_at=round(finite(at)),
        longitude=finite(told["longitude"]),
        latitude=finite(told["latitude"]),
        speed=speed(number(told, "speed")),
        heading=heading(number(told, "heading")),
        accuracy=known(number(told, "accuracy")),
        altitude=number(told, "altitude"),
    )
