"""`liandong decode` as a person runs it."""

import json
import subprocess
import sys

import pytest

from tests.avl.fixtures import FOLDER, cases

SAMPLES = [
    ("osmand", "pipelined"),
    ("gpsd", "cut"),
    ("nmea", "gga_before_rmc"),
    ("owntracks", "location"),
    ("traccar", "list_of_devices"),
    ("field", "batch"),
]


def decode(protocol: str, given: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "backend", "decode", protocol], input=given, capture_output=True, text=True, timeout=30
    )


@pytest.mark.slow
@pytest.mark.parametrize(("protocol", "name"), SAMPLES, ids=[f"{protocol}-{name}" for protocol, name in SAMPLES])
def test_a_line_of_json_for_each_message(protocol: str, name: str) -> None:
    case = next(case for case in cases(protocol) if case.name == name)
    done = decode(protocol, (FOLDER / protocol / f"{name}.hex").read_text())
    assert (done.returncode, done.stderr) == (0, "")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["message"] for line in lines] == [type(message).__name__ for message in case.expected]
    assert [line["frame"] for line in lines] == [message.frame for message in case.expected]


def test_no_hexadecimal_says_so() -> None:
    done = decode("osmand", "hello\n")
    assert done.returncode == 1
    assert "expected bytes in hexadecimal, got 'hello'" in done.stderr
    assert done.stdout == ""


def test_unknown_protocol_lists_the_known() -> None:
    done = decode("telegraph", "")
    assert done.returncode == 2
    assert "osmand" in done.stderr
