"""Places by name, and a point in words, from the ground's `names.sqlite` (its tables: `tiles/names.py`).

Small on purpose: it serves as-you-type search of one city until a gazetteer in PostGIS, which forgives mistakes and
reaches beyond one extract, takes its place behind the same two questions. Everything here blocks: call it in a thread.
"""

import re
import sqlite3
import threading
import unicodedata
from dataclasses import dataclass
from math import cos, hypot, radians
from pathlib import Path
from typing import Any

from backend.geo.cells import METRES_PER_DEGREE, distance_m

NEAREST_STREET_M = (40.0, 300.0)  # looked for within the first; if none is there, within the next
NEAREST_CROSSING_M = 500.0
SAME_PLACE_M = 500.0  # two of one name and kind within this are one answer: a stop has two sides
HALF_AS_NEAR_M = 3000.0
MOST_JOINERS = 4

# What people add to a place when they mean "there".
ENDINGS = re.compile(r"(?:交叉路口|交叉口|交汇处|交界处|附近|门口|旁边|路口|口)$")
# What people say between the two streets of a crossing. Some stand in names, too: 和平路.
JOINERS = re.compile(r"[与和跟及、/&+]|\band\b", re.I)

# The less the score, the better: the likely kind, the whole word, the Chinese form, the near one.
FIND = """
SELECT place.name, name_en, kind, longitude, latitude,
    min(likely + 2.0 * (key <> :key) + 0.5 * (form > 0)) + 3.0 * far / (far + 1.0) AS score
FROM word JOIN (
    SELECT *, coalesce(((longitude - :x) * :wide) * ((longitude - :x) * :wide)
        + ((latitude - :y) * :high) * ((latitude - :y) * :high), 0) AS far FROM place
) AS place ON place.id = word.place
WHERE {condition} GROUP BY place.id ORDER BY score LIMIT :limit
"""
BEGINS = FIND.format(condition="key >= :key AND key < :key || char(0x10FFFF)")
HOLDS = FIND.format(condition="form < 2 AND instr(key, :key) > 1")

SEGMENTS = """
SELECT street, x1, y1, x2, y2 FROM segment
WHERE east >= :x - :wide AND west <= :x + :wide AND north >= :y - :high AND south <= :y + :high
"""
CROSSINGS = """
SELECT name, name_en, longitude, latitude FROM crossing JOIN street ON street.id = other WHERE street = :street
"""


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was found, WGS-84; `distance` in metres from where it was looked for, if that was said."""

    name: str
    name_en: str | None
    kind: str
    longitude: float
    latitude: float
    distance: float | None


@dataclass(frozen=True, slots=True)
class Street:
    """A street, and how far away it is, in metres."""

    name: str
    name_en: str | None
    distance: float


def key_of(text: str) -> str:
    """What is compared: letters and digits only, in one form and case. `tiles/names.py` does the same."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def keys_of(query: str) -> list[str]:
    """What a query may mean: itself, without "there" at its end, as the two streets of a crossing."""
    text = unicodedata.normalize("NFKC", query).strip()
    bare = ENDINGS.sub("", text)
    joined = list(JOINERS.finditer(bare))[:MOST_JOINERS]
    pairs = [(key_of(bare[: one.start()]), key_of(bare[one.end() :])) for one in joined]
    keys = [key_of(text), key_of(bare), *(left + right for left, right in pairs if left and right)]
    return [key for key in dict.fromkeys(keys) if key]


class Places:
    """The names of one ground. May be used by several threads; one at a time is served."""

    def __init__(self, file: Path) -> None:
        """Raises sqlite3.Error where it is not readable. The file may be replaced by another one meanwhile."""
        self._connection = sqlite3.connect(f"{file.absolute().as_uri()}?immutable=1", uri=True, check_same_thread=False)
        self._lock = threading.Lock()
        try:
            self._rows("SELECT id FROM place LIMIT 1", {})
        except sqlite3.Error:
            self.close()
            raise

    def close(self) -> None:
        """Let the file go."""
        self._connection.close()

    def search(self, query: str, near: tuple[float, float] | None, limit: int) -> list[Place]:
        """The places that are most likely meant, best first; `near` is longitude and latitude."""
        found: list[tuple[Any, ...]] = []
        keys = keys_of(query)
        for statement, cost in ((BEGINS, 0.0), (HOLDS, 4.0)):
            for number, key in enumerate(keys):
                rows = self._rows(statement, {"key": key, "limit": 4 * limit + 20, **_scale(near)})
                found += ((*row[:5], row[5] + cost + 0.5 * number) for row in rows)
            if len(found) >= limit:
                break
        found.sort(key=lambda row: float(row[5]))
        places: list[Place] = []
        for name, name_en, kind, longitude, latitude, _ in found:
            distance = distance_m(*near, longitude, latitude) if near else None
            place = Place(name, name_en, kind, longitude, latitude, distance)
            if not any(_is_same(place, known) for known in places):
                places.append(place)
        return places[:limit]

    def nearest_street(self, longitude: float, latitude: float) -> tuple[Street, Street | None] | None:
        """The nearest named street within 300 m, and the one that crosses it nearest to the point, within 500 m."""
        nearest = min(self._segments(longitude, latitude), default=None)
        if nearest is None:
            return None
        distance, street = nearest
        ((name, name_en),) = self._rows("SELECT name, name_en FROM street WHERE id = :street", {"street": street})
        crossings = [
            (distance_m(longitude, latitude, x, y), other, other_en or None)
            for other, other_en, x, y in self._rows(CROSSINGS, {"street": street})
        ]
        crossing = min(crossings, key=lambda one: one[0], default=None)
        is_near = crossing is not None and crossing[0] <= NEAREST_CROSSING_M
        other = Street(crossing[1], crossing[2], crossing[0]) if crossing and is_near else None
        return Street(name, name_en, distance), other

    def _segments(self, longitude: float, latitude: float) -> list[tuple[float, int]]:
        """Distances in metres and streets of the pieces around, from the smallest search that finds any."""
        scale = METRES_PER_DEGREE * cos(radians(latitude)), METRES_PER_DEGREE
        for radius in NEAREST_STREET_M:
            box = {"x": longitude, "y": latitude, "wide": radius / max(scale[0], 1.0), "high": radius / scale[1]}
            near = [
                (
                    _distance_to_piece(
                        [(x1 - longitude) * scale[0], (y1 - latitude) * scale[1]],
                        [(x2 - longitude) * scale[0], (y2 - latitude) * scale[1]],
                    ),
                    street,
                )
                for street, x1, y1, x2, y2 in self._rows(SEGMENTS, box)
            ]
            if inside := [one for one in near if one[0] <= radius]:
                return inside
        return []

    def _rows(self, statement: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()


def _scale(near: tuple[float, float] | None) -> dict[str, float | None]:
    """What turns degrees into the distance at which a place is half as near."""
    if near is None:
        return {"x": None, "y": None, "wide": None, "high": None}
    unit = METRES_PER_DEGREE / HALF_AS_NEAR_M
    return {"x": near[0], "y": near[1], "wide": unit * cos(radians(near[1])), "high": unit}


def _is_same(one: Place, other: Place) -> bool:
    is_alike = (one.name, one.kind) == (other.name, other.kind)
    return is_alike and distance_m(one.longitude, one.latitude, other.longitude, other.latitude) < SAME_PLACE_M


def _distance_to_piece(start: list[float], end: list[float]) -> float:
    """From the origin to a straight piece, all in metres on a plane."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    part = min(1.0, max(0.0, -(start[0] * dx + start[1] * dy) / length)) if length > 0 else 0.0
    return hypot(start[0] + part * dx, start[1] + part * dy)
