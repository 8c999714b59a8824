"""Devices whose datum is declared, whatever they say themselves."""

import struct
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.avl.batch import decode, digest, encode
from backend.avl.declared_datum import datum
from backend.avl.messages import GIVEN_GCJ02, Fix
from backend.avl.passage import REPEAT, Knowledge, Passage, Stop
from backend.avl.pipeline import DAY_MS, run
from backend.avl.protocols.jt808 import messages as jt
from backend.avl.protocols.jt808.decoder import Jt808
from backend.avl.protocols.jt808.frame import Frame, write_frame
from backend.avl.protocols.jt808.location import STATUS_PLUG_IN, write_time
from backend.geo.cells import cell_of, distance_m
from backend.geo.datum import from_gcj02, to_gcj02
from tests.avl.makers import Source, device

NOW = 1_772_352_930_000  # 2026-03-01 08:15:30 UTC
PLACE = (113.1, 28.2)
longitudes, latitudes = st.floats(73.5, 135), st.floats(18, 53.5)


def knowledge() -> Knowledge:
    return Knowledge(retention_ms=90 * DAY_MS, future_limit_ms=DAY_MS)


def fix(longitude: float = PLACE[0], latitude: float = PLACE[1], **attributes: object) -> Fix:
    return Fix(fixed_at=NOW - 1000, longitude=longitude, latitude=latitude, speed=3.0, attributes=attributes)


def passage(of: Fix, declared: str | None) -> Passage:
    return Passage(of, device(datum=declared), 3, NOW)


def place_of(one: Passage) -> tuple[float, float]:
    return one.fix.longitude, one.fix.latitude


def reported(place: Sequence[float], *, plug_in: bool) -> Fix:
    """What JT/T 808's decoder makes of a report of this place, with or without status bit 5."""
    longitude, latitude = (round(degrees * 1e6) for degrees in place)
    status = 0b11 | (STATUS_PLUG_IN if plug_in else 0)
    body = struct.pack(">IIIIhHH6s", 0, status, latitude, longitude, 45, 363, 90, write_time(NOW - 1000))
    (found,) = (
        one
        for one in Jt808().feed(write_frame(Frame(jt.LOCATION, "13812345678", 1, body, False)))
        if isinstance(one, Fix)
    )
    return found


@pytest.mark.parametrize(
    "one", [fix(battery_percent=80), reported(PLACE, plug_in=False), reported(PLACE, plug_in=True)]
)
def test_without_a_declaration_it_is_as_the_protocol_says(one: Fix) -> None:
    through = passage(one, None)
    assert datum(through, knowledge()) is None
    assert through.fix is one


@given(longitudes, latitudes)
def test_a_silent_device_in_gcj02_is_put_where_it_is_to_a_millimetre(longitude: float, latitude: float) -> None:
    drawn = to_gcj02(longitude, latitude)
    one = passage(fix(*drawn, battery_percent=80), "gcj02")
    assert datum(one, knowledge()) is None
    assert distance_m(*place_of(one), longitude, latitude) < 1e-3
    assert one.fix.attributes == {"battery_percent": 80, GIVEN_GCJ02: list(drawn)}
    assert (one.fix.fixed_at, one.fix.speed) == (NOW - 1000, 3.0)


def test_what_the_decoder_has_converted_is_not_converted_again() -> None:
    one = passage(reported(PLACE, plug_in=True), "gcj02")
    assert datum(one, knowledge()) is None
    assert place_of(one) == from_gcj02(*PLACE)
    assert one.fix.attributes[GIVEN_GCJ02] == list(PLACE)


def test_a_terminal_that_lies_with_bit_5_is_where_it_says() -> None:
    truth = passage(reported(PLACE, plug_in=False), "wgs84")
    lie = passage(reported(PLACE, plug_in=True), "wgs84")
    assert distance_m(*place_of(lie), *PLACE) > 100
    assert [datum(one, knowledge()) for one in (truth, lie)] == [None, None]
    assert place_of(lie) == PLACE
    assert lie.fix == truth.fix, "nothing is left of the lie"


def test_a_terminal_that_forgets_bit_5_is_as_one_that_sets_it() -> None:
    honest = passage(reported(PLACE, plug_in=True), None)
    forgetful = passage(reported(PLACE, plug_in=False), "gcj02")
    assert [datum(one, knowledge()) for one in (honest, forgetful)] == [None, None]
    assert forgetful.fix == honest.fix


@pytest.mark.parametrize("declared", ["wgs84", "gcj02"])
def test_twice_is_as_once(declared: str) -> None:
    for plug_in in (False, True):
        one = passage(reported(PLACE, plug_in=plug_in), declared)
        datum(one, knowledge())
        once = one.fix
        datum(one, knowledge())
        assert one.fix is once


def test_declared_it_holds_everywhere() -> None:
    """A box around China holds Korea, so who declares is believed; what nobody declares does not move."""
    seoul = (126.98, 37.57)
    declared, silent = passage(fix(*seoul), "gcj02"), passage(fix(*seoul), None)
    assert [datum(one, knowledge()) for one in (declared, silent)] == [None, None]
    assert place_of(declared) == from_gcj02(*seoul)
    assert place_of(silent) == seoul


def test_all_that_follows_sees_the_true_place() -> None:
    known = knowledge()
    one = passage(fix(*to_gcj02(*PLACE)), "gcj02")
    assert run(one, known) is None
    stored = one.stored()
    assert distance_m(stored.longitude, stored.latitude, *PLACE) < 1e-3
    assert (stored.cell, stored.digest) == (cell_of(*place_of(one)), digest(*place_of(one), 0))
    assert distance_m(known.movements[1].last.longitude, known.movements[1].last.latitude, *PLACE) < 1e-3
    assert run(passage(fix(*to_gcj02(*PLACE)), "gcj02"), known) is REPEAT


def test_no_fix_stays_no_fix() -> None:
    assert run(passage(reported((0, 0), plug_in=True), "wgs84"), knowledge()) == Stop("null_island")
    assert run(passage(fix(0, 0), "gcj02"), knowledge()) == Stop("null_island")


@given(st.floats(-180, 180), st.floats(-90, 90))
@example(113.1, 90)
@example(-113.1, -90)
@example(180, 0)
def test_what_passes_can_be_stored(longitude: float, latitude: float) -> None:
    """The formula knows no poles; one odd fix must not spoil the batch that it shares with others."""
    one = passage(fix(longitude, latitude), "gcj02")
    stop = run(one, knowledge())
    if stop is None:
        assert decode(encode(Source("a").batch(one.stored()))).fixes == [one.stored()]
    else:
        assert stop in (Stop("place"), Stop("null_island"))
