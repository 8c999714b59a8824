"""Traccar's forward of positions in JSON: any protocol that a running Traccar speaks comes in by it.

In Traccar's configuration: `forward.enable` true, `forward.type` json, `forward.url` this port,
    `forward.header` `Authorization: Bearer <token>`, `forward.retry.enable` true: it sends again what was not
    answered with 2xx. That header is one for all its devices: adopt them where they knock, and they keep its token.
A POST is `{"position": {…}, "device": {"uniqueId": the identifier, "name"}}`, or a list of those. Of a position:
    `latitude`, `longitude` degrees, `fixTime` (else `deviceTime`, `serverTime`) ISO 8601, `speed` in **knots**,
    `course` degrees, `altitude` m, `accuracy` m (0 is unknown), `valid` (false, or `outdated`: the last known place,
    which is no fix), `protocol`, and of its `attributes` `batteryLevel` %, `ignition`, `motion`, `totalDistance` m,
    `sat`, `alarm` (several with commas; `sos` is the emergency call).
Unknown device: 401. Each device of a list is taken for itself, and the answer is of the gravest.
(traccar.org/forward and Traccar's sources.)
"""

from typing import Any

from backend.avl.messages import ALARM_SOS, Alarm, Fix, Heartbeat, Login, Message, Outcome
from backend.avl.protocols.http import BUSY, BUSY_WORDS, HttpDecoder, Request, Response
from backend.avl.protocols.values import KNOT, at_most, battery, finite, heading, number, speed, table, timestamp, word

LARGEST_BODY = 512 * 1024
CHALLENGE = 'WWW-Authenticate: Bearer realm="Liandong"\r\n'
UNKNOWN = "unknown device: expected its uniqueId as identifier and its token in forward.header (Bearer)\n"
TIMES = ("fixTime", "deviceTime", "serverTime")


class Traccar(HttpDecoder):
    """Decoder of one Traccar's connection, on which all its devices speak."""

    largest_body = LARGEST_BODY
    kept_headers = frozenset({b"authorization"})

    def messages(self, request: Request, frame: int) -> list[Message]:
        """Who speaks, and where he is: a frame for each device that follows another in the list."""
        token = _token(request.headers.get("authorization", ""))
        told = request.document()
        forwards = told if isinstance(told, list) else [told]
        at_most(len(forwards))
        if not forwards:
            raise ValueError("expected a position, got an empty list")
        messages: list[Message] = []
        speaks: str | None = None
        for forward in forwards:
            identifier = _identifier(forward)
            if identifier != speaks:
                frame += speaks is not None
                speaks = identifier
                messages.append(Login(frame=frame, identifier=identifier, token=token))
            messages.append(_meaning(table(forward["position"], "position"), frame))
        return messages

    def response(self, request: Request, outcome: Outcome, reason: str) -> Response:
        """Anything but 2xx makes Traccar send it again."""
        match outcome:
            case Outcome.UNKNOWN_DEVICE:
                return Response("401 Unauthorized", UNKNOWN, CHALLENGE)
            case Outcome.MALFORMED:
                return Response("400 Bad Request", f"{reason}\n")
            case Outcome.BUSY:
                return Response(BUSY, BUSY_WORDS)
        return Response("200 OK")


def _token(header: str) -> str:
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _identifier(forward: Any) -> str:
    identifier = table(table(forward, "what is forwarded")["device"], "device")["uniqueId"]
    if not isinstance(identifier, str):
        raise ValueError(f"expected device.uniqueId as a text, got {identifier!r:.40}")
    return identifier


def _meaning(position: dict[str, Any], frame: int) -> Message:
    attributes = table(position.get("attributes") or {}, "attributes")
    alarms = [word(alarm) for alarm in str(attributes.get("alarm") or "").split(",")]
    sos = ALARM_SOS if "sos" in alarms else 0
    if position.get("valid") is False or position.get("outdated") is True:
        return Alarm(frame=frame, alarms=sos) if sos else Heartbeat(frame=frame)
    return Fix(
        frame=frame,
        fixed_at=timestamp(next((position[name] for name in TIMES if position.get(name)), None)),
        longitude=finite(position["longitude"]),
        latitude=finite(position["latitude"]),
        speed=speed(number(position, "speed"), KNOT),
        heading=heading(number(position, "course")),
        accuracy=_accuracy(number(position, "accuracy")),
        altitude=number(position, "altitude"),
        alarms=sos,
        attributes=_attributes(position, attributes),
    )


def _accuracy(value: float | None) -> float | None:
    """Traccar writes 0 where the device told none."""
    return None if value is None or value <= 0 else value


def _attributes(position: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """What else was told, under our names; what cannot be kept is left out."""
    kept: dict[str, Any] = battery(number(told, "batteryLevel"))
    kept |= {name: told[name] for name in ("ignition", "motion") if isinstance(told.get(name), bool)}
    satellites = number(told, "sat")
    kept |= {"odometer": number(told, "totalDistance"), "satellites": None if satellites is None else int(satellites)}
    others = [alarm for alarm in str(told.get("alarm") or "").split(",") if alarm != "sos"]
    kept |= {"alarm": word(",".join(others)), "protocol": word(position.get("protocol"))}
    return {name: value for name, value in kept.items() if value is not None}
