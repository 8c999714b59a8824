"""Random fleets for the tests of board, changes and client: few cells, bodies and units, so that they meet often."""

import random
from dataclasses import dataclass

from hypothesis import strategies as st

from backend.bus.record import Record, pack
from backend.bus.subjects import Address
from backend.geo.cells import cell_of, moved, parent_of
from backend.identity.registry import KnownUnit, Organisation
from backend.identity.rights import EVERYTHING, NOTHING, Scope
from backend.live.interest import Interest

MIDDLE = (113.10, 28.20)


def _places() -> list[tuple[float, float]]:
    """Points in clusters: some share a cell of resolution 9, some one of 8, 7, …, some none."""
    chance = random.Random(20)
    spread = (20, 150, 150, 400, 400, 1_000, 3_000, 8_000, 20_000, 60_000)
    return [moved(*MIDDLE, chance.uniform(0, 360), metres) for metres in spread]


PLACES = _places()
CELLS = [cell_of(*place) for place in PLACES]
UNITS = range(1, 7)
SQUADS = {1: 10, 2: 10, 3: 20, 0: 0}  # squad → district
ANCESTORS = {resolution: sorted({parent_of(cell, resolution) for cell in CELLS}) for resolution in (4, 5, 6, 7, 8)}

units = st.sampled_from(UNITS)
squads = st.sampled_from(sorted(SQUADS))
places = st.integers(0, len(PLACES) - 1)
scopes = st.one_of(
    st.just(EVERYTHING),
    st.just(NOTHING),
    st.builds(
        Scope,
        districts=st.frozensets(st.sampled_from([10, 20]), max_size=1),
        squads=st.frozensets(st.sampled_from([1, 2, 3]), max_size=2),
        units=st.frozensets(units, max_size=2),
        cells=st.sampled_from([4, 6, 8]).flatmap(
            lambda resolution: st.frozensets(st.sampled_from(ANCESTORS[resolution]), max_size=2)
        ),
    ),
)
followed = st.frozensets(units, max_size=3)


@st.composite
def interests(draw: st.DrawFn, look: int = 1) -> Interest:
    """Some cells of one resolution."""
    resolution = draw(st.integers(4, 8))
    return Interest(look, resolution, draw(st.frozensets(st.sampled_from(ANCESTORS[resolution]), max_size=4)))


@dataclass(frozen=True)
class Fact:
    """What the test itself knows of a unit."""

    place: int
    squad: int
    record: bytes

    @property
    def cell(self) -> int:
        return CELLS[self.place]

    @property
    def district(self) -> int:
        return SQUADS[self.squad]


def allows(scope: Scope, unit: int, fact: Fact) -> bool:
    """Whether the scope covers the unit there: the rule once more, word by word."""
    return (
        scope.everything
        or fact.district in scope.districts
        or fact.squad in scope.squads
        or unit in scope.units
        or any(parent_of(fact.cell, (cell >> 52) & 15) == cell for cell in scope.cells)
    )


def sees(scope: Scope, interest: Interest, follows: frozenset[int], unit: int, fact: Fact) -> bool:
    """Whether a viewer is to see the unit."""
    in_view = parent_of(fact.cell, interest.resolution) in interest.cells
    return allows(scope, unit, fact) and (in_view or unit in follows)


def report(unit: int, squad: int, place: int, time: int) -> tuple[Address, bytes]:
    """A position as it comes over the bus."""
    longitude, latitude = PLACES[place]
    record = pack(Record(unit, time, longitude, latitude, None, None, None, None, 0, 2))
    return Address(SQUADS[squad], squad, CELLS[place], unit), record


def organisation(squad_of: dict[int, int], off_duty: frozenset[int] = frozenset()) -> Organisation:
    """These units in these squads."""
    return Organisation(
        version=2,
        units={
            unit: KnownUnit(unit, f"U{unit}", "car", "车", None, squad, SQUADS[squad], unit not in off_duty)
            for unit, squad in squad_of.items()
        },
    )
