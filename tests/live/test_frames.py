"""The bytes of a frame, offset by offset, as the contract has them."""

import struct

import pytest

from backend.clock import now_ms
from backend.live.frames import CHANGES, RESUME, SNAPSHOT, frame
from tests.live.fleet import report


@pytest.mark.parametrize(("kind", "number"), [(CHANGES, 1), (SNAPSHOT, 2), (RESUME, 3)])
def test_the_header_is_16_bytes_little_endian(kind: int, number: int) -> None:
    record = report(7, 1, 0, 1000)[1]
    earliest = now_ms()
    data = frame(kind, 0xBEEF, 2, record * 2)
    assert data[:8] == bytes([number, 1, 0xEF, 0xBE, 2, 0, 0, 0])
    assert earliest <= struct.unpack("<q", data[8:16])[0] <= now_ms()
    assert data[16:] == record * 2
    assert len(data) == 16 + 2 * 32


def test_a_resume_frame_ends_with_the_numbers_in_view() -> None:
    record = report(7, 1, 0, 1000)[1]
    data = frame(RESUME, 0, 1, record, [7, 4294967295])
    assert data[16 + 32 :] == bytes([7, 0, 0, 0, 255, 255, 255, 255])
    assert frame(RESUME, 0, 0, b"", [])[16:] == b""


def test_the_record_starts_with_unit_and_time() -> None:
    data = frame(CHANGES, 0, 1, report(7, 1, 0, 1795437601250)[1])
    assert struct.unpack_from("<Iq", data, 16) == (7, 1795437601250)
    longitude, latitude, speed, heading, accuracy, age = struct.unpack_from("<iiHHHH", data, 16 + 12)
    assert (longitude / 1e7, latitude / 1e7) == pytest.approx((113.10, 28.20), abs=0.001)
    assert (speed, heading, accuracy, age) == (65535, 65535, 65535, 65535)
    assert data[16 + 28 :] == bytes([0, 2, 1, 0])
