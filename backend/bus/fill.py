"""How a starting board is filled: it asks on `board.fill` with an inbox, every ingest answers in chunks."""

from collections.abc import Iterator, Sequence

import msgpack

from backend.bus.subjects import Address, parse_position

CHUNK_BYTES = 512 * 1024
ENTRY_BYTES = 120  # a subject and a record with msgpack's overhead, at most


def chunks(positions: Sequence[tuple[str, bytes]]) -> Iterator[bytes]:
    """All (subject, record) as messages of at most `CHUNK_BYTES`; the last one says so."""
    size = CHUNK_BYTES // ENTRY_BYTES
    for start in range(0, max(len(positions), 1), size):
        part = positions[start : start + size]
        packed: bytes = msgpack.packb({"last": start + size >= len(positions), "positions": part})
        yield packed


def read_chunk(data: bytes) -> tuple[bool, list[tuple[Address, bytes]]]:
    """The inverse: whether it is this ingest's last chunk, and its positions."""
    fields = msgpack.unpackb(data)
    return fields["last"], [(parse_position(subject), record) for subject, record in fields["positions"]]
