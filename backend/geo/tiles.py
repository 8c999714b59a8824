"""Vector tiles out of one PMTiles file: the whole directory in memory, the tiles themselves mapped."""

import mmap
from pathlib import Path

from pmtiles.tile import (
    Compression,
    Entry,
    TileType,
    deserialize_directory,
    deserialize_header,
    tileid_to_zxy,
)

HEADER_BYTES = 127


class TileArchive:
    """An open archive of gzip-compressed vector tiles. The file may be replaced by another one meanwhile."""

    def __init__(self, path: Path) -> None:
        """Read the directory. Raises OSError, or ValueError for what is no archive of gzip-compressed MVT."""
        with path.open("rb") as file:
            self._content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        try:
            header = deserialize_header(self._content[:HEADER_BYTES])
        except Exception as error:
            raise ValueError(f"{path}: not a PMTiles archive: {error!r}") from error
        if (header["tile_type"], header["tile_compression"]) != (TileType.MVT, Compression.GZIP):
            raise ValueError(f"{path}: expected vector tiles (MVT) compressed by gzip")
        self._places: dict[tuple[int, int, int], tuple[int, int]] = {}
        self._leaves = header["leaf_directory_offset"]
        self._data = header["tile_data_offset"]
        self._read_directory(header["root_offset"], header["root_length"])
        zooms = [zoom for zoom, _, _ in self._places]
        self.minzoom, self.maxzoom = min(zooms, default=0), max(zooms, default=0)

    def __len__(self) -> int:
        """How many tiles there are."""
        return len(self._places)

    def get(self, zoom: int, x: int, y: int) -> bytes | None:
        """The tile, gzip-compressed, or None where it holds nothing. Rows count from the north."""
        place = self._places.get((zoom, x, y))
        if place is None:
            return None
        offset, length = place
        return self._content[offset : offset + length]

    def _read_directory(self, offset: int, length: int) -> None:
        entries: list[Entry] = deserialize_directory(self._content[offset : offset + length])
        for entry in entries:
            if entry.run_length == 0:  # a directory below
                self._read_directory(self._leaves + entry.offset, entry.length)
            for number in range(entry.tile_id, entry.tile_id + entry.run_length):
                self._places[tileid_to_zxy(number)] = (self._data + entry.offset, entry.length)
