"""What a road is while the city is being drawn."""

from dataclasses import dataclass, field, replace

from shapely.geometry import LineString

from tiles.demo.plane import Points

RANK = {
    "motorway": 9, "trunk": 8, "motorway_link": 7, "trunk_link": 7, "primary": 6, "primary_link": 6, "secondary": 5,
    "tertiary": 4, "unclassified": 3, "residential": 3, "living_street": 2, "pedestrian": 2, "service": 1, "track": 1,
    "footway": 0, "steps": 0, "path": 0,
}  # fmt: skip
"""How much a road matters, by OSM highway value."""

HALF_WIDTH = {
    "motorway": 9.0, "trunk": 7.0, "motorway_link": 5.0, "trunk_link": 4.5, "primary": 10.0, "primary_link": 5.0,
    "secondary": 8.0, "tertiary": 6.0, "unclassified": 4.0, "residential": 4.5, "living_street": 3.0,
    "pedestrian": 4.0, "service": 2.8, "track": 2.0, "footway": 1.2, "steps": 1.0, "path": 1.0,
}  # fmt: skip
"""Metres from the drawn line to the kerb."""


@dataclass(slots=True)
class Road:
    """A line of road on one level, before it is split at junctions."""

    kind: str
    points: Points
    name: str = ""
    median: float = 0.0
    """Half the distance of its two carriageways, metres; 0 where it has one carriageway."""
    oneway: bool = False
    level: int = 0
    """0 on the ground, 2 on a viaduct, -1 in a tunnel."""
    ends: tuple[int, int] | None = None
    """Levels on which its first and last point join others, where not its own."""
    quarter: str = ""
    """In which kind of quarter it was found; "" for drawn roads."""
    tags: dict[str, str] = field(default_factory=dict)
    _shape: tuple[Points, LineString] | None = field(default=None, repr=False, compare=False)

    @property
    def line(self) -> LineString:
        """Its course as a shape, made once for the same array of points."""
        if self._shape is None or self._shape[0] is not self.points:
            self._shape = (self.points, LineString(self.points))
        return self._shape[1]

    def along(self, points: Points) -> "Road":
        """The same road on another course."""
        return replace(self, points=points, tags=dict(self.tags), _shape=None)
