"""OSM data before it is written: nodes, ways and relations, told by their index (the id is the index + 1)."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import osmium
import shapely
from osmium.osm import Box, Location
from osmium.osm.mutable import Node, Relation, Way
from shapely.geometry import LinearRing, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from tiles.demo.network import key_of
from tiles.demo.plane import GRAIN, Points, to_degrees

type Tags = dict[str, str]
type Member = tuple[str, int, str]
"""Type ("n", "w" or "r"), index and role of a relation's member."""


class Draft:
    """What will be in the extract. Equal spots share a node."""

    def __init__(self) -> None:
        """Empty."""
        self.places: list[tuple[float, float]] = []
        """Metres, one for each node."""
        self.node_tags: dict[int, Tags] = {}
        self.ways: list[tuple[list[int], Tags]] = []
        self.relations: list[tuple[list[Member], Tags]] = []
        self._spots: dict[tuple[int, ...], int] = {}

    def spot(self, spot: tuple[int, int, int]) -> int:
        """The shared node of a road at a spot (grid numbers and level)."""
        index = self._spots.get(spot)
        if index is None:
            index = self._spots[spot] = self.node(spot[0] * GRAIN, spot[1] * GRAIN)
        return index

    def node(self, x: float, y: float, tags: Tags | None = None) -> int:
        """A node of its own, in metres."""
        self.places.append((x, y))
        if tags:
            self.node_tags[len(self.places) - 1] = tags
        return len(self.places) - 1

    def tag(self, node: int, tags: Tags) -> None:
        """More tags for a node; what stands already stays."""
        self.node_tags[node] = {**tags, **self.node_tags.get(node, {})}

    def way(self, nodes: list[int], tags: Tags) -> int:
        """A way along nodes."""
        self.ways.append((nodes, tags))
        return len(self.ways) - 1

    def relation(self, members: list[Member], tags: Tags) -> int:
        """A relation."""
        self.relations.append((members, tags))
        return len(self.relations) - 1

    def line(self, points: Points, tags: Tags, space: int = 9) -> int:
        """A way along points that are no road's; equal points within one `space` share their node."""
        return self.way([self.shared(point, space) for point in points], tags)

    def area(self, shape: BaseGeometry, tags: Tags, relation: str = "") -> None:
        """A polygon as a closed way; with holes, in parts or where asked for as a `relation` of that type."""
        parts = [shape] if isinstance(shape, Polygon) else list(shape.geoms) if isinstance(shape, MultiPolygon) else []
        parts = [part for part in parts if not part.is_empty]
        if len(parts) == 1 and not parts[0].interiors and not relation:
            self.way(self._ring(parts[0].exterior), tags)
            return
        members: list[Member] = []
        for part in parts:
            members.append(("w", self.way(self._ring(part.exterior), {}), "outer"))
            members += [("w", self.way(self._ring(hole), {}), "inner") for hole in part.interiors]
        if members:
            self.relation(members, {"type": relation or "multipolygon", **tags})

    def _ring(self, ring: LinearRing) -> list[int]:
        first = len(self.places)
        self.places += [(x, y) for x, y in shapely.get_coordinates(ring)[:-1].tolist()]
        return [*range(first, len(self.places)), first]

    def shared(self, point: Points, space: int) -> int:
        """The node of a `space` at a place in metres."""
        spot = (*key_of(point), space, 0)
        index = self._spots.get(spot)
        if index is None:
            index = self._spots[spot] = self.node(float(point[0]), float(point[1]))
        return index


def write_extract(draft: Draft, path: Path, bounds: Sequence[float]) -> None:
    """Writes an OSM extract. `bounds`: west, south, east, north, degrees. The name must end in .osm.pbf."""
    header = osmium.io.Header()
    header.add_box(Box(Location(bounds[0], bounds[1]), Location(bounds[2], bounds[3])))
    header.set("generator", "liandong tiles.demo")
    degrees = np.round(to_degrees(np.array(draft.places)), 7).tolist()
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
        node = Node(version=1)
        for index, place in enumerate(degrees):
            node.id, node.location, node.tags = index + 1, place, draft.node_tags.get(index)
            writer.add_node(node)
        for index, (nodes, tags) in enumerate(draft.ways):
            writer.add_way(Way(id=index + 1, version=1, nodes=[one + 1 for one in nodes], tags=tags))
        for index, (members, tags) in enumerate(draft.relations):
            writer.add_relation(Relation(id=index + 1, version=1, members=_members(members), tags=tags))


def _members(members: Iterable[Member]) -> list[Member]:
    return [(kind, index + 1, role) for kind, index, role in members]
