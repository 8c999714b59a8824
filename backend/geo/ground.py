"""What lies under the live map: a folder that `make tiles` built (its files: `tiles/build.py`), opened once.

The operator's own, `<LIANDONG_HOME>/map`, goes before the demo city. Where there is none, the map is plain.
"""

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path

from backend.geo.areas import Areas, read_areas
from backend.geo.places import Places
from backend.geo.tiles import TileArchive

log = logging.getLogger(__name__)

DEMO_CITY = Path(__file__).resolve().parents[2] / "tiles" / "built" / "demo"
FORMAT = 1
VERSION_SIGNS = 12  # of the digest, in the address of a tile


@dataclass(frozen=True)
class Manifest:
    """What `manifest.json` says: degrees WGS-84, longitude before latitude; `bounds` west, south, east, north."""

    name: str
    name_en: str | None
    digest: str
    bounds: tuple[float, float, float, float]
    centre: tuple[float, float]
    zoom: float
    attribution: str
    characters: str
    coastal: bool

    @property
    def version(self) -> str:
        """Changes with the tiles."""
        return self.digest[:VERSION_SIGNS]


@dataclass(frozen=True)
class Ground:
    """An open ground; without anything built all three are empty."""

    manifest: Manifest | None = None
    tiles: TileArchive | None = None
    places: Places | None = None
    areas: Areas = field(default_factory=Areas)

    def close(self) -> None:
        """Let the files go."""
        if self.places is not None:
            self.places.close()


def ground_folders(home: Path) -> list[Path]:
    """The folders that are built, the one to be used first: the operator's own, the demo city."""
    return [folder for folder in (home / "map", DEMO_CITY) if (folder / "manifest.json").is_file()]


def open_ground(home: Path) -> Ground:
    """The ground of this data folder, else of the demo city, else an empty one, with words in the log."""
    for folder in ground_folders(home):
        try:
            return read_ground(folder)
        except Exception:
            log.exception("the map in %s cannot be read: build it again (make tiles OSM=…, or make run)", folder)
    log.warning("no map is built: the map is plain until `make run` or `make tiles OSM=city.osm.pbf` built one")
    return Ground()


def read_ground(folder: Path) -> Ground:
    """Open a built folder. Raises OSError, ValueError, KeyError or sqlite3.Error for a file that is not as built."""
    said = json.loads((folder / "manifest.json").read_text())
    if said["format"] != FORMAT:
        raise ValueError(f"{folder}: expected format {FORMAT}, got {said['format']}")
    west, south, east, north = said["bounds"]
    longitude, latitude = said["centre"]
    manifest = Manifest(
        name=said["name"],
        name_en=said["name_en"],
        digest=said["digest"],
        bounds=(west, south, east, north),
        centre=(longitude, latitude),
        zoom=said["zoom"],
        attribution=said["attribution"],
        characters=said["characters"],
        coastal=said["coastal"],
    )
    file = folder / "areas.geojson"
    areas = read_areas(file) if file.is_file() else Areas()
    tiles = TileArchive(folder / "tiles.pmtiles")
    return Ground(manifest, tiles, Places(folder / "names.sqlite"), areas)
