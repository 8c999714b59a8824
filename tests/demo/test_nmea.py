"""The made log is NMEA 0183 that others would accept. (Through the real gpsd: tests/avl/test_receivers.py.)"""

import functools
import operator
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.demo.gps import Gps, Sample
from backend.demo.nmea import degrees_minutes, drive, epoch, sentence
from tests.demo.networks import town_driver

START = datetime(2026, 12, 31, 23, 59, 58, tzinfo=UTC)


def test_checksum_of_a_known_sentence() -> None:
    """From the NMEA 0183 literature."""
    body = "GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,"
    assert sentence(body) == f"${body}*47\r\n"


@settings(deadline=None)
@given(st.integers(0, 1000))
def test_every_sentence_is_well_formed(seed: int) -> None:
    for group in drive(START, 5, town_driver("command", seed), Gps(seed)):
        lines = group.split("\r\n")
        assert lines.pop() == ""
        assert [line[:6] for line in lines] == ["$GPGGA", "$GPGSA", "$GPRMC"]
        for line in lines:
            body, _, checksum = line[1:].partition("*")
            assert int(checksum, 16) == functools.reduce(operator.xor, body.encode())
            assert len(line) + 2 <= 82
            assert line.isascii()


def test_time_goes_on_past_midnight() -> None:
    drives = drive(START, 4, town_driver("command", 1), Gps(1))
    rmc = [group.split("$GPRMC,")[1].split(",") for group in drives]
    assert [(fields[0], fields[8]) for fields in rmc] == [
        ("235958.00", "311226"),
        ("235959.00", "311226"),
        ("000000.00", "010127"),
        ("000001.00", "010127"),
    ]


@given(st.floats(-180, 180))
def test_angle_round_trip(value: float) -> None:
    text = degrees_minutes(value, 3)
    assert len(text) == 11
    degrees, minutes = int(text[:3]), float(text[3:])
    assert 0 <= minutes < 60
    assert degrees + minutes / 60 == pytest.approx(abs(value), abs=1e-5 / 60)


@pytest.mark.parametrize(
    ("longitude", "latitude", "signs"),
    [(113.1, 28.2, ("N", "E")), (-58.4, -34.6, ("S", "W")), (0.0, 0.0, ("N", "E")), (-0.5, 51.5, ("N", "W"))],
)
def test_hemispheres(longitude: float, latitude: float, signs: tuple[str, str]) -> None:
    fields = epoch(START, Sample(longitude, latitude, 5.0, 90.0, 6.0)).split("$GPRMC,")[1].split(",")
    assert (fields[3], fields[5]) == signs
