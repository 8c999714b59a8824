"""`names.sqlite`: streets, crossings and places of an extract, to be searched and to be found from a point.

- place(id, name, name_en, kind, longitude, latitude, likely): what a search answers with; `likely` as in kinds.py
- word(key, place, form): what a place may be searched by. `key` is normalised by `key_of`; form 0 name, 1 English,
  2 pinyin, 3 first letters of the pinyin
- street(id, name, name_en); segment: an R-tree of its straight pieces with their ends, in degrees
- crossing(street, other, longitude, latitude): where two streets of different names meet, once from each of them
"""

import itertools
import sqlite3
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pypinyin import lazy_pinyin

from tiles.extract import CHINESE, Box, Extract, Place, Point, Street, around
from tiles.kinds import LIKELY, OTHER

# Two ways of one name belong to one street when their boxes come as near as this, in degrees (about 300 m).
ONE_STREET = 0.003
# The meetings of two streets within this are one crossing, in degrees (about 200 m): carriageways are several ways.
ONE_CROSSING = 0.002
NAME, ENGLISH, PINYIN, INITIALS = range(4)

SCHEMA = """
CREATE TABLE place (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, name_en TEXT, kind TEXT NOT NULL,
    longitude REAL NOT NULL, latitude REAL NOT NULL, likely REAL NOT NULL
);
CREATE TABLE word (key TEXT NOT NULL, place INTEGER NOT NULL, form INTEGER NOT NULL);
CREATE TABLE street (id INTEGER PRIMARY KEY, name TEXT NOT NULL, name_en TEXT);
CREATE VIRTUAL TABLE segment USING rtree(id, west, east, south, north, +street, +x1, +y1, +x2, +y2);
CREATE TABLE crossing (
    street INTEGER NOT NULL, other INTEGER NOT NULL, longitude REAL NOT NULL, latitude REAL NOT NULL
);
"""
INDEXES = """
CREATE INDEX word_key ON word (key, place, form);
CREATE INDEX crossing_street ON crossing (street);
PRAGMA optimize;
"""


@dataclass(slots=True)
class Road:
    """A street as people mean it: all its ways."""

    name: str
    name_en: str | None
    ways: list[Street]

    def middle(self) -> Point:
        """The corner of the street that is nearest to the middle of all its corners."""
        points = [point for way in self.ways for point in way.points]
        x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
        return min(points, key=lambda point: (point[0] - x) ** 2 + (point[1] - y) ** 2)


def write_names(extract: Extract, areas: Iterable[Place], out: Path) -> dict[str, int]:
    """Write `names.sqlite`; `areas` are searched as places are. Returns how many of each there are."""
    roads = list(streets_of(extract.streets))
    meetings = list(crossings_of(roads))
    places = [
        *areas,
        *(Place(road.name, road.name_en, "street", road.middle()) for road in roads),
        *(crossing_place(roads[one], roads[other], point) for one, other, point in meetings),
        *extract.places,
    ]
    connection = sqlite3.connect(out)
    try:
        connection.executescript(SCHEMA)
        connection.executemany("INSERT INTO street VALUES (?, ?, ?)", _numbered((r.name, r.name_en) for r in roads))
        connection.executemany("INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", segments(roads))
        for one, other, point in meetings:
            rows = ((one, other, *point), (other, one, *point))
            connection.executemany("INSERT INTO crossing VALUES (?, ?, ?, ?)", rows)
        connection.executemany("INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?)", _numbered(map(_place_row, places)))
        words = ((key, number, form) for number, place in enumerate(places) for key, form in words_of(place))
        connection.executemany("INSERT INTO word VALUES (?, ?, ?)", words)
        connection.executescript(INDEXES)
        connection.commit()
    finally:
        connection.close()
    return {"streets": len(roads), "crossings": len(meetings), "places": len(places)}


def _numbered(rows: Iterable[tuple[object, ...]]) -> Iterator[tuple[object, ...]]:
    return ((number, *row) for number, row in enumerate(rows))


def _place_row(place: Place) -> tuple[object, ...]:
    return place.name, place.name_en, place.kind, *place.point, LIKELY.get(place.kind, OTHER)


# Words -----------------------------------------------------------------------


def key_of(text: str) -> str:
    """What is compared: letters and digits only, in one form and case. `backend/geo/places.py` does the same."""
    return "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())


def words_of(place: Place) -> set[tuple[str, int]]:
    """All that the place may be searched by, each with its form."""
    words = {(key_of(place.name_en or ""), ENGLISH)}
    for name in (place.name, *place.also):
        words.add((key_of(name), NAME))
        if CHINESE.search(name) and place.kind != "address":
            syllables = lazy_pinyin(name)
            words.add((key_of("".join(syllables)), PINYIN))
            # What was no Chinese comes back whole: 3号线 is 3hx.
            words.add((key_of("".join(one[0] if one.isalpha() else one for one in syllables)), INITIALS))
    return {(key, form) for key, form in words if key}


# Streets ---------------------------------------------------------------------


def streets_of(ways: Iterable[Street]) -> Iterator[Road]:
    """Ways of one name that lie near each other are one street: two villages may each have a 人民路."""
    named = defaultdict(list)
    for way in ways:
        named[way.name].append(way)
    for name, namesakes in named.items():
        for group in _near_each_other(namesakes):
            yield Road(name, next((way.name_en for way in group if way.name_en), None), group)


def _near_each_other(ways: list[Street]) -> list[list[Street]]:
    groups: list[tuple[Box, list[Street]]] = []
    for way in ways:
        box, group = around(way.points), [way]
        while near := [one for one in groups if _touch(one[0], box)]:
            # The grown box may now reach a group that this way alone did not.
            for one in near:
                groups.remove(one)
                box = around([one[0][:2], one[0][2:]], box)
                group = [*one[1], *group]
        groups.append((box, group))
    return [group for _, group in groups]


def _touch(one: Box, other: Box) -> bool:
    grown = (one[0] - ONE_STREET, one[1] - ONE_STREET, one[2] + ONE_STREET, one[3] + ONE_STREET)
    return grown[0] <= other[2] and other[0] <= grown[2] and grown[1] <= other[3] and other[1] <= grown[3]


def segments(roads: list[Road]) -> Iterator[tuple[float, ...]]:
    """The rows of `segment`."""
    number = itertools.count()
    for street, road in enumerate(roads):
        for way in road.ways:
            for (x1, y1), (x2, y2) in itertools.pairwise(way.points):
                ends = (x1, y1, x2, y2)
                yield next(number), min(x1, x2), max(x1, x2), min(y1, y2), max(y1, y2), street, *ends


# Crossings -------------------------------------------------------------------


def crossings_of(roads: list[Road]) -> Iterator[tuple[int, int, Point]]:
    """Where streets of different names share a node: numbers of both and the place, once for each pair and place."""
    at: dict[int, set[int]] = defaultdict(set)
    places: dict[int, Point] = {}
    for street, road in enumerate(roads):
        for way in road.ways:
            for node, point in zip(way.nodes, way.points, strict=True):
                at[node].add(street)
                places[node] = point
    meetings: dict[tuple[int, int], list[Point]] = defaultdict(list)
    for node, streets in at.items():
        for one, other in itertools.combinations(sorted(streets), 2):
            if roads[one].name != roads[other].name:
                meetings[one, other].append(places[node])
    for (one, other), points in meetings.items():
        for point in _apart(points):
            yield one, other, point


def _apart(points: list[Point]) -> list[Point]:
    """The first point of each cluster."""
    kept: list[Point] = []
    for x, y in points:
        if all(abs(x - a) > ONE_CROSSING or abs(y - b) > ONE_CROSSING for a, b in kept):
            kept.append((x, y))
    return kept


def crossing_place(one: Road, other: Road, point: Point) -> Place:
    """A crossing as a place that can be searched for by both names, in either order."""
    is_chinese = CHINESE.search(one.name) and CHINESE.search(other.name)
    name = f"{one.name}与{other.name}交叉口" if is_chinese else f"{one.name} / {other.name}"
    english = f"{one.name_en} / {other.name_en}" if one.name_en and other.name_en else None
    return Place(name, english, "crossing", point, (one.name + other.name, other.name + one.name))
