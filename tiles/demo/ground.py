"""The city before it is told: its ground, its streets as lines, its parcels with their uses, its smallest lanes."""

from dataclasses import dataclass

from shapely.geometry.base import BaseGeometry

from tiles.demo.lanes import Lanes, lay_drives, lay_paths, lay_villages
from tiles.demo.layout import Layout, lay_out
from tiles.demo.parcels import Parcel, lay_parcels
from tiles.demo.roads import HALF_WIDTH
from tiles.demo.skeleton import RIVERSIDE
from tiles.demo.terrain import Terrain, lay_terrain
from tiles.demo.uses import assign_uses

BANK_STREETS = tuple(name for name, *_ in RIVERSIDE)


@dataclass(slots=True)
class Ground:
    """All that lies on the ground."""

    terrain: Terrain
    layout: Layout
    parcels: list[Parcel]
    landmark_tags: dict[int, str]
    """OSM tags of the landmarks, by the index of their parcel."""
    lanes: Lanes


def lay_ground(seed: int) -> Ground:
    """The city's ground; each part has dice of its own, so that one can change without the others."""
    terrain = lay_terrain()
    layout = lay_out(terrain, seed)
    streets = layout.drawn + layout.cuts
    lanes = Lanes()
    lay_villages(layout.blocks, streets, layout.barriers, lanes, seed + 5)
    taken = [*_taken(layout, terrain), *(body.buffer(4) for _, _, body in lanes.villages)]
    parcels, tags = assign_uses(lay_parcels(layout.blocks, taken, seed + 2), seed + 3)
    lay_drives(parcels, streets, layout.barriers, lanes, seed + 4)
    lay_paths(parcels, streets, terrain.water.buffer(4), lanes)
    return Ground(terrain, layout, parcels, tags, lanes)


def _taken(layout: Layout, terrain: Terrain) -> list[BaseGeometry]:
    """Ground on which nothing is built: water and its banks, railways, expressways, wide roads, hills."""
    banks = terrain.river_area.buffer(58, quad_segs=3)
    streets = layout.drawn + layout.cuts
    old = [road for road in streets if layout.plan.at(*road.points[len(road.points) // 2]) == "old"]
    return [
        *(road.line.buffer(75, quad_segs=3).intersection(banks) for road in streets if road.name in BANK_STREETS),
        terrain.river_area.buffer(25, quad_segs=3),
        *(area.buffer(14, quad_segs=3) for _, _, area in terrain.stream_areas),
        *(area for _, area in terrain.hills),
        *(axis.line.buffer(22, quad_segs=3) for axis in layout.tracks),
        *(axis.line.buffer(36, quad_segs=3) for axis in (layout.expressway, *layout.spurs)),
        *(road.line.buffer(road.median + 14, quad_segs=3) for road in layout.drawn if road.median),
        *(road.line.buffer(18, quad_segs=3) for road in layout.drawn if road.kind == "primary" and not road.median),
        *(
            road.line.buffer(HALF_WIDTH[road.kind] + 1.7, quad_segs=3)
            for road in old
            if road.kind not in ("primary", "living_street")
        ),
    ]
