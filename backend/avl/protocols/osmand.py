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
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httptools

from backend.avl.messages import ALARM_SOS, Fix, Heartbeat, Login, Malformed, Message, Outcome
from backend.clock import to_ms

KNOT = 1852 / 3600  # m/s
LARGEST_BODY = 65536
LONGEST_URL = 8192
LARGEST_REQUEST = LARGEST_BODY + 2 * LONGEST_URL  # with its headers; bytes
MOST_FIXES = 500
MILLISECONDS_FROM = 1 << 31  # an epoch number from here on is in ms, below in s

STATUS = {
    Outcome.STORED: "200 OK",
    Outcome.HEARD: "200 OK",
    Outcome.UNKNOWN_DEVICE: "400 Bad Request",
    Outcome.MALFORMED: "400 Bad Request",
    Outcome.BUSY: "503 Service Unavailable",
}
WORDS = {
    Outcome.STORED: "",
    Outcome.HEARD: "",
    Outcome.UNKNOWN_DEVICE: "unknown device: expected the identifier <device>-<token>\n",
    Outcome.BUSY: "busy: try again later\n",
}


@dataclass(slots=True)
class _Request:
    """One HTTP request as it comes in."""

    url: bytes = b""
    body: bytes = b""
    content_type: str = ""
    too_large: bool = False


@dataclass(slots=True)
class _Answer:
    """What the reply to a frame depends on beside its outcome."""

    is_json: bool
    keep_alive: bool
    reason: str = ""


@dataclass(slots=True)
class OsmAnd:
    """Decoder of one HTTP connection; requests may be pipelined and are answered in order."""

    _request: _Request = field(default_factory=_Request)
    _answers: dict[int, _Answer] = field(default_factory=dict)
    _messages: list[Message] = field(default_factory=list)
    _frame: int = 0
    _broken: bool = False
    _unfinished: int = 0  # bytes since the last complete request: httptools keeps a header of any length
    _parser: Any = None

    def __post_init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> list[Message]:
        """The messages of the requests that these bytes complete."""
        if self._broken:
            return []
        self._unfinished += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request was answered in HTTP/1.1, which refuses the upgrade; what follows is not HTTP.
            self._broken = True
            if self._frame in self._answers:
                self._answers[self._frame].keep_alive = False
        except httptools.HttpParserError as error:
            self._malformed(f"expected an HTTP request, got {data[:40]!r} ({error})", broken=True)
        if self._unfinished > LARGEST_REQUEST and not self._broken:
            self._malformed(f"expected at most {LARGEST_REQUEST} bytes of a request", broken=True)
        messages, self._messages = self._messages, []
        return messages

    def reply(self, frame: int, outcome: Outcome) -> bytes:
        """The HTTP response to a request."""
        answer = self._answers.pop(frame)
        status = STATUS[outcome]
        if outcome is Outcome.UNKNOWN_DEVICE and answer.is_json:
            status = "404 Not Found"
        words = (answer.reason + "\n" if outcome is Outcome.MALFORMED else WORDS[outcome]).encode()
        connection = "keep-alive" if answer.keep_alive else "close"
        retry = "Retry-After: 5\r\n" if outcome is Outcome.BUSY else ""
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(words)}\r\nConnection: {connection}\r\n{retry}\r\n"
        return head.encode() + words

    def ends(self, frame: int) -> bool:
        """Whether the client wanted the connection closed after this request, or broke it."""
        answer = self._answers.get(frame)
        return answer is not None and not answer.keep_alive

    # Callbacks of httptools.

    def on_message_begin(self) -> None:
        self._request = _Request()

    def on_url(self, url: bytes) -> None:
        request = self._request
        request.too_large |= len(request.url) + len(url) > LONGEST_URL
        if not request.too_large:
            request.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-type":
            self._request.content_type = value.decode("latin-1").partition(";")[0].strip().lower()

    def on_body(self, body: bytes) -> None:
        request = self._request
        request.too_large |= len(request.body) + len(body) > LARGEST_BODY
        if not request.too_large:
            request.body += body

    def on_message_complete(self) -> None:
        request, self._request = self._request, _Request()
        self._unfinished = 0
        if self._broken:
            return
        is_json = request.content_type == "application/json"
        if request.too_large:
            self._malformed(f"expected at most {LONGEST_URL} bytes of URL and {LARGEST_BODY} of body", broken=True)
            return
        self._frame += 1
        self._answers[self._frame] = _Answer(is_json, self._parser.should_keep_alive())
        try:
            self._messages += _json(request, self._frame) if is_json else _query(request, self._frame)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            reason = f"expected the field {error}" if isinstance(error, KeyError) else str(error)
            self._answers[self._frame].reason = reason
            self._messages.append(Malformed(frame=self._frame, reason=reason))

    def _malformed(self, reason: str, *, broken: bool) -> None:
        """A request that cannot be read: answered with 400, and what follows on the connection is not looked at."""
        self._frame += 1
        self._broken |= broken
        self._answers[self._frame] = _Answer(is_json=False, keep_alive=not broken, reason=reason)
        self._messages.append(Malformed(frame=self._frame, reason=reason))


def _login(identifier: str, frame: int) -> Login:
    """The token is what stands behind the last hyphen; a device's own name may hold hyphens."""
    device, hyphen, token = identifier.rpartition("-")
    return Login(frame=frame, identifier=device, token=token) if hyphen else Login(frame=frame, identifier=identifier)


def _query(request: _Request, frame: int) -> list[Message]:
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
    speed = _number(fields, "speed")
    fix = Fix(
        frame=frame,
        fixed_at=_timestamp(fields["timestamp"]) if fields.get("timestamp") else None,
        longitude=longitude,
        latitude=latitude,
        speed=None if speed is None or speed < 0 else speed * KNOT,
        heading=_heading(_number(fields, "bearing", "heading")),
        accuracy=_known(_number(fields, "accuracy")),
        altitude=_number(fields, "altitude"),
        alarms=ALARM_SOS if fields.get("alarm") == "sos" else 0,
        attributes=_battery(_number(fields, "batt"), 1),
    )
    return [login, fix]


def _json(request: _Request, frame: int) -> list[Message]:
    """The messages of a JSON request."""
    document = json.loads(request.body)
    login = _login(str(document["device_id"]), frame)
    location = document.get("location") or []
    locations = location if isinstance(location, list) else [location]
    if len(locations) > MOST_FIXES:
        raise ValueError(f"expected at most {MOST_FIXES} locations in a request, got {len(locations)}")
    if not locations:
        return [login, Heartbeat(frame=frame)]
    return [login, *(_json_fix(one, frame) for one in locations)]


def _json_fix(location: dict[str, Any], frame: int) -> Fix:
    coordinates = location["coords"]
    event = location.get("event")
    return Fix(
        frame=frame,
        fixed_at=_timestamp(str(location["timestamp"])),
        longitude=_finite(coordinates["longitude"]),
        latitude=_finite(coordinates["latitude"]),
        speed=_known(_number(coordinates, "speed")),
        heading=_heading(_number(coordinates, "heading")),
        accuracy=_known(_number(coordinates, "accuracy")),
        altitude=_number(coordinates, "altitude"),
        alarms=ALARM_SOS if event == "sos" else 0,
        attributes=_battery(_level(location.get("battery")), 100),
    )


def _level(battery: Any) -> float | None:
    if battery is None:
        return None
    if not isinstance(battery, dict):
        raise ValueError(f"expected battery as an object, got {battery!r:.40}")
    return _number(battery, "level")


def _place(fields: dict[str, str]) -> tuple[float, float] | None:
    """Longitude and latitude; None when the request bears no place at all."""
    if fields.get("location"):
        latitude, longitude = fields["location"].split(",")
    elif "lat" in fields or "lon" in fields:
        latitude, longitude = fields["lat"], fields["lon"]
    else:
        return None
    return _finite(longitude), _finite(latitude)


def _timestamp(text: str) -> int:
    """ms since 1970. Raises ValueError for what is no time."""
    try:
        number = float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
        return to_ms(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return round(number if number >= MILLISECONDS_FROM else number * 1000)


def _number(fields: dict[str, Any], *names: str) -> float | None:
    """The first of these fields that is there, as a finite number."""
    value = next((fields[name] for name in names if fields.get(name) not in (None, "")), None)
    return None if value is None else _finite(value)


def _finite(value: Any) -> float:
    number = float(value)
    if not -1e15 < number < 1e15:  # also false for NaN and the infinities
        raise ValueError(f"expected a finite number, got {value!r}")
    return number


def _known(value: float | None) -> float | None:
    """Negative stands for unknown."""
    return None if value is None or value < 0 else value


def _heading(value: float | None) -> float | None:
    return None if value is None or value < 0 else value % 360


def _battery(value: float | None, to_percent: float) -> dict[str, Any]:
    return {} if value is None or value < 0 else {"battery_percent": round(value * to_percent, 1)}
