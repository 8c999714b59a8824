"""The ground of a city's map, from one OSM extract: the written list of steps, and the folder that comes of it.

- `manifest.json`: {"format": 1, "name", "name_en", "digest" (of all that went in), "bounds": [west, south, east,
  north], "centre": [longitude, latitude], "zoom" (of a first view), "minzoom", "maxzoom" (of the tiles),
  "attribution", "characters" (all signs of names that are not ASCII, in one text: the page loads its fonts by it),
  "coastal" (whether all that is not land is sea)}
- `tiles.pmtiles`: vector tiles, gzip; layers and attributes are in `docs/map.md`
- `names.sqlite`: see `names.py` · `roads.msgpack`: see `roads.py` · `areas.geojson`: as it was given
"""

import fcntl
import hashlib
import json
import math
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tiles.areas import read_areas
from tiles.coast import add_land, land_of
from tiles.extract import Box, Extract, Point, read
from tiles.failure import CannotBuild
from tiles.names import write_names
from tiles.roads import write_roads
from tiles.tilemaking import CONFIG, PROCESS, make_tiles, pack_tiles, tilemaker_version

FORMAT = 1
HERE = Path(__file__).parent
SCREEN = (1400, 900)  # CSS pixels that the first view should fill: of a large screen, without the list
OPENSTREETMAP = "© OpenStreetMap contributors"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What is to be built: the extract, the folder, and what the extract does not say by itself."""

    pbf: Path
    out: Path
    name: str | None = None
    name_en: str | None = None
    areas: Path | None = None
    attribution: str = OPENSTREETMAP


def build(order: Order, say: Say, force: bool = False) -> bool:
    """Build the folder, or find that it is there already; True if it was built. Raises CannotBuild.

    The old folder stays until the new one is whole. A second build of the same folder waits for the first.
    """
    new, old = (order.out.with_name(f".{order.out.name}.{word}") for word in ("new", "old"))
    with _alone(order.out):
        if old.exists() and not order.out.exists():
            old.rename(order.out)  # a build was cut between its last two moves
        digest = digest_of(order)
        if not force and _built_digest(order.out) == digest:
            say(f"the ground in {order.out} is up to date")
            return False
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        try:
            _fill(new, order, digest, say)
            _keep_inputs(order, new)
            shutil.rmtree(old, ignore_errors=True)
            if order.out.exists():
                order.out.rename(old)
            new.rename(order.out)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    return True


def _fill(folder: Path, order: Order, digest: str, say: Say) -> None:
    with _step(say, f"read {order.pbf.name}") as result:
        extract = read(order.pbf)
        areas = read_areas(order.areas)
        result(f"{len(extract.streets)} street ways, {len(extract.places)} named places")
    # Islands in no water lie in the sea.
    pbf, coastal = order.pbf, extract.has_island and not extract.has_water
    if extract.coastlines:
        with _step(say, "land and sea") as result:
            land = land_of(extract.coastlines, extract.bounds)
            coastal = bool(land)
            result(f"{len(land)} pieces of land" if land else "⚠ coastlines that enclose no land: the sea is not drawn")
            if land:
                pbf = folder / "with-land.osm.pbf"
                add_land(order.pbf, land, pbf)
    with _step(say, "vector tiles (tilemaker)"):
        mbtiles = make_tiles(pbf, extract.bounds, folder)
    with _step(say, "one file of them (PMTiles)") as result:
        count, minzoom, maxzoom = pack_tiles(mbtiles, extract.bounds, folder / "tiles.pmtiles")
        result(f"{count} tiles, {(folder / 'tiles.pmtiles').stat().st_size / 1e6:.1f} MB")
    for temporary in (mbtiles, folder / "with-land.osm.pbf"):
        temporary.unlink(missing_ok=True)
    with _step(say, "names") as result:
        counts = write_names(extract, areas.places, folder / "names.sqlite")
        result(", ".join(f"{count} {what}" for what, count in counts.items()))
    with _step(say, "street graph"):
        try:
            write_roads(order.pbf, folder / "roads.msgpack")
        except ValueError as error:
            raise CannotBuild(str(error)) from error
    if order.areas:
        shutil.copyfile(order.areas, folder / "areas.geojson")
    manifest = {
        "format": FORMAT,
        **_heart(order, extract, areas.box or extract.bounds),
        "digest": digest,
        "bounds": extract.bounds,
        "minzoom": minzoom,
        "maxzoom": maxzoom,
        "attribution": order.attribution,
        "characters": "".join(sorted({*extract.characters, *areas.characters})),
        "coastal": coastal,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False, indent=1) + "\n")


def _heart(order: Order, extract: Extract, box: Box) -> dict[str, Any]:
    """The city's name and the first view: all of the box, around the city's own point if the extract has one in it."""
    west, south, east, north = box
    inside = [
        place
        for place in extract.places
        if place.kind == "city" and west <= place.point[0] <= east and south <= place.point[1] <= north
    ]
    city = inside[0] if inside else None
    centre = city.point if city else ((west + east) / 2, (south + north) / 2)
    name = order.name or (city.name if city else order.pbf.name.partition(".")[0])
    name_en = order.name_en or (city.name_en if city and not order.name else None)
    return {"name": name, "name_en": name_en, "centre": centre, "zoom": _fitting_zoom(centre, box)}


def _fitting_zoom(centre: Point, box: Box) -> float:
    """The zoom at which the box fits a screen around the centre, by Web Mercator with tiles of 512 pixels."""
    west, south, east, north = box
    middle = _mercator_y(centre[1])
    halves = (
        max(centre[0] - west, east - centre[0]) / 360,
        max(_mercator_y(south) - middle, middle - _mercator_y(north)),
    )
    zooms = [math.log2(pixels / 512 / (2 * half)) for pixels, half in zip(SCREEN, halves, strict=True) if half > 0]
    return round(min(max(min(zooms, default=14), 6), 14), 1)


def _mercator_y(latitude: float) -> float:
    """0 at the north edge of Web Mercator, 1 at the south edge."""
    return (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2


# What goes in ------------------------------------------------------------------


def digest_of(order: Order) -> str:
    """Of everything that decides what comes out: the files, the words, this code, tilemaker's version."""
    digest = hashlib.sha256()
    words = (tilemaker_version(), order.name, order.name_en, order.attribution)
    digest.update(json.dumps(words).encode())
    own = [*sorted(HERE.glob("*.py")), PROCESS, CONFIG]
    for file in (*own, *(file for file in (order.areas, order.pbf) if file and file.is_file())):
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()


def _built_digest(folder: Path) -> str | None:
    try:
        found = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError):
        return None
    return found.get("digest") if isinstance(found, dict) else None


def _keep_inputs(order: Order, new: Path) -> None:
    """An extract that lies in the folder itself goes along, as the demo city's does."""
    for file in (order.pbf, order.areas):
        if file and file.parent.resolve() == order.out.resolve() and not (new / file.name).exists():
            shutil.copy2(file, new / file.name)


# How it is told and guarded ----------------------------------------------------


@contextmanager
def _step(say: Say, words: str) -> Iterator[Say]:
    """Say what is done, and after it what came out and how long it took."""
    begun, results = time.monotonic(), list[str]()
    yield results.append
    say(f"{words}: {''.join(f'{result}, ' for result in results)}{time.monotonic() - begun:.1f} s")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One build of a folder at a time; the kernel lets go with the process."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
