"""The ground before the city: hand-drawn river, islands, canal, brooks, lakes, hills, and the city's outer limit."""

from dataclasses import dataclass

import numpy as np
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from tiles.demo.plane import Axis, Points, curve, snap

type Controls = tuple[tuple[float, float], ...]

RIVER = (  # x, y, width: from where it comes in to where it leaves
    (-16500, -5600, 520), (-14000, -5000, 500), (-12200, -5000, 480), (-10500, -4200, 520), (-8800, -2750, 430),
    (-7000, -1750, 460), (-5200, -1500, 420), (-3600, -2050, 400), (-2000, -2980, 420), (-300, -3330, 500),
    (1200, -2800, 720), (2600, -1500, 700), (3950, -500, 510), (5500, -120, 430), (7200, -480, 420),
    (8800, -1450, 480), (10500, -1850, 520), (12500, -1000, 620), (14500, 200, 680), (16500, 900, 700),
)  # fmt: skip
RIVER_NAME = "澄江"
ISLANDS = (  # name, metres east of the middle, length, width, metres left of the river's axis
    ("白鹭洲", 1750, 1750, 190, -30),
    ("芦苇洲", -10500, 900, 110, 40),
    ("小沙洲", 12600, 700, 120, -90),
)
STREAMS: tuple[tuple[str, str, float, Controls], ...] = (  # name, kind, width, from source to mouth
    ("漕河", "canal", 46, ((3300, 11600), (2950, 9200), (2500, 7300), (2150, 5800), (1750, 4300), (2150, 2900),
                          (2050, 1600), (1750, 500), (2000, -500), (2380, -1350))),
    ("南溪", "river", 30, ((3200, -12200), (2900, -10400), (3250, -9000), (3900, -7300), (3750, -5700), (4350, -4300),
                         (4300, -2700), (4850, -1500), (5150, -250))),
    ("梅溪", "stream", 13, ((-7300, 4700), (-6100, 4300), (-5200, 3400), (-4200, 2350), (-3150, 1350), (-2650, 800),
                          (-2650, 100), (-2560, -800), (-2750, -1700), (-2900, -2450))),
    ("石门溪", "stream", 11, ((-9000, 4200), (-8600, 2500), (-8700, 900), (-8300, -700), (-8100, -2200))),
    ("白沙河", "river", 24, ((-12300, -11500), (-10300, -9300), (-10100, -7600), (-10900, -6000), (-10800, -4400))),
    ("柳林河", "river", 22, ((11400, 11000), (10900, 8000), (11300, 5400), (11000, 2500), (11300, -1500))),
    ("青竹溪", "stream", 10, ((-5300, 10000), (-5600, 8200), (-4300, 6000), (-4700, 4300), (-5200, 3400))),
)  # fmt: skip
LAKES: tuple[tuple[str, Controls], ...] = (
    ("镜湖", ((-3080, 900), (-2800, 1190), (-2420, 1080), (-2250, 800), (-2420, 480), (-2800, 430), (-2950, 640))),
    ("月湖", ((5710, 1080), (5850, 1280), (6080, 1350), (6340, 1320), (6310, 1120), (6140, 1040), (6080, 950),
        (5820, 890))),
    ("南湖", ((-2500, -4750), (-2050, -4640), (-1650, -4800), (-1750, -5080), (-2200, -5120), (-2560, -4980))),
    ("砚池", ((-6650, -4250), (-6350, -4080), (-6080, -4250), (-6180, -4560), (-6480, -4620), (-6700, -4470))),
    ("云麓水库", ((-8150, 3950), (-7700, 4330), (-7350, 4200), (-7560, 3800), (-7950, 3560), (-8200, 3650))),
    ("千鹤塘", ((9300, 3560), (9520, 3640), (9680, 3380), (9560, 3080), (9380, 3150))),
    ("荷叶塘", ((-6900, 500), (-6700, 610), (-6520, 480), (-6640, 300), (-6860, 320))),
    ("菱角塘", ((5950, -5750), (6150, -5640), (6320, -5800), (6150, -5960), (5960, -5900))),
)  # fmt: skip
HILLS: tuple[tuple[str, Controls], ...] = (
    ("云麓山", ((-9150, 1750), (-7900, 1350), (-6900, 1650), (-6250, 1450), (-5750, 2500), (-5200, 3600), (-4550, 4500),
              (-4700, 5600), (-5900, 6400), (-7600, 7700), (-9700, 7200), (-11200, 5200), (-10900, 3000))),
    ("南屏山", ((250, -7500), (900, -7330), (1700, -7450), (2500, -7280), (2800, -7800), (2100, -8200), (900, -8250),
              (150, -8000))),
    ("凤形山", ((5700, 8200), (6900, 7700), (8300, 7900), (9300, 8700), (8000, 9800), (6200, 9600))),
    ("石门山", ((-12300, -200), (-11100, -500), (-10500, 600), (-10900, 1800), (-12200, 1900), (-12900, 800))),
    ("狮子岭", ((9600, -7300), (10600, -6900), (11300, -7600), (10700, -8900), (9500, -8800))),
    ("龟山", ((1550, 3350), (1350, 3700), (1150, 3500), (1250, 3250))),
)  # fmt: skip
LIMIT: Controls = (
    (-12700, -6600), (-13300, -5100), (-12900, -3300), (-13400, -1500), (-12500, 300), (-12900, 2300), (-11600, 4000),
    (-11500, 5800), (-9900, 7300), (-8100, 7700), (-6400, 9300), (-4600, 8700), (-2100, 9700), (300, 8900),
        (2600, 9400),
    (4700, 8900), (6400, 9700), (8700, 9300), (9700, 7600), (11500, 6700), (12100, 4700), (13300, 3300), (12800, 1000),
    (13500, -600), (12600, -2500), (12900, -4300), (11500, -5800), (11300, -7700), (9300, -8700), (7300, -10100),
    (5300, -9700), (3000, -10900), (800, -10300), (-1700, -11000), (-3900, -10300), (-6300, -10700), (-8400, -9500),
    (-10300, -9300), (-11200, -7800),
)  # fmt: skip
FRAME = (-15000.0, -12200.0, 15200.0, 11600.0)
"""West, south, east, north of the data, metres: beyond the limit the country just goes on a little."""


@dataclass(frozen=True)
class Terrain:
    """The ground. Polygons are clipped to the frame."""

    river: Axis
    river_width: Points
    """One width for each vertex of `river`, as a column."""
    river_area: Polygon
    """Bank to bank: with the islands in it."""
    islands: list[tuple[str, Polygon]]
    streams: list[tuple[str, str, float, Axis]]
    stream_areas: list[tuple[str, str, Polygon]]
    lakes: list[tuple[str, Polygon]]
    hills: list[tuple[str, Polygon]]
    limit: Polygon
    water: BaseGeometry
    """All standing and running water wider than 10 m, islands filled."""


def lay_terrain() -> Terrain:
    """The city's ground, always the same."""
    track = curve([(x, y) for x, y, _ in RIVER], step=60)
    river = Axis(track)
    places = [river.line.project(LineString([(x, y), (x, y + 1)]).centroid) for x, y, _ in RIVER]
    wobble = 1 + 0.05 * np.sin(river.along / 470) + 0.035 * np.sin(river.along / 190 + 1)
    width = np.interp(river.along, places, [w for _, _, w in RIVER]) * wobble
    river_area = _band(river, width)
    islands = [(name, _island(river, *rest)) for name, *rest in ISLANDS]
    streams = [(name, kind, width, Axis(curve(points, step=50))) for name, kind, width, points in STREAMS]
    stream_areas = []
    for index, (name, kind, size, axis) in enumerate(streams):
        ripple = size * (1 + 0.12 * np.sin(axis.along / 160 + index))
        stream_areas.append((name, kind, _band(axis, ripple)))
    lakes = [(name, _blob(points)) for name, points in LAKES]
    hills = [(name, _rough(points)) for name, points in HILLS]
    water = unary_union([river_area, *(area for _, _, area in stream_areas), *(area for _, area in lakes)])
    limit = _blob(LIMIT)
    return Terrain(river, width[:, None], river_area, islands, streams, stream_areas, lakes, hills, limit, water)


def _band(axis: Axis, width: Points) -> Polygon:
    left = axis.points + axis.normals * width[:, None] / 2
    right = axis.points - axis.normals * width[:, None] / 2
    return Polygon(snap(np.vstack([left, right[::-1]])))


def _blob(points: Controls) -> Polygon:
    return Polygon(snap(curve(points, step=40, closed=True)))


def _rough(points: Controls) -> Polygon:
    """A blob whose edge goes in and out, as the foot of a hill does."""
    edge = Axis(curve(points, step=40, closed=True), closed=True)
    size = min(55.0, edge.length / 70)
    sway = size * (np.sin(edge.along / (3.1 * size)) + 0.7 * np.sin(edge.along / (1.3 * size) + 1))
    sway *= np.clip(np.minimum(edge.along, edge.length - edge.along) / 200, 0, 1)
    return Polygon(snap(edge.points + edge.normals * sway[:, None])).buffer(0)


def _island(river: Axis, east: float, length: float, width: float, left: float) -> Polygon:
    """A lens in the stream, blunt above and pointed below, as water leaves sand lying."""
    middle = float(river.along[int(np.argmin(np.abs(river.points[:, 0] - east)))])
    t = np.linspace(0, 1, 25)
    half = width / 2 * np.clip(np.sin(np.pi * t**0.75), 0, None) ** 0.8
    s = middle - length / 2 + t * length
    upper, lower = river.at(s, left + half), river.at(s[::-1], left - half[::-1] * 0.9)
    return Polygon(snap(np.vstack([upper, lower[1:-1]])))
