"""All streets of the city as lines on the plane: the drawn ones, the new district's grid, and those that cut the
rest."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.ops import polygonize, unary_union
from shapely.strtree import STRtree

from tiles.demo.blocks import Block, cut_blocks
from tiles.demo.network import align_joints, reach_out, tidy
from tiles.demo.plane import Axis, Points, bent, curve, lines_of, polygons_of, snap
from tiles.demo.quarters import SHORE, Plan, lay_new_district
from tiles.demo.rail import TRACKS
from tiles.demo.roads import Road
from tiles.demo.skeleton import (
    BRIDGES,
    CANALSIDE,
    EXPRESSWAY,
    LAKESIDE,
    RING_SIDES,
    RIVERSIDE,
    ROADS,
    SECOND_RING,
    SPURS,
)
from tiles.demo.streets import make_oneways, name_streets
from tiles.demo.terrain import FRAME, Terrain

RING_MEDIAN = 17.0
"""Half the distance of the second ring's carriageways on the ground, metres: the viaduct stands between them."""


@dataclass(slots=True)
class Layout:
    """Streets before they are noded, and the blocks between them."""

    plan: Plan
    drawn: list[Road]
    cuts: list[Road]
    untrimmed: list[Road]
    """The same cuts over water and rails as well: the rims of the blocks."""
    blocks: list[Block]
    ring: Axis
    expressway: Axis
    spurs: list[Axis]
    tracks: list[Axis]
    barriers: BaseGeometry
    """Where no new street may run: water, railways, expressways, with their edges."""


def lay_out(terrain: Terrain, seed: int) -> Layout:
    """The city's streets on a given ground."""
    plan = Plan(terrain)
    ring = Axis(curve(SECOND_RING, closed=True), closed=True)
    expressway = Axis(curve(EXPRESSWAY, step=45, closed=True), closed=True)
    spurs = [Axis(curve(course, step=45)) for course in SPURS]
    tracks = [Axis(curve(track.course, step=45)) for track in TRACKS]
    grounded = [axis for axis, track in zip(tracks, TRACKS, strict=True) if track.kind != "highspeed"]
    roads = [Road(r.kind, curve(r.course), r.name, r.median) for r in ROADS]
    roads += [Road(kind, curve(course), name, median) for name, kind, median, course in BRIDGES]
    roads += (
        _riverside(terrain) + _canalside(terrain) + _lakeside(terrain) + _ring_streets(ring) + lay_new_district(terrain)
    )
    walls: list[BaseGeometry] = [
        terrain.river_area.boundary,
        *(axis.line for _, _, _, axis in terrain.streams),
        *(area.boundary for _, area in terrain.hills),
        terrain.limit.boundary,
        *(axis.line for axis in (expressway, *spurs, *grounded)),
    ]
    drawn, net = tidy(
        align_joints(reach_out([*roads, *_spokes(roads, terrain)])), 110.0, walls, terrain.river_area.buffer(30)
    )
    frame = box(*FRAME)
    faces = [face for face in polygonize(net) if not _in_water(face, terrain) and terrain.limit.covers(_inside(face))]
    corners = [road.points[i] for road in drawn for i in (0, -1)]
    cuts, blocks = cut_blocks(faces, plan, corners, seed)
    barriers = unary_union(
        [
            terrain.river_area.buffer(14),
            *(area.buffer(12) for _, _, area in terrain.stream_areas),
            *(area.buffer(22) for _, area in terrain.lakes),
            *(axis.line.buffer(20) for axis in grounded),
            *(axis.line.buffer(45) for axis in (expressway, *spurs)),
        ]
    )
    hills = unary_union([area for _, area in terrain.hills])
    closed = unary_union([barriers, hills, frame.difference(terrain.limit.buffer(-60))])
    shapely.prepare(closed)
    trimmed = [part for road in cuts for part in _trim(road, closed)]
    nameless = [road for road in drawn if not road.name]
    name_streets(trimmed + nameless, plan, {road.name for road in drawn}, seed + 1)
    make_oneways(trimmed, seed + 2)
    return Layout(plan, drawn, trimmed, cuts, blocks, ring, expressway, spurs, tracks, barriers)


def _inside(face: Polygon) -> shapely.Point:
    return face.representative_point()


def _in_water(face: Polygon, terrain: Terrain) -> bool:
    return bool(terrain.river_area.contains(face.representative_point()))


def _trim(road: Road, closed: BaseGeometry) -> list[Road]:
    """A street where it may run; short ends beyond a barrier are given up."""
    line = road.line
    if not closed.intersects(line):
        return [road]
    free = line.difference(closed)
    parts = [part for part in lines_of(free) if part.length > 55]
    return [road.along(np.array(part.coords)) for part in parts]


def _riverside(terrain: Terrain) -> list[Road]:
    roads = []
    for name, side, gap, west, east in RIVERSIDE:
        half = terrain.river_width[:, 0] / 2
        smooth = np.convolve(np.pad(half, 4, mode="edge"), np.ones(9) / 9, mode="valid")
        course = terrain.river.points + terrain.river.normals * (side * (np.maximum(half, smooth) + gap))[:, None]
        within = (course[:, 0] > west) & (course[:, 0] < east)
        roads.append(Road("primary", np.array(LineString(course[within]).simplify(1.0).coords), name))
    return roads


def _canalside(terrain: Terrain) -> list[Road]:
    axis = terrain.streams[0][3]
    roads = []
    for name, left, south, north in CANALSIDE:
        course = axis.beside(left)
        within = (course[:, 1] > south) & (course[:, 1] < north)
        roads.append(Road("tertiary", np.array(LineString(course[within]).simplify(0.8).coords), name))
    return roads


def _lakeside(terrain: Terrain) -> list[Road]:
    shores = dict(terrain.lakes)
    roads = []
    for lake, name in LAKESIDE:
        ring = polygons_of(shores[lake].buffer(SHORE).simplify(4))[0].exterior
        roads.append(Road("tertiary", snap(np.array(ring.coords)), name))
    return roads


def _spokes(roads: list[Road], terrain: Terrain) -> list[Road]:
    """Streets that lead from the streets round the lakes to those around, so that each belongs to the net."""
    tree = STRtree([road.line for road in roads])
    spokes = []
    for lake, name in LAKESIDE:
        ring = next(road for road in roads if road.name == name)
        middle = np.array(dict(terrain.lakes)[lake].centroid.coords)[0]
        for angle in np.radians([20.0, 105.0, 195.0, 285.0]):
            away = np.array([np.cos(angle), np.sin(angle)])
            ray = LineString([middle, middle + away * 2500])
            start = ring.line.intersection(ray).centroid
            hits = [
                roads[i].line.intersection(ray) for i in tree.query(ray, "intersects").tolist() if roads[i] is not ring
            ]
            gaps = [gap for gap in (hit.distance(start) for hit in hits) if gap > 60]
            if not gaps or min(gaps) > 1800:
                continue
            first = np.array(start.coords)[0]
            spoke = bent(first - away * 3, first + away * (min(gaps) + 3), 0.04, 9)
            if not terrain.water.intersects(LineString(spoke)):
                spokes.append(Road("residential", spoke, quarter="estate"))
    return spokes


def _ring_streets(ring: Axis) -> list[Road]:
    starts = [ring.line.project(shapely.Point(x, y)) for _, x, y in RING_SIDES]
    roads = []
    for index, (name, _, _) in enumerate(RING_SIDES):
        start, end = starts[index], starts[(index + 1) % len(starts)]
        if end < start:
            end += ring.length
        points: Points = ring.between(start, end, step=30.0)
        roads.append(Road("primary", np.array(LineString(points).simplify(0.3).coords), name, RING_MEDIAN))
    return roads
