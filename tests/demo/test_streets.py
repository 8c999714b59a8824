"""The street graph is read as it was written, and what is not one is refused in words."""

from pathlib import Path
from typing import Any

import msgpack
import pytest

from backend.demo.streets import load_streets, metres_between, parse_streets, turn_between
from backend.geo.cells import distance_m
from tests.demo.networks import CENTRE, METRE, Street, both_ways, build, town

NODES = [CENTRE, (CENTRE[0] + 200 * METRE, CENTRE[1]), (CENTRE[0] + 200 * METRE, CENTRE[1] + 100 * METRE)]


def test_what_is_written_is_read() -> None:
    bend = (CENTRE[0] + 100 * METRE, CENTRE[1] + 20 * METRE)
    found = build(NODES, [*both_ways(Street(0, 1, bends=(bend,))), Street(1, 2, "footway", 4)], [1], [(0, 2)])
    assert found.shape(0) == [pytest.approx(point, abs=1e-7) for point in (NODES[0], bend, NODES[1])]
    assert found.shape(1) == found.shape(0)[::-1]
    assert found.edges.reverses == [1, 0, -1]
    assert found.edges.classes == ["residential", "residential", "footway"]
    assert found.edges.modes == [7, 7, 4]
    assert found.lights == [False, True, False]
    assert found.forbidden == {(0, 2)}
    assert found.leaving[1] == [1, 2]
    assert found.edges.last_headings[2] == pytest.approx(0, abs=0.1)
    assert abs(turn_between(found.edges.last_headings[0], found.edges.first_headings[1])) == pytest.approx(180, abs=0.1)
    longitudes, latitudes = found.middles()
    assert (longitudes[2], latitudes[2]) == pytest.approx((NODES[1][0], NODES[1][1] + 50 * METRE), abs=1e-7)


def test_distances_are_those_on_the_sphere() -> None:
    assert metres_between(NODES[0], NODES[2]) == pytest.approx(distance_m(*NODES[0], *NODES[2]), rel=1e-5)


def other(**changes: Any) -> bytes:
    return bytes(msgpack.packb(town() | changes))


MISTAKES = [
    (b"", "expected a street graph in msgpack, got 0"),
    (b"\x93\x01\x02\x03", "expected the format liandong-roads, got [1, 2, 3]"),
    (other(format="other"), "expected the format liandong-roads"),
    (other(version=2), "expected version 1 of liandong-roads, got 2"),
    (other(edges={}), "not whole"),
    (other(shape={"longitude": b"123", "latitude": b""}), "multiple of element size"),
]


@pytest.mark.parametrize(("data", "words"), MISTAKES, ids=[words[-20:] for _, words in MISTAKES])
def test_what_is_none_is_refused_in_words(data: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError) as refused:
        parse_streets(data)
    assert words in str(refused.value)
    file = tmp_path / "roads.msgpack"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r"roads\.msgpack: .*make tiles"):
        load_streets(file)
