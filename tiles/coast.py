"""Land and sea of a coastal extract: from its coastlines, cut at its bounds, to land areas that tiles can hold.

OpenStreetMap draws the sea as nothing: only its border is there, as ways with the land on their left. An extract cuts
them; Debian's osmcoastline closes cut ones with a straight line, which is right for islands only.
"""

from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import shapely
from osmium.osm.mutable import Node, Relation, Way

from tiles.extract import Box, Point

LAND = {"liandong:land": "yes"}  # process.lua knows it
ASIDE = 1e-7  # degrees, about a centimetre: what lies left and right of a line


def land_of(coastlines: list[list[Point]], bounds: Box) -> list[shapely.Polygon]:
    """The land inside the bounds. Empty where no coastline is inside, or one with holes encloses nothing."""
    frame = shapely.box(*bounds)
    drawn = shapely.intersection(shapely.MultiLineString([line for line in coastlines if len(line) > 1]), frame)
    if drawn.is_empty:
        return []
    pieces = shapely.polygonize([shapely.unary_union([drawn, frame.boundary])])
    polygons = [piece for piece in pieces.geoms if isinstance(piece, shapely.Polygon)]
    starts = np.array([point for line in coastlines for point in line[:-1]])
    ends = np.array([point for line in coastlines for point in line[1:]])
    lengths = np.hypot(*(ends - starts).T)
    starts, ends, lengths = starts[lengths > 0], ends[lengths > 0], lengths[lengths > 0]
    left = np.column_stack([starts[:, 1] - ends[:, 1], ends[:, 0] - starts[:, 0]]) / lengths[:, None] * ASIDE
    middles = (starts + ends) / 2
    tree = shapely.STRtree(polygons)
    votes = np.zeros(len(polygons), dtype=int)
    for side, vote in ((left, 1), (-left, -1)):
        _, hit = tree.query(shapely.points(middles + side), predicate="within")
        np.add.at(votes, hit, vote)
    return [polygon for polygon, vote in zip(polygons, votes, strict=True) if vote > 0]


def add_land(pbf: Path, land: list[shapely.Polygon], out: Path) -> None:
    """The extract with the land as areas in it. Kinds of objects stay in order: nodes, ways, relations."""
    with osmium.SimpleWriter(str(out), overwrite=True) as writer:
        adding = _Adding(writer, land)
        one: Any
        for one in osmium.FileProcessor(str(pbf)):
            adding.before(one.type_str())
            writer.add(one)
            adding.highest = max(adding.highest, one.id)
        adding.before("end")


class _Adding:
    """Adds nodes, ways and relations of the land after the last of each kind, with the next free numbers."""

    def __init__(self, writer: osmium.SimpleWriter, land: list[shapely.Polygon]) -> None:
        self.highest = 0
        self._writer = writer
        self._rings = [[polygon.exterior, *polygon.interiors] for polygon in land]
        self._corners: list[list[list[int]]] = []  # of each ring of each area
        self._sides: list[list[int]] = []  # the ways of each area
        self._steps = [("n", self._nodes), ("w", self._ways), ("r", self._relations)]

    def before(self, kind: str) -> None:
        """An object of this kind comes next: n, w, r, or the end."""
        while self._steps and self._steps[0][0] != kind:
            self._steps.pop(0)[1]()
            self.highest = 0  # each kind has its own numbers

    def _nodes(self) -> None:
        ids = count(self.highest + 1)
        for rings in self._rings:
            self._corners.append([])
            for ring in rings:
                made = [(next(ids), point) for point in ring.coords[:-1]]
                for number, point in made:
                    self._writer.add_node(Node(id=number, location=point, version=1))
                self._corners[-1].append([number for number, _ in (*made, made[0])])

    def _ways(self) -> None:
        ids = count(self.highest + 1)
        for rings in self._corners:
            self._sides.append([next(ids) for _ in rings])
            tags = LAND if len(rings) == 1 else {}
            for number, corners in zip(self._sides[-1], rings, strict=True):
                self._writer.add_way(Way(id=number, nodes=corners, tags=tags, version=1))

    def _relations(self) -> None:
        ids = count(self.highest + 1)
        tags = {"type": "multipolygon", **LAND}
        for sides in self._sides:
            members = [("w", way, "inner" if number else "outer") for number, way in enumerate(sides)]
            if len(members) > 1:
                self._writer.add_relation(Relation(id=next(ids), members=members, tags=tags, version=1))
