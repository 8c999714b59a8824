"""Vector tiles by tilemaker, with our own `process.lua` and `config.json`, and out of its MBTiles one PMTiles file."""

import gzip
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from tiles.extract import Box
from tiles.failure import CannotBuild

HERE = Path(__file__).parent
PROCESS, CONFIG = HERE / "process.lua", HERE / "config.json"
LAST_LINES = 8


def tilemaker_version() -> str:
    """What `tilemaker --help` calls itself. Raises CannotBuild where there is none."""
    if shutil.which("tilemaker") is None:
        raise CannotBuild("no tilemaker on this machine. Install it: apt-get install tilemaker")
    said = subprocess.run(["tilemaker", "--help"], capture_output=True, text=True, check=False)
    return (said.stdout + said.stderr).strip().partition("\n")[0]


def make_tiles(pbf: Path, bounds: Box, folder: Path) -> Path:
    """MBTiles of the extract, in `folder`. Raises CannotBuild with tilemaker's last words."""
    made = folder / "tiles.mbtiles"
    command = ["tilemaker", "--input", str(pbf), "--output", str(made), "--config", str(CONFIG)]
    command += ["--process", str(PROCESS), "--bbox", ",".join(f"{value:.7f}" for value in bounds)]
    said = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    # Some failures of tilemaker end with status 0.
    if said.returncode != 0 or not made.is_file():
        lines = [line.strip() for line in (said.stdout + said.stderr).replace("\r", "\n").splitlines()]
        last = "\n".join([line for line in lines if line][-LAST_LINES:])
        raise CannotBuild(f"tilemaker failed (status {said.returncode}). Its last lines:\n{last}")
    return made


def pack_tiles(mbtiles: Path, bounds: Box, out: Path) -> tuple[int, int, int]:
    """One PMTiles file of all tiles that hold anything. Returns how many, and the least and the greatest zoom."""
    connection = sqlite3.connect(mbtiles)
    try:
        found = connection.execute("SELECT zoom_level, tile_column, tile_row, rowid FROM tiles").fetchall()
        # MBTiles count rows from the south.
        tiles = sorted((zxy_to_tileid(z, x, (1 << z) - 1 - y), z, row) for z, x, y, row in found)
        zooms = []
        with out.open("wb") as file:
            writer: Any = Writer(file)  # type: ignore[no-untyped-call]
            for number, zoom, row in tiles:
                (data,) = connection.execute("SELECT tile_data FROM tiles WHERE rowid = ?", (row,)).fetchone()
                if gzip.decompress(data):
                    writer.write_tile(number, data)
                    zooms.append(zoom)
            if not zooms:
                raise CannotBuild("tilemaker made no tile that holds anything: is it an extract of a city?")
            writer.finalize(_header(bounds), {"name": "liandong"})
    finally:
        connection.close()
    return len(zooms), min(zooms), max(zooms)


def _header(bounds: Box) -> dict[str, object]:
    west, south, east, north = (round(value * 1e7) for value in bounds)
    edges = {"min_lon_e7": west, "min_lat_e7": south, "max_lon_e7": east, "max_lat_e7": north}
    return {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP, **edges}
