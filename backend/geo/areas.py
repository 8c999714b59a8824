"""A city's areas (districts, squads' areas, unit grids): as GeoJSON for the page, and which of them hold a point."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """Areas given as GeoJSON features, prepared once. `properties`: kind (one of KINDS), code, name, name_en."""

    def __init__(self, features: Sequence[dict[str, Any]] = ()) -> None:
        self.features = features
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


def read_areas(file: Path) -> Areas:
    """Those of a built map. Raises OSError or ValueError where it is not readable as `tiles/areas.py` checked it."""
    return Areas(json.loads(file.read_bytes())["features"])


def _collection(features: list[dict[str, Any]]) -> Collection:
    content = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
    return Collection(gzip.compress(content, mtime=0), hashlib.sha256(content).hexdigest()[:16])
