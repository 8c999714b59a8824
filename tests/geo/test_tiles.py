"""Tiles out of a PMTiles file: the same as its library finds, also below the root directory."""

import gzip
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pmtiles.reader import MemorySource, Reader
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from backend.geo.tiles import TileArchive

MANY = [(9, x, y) for x in range(96) for y in range(96)] + [(10, x, y) for x in range(8) for y in range(96)]

KNOWN = set(MANY)


def content_of(zoom: int, x: int, y: int) -> bytes:
    """Some tiles are alike, as those of the sea are; the others differ in length, so that directories grow."""
    chance = random.Random(f"{zoom}/{x}/{y}")
    words = b"sea" if x % 3 == 0 else chance.randbytes(chance.randint(1, 400))
    return gzip.compress(words, mtime=0)


def write_archive(file: Path, tiles: list[tuple[int, int, int]], kind: TileType = TileType.MVT) -> Path:
    with file.open("wb") as output:
        writer: Any = Writer(output)  # type: ignore[no-untyped-call]
        for number, tile in sorted((zxy_to_tileid(*tile), tile) for tile in tiles):
            writer.write_tile(number, content_of(*tile))
        writer.finalize({"tile_type": kind, "tile_compression": Compression.GZIP}, {})
    return file


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough tiles for directories below the root."""
    return write_archive(tmp_path_factory.mktemp("tiles") / "tiles.pmtiles", MANY)


@pytest.fixture(scope="module")
def archive(file: Path) -> TileArchive:
    """The same, open."""
    return TileArchive(file)


def test_every_tile_is_found_and_no_other(file: Path, archive: TileArchive) -> None:
    header = Reader(MemorySource(file.read_bytes())).header()  # type: ignore[no-untyped-call]
    assert header["leaf_directory_length"] > 0, "the case that this test is about"
    assert (len(archive), archive.minzoom, archive.maxzoom) == (len(MANY), 9, 10)
    assert all(archive.get(*tile) == content_of(*tile) for tile in MANY)


@given(zoom=st.integers(8, 11), x=st.integers(0, 150), y=st.integers(0, 150))
def test_what_is_not_there_is_none(archive: TileArchive, zoom: int, x: int, y: int) -> None:
    expected = content_of(zoom, x, y) if (zoom, x, y) in KNOWN else None
    assert archive.get(zoom, x, y) == expected


def test_a_replaced_file_is_read_on(tmp_path: Path) -> None:
    """A build replaces the folder while the web process runs."""
    file = write_archive(tmp_path / "tiles.pmtiles", [(6, 1, 2)])
    archive = TileArchive(file)
    file.unlink()
    write_archive(file, [(6, 3, 4)])
    assert archive.get(6, 1, 2) == content_of(6, 1, 2)


@pytest.mark.parametrize("content", [b"PMTiles\x02" + b"\0" * 200, b"SQLite format 3\0" * 20, b"PMTiles"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tiles.pmtiles").write_bytes(content)
    with pytest.raises(ValueError, match="not a PMTiles archive"):
        TileArchive(tmp_path / "tiles.pmtiles")


def test_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected vector tiles"):
        TileArchive(write_archive(tmp_path / "tiles.pmtiles", [(6, 1, 2)], TileType.PNG))
