"""Reads `fixtures/<protocol>/<case>.hex` (pieces of bytes, one a line) with the `.json` that tells their meaning."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from backend.avl.messages import Alarm, Fix, Heartbeat, Login, Malformed, Message

FOLDER = Path(__file__).with_name("fixtures")
KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in (Alarm, Fix, Heartbeat, Login, Malformed)}


@dataclass(frozen=True)
class Case:
    """What came, and what it means. The reason of a malformed frame is for people: it is not compared."""

    name: str
    pieces: list[bytes]
    expected: list[Message]


def cases(protocol: str) -> list[Case]:
    """All cases of a protocol."""
    return [_read(file) for file in sorted((FOLDER / protocol).glob("*.hex"))]


def parameters(protocol: str) -> pytest.MarkDecorator:
    """A test for each case."""
    return pytest.mark.parametrize("case", cases(protocol), ids=lambda case: case.name)


def _read(file: Path) -> Case:
    meaning = json.loads(file.with_suffix(".json").read_text())
    pieces = [bytes.fromhex(line) for line in file.read_text().splitlines()]
    return Case(file.stem, pieces, [_message(dict(fields)) for fields in meaning["messages"]])


def _message(fields: dict[str, object]) -> Message:
    kind = KINDS[str(fields.pop("message"))]
    if kind is Malformed:
        fields["reason"] = ""
    return kind(**fields)  # type: ignore[arg-type]


def comparable(messages: list[Message]) -> list[Message]:
    """The messages without reasons, which must not be empty."""
    result: list[Message] = []
    for message in messages:
        if isinstance(message, Malformed):
            assert message.reason
            message = Malformed(frame=message.frame, reason="")
        result.append(message)
    return result


def assert_physical_sense(messages: list[Message]) -> None:
    """Whatever a decoder gives must be possible on this planet, or be refused later for a known reason."""
    for message in messages:
        if isinstance(message, Fix):
            assert -180 <= message.longitude <= 180
            assert -90 <= message.latitude <= 90
            assert message.speed is None or 0 <= message.speed < 140
            assert message.heading is None or 0 <= message.heading < 360
            assert message.accuracy is None or 0 <= message.accuracy < 100_000
            assert message.altitude is None or -500 < message.altitude < 9_000
            assert message.fixed_at is None or 1 << 31 <= message.fixed_at < 2_300_000_000_000
