"""How the land between roads is told in OSM: areas of use, fields and ponds of the country, parks and wood."""

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import LineString, Point, Polygon, box
from shapely.strtree import STRtree

from tiles.demo.draft import Draft, Tags
from tiles.demo.ground import Ground
from tiles.demo.naming import pinyin
from tiles.demo.parcels import Parcel, frame_of
from tiles.demo.plane import polygons_of, snap
from tiles.demo.terrain import FRAME, RIVER_NAME, Terrain

type Numbers = npt.NDArray[np.float64]

COVER: dict[str, Tags] = {
    "oldtown": {"landuse": "residential", "residential": "old_town"}, "housing": {"landuse": "residential"},
    "estate": {"landuse": "residential"}, "villas": {"landuse": "residential"}, "village": {"landuse": "residential"},
    "office": {"landuse": "commercial", "office": "company"}, "cbd": {"landuse": "commercial", "office": "company"},
    "techpark": {"landuse": "commercial", "office": "research"}, "mall": {"landuse": "retail", "shop": "mall"},
    "market": {"landuse": "retail", "amenity": "marketplace"}, "school": {"amenity": "school"},
    "kindergarten": {"amenity": "kindergarten"}, "hospital": {"amenity": "hospital"},
    "university": {"amenity": "university"}, "government": {"landuse": "commercial", "office": "government"},
    "police": {"landuse": "commercial", "amenity": "police"}, "fire": {"landuse": "commercial"},
    "industrial": {"landuse": "industrial", "man_made": "works"}, "warehouse": {"landuse": "industrial",
        "office": "logistics"},
    "temple": {"landuse": "religious", "amenity": "place_of_worship"}, "museum": {"landuse": "commercial"},
    "bus_station": {"landuse": "commercial"}, "park": {"leisure": "park"}, "green": {"landuse": "grass"},
    "construction": {"landuse": "construction"}, "stadium": {"leisure": "sports_centre"}, "square": {"place": "square"},
    "station": {"landuse": "railway"}, "cemetery": {"landuse": "cemetery"},
}  # fmt: skip
BANKS: tuple[tuple[int, tuple[str, ...], float, float], ...] = (
    (
        1,
        (
            "望江公园",
            "柳叶湖公园",
            "风帆公园",
            "朝宗门公园",
            "水师码头公园",
            "漕口公园",
            "观江公园",
            "澄江湿地公园",
            "灯塔公园",
        ),
        -8300,
        8200,
    ),
    (-1, ("沙湾公园", "橘香公园", "江南公园", "状元洲公园", "桃花渡公园", "芦林公园"), -7400, 4200),
)
"""Side of the river, its parks from west to east, and how far they reach, metres east."""
PROMENADES = {1: ("滨江步道", "Binjiang Promenade"), -1: ("沿江步道", "Yanjiang Promenade")}
FIELD = 350.0
"""About how long and wide a field is, metres."""
FADE = 2600.0
"""Metres beyond the limit at which the last fields lie."""
FIELDS: tuple[Tags, ...] = (
    {"landuse": "farmland"},
    {"landuse": "orchard"},
    {"natural": "wood"},
    {"landuse": "meadow"},
    {"natural": "water", "water": "pond"},
)
FIELD_SHARES = (0.64, 0.09, 0.13, 0.06, 0.08)


def tell_ground(draft: Draft, ground: Ground, seed: int) -> None:
    """Writes water, hills, banks, parcels and the country around."""
    terrain = ground.terrain
    _write_terrain(draft, terrain)
    _write_banks(draft, terrain)
    villages = [Parcel(shape, "rural", -1, "village", name, english) for name, english, shape in ground.lanes.villages]
    ground.parcels += villages
    _write_cover(draft, ground.parcels, ground.landmark_tags, seed + 8)
    _write_country(draft, terrain, [road.line for road in ground.layout.drawn], seed + 14)


def _write_cover(draft: Draft, parcels: list[Parcel], tags: dict[int, str], seed: int) -> None:
    """Writes the parcels as areas; `tags` of landmarks go before those of their use."""
    dice = np.random.default_rng(seed)
    for index, parcel in enumerate(parcels):
        if parcel.use == "fields":
            _write_fields(draft, parcel.area, dice)
            continue
        told: Tags = {}
        for pair in tags.get(index, "").split():
            key, _, value = pair.partition("=")
            told[key] = value
        if parcel.name:
            told |= {"name": parcel.name, "name:en": parcel.name_en}
        draft.area(parcel.area, {**COVER[parcel.use], **told})


def _write_country(draft: Draft, terrain: Terrain, roads: list[LineString], seed: int) -> None:
    """Fields beyond the limit, fewer the farther out, so that the city ends nowhere in a line."""
    dice = np.random.default_rng(seed)
    x, y = (
        axis.ravel() for axis in np.meshgrid(np.arange(FRAME[0], FRAME[2], FIELD), np.arange(FRAME[1], FRAME[3], FIELD))
    )
    corners = np.stack([_swayed(x + i, y + j) for i, j in ((12, 12), (FIELD, 12), (FIELD, FIELD), (12, FIELD))], axis=1)
    cells = np.asarray(shapely.polygons(corners.round(1)), dtype=object)
    far = shapely.distance(cells, terrain.limit)
    wanted = (far > 8) & (dice.random(len(cells)) > far / FADE)
    busy = [terrain.river_area, *(area for _, _, area in terrain.stream_areas), *(area for _, area in terrain.hills)]
    for tree, gap in ((STRtree(busy), 12.0), (STRtree(roads), 12.0)):
        wanted[tree.query(cells, predicate="dwithin", distance=gap)[0]] = False
    kinds = dice.choice(len(FIELDS), size=len(cells), p=FIELD_SHARES)
    for index in np.nonzero(wanted & shapely.within(cells, box(*FRAME)))[0].tolist():
        draft.area(cells[index], FIELDS[kinds[index]])


def _swayed(x: Numbers, y: Numbers) -> Numbers:
    """Places of a grid moved so that its lines bend as field paths do."""
    return np.column_stack([x + 150 * np.sin(y / 530 + x / 1900), y + 150 * np.sin(x / 610 - y / 1500)])


def _write_fields(draft: Draft, area: Polygon, dice: np.random.Generator) -> None:
    for field in _fields(area, dice):
        tags = FIELDS[int(dice.choice(len(FIELDS), p=FIELD_SHARES))]
        if "water" in tags:
            pond = field.buffer(-12).simplify(4)
            if isinstance(pond, Polygon) and 2000 < pond.area < 60_000:
                draft.area(Polygon(snap(np.array(pond.exterior.coords))), tags)
            continue
        shape = field.buffer(-14).buffer(12).simplify(3) if "natural" in tags else field
        if isinstance(shape, Polygon) and shape.area > 1500:
            draft.area(Polygon(snap(np.array(shape.exterior.coords))), tags)


def _fields(area: Polygon, dice: np.random.Generator) -> list[Polygon]:
    if area.area < FIELD**2 * dice.uniform(0.7, 1.8):
        return [Polygon(area.exterior)] if area.area > 1500 else []
    origin, long, short = frame_of(area)
    share, lean = dice.uniform(0.35, 0.65), dice.uniform(-0.15, 0.15)
    result = []
    for sign in (-1, 1):
        near, far = share + sign * 3 / float(np.hypot(*long)), share + 2 * sign
        corners = np.array([[near - lean, -1], [far, -1], [far, 2], [near + lean, 2]])
        half = Polygon(origin + corners @ np.vstack([long, short]))
        for part in polygons_of(area.intersection(half)):
            result += _fields(part, dice)
    return result


def _write_banks(draft: Draft, terrain: Terrain) -> None:
    """Green along the river where a street runs beside it, in named parks with a walk, and the piers of the port."""
    river = terrain.river
    half = terrain.river_width[:, 0] / 2
    for side, names, west, east in BANKS:
        marks = np.linspace(west, east, len(names) + 1)
        for name, start, end in zip(names, marks, marks[1:], strict=False):
            within = (river.points[:, 0] > start + 60) & (river.points[:, 0] < end - 60)
            points, normals, width = river.points[within], river.normals[within] * side, half[within][:, None]
            inner, outer, walk = (points + normals * (width + gap) for gap in (5.0, 40.0, 18.0))
            tags = {"leisure": "park", "name": name, "name:en": f"{pinyin(name.removesuffix('公园'))} Park"}
            draft.area(Polygon(snap(np.vstack([inner, outer[::-1]]))), tags)
            draft.line(snap(walk), {"highway": "footway", "surface": "paving_stones", "name": PROMENADES[side][0],
                                    "name:en": PROMENADES[side][1]}, space=50)  # fmt: skip
    for east in np.arange(7450.0, 9700.0, 260.0):
        index = int(np.argmin(np.abs(river.points[:, 0] - east)))
        pier = river.points[index] - river.normals[index] * np.array([[half[index] + 4], [half[index] - 55]])
        draft.line(snap(pier), {"man_made": "pier"}, space=60)


def _write_terrain(draft: Draft, terrain: Terrain) -> None:
    """Writes river, islands, streams, lakes, hills."""
    islands = shapely.union_all([area for _, area in terrain.islands])
    river = terrain.river_area.difference(islands)
    draft.area(river, {"natural": "water", "water": "river", "name": RIVER_NAME, "name:en": "Cheng River"})
    draft.line(
        snap(terrain.river.points), {"waterway": "river", "name": RIVER_NAME, "name:en": "Cheng River"}, space=20
    )
    for name, area in terrain.islands:
        draft.area(
            area.buffer(-6), {"leisure": "park", "name": f"{name}公园"} if name == "白鹭洲" else {"natural": "wood"}
        )
        draft.area(area, {"place": "island", "name": name})
    for name, kind, _, axis in terrain.streams:
        draft.line(snap(axis.points), {"waterway": kind, "name": name}, space=20)
    for name, kind, area in terrain.stream_areas:
        draft.area(area.difference(terrain.river_area), {"natural": "water", "water": kind, "name": name})
    for name, area in terrain.lakes:
        draft.area(area, {"natural": "water", "water": "lake", "name": name})
    for name, area in terrain.hills:
        lakes = shapely.union_all([lake for _, lake in terrain.lakes])
        draft.area(area.difference(lakes), {"natural": "wood", "name": name})
        top = area.representative_point() if not area.contains(area.centroid) else area.centroid
        draft.node(*_place(top), {"natural": "peak", "name": name, "ele": str(90 + int(area.area**0.5 / 11))})


def _place(point: Point) -> tuple[float, float]:
    return round(point.x, 1), round(point.y, 1)
