"""The newest record of every unit, by cell. One per web process, touched only from its event loop."""

from dataclasses import dataclass
from functools import lru_cache

from backend.bus.record import SIZE, unit_and_time
from backend.bus.subjects import Address
from backend.geo.cells import parent_of
from backend.identity.registry import Organisation
from backend.live.interest import COARSEST, FINEST

RESOLUTIONS = tuple(range(COARSEST, FINEST + 1))


@lru_cache(maxsize=1 << 16)
def ancestors(cell: int) -> tuple[int, ...]:
    """The cells at each resolution of RESOLUTIONS that a resolution-9 cell is counted to."""
    return tuple(parent_of(cell, resolution) for resolution in RESOLUTIONS)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a unit is counted: its bodies, its resolution-9 cell and that cell's ancestors."""

    district: int
    squad: int
    cell: int
    ancestors: tuple[int, ...]

    def at(self, resolution: int) -> int:
        """The cell at this resolution."""
        return self.ancestors[resolution - COARSEST]


@dataclass(slots=True)
class Entry:
    """A unit on the board. `time` is the record's, `heard` when this process got it; both ms since 1970."""

    unit: int
    time: int
    record: bytes
    place: Place
    heard: int


class Board:
    """All entries, an index by cell of every resolution that viewers use, and who has to hear of changes."""

    def __init__(self) -> None:
        self.entries: dict[int, Entry] = {}
        self._by_cell: dict[int, dict[int, Entry]] = {}
        self._journals: list[dict[int, Place | None]] = []

    def journal(self) -> dict[int, Place | None]:
        """A dict that from now on gains, for each unit that changes, the place where it was before (None: nowhere).

        Its reader empties it; what it holds is the difference since then.
        """
        journal: dict[int, Place | None] = {}
        self._journals.append(journal)
        return journal

    def put(self, address: Address, record: bytes, heard: int) -> None:
        """Take in a record, unless a newer one of the unit is known or it is not one."""
        if len(record) != SIZE:
            return
        unit, time = unit_and_time(record)
        entry = self.entries.get(unit)
        if entry is None:
            self._note(unit, None)
            place = Place(address.district, address.squad, address.cell, ancestors(address.cell))
            self.entries[unit] = entry = Entry(unit, time, record, place, heard)
            self._index(entry)
            return
        if time < entry.time:
            return
        self._note(unit, entry.place)
        entry.time, entry.record, entry.heard = time, record, heard
        place = entry.place
        if (address.cell, address.squad, address.district) != (place.cell, place.squad, place.district):
            self._move(entry, address.district, address.squad, address.cell)

    def remove(self, unit: int) -> None:
        """Take a unit off the board."""
        entry = self.entries.pop(unit, None)
        if entry is not None:
            self._note(unit, entry.place)
            self._unindex(entry)

    def conform(self, organisation: Organisation) -> None:
        """Drop units that are gone or off duty, and count the others to the bodies that they belong to now."""
        for unit, entry in list(self.entries.items()):
            known = organisation.units.get(unit)
            if known is None or not known.on_duty:
                self.remove(unit)
            elif (known.squad, known.district) != (entry.place.squad, entry.place.district):
                self._note(unit, entry.place)
                self._move(entry, known.district, known.squad, entry.place.cell)

    def within(self, cells: frozenset[int]) -> list[Entry]:
        """The entries that are counted to any of these cells (of one resolution)."""
        return [entry for cell in cells for entry in self._by_cell.get(cell, {}).values()]

    @property
    def cells(self) -> int:
        """How many cells of the finest indexed resolution hold a unit."""
        return len({entry.place.at(FINEST) for entry in self.entries.values()})

    def _note(self, unit: int, before: Place | None) -> None:
        for journal in self._journals:
            journal.setdefault(unit, before)

    def _move(self, entry: Entry, district: int, squad: int, cell: int) -> None:
        self._unindex(entry)
        entry.place = Place(district, squad, cell, ancestors(cell))
        self._index(entry)

    def _index(self, entry: Entry) -> None:
        for cell in entry.place.ancestors:
            self._by_cell.setdefault(cell, {})[entry.unit] = entry

    def _unindex(self, entry: Entry) -> None:
        for cell in entry.place.ancestors:
            units = self._by_cell[cell]
            del units[entry.unit]
            if not units:
                del self._by_cell[cell]
