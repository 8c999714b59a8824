"""The 32 bytes of a position."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.bus.record import SIZE, UNKNOWN, Record, pack, unit_and_time, unpack

KNOWN = Record(
    unit=7,
    time=1_700_000_000_123,
    longitude=113.1,
    latitude=-28.2,
    speed=12.34,
    heading=270.5,
    accuracy=6.5,
    age=3.0,
    flags=5,
    source=2,
)
# By hand from the diagram at the head of record.py.
KNOWN_BYTES = bytes.fromhex(
    "07000000"  # unit
    "7b68e5cf8b010000"  # time
    "c0b06943"  # longitude 1 131 000 000
    "800531ef"  # latitude -282 000 000
    "d204"  # 1234 cm/s
    "aa69"  # 27050
    "4100"  # 65 dm
    "0300"  # 3 s
    "05020100"  # flags, source, version, reserved
)

records = st.builds(
    Record,
    unit=st.integers(0, 2**32 - 1),
    time=st.integers(-(2**63), 2**63 - 1),
    longitude=st.floats(-180, 180),
    latitude=st.floats(-90, 90),
    speed=st.none() | st.floats(0, 655.34),
    heading=st.none() | st.floats(0, 360),
    accuracy=st.none() | st.floats(0, 6553.4),
    age=st.none() | st.floats(0, 65534),
    flags=st.integers(0, 255),
    source=st.integers(0, 255),
    precedence=st.integers(0, 255),
)


def near(value: float | None, expected: float | None, resolution: float) -> bool:
    if value is None or expected is None:
        return value is expected
    return abs(value - expected) <= resolution * 0.5001


def test_bytes_of_one_record() -> None:
    assert pack(KNOWN) == KNOWN_BYTES
    assert unpack(KNOWN_BYTES) == KNOWN


@given(records)
def test_round_trip_within_resolution(record: Record) -> None:
    data = pack(record)
    back = unpack(data)
    assert len(data) == SIZE
    assert (back.unit, back.time, back.flags) == (record.unit, record.time, record.flags)
    assert (back.source, back.precedence) == (record.source, record.precedence)
    assert near(back.longitude, record.longitude, 1e-7)
    assert near(back.latitude, record.latitude, 1e-7)
    assert near(back.speed, record.speed, 0.01)
    assert near(back.accuracy, record.accuracy, 0.1)
    assert near(back.age, record.age, 1)
    assert (back.heading is None) == (record.heading is None)
    if back.heading is not None and record.heading is not None:
        assert 0 <= back.heading < 360
        assert abs((back.heading - record.heading + 180) % 360 - 180) <= 0.005001
    assert unit_and_time(data) == (record.unit, record.time)
    assert pack(back) == data, "what was rounded once is not rounded again"


@pytest.mark.parametrize(
    ("field", "offset"), [("speed", 20), ("heading", 22), ("accuracy", 24), ("age", 26)], ids=lambda value: str(value)
)
def test_unknown_is_not_zero(field: str, offset: int) -> None:
    for value, raw in ((None, UNKNOWN), (0.0, 0)):
        values = {name: getattr(KNOWN, name) for name in Record._fields} | {field: value}
        data = pack(Record(**values))
        assert struct.unpack_from("<H", data, offset) == (raw,)
        assert getattr(unpack(data), field) == value


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        pytest.param("speed", 655.35, 655.34, id="speed that would read as unknown"),
        pytest.param("speed", 1e9, 655.34, id="speed beyond telling"),
        pytest.param("speed", -3.0, 0.0, id="negative speed"),
        pytest.param("accuracy", 1e6, 6553.4, id="accuracy beyond telling"),
        pytest.param("age", 1e6, 65534.0, id="age of weeks"),
        pytest.param("age", -1.5, 0.0, id="fix from a clock slightly ahead"),
        pytest.param("heading", 359.999, 0.0, id="heading that rounds to a whole turn"),
        pytest.param("heading", 360.0, 0.0, id="whole turn"),
        pytest.param("heading", -90.0, 270.0, id="negative heading"),
    ],
)
def test_bounds(field: str, value: float, told: float) -> None:
    values = {name: getattr(KNOWN, name) for name in Record._fields} | {field: value}
    assert getattr(unpack(pack(Record(**values))), field) == pytest.approx(told, abs=1e-9)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(KNOWN_BYTES[:-1], id="one byte short"),
        pytest.param(KNOWN_BYTES + b"\0", id="one byte long"),
        pytest.param(KNOWN_BYTES[:30] + b"\2\0", id="other version"),
    ],
)
def test_not_a_record(data: bytes) -> None:
    with pytest.raises(ValueError, match="expected"):
        unpack(data)


@pytest.mark.parametrize("unit", [-1, 2**32])
def test_impossible_unit_is_refused(unit: int) -> None:
    values = {name: getattr(KNOWN, name) for name in Record._fields} | {"unit": unit}
    with pytest.raises(struct.error):
        pack(Record(**values))
