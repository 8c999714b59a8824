"""OsmAnd: HTTP as the Traccar Client and OsmAnd speak it, two forms on one port, told apart by Content-Type.

Query (or form body): `id|deviceid`, `timestamp` (s or ms since 1970, ISO 8601, or `yyyy-MM-dd HH:mm:ss` UTC),
    `lat` and `lon` or `location=lat,lon`, `speed` in **knots**, `bearing|heading` degrees, `altitude` m,
    `accuracy` m, `batt` %, `alarm=sos`, `valid=false` (no fix). Unknown device: 400.
JSON (`application/json`, client ≥ 9): `{"device_id": …, "location": {"timestamp": ISO, "coords": {"latitude",
    "longitude", "accuracy" m, "speed" **m/s**, "heading", "altitude"}, "battery": {"level": 0…1}, "event": …}}`;
    a speed or heading of -1 is unknown. `location` may be a list. Unknown device: 404.
(traccar.org/osmand and the client's sources.)

The identifier that is typed into the client is `<device>-<token>`.
"""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from backend.avl.messages import ALARM_SOS, Fix, Heartbeat, Login, Message, Outcome
from backend.avl.protocols.http import BUSY, BUSY_WORDS, LARGEST_BODY, LONGEST_HEAD, HttpDecoder, Request, Response
from backend.avl.protocols.values import KNOT, at_most, battery, finite, heading, known, number, speed, table, timestamp

LARGEST_REQUEST = LARGEST_BODY + LONGEST_HEAD
UNKNOWN = "unknown device: expected the identifier <device>-<token>\n"


class OsmAnd(HttpDecoder):
    """Decoder of one client's connection."""

    kept_headers = frozenset({b"content-type"})

    def messages(self, request: Request, frame: int) -> list[Message]:
        """Who speaks, and where he is."""
        return _json(request, frame) if _is_json(request) else _query(request, frame)

    def response(self, request: Request, outcome: Outcome, reason: str) -> Response:
        """The two forms are told differently of an unknown device."""
        match outcome:
            case Outcome.UNKNOWN_DEVICE:
                return Response("404 Not Found" if _is_json(request) else "400 Bad Request", UNKNOWN)
            case Outcome.MALFORMED:
                return Response("400 Bad Request", f"{reason}\n")
            case Outcome.BUSY:
                return Response(BUSY, BUSY_WORDS)
        return Response("200 OK")


def _is_json(request: Request) -> bool:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"


def _login(identifier: str, frame: int) -> Login:
    """The token is what stands behind the last hyphen; a device's own name may hold hyphens."""
    device, hyphen, token = identifier.rpartition("-")
    return Login(frame=frame, identifier=device, token=token) if hyphen else Login(frame=frame, identifier=identifier)


def _query(request: Request, frame: int) -> list[Message]:
    """The messages of a query or form request."""
    pairs = parse_qsl(urlsplit(request.url).query.decode("ascii"), keep_blank_values=True)
    if request.body:
        pairs += parse_qsl(request.body.decode("utf-8"), keep_blank_values=True)
    fields = dict(pairs)
    identifier = fields.get("id") or fields.get("deviceid")
    if not identifier:
        raise ValueError("expected id=<device>-<token>, got none")
    login = _login(identifier, frame)
    place = _place(fields)
    if place is None or fields.get("valid") in ("false", "0"):
        return [login, Heartbeat(frame=frame)]
    longitude, latitude = place
    fix = Fix(
        frame=frame,
        fixed_at=timestamp(fields["timestamp"]) if fields.get("timestamp") else None,
        longitude=longitude,
        latitude=latitude,
        speed=speed(number(fields, "speed"), KNOT),
        heading=heading(number(fields, "bearing", "heading")),
        accuracy=known(number(fields, "accuracy")),
        altitude=number(fields, "altitude"),
        alarms=ALARM_SOS if fields.get("alarm") == "sos" else 0,
        attributes=battery(number(fields, "batt")),
    )
    return [login, fix]


def _json(request: Request, frame: int) -> list[Message]:
    """The messages of a JSON request."""
    document = json.loads(request.body)
    login = _login(str(document["device_id"]), frame)
    location = document.get("location") or []
    locations = location if isinstance(location, list) else [location]
    at_most(len(locations))
    if not locations:
        return [login, Heartbeat(frame=frame)]
    return [login, *(_json_fix(one, frame) for one in locations)]


def _json_fix(location: dict[str, Any], frame: int) -> Fix:
    coordinates = location["coords"]
    event = location.get("event")
    return Fix(
        frame=frame,
        fixed_at=timestamp(str(location["timestamp"])),
        longitude=finite(coordinates["longitude"]),
        latitude=finite(coordinates["latitude"]),
        speed=speed(number(coordinates, "speed")),
        heading=heading(number(coordinates, "heading")),
        accuracy=known(number(coordinates, "accuracy")),
        altitude=number(coordinates, "altitude"),
        alarms=ALARM_SOS if event == "sos" else 0,
        attributes=battery(_level(location.get("battery")), 100),
    )


def _level(charge: Any) -> float | None:
    if charge is None:
        return None
    return number(table(charge, "battery"), "level")


def _place(fields: dict[str, str]) -> tuple[float, float] | None:
    """Longitude and latitude; None when the request bears no place at all."""
    if fields.get("location"):
        latitude, longitude = fields["location"].split(",")
    elif "lat" in fields or "lon" in fields:
        latitude, longitude = fields["lat"], fields["lon"]
    else:
        return None
    return finite(longitude), finite(latitude)
