"""The city's lines of road become its net: carriageways on the ground, viaducts, expressways and the tunnel hung on."""

import numpy as np
import shapely

from tiles.demo.carriageways import lay_carriageways
from tiles.demo.connect import connect
from tiles.demo.graph import Graph, build_graph, over_water
from tiles.demo.ground import Ground
from tiles.demo.layout import RING_MEDIAN
from tiles.demo.roads import Road
from tiles.demo.skeleton import ROUNDABOUTS, TUNNEL
from tiles.demo.viaducts import express_crossings, expressways, interchanges, raised, ring_ramps, viaduct

DEEP = 420.0
"""Metres inside the edge of a mountain from which the expressway runs in a tunnel."""


def lay_net(ground: Ground) -> Graph:
    """The street graph of the city, of which every part can be driven to."""
    layout, terrain = ground.layout, ground.terrain
    roads = lay_carriageways(layout.drawn + layout.cuts + ground.lanes.roads, list(ROUNDABOUTS))
    streets = over_water(roads, terrain.water)
    crossings = express_crossings(layout.expressway, layout.drawn)
    ring, ring_hosts = ring_ramps(layout.ring, streets, terrain.water, RING_MEDIAN)
    ramps, hosts = interchanges(layout.expressway, layout.spurs, crossings, streets)
    near = layout.expressway.line.buffer(60)
    below = shapely.union_all(
        [
            *(road.line.intersection(near).buffer(32) for road in layout.drawn),
            terrain.water.buffer(20),
            *(axis.line.buffer(25) for axis in layout.tracks),
        ]
    )
    mountain = terrain.hills[0][1].buffer(-DEEP)
    express = raised(expressways(layout.expressway, layout.spurs), below, mountain)
    name, kind, course = TUNNEL
    under = {"tunnel": "yes", "layer": "-1"}
    tunnel = Road(kind, np.array(course, dtype=float), name, level=-1, ends=(0, 0), tags=under)
    above = [*viaduct(layout.ring), *express, tunnel, *ring, *ramps]
    graph = build_graph(streets, above, ring_hosts + hosts)
    connect(graph)
    return graph
