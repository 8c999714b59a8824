"""The characters of a city's quarters: how large their blocks are and how their streets run. And where each lies."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from tiles.demo.plane import Axis, curve
from tiles.demo.roads import Road
from tiles.demo.skeleton import SECOND_RING
from tiles.demo.terrain import Controls, Terrain


@dataclass(frozen=True)
class Quarter:
    """How a kind of quarter is cut into blocks."""

    block: float
    """Size of a block, square metres: cut until about that small."""
    turn: float
    """How far a street may turn from the straight cut, degrees."""
    shift: float
    """How far from the middle a block may be cut, as a part of its length."""
    bend: float
    """How far streets swing out, as a part of their length."""
    crooked: float = 0.0
    """How far the points of a lane stray from its course, metres."""
    steps: tuple[tuple[float, str], ...] = ((1_100_000, "secondary"), (330_000, "tertiary"), (0, "residential"))
    """From which size of the block upwards a cut through it is which road."""


QUARTERS = {
    "old": Quarter(
        12_500, 12, 0.16, 0.035, 3.5, ((900_000, "tertiary"), (60_000, "residential"), (0, "living_street"))
    ),
    "danwei": Quarter(100_000, 9, 0.12, 0.022),
    "estate": Quarter(160_000, 7, 0.10, 0.03),
    "new": Quarter(130_000, 2, 0.05, 0.0),
    "campus": Quarter(240_000, 15, 0.14, 0.10),
    "industry": Quarter(300_000, 5, 0.12, 0.01, 0, ((900_000, "secondary"), (500_000, "tertiary"), (0, "residential"))),
    "rural": Quarter(1_100_000, 20, 0.16, 0.10, 0, ((4_000_000, "tertiary"), (0, "unclassified"))),
    "hill": Quarter(9e9, 0, 0, 0),
    "park": Quarter(9e9, 0, 0, 0),
}

REGIONS: tuple[tuple[str, Controls], ...] = (
    ("old", ((-2130, -3000), (-2130, -1400), (-1690, -600), (-1250, -330), (-480, -210), (300, -330), (740, -610),
             (1170, -1450), (1110, -1900), (880, -2600), (500, -3150))),
    ("new", ((4060, -300), (8300, -900), (8150, 900), (7780, 2250), (7380, 4000), (6850, 6000), (3520, 5850),
             (3620, 4480), (3860, 3000), (3560, 2060), (4060, 800))),
    ("campus", ((-5150, -2500), (-7500, -2500), (-8400, -3600), (-8900, -6000), (-7900, -7500), (-4900, -7600),
                (-3500, -6800), (-3300, -5700), (-4650, -4500))),
    ("industry", ((4350, -1200), (5700, -500), (7400, -700), (9900, -2300), (9900, -4800), (9100, -6300), (6700, -6300),
                  (5200, -6250), (4350, -5000), (4500, -3200))),
    ("estate", ((-8350, -1900), (-8500, 1200), (-6200, 1300), (-5100, 3250), (-4500, 4200), (-3500, 6300), (-900, 6500),
                (3400, 6600), (7000, 6150), (8900, 4300), (9500, 2300), (9600, 800), (9200, -600), (8300, -800),
                (4000, 500), (2300, -1300), (-5000, -1500))),
    ("estate", ((-5000, -2300), (-2000, -3300), (2500, -2200), (5300, -500), (9700, -2700), (9600, -5200),
                (9000, -6200), (6800, -7100), (3100, -7400), (-400, -7700), (-3400, -8000), (-5500, -7700),
                (-8300, -7000), (-8900, -6000))),
)  # fmt: skip
"""Rough outlines, the first that holds a place wins; inside the second ring the rest is "danwei", outside "rural"."""


SHORE = 95.0
"""Metres of park round a lake."""


class Plan:
    """Tells the quarter of a place."""

    def __init__(self, terrain: Terrain) -> None:
        """Of one ground: its hills stay free."""
        hills = [area for name, area in terrain.hills if name != "龟山"]
        ring = Polygon(curve(SECOND_RING, closed=True))
        lakes = shapely.union_all([area.buffer(SHORE) for _, area in terrain.lakes])
        regions: list[tuple[str, BaseGeometry]] = [(kind, Polygon(outline)) for kind, outline in REGIONS]
        self._known: list[tuple[str, BaseGeometry]] = [
            regions[0],
            ("park", lakes),
            ("park", terrain.river_area.buffer(56)),
            *(("hill", area) for area in hills),
            *regions[1:4],
            ("danwei", ring),
            *regions[4:],
        ]
        for _, area in self._known:
            shapely.prepare(area)

    def at(self, x: float, y: float) -> str:
        """The kind of quarter (a key of `QUARTERS`) at a place in metres."""
        return next((kind for kind, area in self._known if shapely.contains_xy(area, x, y)), "rural")


NEW_MIDDLE, NEW_TURN = (5950.0, 2270.0), np.radians(8.0)
NEW_NORTHWARD = (  # name, kind, metres east of the axis, from and to (metres north of the middle)
    ("金融街", "secondary", -1500, -2900, 3700), ("湖心路", "tertiary", -1000, -2900, 3700),
    ("府西路", "secondary", -470, -2900, 3900), ("世纪大道", "primary", 0, -900, 560),
    ("府东路", "secondary", 470, -2900, 3900), ("东江路", "secondary", 1010, -1700, 3900),
    ("锦绣路", "tertiary", 1480, -2900, 3600), ("文景路", "tertiary", -1960, -3000, -200),
)  # fmt: skip
NEW_EASTWARD = (  # name, kind, metres north of the middle, from and to (metres east of the axis)
    ("观湖路", "tertiary", -1900, -2300, 2400), ("月湖南路", "secondary", -1420, -2300, 2400),
    ("月湖北路", "tertiary", -890, -2300, 2400), ("商务路", "tertiary", -450, -2300, 2300),
    ("市府路", "secondary", 560, -2600, 2300), ("德政路", "tertiary", 1060, -2600, 2300),
    ("会展路", "secondary", 1560, -2600, 2200), ("云栖路", "tertiary", 2060, -2600, 2100),
    ("北苑路", "secondary", 2560, -2600, 2000), ("知春路", "tertiary", 3050, -2600, 1900),
)  # fmt: skip


def lay_new_district(terrain: Terrain) -> list[Road]:
    """The planned grid of the new district: turned, and gently curved like the river beside it."""
    roads = []
    rim = Axis(curve([*REGIONS[1][1], REGIONS[1][1][0]]))
    for name, kind, east, start, end in NEW_NORTHWARD:
        v = np.arange(start, end + 1, 60.0)
        median = 28.0 if name == "世纪大道" else 8.0 if name in ("府西路", "府东路") else 0.0
        roads.append(_grid_road(kind, name, median, np.full_like(v, east), v))
    for name, kind, north, start, end in NEW_EASTWARD:
        u = np.arange(start, end + 1, 60.0)
        roads.append(_grid_road(kind, name, 0.0, u, np.full_like(u, north)))
    ring = Polygon(curve(SECOND_RING, closed=True))
    limit = Polygon(rim.points).buffer(90).difference(terrain.river_area.buffer(20)).difference(ring)
    inside = []
    for road in roads:
        shape = road.line.simplify(0.3).intersection(limit)
        longest = max(getattr(shape, "geoms", [shape]), key=lambda part: float(part.length))
        inside.append(road.along(np.array(longest.coords)))
    return inside


def _grid_road(kind: str, name: str, median: float, u: np.ndarray, v: np.ndarray) -> Road:
    x, y = u - v**2 / 16_000 + v * u / 30_000, v + u**2 / 15_000 - u * v / 60_000
    cos, sin = np.cos(NEW_TURN), np.sin(NEW_TURN)
    points = np.column_stack([NEW_MIDDLE[0] + x * cos - y * sin, NEW_MIDDLE[1] + x * sin + y * cos])
    return Road(kind, points, name, median, tags={"overhang": "330"})
