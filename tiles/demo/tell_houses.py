"""Buildings, house numbers and single places, told as OSM data."""

from shapely.geometry import Point

from tiles.demo.addresses import Address, Streets, number_houses, roadside_places
from tiles.demo.buildings import Building, raise_buildings
from tiles.demo.clearance import Clearance
from tiles.demo.draft import Draft
from tiles.demo.graph import Graph
from tiles.demo.ground import Ground
from tiles.demo.places import write_places
from tiles.demo.uses import Namer


def tell_houses(
    draft: Draft, ground: Ground, graph: Graph, streets: Streets, namer: Namer, middles: list[Point], seed: int
) -> None:
    """Writes all that is built. `middles`: of the sub-districts, in their order."""
    terrain = ground.terrain
    closed = [
        *(axis.line.buffer(10) for axis in ground.layout.tracks),
        *(area for _, area in terrain.lakes),
        terrain.river_area,
        *(area for _, _, area in terrain.stream_areas),
    ]
    clearance = Clearance(graph, closed)
    buildings = raise_buildings(ground.parcels, clearance, seed + 9)
    houses = roadside_places(streets, clearance, buildings, seed + 10)
    addresses = number_houses(streets, buildings, ground.parcels, houses, seed + 11)
    _write_buildings(draft, buildings, addresses)
    write_places(draft, buildings, namer, streets, middles, seed + 12)


def _write_buildings(draft: Draft, buildings: list[Building], addresses: list[Address]) -> None:
    numbered = {one.building: one for one in addresses if one.building is not None}
    for index, building in enumerate(buildings):
        tags = {"building": building.kind, "building:levels": str(building.levels)}
        if index in numbered:
            tags |= {"addr:street": numbered[index].street, "addr:housenumber": str(numbered[index].number)}
        draft.area(building.area, tags)
    for one in addresses:
        if one.building is None:
            draft.node(one.x, one.y, {"addr:street": one.street, "addr:housenumber": str(one.number)})
