"""What a starting board is filled with."""

import pytest

from backend.bus.fill import CHUNK_BYTES, chunks, read_chunk
from backend.bus.record import SIZE
from backend.bus.subjects import Address, position_subject
from backend.geo.cells import cell_of

CELL = cell_of(113.1, 28.2)


def positions(count: int, unit: int = 0) -> list[tuple[str, bytes]]:
    """The longest subjects there can be, so that the bound on a chunk is held by the worst case."""
    body = 2**31 - 1
    return [
        (position_subject(Address(body, body, CELL, 2**32 - 1 - number)), number.to_bytes(SIZE))
        for number in range(unit, unit + count)
    ]


@pytest.mark.parametrize("count", [0, 1, 4369, 4370, 10_000])
def test_round_trip_in_bounded_chunks(count: int) -> None:
    given = positions(count)
    sent = list(chunks(given))
    assert all(len(chunk) <= CHUNK_BYTES for chunk in sent)
    read = [read_chunk(chunk) for chunk in sent]
    assert [last for last, _ in read] == [False] * (len(sent) - 1) + [True]
    found = [(position_subject(address), record) for _, part in read for address, record in part]
    assert found == given


def test_chunk_size_is_used() -> None:
    """A chunk that is much smaller than allowed would be many messages."""
    assert len(list(chunks(positions(10_000)))) == 3
