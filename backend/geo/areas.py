"""A city's areas (districts, squads' areas, unit grids): as GeoJSON for the page, and which of them hold a point."""

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import shapely
from shapely.geometry import shape

KINDS = ("district", "squad", "grid")  # from the widest to the finest


@dataclass(frozen=True, slots=True)
class Area:
    """An area as a place is told by it. `code` is the official one."""

    kind: str
    code: str
    name: str
    name_en: str | None


@dataclass(frozen=True, slots=True)
class Collection:
    """A GeoJSON FeatureCollection ready to send, gzip-compressed, and the digest of its bytes."""

    packed: bytes
    digest: str


class Areas:
    """All areas of one `areas.geojson`, prepared once; without a file there are none."""

    def __init__(self, file: Path | None) -> None:
        """Raises OSError or ValueError where the file is not readable as `tiles/areas.py` checked it."""
        features = json.loads(file.read_bytes())["features"] if file else []
        said = [one["properties"] for one in features]
        self._areas = [Area(one["kind"], str(one["code"]), one["name"], one.get("name_en")) for one in said]
        self._shapes = [shape(one["geometry"]) for one in features]
        shapely.prepare(self._shapes)
        self._tree = shapely.STRtree(self._shapes)
        self._collections = {
            kind: _collection([one for one in features if one["properties"]["kind"] == kind]) for kind in KINDS
        }

    def collection(self, kind: str) -> Collection:
        """All areas of one of KINDS; empty where there are none."""
        return self._collections[kind]

    def holding(self, longitude: float, latitude: float) -> list[Area]:
        """The areas that hold this WGS-84 point, borders included, the widest first."""
        found = self._tree.query(shapely.Point(longitude, latitude), predicate="intersects")
        areas = [self._areas[number] for number in sorted(found.tolist())]
        return sorted(areas, key=lambda area: KINDS.index(area.kind))


def _collection(features: list[object]) -> Collection:
    content = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
    return Collection(gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:16])
