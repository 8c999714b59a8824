"""Geofences as ingest has them: by cell, with the exact test at the border, and who is inside which.

A unit counts as inside from the first fix inside the shape until one more than `LEAVE_METRES` outside. Who is inside is
kept for every fence that is about the unit, whatever the hour: when the hours begin nobody has entered. It is derived
without a word from the unit's last known place where nothing else is known: after a start, after another ingest had
the unit, when a fence or an audience has changed. A unit without a known place, and one that comes on duty, has
entered nothing by being there.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from backend.avl.fence_hours import Week, holds_at
from backend.avl.fence_shape import WORST_ACCURACY, FenceShape
from backend.bus.record import unpack
from backend.geo.cells import FINE, cell_of, parent_of
from backend.identity.registry import KnownUnit, Organisation
from backend.identity.tree import Tree

MOST_CELLS = 200_000  # a city has fewer; a few bytes each

Inside = frozenset[int]
OUTSIDE: Inside = frozenset()
"""Of all fences: the usual case, known by identity."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A fence. `bodies` and `units` None: it is about all beneath `body`; `since` and `until`: ms since 1970.

    `whole` and `border`: its cells as of `geo.cover`; `shaped_at` changes with the shape.
    """

    id: int
    body: int
    bodies: frozenset[int] | None
    units: frozenset[int] | None
    week: Week | None
    tells: str
    since: int
    until: int | None
    shaped_at: int
    shape: FenceShape
    whole: tuple[int, ...]
    border: tuple[int, ...]

    def tells_at(self, moment: int, *, entered: bool) -> bool:
        """Whether a crossing at a moment (ms since 1970) is to be told."""
        if self.tells not in ("both", "enter" if entered else "leave"):
            return False
        in_force = self.since <= moment and (self.until is None or moment < self.until)
        return in_force and holds_at(self.week, moment)


Near = tuple[tuple[Fence, bool], ...]
"""The fences that may hold a point of a cell, and whether they hold all of it."""


def _nowhere(unit: int) -> tuple[str, bytes] | None:
    return None


class Fences:
    """All fences of this moment. `last`: a unit's last known position as (subject, record), None if there is none."""

    def __init__(self, last: Callable[[int], tuple[str, bytes] | None] = _nowhere) -> None:
        self.inside: dict[int, Inside] = {}
        self._unsure: dict[int, Inside] = {}
        self._last = last
        self._fences: dict[int, Fence] = {}
        self._by_cell: dict[int, list[tuple[Fence, bool]]] = {}
        self._near: dict[int, Near] = {}
        self._organisation = Organisation()
        self._about: dict[int, frozenset[int]] = {}

    def __len__(self) -> int:
        return len(self._fences)

    def near(self, cell: int) -> Near:
        """The fences about a point in this resolution-9 cell; worked out once for each cell."""
        found = self._near.get(cell)
        if found is None:
            if len(self._near) >= MOST_CELLS:
                self._near.clear()
            above = (parent_of(cell, resolution) for resolution in range(FINE + 1))
            found = self._near[cell] = tuple(one for parent in above for one in self._by_cell.get(parent, ()))
        return found

    def get(self, id: int) -> Fence | None:
        """A fence of this moment."""
        return self._fences.get(id)

    def concerns(self, fence: Fence, unit: KnownUnit) -> bool:
        """Whether the fence is about the unit."""
        if fence.units is not None:
            return unit.number in fence.units
        return unit.body in self._about[fence.id]

    def before(self, unit: KnownUnit) -> Inside | None:
        """Where the unit was before its next fix; None: nobody knows."""
        last = self._last(unit.number)
        if last is None or (record := unpack(last[1])).time < unit.duty_since:
            self._unsure.pop(unit.number, None)
            return None
        known = self.inside.get(unit.number)
        if known is not None:
            return known
        held = self._unsure.pop(unit.number, OUTSIDE)
        if (record.accuracy or 0.0) > WORST_ACCURACY:
            return None
        return self.at(unit, record.longitude, record.latitude, cell_of(record.longitude, record.latitude), held)

    def at(self, unit: KnownUnit, longitude: float, latitude: float, cell: int, held: Inside) -> Inside:
        """The fences that the unit is in at this place, if it was in `held` before."""
        found = {
            fence.id
            for fence, whole in self.near(cell)
            if self.concerns(fence, unit) and (whole or fence.shape.holds(longitude, latitude))
        }
        for id in held - found:
            fence = self._fences.get(id)
            if fence is not None and self.concerns(fence, unit) and not fence.shape.is_left(longitude, latitude):
                found.add(id)
        return frozenset(found) if found else OUTSIDE

    def heard_elsewhere(self, unit: int) -> None:
        """Another ingest has a newer place of the unit."""
        if (known := self.inside.pop(unit, None)) is not None:
            self._unsure[unit] = known

    def know(self, organisation: Organisation) -> None:
        """Take in who belongs where."""
        if organisation.version != self._organisation.version:
            self._organisation = organisation
            self._renew_audiences()

    def take(self, changed: Iterable[Fence], gone: Iterable[int], *, all_anew: bool = False) -> None:
        """Take in fences that are new or changed, and the ids of those that are no more."""
        fences = {} if all_anew else dict(self._fences)
        for id in gone:
            fences.pop(id, None)
        fences |= {fence.id: fence for fence in changed}
        reshaped = {id for id, one in self._fences.items() if id not in fences or fences[id].shaped_at != one.shaped_at}
        self._fences = fences
        by_cell: dict[int, list[tuple[Fence, bool]]] = defaultdict(list)
        for fence in fences.values():
            for cells, whole in ((fence.whole, True), (fence.border, False)):
                for cell in cells:
                    by_cell[cell].append((fence, whole))
        self._by_cell = dict(by_cell)
        self._near.clear()
        self._renew_audiences()
        if reshaped:
            self._unsure = {unit: held - reshaped for unit, held in self._unsure.items()}

    def _renew_audiences(self) -> None:
        """Whom each fence is about; where everybody is has to be asked anew."""
        tree = Tree(self._organisation.bodies.values())
        beneath: dict[int, frozenset[int]] = {}

        def under(body: int) -> frozenset[int]:
            if body not in beneath:
                beneath[body] = frozenset(tree.beneath(body)) if body in tree.nodes else frozenset()
            return beneath[body]

        self._about = {
            fence.id: frozenset().union(*map(under, fence.bodies if fence.bodies is not None else (fence.body,)))
            for fence in self._fences.values()
        }
        self._unsure |= self.inside
        self.inside.clear()
