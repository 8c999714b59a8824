"""Bus stops along the streets and the stations of the metro."""

import numpy as np
import shapely
from shapely.geometry import LineString, Point
from shapely.strtree import STRtree

from tiles.demo.addresses import Streets
from tiles.demo.draft import Draft
from tiles.demo.landmarks import LANDMARKS
from tiles.demo.naming import pinyin, street_in_english
from tiles.demo.plane import Axis, curve, lines_of, snap
from tiles.demo.rail import METRO, TRACKS
from tiles.demo.roads import HALF_WIDTH

CROSSED = ("primary", "secondary", "tertiary")
MAIN_CROSSINGS = ("人民路解放路",)
"""Where the city is thought to have its middle: there is a stop in any case."""
STATION_GAP = 1050.0
"""Metres between metro stations."""


def write_bus_stops(draft: Draft, streets: Streets, seed: int) -> int:
    """A stop on each side near crossings of larger streets, called after both; the number of stops written."""
    dice = np.random.default_rng(seed)
    count = 0
    used: set[str] = set()
    for index, (line, name, kind) in enumerate(zip(streets.lines, streets.names, streets.kinds, strict=True)):
        if kind not in CROSSED or line.length < (700 if kind != "tertiary" else 1500):
            continue
        taken: list[float] = []
        for _, along, other in _crossings(streets, index):
            label = f"{name}{other}口"
            if label in used or f"{other}{name}口" in used or any(abs(along - place) < 600 for place in taken):
                continue
            taken.append(along)
            used.add(label)
            english = f"{street_in_english(name)} & {street_in_english(other)}"
            for side in (-1, 1):
                s = along + side * float(dice.uniform(45, 80))
                if not 5 < s < line.length - 5:
                    continue
                a, b = line.interpolate(s - 2), line.interpolate(s + 2)
                away = HALF_WIDTH[kind] + 12
                step = np.array([b.x - a.x, b.y - a.y]) / np.hypot(b.x - a.x, b.y - a.y)
                x, y = a.x + side * step[1] * away, a.y - side * step[0] * away
                tags = {
                    "highway": "bus_stop",
                    "public_transport": "platform",
                    "bus": "yes",
                    "name": label,
                    "name:en": english,
                }
                draft.node(round(x, 1), round(y, 1), tags)
                count += 1
    return count


def _crossings(streets: Streets, index: int) -> list[tuple[int, float, str]]:
    """Crossings with larger streets, the largest first: order, metres along the street, the other's name."""
    line, name = streets.lines[index], streets.names[index]
    found = []
    for i in streets.tree.query(line, predicate="dwithin", distance=12).tolist():
        if streets.names[i] == name or streets.kinds[i] not in CROSSED:
            continue
        meeting = line.intersection(streets.lines[i])
        place = meeting.centroid if not meeting.is_empty else shapely.shortest_line(line, streets.lines[i]).centroid
        order = 0 if name + streets.names[i] in MAIN_CROSSINGS else CROSSED.index(streets.kinds[i]) + 1
        found.append((order, round(float(line.project(place)), 1), streets.names[i]))
    return sorted(found)


def write_metro(draft: Draft, streets: Streets) -> list[tuple[str, Point]]:
    """Three lines in tunnels with their stations; the stations' names and places."""
    known = STRtree([Point(mark.x, mark.y) for mark in LANDMARKS])
    stations: list[tuple[str, Point]] = []
    for name, english, colour, course in METRO:
        axis = Axis(curve(course, step=60))
        count = max(2, round(axis.length / STATION_GAP))
        marks = np.linspace(150, axis.length - 150, count)
        points = np.unique(np.concatenate([marks, np.linspace(0, axis.length, int(axis.length / 120))]))
        track = snap(axis.at(points))
        draft.line(track, {"railway": "subway", "tunnel": "yes", "layer": "-2", "name": name, "name:en": english,
                           "colour": colour, "electrified": "rail"}, space=30)  # fmt: skip
        for along in marks:
            place = Point(snap(axis.at([along]))[0])
            same = next((label for label, other in stations if other.distance(place) < 320), None)
            label = same or _station_name(place, streets, known, {label for label, _ in stations})
            if same is None:
                stations.append((label, place))
            node = draft.shared(np.array([place.x, place.y]), 30)
            draft.tag(node, {"railway": "station", "station": "subway", "public_transport": "station", "name": label,
                             "name:en": _english(label), "line": name})  # fmt: skip
    return stations


STATIONS = (
    ("联动站", "Liandong Railway Station", 0, 380, 1950),
    ("联动东站", "Liandong East Railway Station", 1, 8090, 2750),
    ("联动北站", "Liandong North Freight Station", 0, -2420, 7700),
    ("联动港站", "Liandong Port Station", 2, 8350, -3050),
)
"""Railway stations: name, English, index of their line, near which place."""


def write_stations(draft: Draft) -> None:
    """The stations of the railways, beside their line."""
    for name, english, index, x, y in STATIONS:
        line = LineString(curve(TRACKS[index].course, step=45))
        place = line.interpolate(line.project(Point(x, y)))
        tags = {"railway": "station", "train": "yes", "public_transport": "station", "name": name, "name:en": english}
        draft.node(round(place.x, 1), round(place.y, 1), tags)


def _station_name(place: Point, streets: Streets, known: STRtree, taken: set[str]) -> str:
    for i in sorted(
        known.query(place, predicate="dwithin", distance=420).tolist(),
        key=lambda i: (round(Point(LANDMARKS[i].x, LANDMARKS[i].y).distance(place)), i),
    ):
        label = LANDMARKS[i].name.removesuffix("人民政府").removeprefix("联动市") or "市政府"
        if len(label) <= 6 and label not in taken and LANDMARKS[i].use != "cemetery":
            return label
    near = streets.tree.query(place, predicate="dwithin", distance=900).tolist()
    order = sorted(
        near, key=lambda i: (streets.kinds[i] == "living_street", round(streets.lines[i].distance(place)), i)
    )
    names: list[str] = [streets.names[i] for i in order]
    return next(name for name in names if name not in taken)


def _english(label: str) -> str:
    for mark in LANDMARKS:
        if mark.name.endswith(label):
            return mark.name_en
    return street_in_english(label) if label[-1] in "路街道巷里" else pinyin(label)


def write_rails(draft: Draft, roads: list[LineString], wet: list[shapely.Geometry]) -> None:
    """The railways: bridges over roads and water, the high-speed line all on a viaduct."""
    tree = STRtree(roads)
    for track in TRACKS:
        axis = Axis(curve(track.course, step=45))
        over = [
            roads[i].intersection(axis.line.buffer(60)).buffer(14)
            for i in sorted(tree.query(axis.line, "intersects").tolist())
        ]
        below = shapely.union_all(over + wet)
        for side in (-track.gap / 2, track.gap / 2) if track.gap else (0.0,):
            line = LineString(axis.beside(side))
            fast = track.kind == "highspeed"
            parts = [(line, True)] if fast else [(line.intersection(below), True), (line.difference(below), False)]
            for shape, bridge in parts:
                for part in lines_of(shape):
                    if part.length < 0.5:
                        continue
                    tags = {"railway": "rail", "name": track.name, "name:en": track.name_en, "gauge": "1435"}
                    tags |= {"usage": "main", "highspeed": "yes"} if fast else {"usage": track.kind}
                    tags |= {"bridge": "viaduct" if fast else "yes", "layer": "3"} if bridge else {}
                    draft.line(snap(np.array(part.coords)), tags, space=40)
