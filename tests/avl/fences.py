"""Geofences for tests: made without a store, as ingest has them."""

from dataclasses import dataclass, field
from typing import Any

from shapely.geometry import MultiPolygon, Polygon

from backend.avl.facts import Fact
from backend.avl.fence_hours import Week
from backend.avl.fence_shape import FenceShape
from backend.avl.fences import Fence, Fences
from backend.avl.messages import Fix
from backend.avl.passage import Knowledge, Passage
from backend.avl.pipeline import DAY_MS, run
from backend.bus.subjects import Address, position_subject
from backend.geo.cells import METRES_PER_DEGREE
from backend.geo.cover import cover
from backend.identity.registry import Body, KnownUnit, Organisation
from tests.avl.makers import DISTRICT, SQUAD, device

CITY = 1
NOW = 1_772_352_930_000  # 2026-03-01 08:15:30 UTC, a Sunday, 16:15 in China
WEST, SOUTH, SIDE = 113.10, 28.20, 0.01  # about 980 by 1110 m
EAST, MIDDLE = WEST + SIDE, SOUTH + SIDE / 2
METRE = 1 / (METRES_PER_DEGREE * 0.8813)  # of longitude, in degrees, at 28.2 north
UNIT = KnownUnit(7, "S001", "car", "巡逻车001", None, SQUAD, DISTRICT, True, SQUAD)


def box(west: float = WEST, south: float = SOUTH, side: float = SIDE) -> MultiPolygon:
    corners = [(west, south), (west + side, south), (west + side, south + side), (west, south + side)]
    return MultiPolygon([Polygon(corners)])


def fence(
    id: int = 1,
    shape: MultiPolygon | None = None,
    *,
    body: int = DISTRICT,
    bodies: set[int] | None = None,
    units: set[int] | None = None,
    week: Week | None = None,
    tells: str = "both",
    since: int = 0,
    until: int | None = None,
    shaped_at: int = 1,
) -> Fence:
    """A fence around the box, about everybody of the district."""
    shape = shape or box()
    cells = cover(shape)
    of_bodies = None if bodies is None else frozenset(bodies)
    of_units = None if units is None else frozenset(units)
    whole, border = tuple(cells.whole), tuple(cells.border)
    return Fence(id, body, of_bodies, of_units, week, tells, since, until, shaped_at, FenceShape(shape), whole, border)


def bureau(version: int = 1) -> Organisation:
    """A city with a district, its squad, and a squad beside."""
    bodies = (
        Body(CITY, "city", "市局", None, 0, None),
        Body(DISTRICT, "district", "江东区", None, DISTRICT, CITY),
        Body(SQUAD, "squad", "一中队", None, DISTRICT, DISTRICT),
        Body(9, "squad", "直属中队", None, 0, CITY),
    )
    return Organisation(version, {one.id: one for one in bodies}, {UNIT.number: UNIT}, {}, {})


@dataclass
class Ingesting:
    """The steps of one ingest with its fences; a fix each second unless another moment is given."""

    last: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    moment: int = NOW

    def __post_init__(self) -> None:
        self.fences = Fences(self.last.get)
        self.fences.know(bureau())
        self.known = Knowledge(retention_ms=90 * DAY_MS, future_limit_ms=DAY_MS, fences=self.fences)

    def drive(
        self, longitude: float, latitude: float = MIDDLE, *, unit: KnownUnit = UNIT, after: int = 60_000, **more: Any
    ) -> list[Fact]:
        """A fix, a minute after the one before; what it made known."""
        self.moment += after
        fix = Fix(fixed_at=self.moment, longitude=longitude, latitude=latitude, **more)
        passage = Passage(fix, device(number=unit.number, unit=unit), 2, self.moment + 100)
        assert run(passage, self.known) is None
        if passage.announce:
            stored = passage.stored()
            subject = position_subject(Address(stored.district, stored.squad, stored.cell, stored.unit))
            self.last[unit.number] = (subject, stored.record())
        return passage.facts

    def words(self, longitude: float, latitude: float = MIDDLE, **more: Any) -> list[str]:
        """As `drive`, in words."""
        facts = self.drive(longitude, latitude, **more)
        return [f"{fact.kind.removeprefix('geofence.')} {fact.geofence}" for fact in facts]


INSIDE, OUT = WEST + SIDE / 2, WEST - 500 * METRE
