"""What may not be built on: the roads in their width, rails, water."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from tiles.demo.graph import Graph
from tiles.demo.plane import GRAIN
from tiles.demo.roads import HALF_WIDTH

MARGIN = 1.5
"""Metres between kerb and wall."""


class Clearance:
    """Tells which shapes lie on a road, a rail or in water."""

    def __init__(self, graph: Graph, closed: Sequence[BaseGeometry]) -> None:
        """Of all roads of a graph, and of areas that are `closed`."""
        courses: dict[float, list[BaseGeometry]] = defaultdict(list)
        for piece in graph.pieces:
            points = np.array([spot[:2] for spot in piece.spots]) * GRAIN
            courses[HALF_WIDTH[graph.roads[piece.road].kind]].append(LineString(points))
        self._roads = [(width + MARGIN, STRtree(lines)) for width, lines in sorted(courses.items())]
        self._closed = STRtree(list(closed))

    def blocked(self, shapes: Sequence[BaseGeometry]) -> set[int]:
        """Indices of the shapes that do not lie free."""
        array = np.array(shapes, dtype=object)
        found = set(self._closed.query(array, predicate="intersects")[0].tolist())
        for distance, tree in self._roads:
            found.update(tree.query(array, predicate="dwithin", distance=distance)[0].tolist())
        return found
