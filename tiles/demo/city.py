"""The demo city from nothing to two files, step by step."""

import json
import os
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from tiles.demo.addresses import Address, Streets, number_houses, roadside_places
from tiles.demo.areas import Area, lay_areas
from tiles.demo.borders import write_borders
from tiles.demo.buildings import Building, raise_buildings
from tiles.demo.carriageways import lay_carriageways
from tiles.demo.clearance import Clearance
from tiles.demo.connect import connect
from tiles.demo.draft import Draft, write_extract
from tiles.demo.graph import Graph, build_graph, over_water
from tiles.demo.ground_cover import write_banks, write_country, write_cover, write_terrain
from tiles.demo.lanes import Lanes, lay_drives, lay_paths, lay_villages
from tiles.demo.layout import RING_MEDIAN, Layout, lay_out
from tiles.demo.parcels import Parcel, lay_parcels
from tiles.demo.places import name_parcels, stem_of, write_places
from tiles.demo.plane import to_degrees
from tiles.demo.roads import HALF_WIDTH, Road
from tiles.demo.skeleton import RIVERSIDE, ROUNDABOUTS, TUNNEL
from tiles.demo.stops import write_bus_stops, write_metro, write_rails, write_stations
from tiles.demo.terrain import FRAME, Terrain, lay_terrain
from tiles.demo.traffic import forbidden_turns, junctions, signals, write_traffic
from tiles.demo.uses import Namer, assign_uses
from tiles.demo.viaducts import express_crossings, expressways, interchanges, raised, ring_ramps, viaduct
from tiles.demo.ways import write_roads

SEED = 20260
BANK_STREETS = tuple(name for name, *_ in RIVERSIDE)


def generate(folder: Path) -> None:
    """Writes `city.osm.pbf` and `areas.geojson` into a folder, the same content each time."""
    terrain = lay_terrain()
    layout = lay_out(terrain, SEED)
    lanes = Lanes()
    lay_villages(layout.blocks, layout.drawn + layout.cuts, layout.barriers, lanes, SEED + 5)
    taken = [*_taken(layout, terrain), *(body.buffer(4) for _, _, body in lanes.villages)]
    parcels = lay_parcels(layout.blocks, taken, SEED + 2)
    parcels, tags = assign_uses(parcels, SEED + 3)
    lay_drives(parcels, layout.drawn + layout.cuts, layout.barriers, lanes, SEED + 4)
    lay_paths(parcels, layout.drawn + layout.cuts, terrain.water.buffer(4), lanes)
    graph = _graph(layout, terrain, lanes)
    connect(graph)
    areas = lay_areas(layout, terrain)
    draft = Draft()
    _write(draft, terrain, layout, parcels, tags, lanes, graph, areas)
    folder.mkdir(parents=True, exist_ok=True)
    corners = to_degrees(np.array([FRAME[:2], FRAME[2:]])).round(4)
    extract = folder / ".city.osm.pbf"
    write_extract(draft, extract, [*corners[0].tolist(), *corners[1].tolist()])
    os.replace(extract, folder / "city.osm.pbf")
    text = json.dumps(_features(areas), ensure_ascii=False, separators=(",", ":"))
    (folder / ".areas.geojson").write_text(text, encoding="utf-8")
    os.replace(folder / ".areas.geojson", folder / "areas.geojson")


def _taken(layout: Layout, terrain: Terrain) -> list[BaseGeometry]:
    """Ground on which nothing is built: water, railways, expressways, wide roads, hills."""
    wide = [road.line.buffer(road.median + 14) for road in layout.drawn if road.median]
    banks = terrain.river_area.buffer(58)
    streets = [road for road in layout.drawn if road.name in BANK_STREETS]
    return [
        *(road.line.buffer(75).intersection(banks) for road in streets),
        terrain.river_area.buffer(25),
        *(area.buffer(14) for _, _, area in terrain.stream_areas),
        *(area for _, area in terrain.hills),
        *(axis.line.buffer(22) for axis in layout.tracks),
        *(axis.line.buffer(36) for axis in (layout.expressway, *layout.spurs)),
        *wide,
        *(
            road.line.buffer(HALF_WIDTH[road.kind] + 1.7)
            for road in layout.drawn + layout.cuts
            if layout.plan.at(*road.points[len(road.points) // 2]) == "old" and road.kind != "living_street"
        ),
        *(road.line.buffer(18) for road in layout.drawn if road.kind == "primary" and not road.median),
    ]


def _graph(layout: Layout, terrain: Terrain, lanes: Lanes) -> Graph:
    roads = layout.drawn + layout.cuts + lanes.roads
    ground = over_water(lay_carriageways(roads, list(ROUNDABOUTS)), terrain.water)
    crossings = express_crossings(layout.expressway, layout.drawn)
    ring, ring_hosts = ring_ramps(layout.ring, ground, terrain.water, RING_MEDIAN)
    ramps, hosts = interchanges(layout.expressway, layout.spurs, crossings, ground)
    below = shapely.union_all(
        [
            *(road.line.intersection(layout.expressway.line.buffer(60)).buffer(32) for road in layout.drawn),
            terrain.water.buffer(20),
            *(axis.line.buffer(25) for axis in layout.tracks),
        ]
    )
    deep = terrain.hills[0][1].buffer(-420)
    express = raised(expressways(layout.expressway, layout.spurs), below, deep)
    name, kind, course = TUNNEL
    tunnel = Road(
        kind, np.array(course, dtype=float), name, level=-1, ends=(0, 0), tags={"tunnel": "yes", "layer": "-1"}
    )
    return build_graph(ground, [*viaduct(layout.ring), *express, tunnel, *ring, *ramps], ring_hosts + hosts)


def _write(
    draft: Draft,
    terrain: Terrain,
    layout: Layout,
    parcels: list[Parcel],
    tags: dict[int, str],
    lanes: Lanes,
    graph: Graph,
    areas: list[Area],
) -> None:
    streets = Streets(layout.drawn + layout.cuts, {graph.roads[piece.road].name for piece in graph.pieces})
    meeting = junctions(graph)
    lit = signals(graph, meeting)
    turns = forbidden_turns(graph, meeting, lit, SEED + 6)
    ways = write_roads(draft, graph, {turn.via for turn in turns})
    write_traffic(draft, graph, meeting, lit, turns, ways)
    namer = Namer(lambda place: stem_of(streets.nearest(place, rings=False)), SEED + 7)
    name_parcels(parcels, namer)
    parcels += [Parcel(shape, "rural", -1, "village", name, english) for name, english, shape in lanes.villages]
    write_terrain(draft, terrain)
    write_banks(draft, terrain)
    write_cover(draft, parcels, tags, SEED + 8)
    write_country(draft, terrain, [road.line for road in layout.drawn], SEED + 14)
    rails = [axis.line.buffer(10) for axis in layout.tracks]
    lakes = [area for _, area in terrain.lakes]
    clearance = Clearance(graph, [*rails, *lakes, terrain.river_area, *(area for _, _, area in terrain.stream_areas)])
    buildings = raise_buildings(parcels, clearance, SEED + 9)
    houses = roadside_places(streets, clearance, buildings, SEED + 10)
    addresses = number_houses(streets, buildings, parcels, houses, SEED + 11)
    _write_buildings(draft, buildings, addresses)
    middles = [area.shape.centroid for area in areas if area.kind == "squad"]
    write_places(draft, buildings, namer, streets, middles, SEED + 12)
    write_bus_stops(draft, streets, SEED + 13)
    write_metro(draft, streets)
    write_stations(draft)
    write_rails(draft, [road.line for road in layout.drawn + layout.cuts], [terrain.water])
    for gate in lanes.gates:
        draft.node(round(gate.x, 1), round(gate.y, 1), {"barrier": "lift_gate"})
    estates = [
        (p.name, p.name_en, np.array(p.area.representative_point().coords).round(1)[0])
        for p in parcels
        if p.use in ("estate", "housing") and p.name and p.area.area > 40_000 and p.plot % 2
    ]
    write_borders(draft, areas, lanes.villages, estates)


def _write_buildings(draft: Draft, buildings: list[Building], addresses: list[Address]) -> None:
    told = {a.building: a for a in addresses if a.building is not None}
    for index, building in enumerate(buildings):
        tags = {"building": building.kind, "building:levels": str(building.levels)}
        if index in told:
            tags |= {"addr:street": told[index].street, "addr:housenumber": str(told[index].number)}
        draft.area(building.area, tags)
    for address in addresses:
        if address.building is None:
            draft.node(address.x, address.y, {"addr:street": address.street, "addr:housenumber": str(address.number)})


def _features(areas: list[Area]) -> dict[str, object]:
    features = [
        {
            "type": "Feature",
            "properties": {"kind": area.kind, "code": area.code, "name": area.name, "name_en": area.name_en,
                           "district": area.district, "squad": area.squad},
            "geometry": json.loads(shapely.to_geojson(shapely.transform(area.shape, lambda p: to_degrees(p).round(7)))),
        }
        for area in areas
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": features}
