"""Streets, their signals and turns, stops, metro and railways, told as OSM data."""

from tiles.demo.addresses import Streets
from tiles.demo.draft import Draft
from tiles.demo.graph import Graph
from tiles.demo.ground import Ground
from tiles.demo.stops import write_bus_stops, write_metro, write_rails, write_stations
from tiles.demo.traffic import forbidden_turns, junctions, signals, write_traffic
from tiles.demo.ways import write_roads


def tell_streets(draft: Draft, ground: Ground, graph: Graph, streets: Streets, seed: int) -> None:
    """Writes all that moves on roads and rails."""
    meeting = junctions(graph)
    lit = signals(graph, meeting)
    turns = forbidden_turns(graph, meeting, lit, seed + 6)
    ways = write_roads(draft, graph, {turn.via for turn in turns})
    write_traffic(draft, graph, meeting, lit, turns, ways)
    write_bus_stops(draft, streets, seed + 13)
    write_metro(draft, streets)
    write_stations(draft)
    roads = [road.line for road in ground.layout.drawn + ground.layout.cuts]
    write_rails(draft, roads, [ground.terrain.water])
    for gate in ground.lanes.gates:
        draft.node(round(gate.x, 1), round(gate.y, 1), {"barrier": "lift_gate"})
