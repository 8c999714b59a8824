"""A batch as bytes."""

from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.avl.batch import VERSION, Batch, Counts, StoredFix, decode, digest, encode
from backend.bus.record import FLAG_CLOCK_AHEAD, unpack
from tests.avl.makers import Source, stored_fix

numbers = st.integers(0, 2**31 - 1)
names = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8)
known = st.none() | st.floats(0, 1e6)
fixes = st.builds(
    StoredFix,
    device=numbers,
    unit=st.integers(0, 2**32 - 1),
    district=numbers,
    squad=numbers,
    source=st.integers(0, 255),
    fixed_at=st.integers(0, 2**45),
    received_at=st.integers(0, 2**45),
    longitude=st.floats(-180, 180),
    latitude=st.floats(-90, 90),
    cell=st.integers(0, 2**63 - 1),
    digest=st.integers(-(2**63), 2**63 - 1),
    alarms=st.integers(0, 2**63 - 1),
    flags=st.integers(0, 255),
    speed=known,
    heading=known,
    accuracy=known,
    altitude=st.none() | st.floats(-1e4, 1e5),
    attributes=st.none() | st.dictionaries(st.text(), st.integers(0, 100) | st.text() | st.floats(0, 100)),
)
reasons = st.dictionaries(names, st.integers(1, 1000), max_size=3)
counts = st.builds(Counts, received=numbers, repeat=numbers, rejected=reasons)
batches = st.builds(
    Batch,
    incarnation=names,
    number=st.integers(1, 2**63 - 1),
    counts=st.dictionaries(names, counts, max_size=3),
    cumulative=st.dictionaries(names, numbers, max_size=3),
    fixes=st.lists(fixes, max_size=5),
)


@given(batches)
def test_round_trip(batch: Batch) -> None:
    assert decode(encode(batch)) == batch


def test_message_id_is_one_for_all_tries() -> None:
    source = Source("aa")
    assert [source.batch().message_id for _ in range(2)] == ["aa-1", "aa-2"]


def changed(**fields: Any) -> bytes:
    whole = msgpack.unpackb(encode(Source("aa").batch(stored_fix(1_700_000_000_000), rejected={"place": 1})))
    packed: bytes = msgpack.packb(whole | fields)
    return packed


GOOD = changed()
ROW: list[Any] = msgpack.unpackb(GOOD)["fixes"][0]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(GOOD[:-1], id="cut"),
        pytest.param(GOOD + b"\0", id="longer"),
        pytest.param(changed(version=VERSION + 1), id="version of tomorrow"),
        pytest.param(changed(version=None), id="no version"),
        pytest.param(msgpack.packb([1]), id="list"),
        pytest.param(msgpack.packb("text"), id="text"),
        pytest.param(msgpack.packb(None), id="nil"),
        pytest.param(msgpack.packb({}), id="empty map"),
        pytest.param(changed(counts=[1]), id="counts no map"),
        pytest.param(changed(counts={"osmand": 5}), id="counts a number"),
        pytest.param(changed(fixes=[ROW[:-1]]), id="row too short"),
        pytest.param(changed(fixes=[[*ROW, 1]]), id="row too long"),
        pytest.param(changed(fixes=5), id="fixes a number"),
        pytest.param(changed(fixes=[["one", *ROW[1:]]]), id="device as text"),
        pytest.param(changed(fixes=[[None, *ROW[1:]]]), id="no device"),
        pytest.param(changed(fixes=[[*ROW[:5], 10**17, *ROW[6:]]]), id="time beyond all calendars"),
        pytest.param(changed(fixes=[[*ROW[:7], float("nan"), *ROW[8:]]]), id="longitude no number"),
        pytest.param(changed(number="1"), id="number as text"),
        pytest.param(changed(incarnation=5), id="incarnation a number"),
        pytest.param(changed(counts={"osmand": [1, 0, {"place": -1}]}), id="less than none refused"),
        pytest.param(b"\x91" * 5000, id="deep"),
        pytest.param(b"\xc7\x08\xff" + b"\xff" * 8, id="impossible timestamp"),
        pytest.param(b"\x81\xa7version\xa1\xff", id="text that is not UTF-8"),
        pytest.param(b"\x81\x90\x01", id="list as key"),
    ],
)
def test_not_a_batch(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)


@settings(max_examples=300)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        decode(data)


@settings(max_examples=300)
@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=6), st.integers(0, 6))
def test_damaged_batch_is_a_batch_or_a_value_error(place: int, put: bytes, instead_of: int) -> None:
    try:
        batch = decode(GOOD[:place] + put + GOOD[place + instead_of :])
    except ValueError:
        return
    assert isinstance(batch, Batch)


PLACE = (113.1234567, 28.7654321)


def test_digest_does_not_change_between_versions() -> None:
    """It stands in stored rows: another one would store every repeated fix again."""
    assert digest(*PLACE, 0) == digest(*PLACE, 0) == 362010030090117542


@given(st.floats(-180, 180), st.floats(-90, 90), st.integers(0, 2**63 - 1))
def test_digest_fits_a_bigint_and_forgives_rounding(longitude: float, latitude: float, alarms: int) -> None:
    value = digest(longitude, latitude, alarms)
    assert -(2**63) <= value < 2**63
    assert digest(round(longitude * 1e7) / 1e7, round(latitude * 1e7) / 1e7, alarms) == value


@pytest.mark.parametrize(
    "other",
    [(PLACE[0] + 1e-7, PLACE[1], 0), (PLACE[0], PLACE[1] + 1e-7, 0), (*PLACE, 1), (PLACE[1], PLACE[0], 0)],
    ids=["longitude", "latitude", "alarm", "places exchanged"],
)
def test_digest_tells_apart(other: tuple[float, float, int]) -> None:
    assert digest(*other) != digest(*PLACE, 0)


def test_counts() -> None:
    one = Counts(received=10, repeat=2)
    one.reject("place")
    one.reject("place", 2)
    one.reject("speed")
    assert one.rejected == {"place": 3, "speed": 1}
    assert one.settled() == 6


def test_record_of_a_clock_ahead_shows_the_receipt() -> None:
    ahead = stored_fix(2_000, received_at=1_000, flags=FLAG_CLOCK_AHEAD)
    assert (ahead.moment, unpack(ahead.record()).time, unpack(ahead.record()).age) == (1_000, 1_000, 0.0)
    late = stored_fix(1_000, received_at=61_000)
    assert (late.moment, unpack(late.record()).time, unpack(late.record()).age) == (1_000, 1_000, 60.0)
