"""A fix on its way through the pipeline, and what the steps know."""

from collections import deque
from dataclasses import dataclass, field

from backend.avl.batch import StoredFix
from backend.avl.facts import Fact
from backend.avl.fences import Fences
from backend.avl.messages import Fix
from backend.avl.speakers import Speakers
from backend.bus.record import FLAG_CLOCK_AHEAD
from backend.identity.registry import KnownDevice


@dataclass(frozen=True, slots=True)
class Stop:
    """Why a fix is not stored: None as reason is a repetition."""

    reason: str | None


REPEAT = Stop(None)


def misplaced(fix: Fix) -> Stop | None:
    """Why a fix is nowhere on Earth: its place is outside of it, or the "no fix" (0, 0) of many devices."""
    if not (-180 <= fix.longitude <= 180 and -90 <= fix.latitude <= 90):
        return Stop("place")
    return Stop("null_island") if fix.longitude == 0 and fix.latitude == 0 else None


@dataclass(slots=True)
class Spot:
    """A place (degrees) and a moment (ms since 1970)."""

    moment: int
    longitude: float
    latitude: float


@dataclass(slots=True)
class Movement:
    """What is remembered of a device: where it was last, a place that nobody believed, since when it stays, and what
    was stored of it last.
    """

    last: Spot
    anchor: Spot
    stored: Spot
    unbelieved: Spot | None = None


@dataclass(slots=True)
class Knowledge:
    """What the steps know beside the fix: limits, and what was before.

    By unit its newest moment (ms), who speaks for it and in which `fences` it is; by device its last fixes, its raised
    alarms (bits) and how it moves. `thin_ms`: how often a device that stands still is stored, 0 is always.
    """

    retention_ms: int
    future_limit_ms: int
    newest: dict[int, int] = field(default_factory=dict)
    thin_ms: int = 0
    recent: dict[int, deque[tuple[int, int]]] = field(default_factory=dict)
    alarms: dict[int, int] = field(default_factory=dict)
    movements: dict[int, Movement] = field(default_factory=dict)
    speakers: Speakers = field(default_factory=Speakers)
    fences: Fences = field(default_factory=Fences)


@dataclass(slots=True)
class Passage:
    """One fix on its way through the steps, and what they found out.

    `announce`: whether it is its unit's newest; `store`: whether it becomes a row; `facts`: what it makes known.
    """

    fix: Fix
    device: KnownDevice
    source: int
    received_at: int
    fixed_at: int = 0
    digest: int = 0
    cell: int = 0
    flags: int = 0
    announce: bool = True
    store: bool = True
    facts: list[Fact] = field(default_factory=list)

    @property
    def moment(self) -> int:
        """The time (ms) by which it is newer or older than another: not later than its receipt."""
        return self.received_at if self.flags & FLAG_CLOCK_AHEAD else self.fixed_at

    def stored(self) -> StoredFix:
        """The fix as it is stored, once all steps let it pass."""
        fix, unit = self.fix, self.device.unit
        return StoredFix(
            self.device.id,
            unit.number,
            unit.district,
            unit.squad,
            self.source,
            self.fixed_at,
            self.received_at,
            fix.longitude,
            fix.latitude,
            self.cell,
            self.digest,
            fix.alarms,
            self.flags,
            fix.speed,
            fix.heading,
            fix.accuracy,
            fix.altitude,
            fix.attributes or None,
        )
