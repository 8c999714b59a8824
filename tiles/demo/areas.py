"""Districts, sub-districts (each the area of one squad) and unit grids: unions of street blocks, so their borders
run along
streets and water, leave no gap and never lie on each other."""

import heapq
import itertools
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize

from tiles.demo.layout import Layout
from tiles.demo.naming import pinyin
from tiles.demo.plane import GRAIN, Points, lines_of
from tiles.demo.roads import RANK
from tiles.demo.terrain import Terrain

DISTRICTS = (("439901", "老城区", "Laocheng District"), ("439902", "江南区", "Jiangnan District"),
             ("439903", "城东新区", "Chengdong New District"), ("439904", "临港区", "Lingang District"))  # fmt: skip
SUBDISTRICTS = (  # district, name without 街道, place in metres, unit grids
    (0, "枫林", -6900, 300, 24), (0, "胜利", -3600, -250, 26), (0, "镜湖", -2300, 1600, 26),
    (0, "鼓楼", -1250, -1500, 30), (0, "解放", 250, -1500, 30), (0, "朝晖", -1600, 5100, 24),
    (0, "五一", 600, 1500, 28),
    (1, "大学城", -6600, -5200, 26), (1, "桃园", -3000, -4700, 26), (1, "南湖", -600, -5000, 28),
    (1, "朝阳", 2100, -4700, 26),
    (2, "漕河", 2900, 900, 22), (2, "星城", 4900, 4600, 24), (2, "月湖", 6200, 1300, 26),
    (3, "船厂", 6000, -2600, 18), (3, "港口", 8300, -4500, 16),
)  # fmt: skip
"""400 unit grids in all; the old town has the small ones."""


@dataclass(slots=True)
class Area:
    """A district, a sub-district or a unit grid."""

    kind: str
    code: str
    name: str
    name_en: str
    district: str
    squad: str
    shape: BaseGeometry
    blocks: list[int] = field(default_factory=list)


def lay_areas(layout: Layout, terrain: Terrain) -> list[Area]:
    """All areas, districts first, each kind in the order of its codes."""
    blocks = _blocks(layout, terrain)
    middles = np.array([[b.representative_point().x, b.representative_point().y] for b in blocks])
    near = _neighbours(blocks)
    districts = _districts(middles, terrain)
    seeds = []
    for district, _, x, y, _ in SUBDISTRICTS:
        gaps = np.hypot(*(middles - (x, y)).T)
        seeds.append(int(np.argmin(np.where(np.array(districts) == district, gaps, np.inf))))
    squad_of = _grow(seeds, near, middles, [districts[i] for i in range(len(blocks))])
    squads = []
    for index, (district, name, _, _, count) in enumerate(SUBDISTRICTS):
        own = [i for i in range(len(blocks)) if squad_of[i] == index]
        squads.append((district, name, count, own))
    return _coded(blocks, middles, near, squads)


def _blocks(layout: Layout, terrain: Terrain) -> list[Polygon]:
    """Land between streets from residential rank up, rivers cut along their middle: the smallest parts of an area."""
    lines = [road.line for road in layout.drawn]
    lines += [road.line for road in layout.untrimmed if RANK[road.kind] >= RANK["residential"] or road.quarter == "old"]
    lines += [terrain.river.line, *(axis.line for _, _, _, axis in terrain.streams[:2]), terrain.limit.exterior]
    net = shapely.union_all(lines, grid_size=GRAIN)
    cells = [cell for cell in polygonize(lines_of(net)) if terrain.limit.contains(cell.representative_point())]
    return sorted(cells, key=lambda cell: (cell.bounds[0], cell.bounds[1], cell.area))


def _districts(places: Points, terrain: Terrain) -> list[int]:
    """In which of the four parts that river, canal and brook make of the city each place lies."""
    north = _is_left(terrain.river.line, places)
    east = _is_left(terrain.streams[0][3].line, places)
    beyond = ~_is_left(terrain.streams[1][3].line, places)
    parts = np.where(north, np.where(east, 2, 0), np.where(beyond, 3, 1))
    return [int(part) for part in parts]


def _is_left(line: shapely.LineString, places: Points) -> npt.NDArray[np.bool_]:
    """Which places lie to the left of a line."""
    along = shapely.line_locate_point(line, shapely.points(places))
    before = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(along - 5, 0)))
    step = shapely.get_coordinates(shapely.line_interpolate_point(line, along + 5)) - before
    aside = places - before
    return np.asarray(step[:, 0] * aside[:, 1] - step[:, 1] * aside[:, 0] > 0)


def _neighbours(blocks: list[Polygon]) -> list[list[int]]:
    """For each block those that share a border line with it."""
    edges: dict[tuple[tuple[float, float], tuple[float, float]], list[int]] = {}
    for index, block in enumerate(blocks):
        for ring in (block.exterior, *block.interiors):
            coords = [(round(x, 1), round(y, 1)) for x, y in ring.coords]
            for a, b in itertools.pairwise(coords):
                edges.setdefault((min(a, b), max(a, b)), []).append(index)
    near: list[set[int]] = [set() for _ in blocks]
    for sharing in edges.values():
        if len(sharing) == 2:
            near[sharing[0]].add(sharing[1])
            near[sharing[1]].add(sharing[0])
    return [sorted(found) for found in near]


def _grow(seeds: list[int], near: list[list[int]], middles: Points, group: list[int]) -> dict[int, int]:
    """Each block's nearest seed, over neighbours and within the seed's group only."""
    owner: dict[int, int] = {}
    heap = [(0.0, seed, number) for number, seed in enumerate(seeds)]
    heapq.heapify(heap)
    while heap:
        far, block, number = heapq.heappop(heap)
        if block in owner:
            continue
        owner[block] = number
        for other in near[block]:
            if other not in owner and group[other] == group[block]:
                heapq.heappush(heap, (far + float(np.hypot(*(middles[other] - middles[block]))), other, number))
    return owner


def _coded(
    blocks: list[Polygon], middles: Points, near: list[list[int]], squads: list[tuple[int, str, int, list[int]]]
) -> list[Area]:
    grids: list[Area] = []
    bodies: list[Area] = []
    serial = [0, 0, 0, 0]
    for district, name, count, own in squads:
        code = DISTRICTS[district][0]
        serial[district] += 1
        squad = f"{code}{serial[district]:03d}"
        parts = _share(own, blocks, middles, near, count)
        shape = shapely.coverage_union_all([blocks[i] for i in own])
        english = f"{pinyin(name)} Subdistrict"
        bodies.append(Area("squad", squad, f"{name}街道", english, code, squad, shape, own))
        shapes = [(shapely.coverage_union_all([blocks[i] for i in part]), part) for part in parts]
        shapes.sort(key=lambda item: (round(item[0].centroid.x / 400), -item[0].centroid.y))
        for number, (shape, part) in enumerate(shapes, 1):
            community = (number - 1) // 6 + 1
            grid = f"{squad}{community:03d}{(number - 1) % 6 + 1:03d}"
            label, label_en = f"{name}第{number}网格", f"{pinyin(name)} Grid {number}"
            grids.append(Area("grid", grid, label, label_en, code, squad, shape, part))
    tops = []
    for number, (code, name, english) in enumerate(DISTRICTS):
        inside = [i for district, _, _, own in squads if district == number for i in own]
        shape = shapely.coverage_union_all([blocks[i] for i in inside])
        tops.append(Area("district", code, name, english, code, "", shape, inside))
    return tops + bodies + grids


def _share(
    own: list[int], blocks: list[Polygon], middles: Points, near: list[list[int]], count: int
) -> list[list[int]]:
    """A squad's blocks in `count` connected parts of like weight: dense land gives small ones."""
    if len(own) < count:
        raise ValueError(f"{len(own)} blocks cannot make {count} grids")
    group = dict.fromkeys(own, 1)
    weight = {i: float(np.sqrt(blocks[i].area)) for i in own}
    places = middles[own]
    sizes = np.array([weight[i] for i in own]) ** 0.1
    first = int(np.argmax(sizes))
    chosen = [first]
    gaps = np.hypot(*(places - places[first]).T)
    while len(chosen) < count:
        farthest = int(np.argmax(gaps * sizes))
        chosen.append(farthest)
        gaps = np.minimum(gaps, np.hypot(*(places - places[farthest]).T))
    seeds = [own[i] for i in chosen]
    inner = [[j for j in near[i] if j in group] for i in range(len(blocks))]
    for _ in range(3):
        owner = _grow(seeds, inner, middles, [1] * len(blocks))
        parts = [[i for i in own if owner.get(i) == number] for number in range(count)]
        seeds = [_middle(part, weight, middles) for part in parts]
    return parts


def _middle(part: list[int], weight: dict[int, float], middles: Points) -> int:
    shares = np.array([weight[i] for i in part])
    centre = (middles[part] * shares[:, None]).sum(axis=0) / shares.sum()
    return min(part, key=lambda i: (float(np.hypot(*(middles[i] - centre))), i))
