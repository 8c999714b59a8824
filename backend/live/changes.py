"""What changed in one tick, joined once per cell and squad, and cut to what a viewer may see.

A viewer's frame is made of ready chunks, so it costs what it looks at and not what the fleet is; viewers with the
same rights and view share one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from backend.identity.rights import Scope, Verdict, may_see, verdict
from backend.live.board import Board, Entry, Place
from backend.live.interest import Interest


@dataclass(slots=True)
class Chunk:
    """The changed entries of one cell, district and squad."""

    district: int
    squad: int
    entries: list[Entry] = field(default_factory=list)
    _joined: bytes | None = None

    def joined(self) -> bytes:
        """Their records one after another, joined at the first use."""
        if self._joined is None:
            self._joined = b"".join([entry.record for entry in self.entries])
        return self._joined


@dataclass(frozen=True, slots=True)
class Cut:
    """What one viewer is shown of a tick: records, how many, and the units that left its view."""

    records: bytes
    count: int
    gone: tuple[int, ...]


EMPTY = Cut(b"", 0, ())


def visible(scope: Scope, interest: Interest, place: Place, unit: int) -> bool:
    """Whether a unit at this place is in view and may be seen."""
    return place.at(interest.resolution) in interest.cells and allowed(scope, place, unit)


def allowed(scope: Scope, place: Place, unit: int) -> bool:
    """Whether a unit at this place may be seen, wherever the viewer looks."""
    return may_see(scope, place.district, place.squad, unit, place.cell)


class Changes:
    """One tick: the units that changed since the last one, with the place where they were then."""

    def __init__(self, board: Board, journal: dict[int, Place | None]) -> None:
        self._moved: dict[int, tuple[Place | None, Entry | None]] = {
            unit: (before, board.entries.get(unit)) for unit, before in journal.items()
        }
        self._chunks: dict[int, dict[int, list[Chunk]]] = {}
        self._left: dict[int, dict[int, list[int]]] = {}
        self._cuts: dict[tuple[Scope, int, frozenset[int]], Cut] = {}

    def cut(self, scope: Scope, interest: Interest) -> Cut:
        """What a viewer with this scope and view is shown."""
        key = (scope, interest.resolution, interest.cells)
        found = self._cuts.get(key)
        if found is None:
            found = self._cuts[key] = self._make_cut(scope, interest)
        return found

    def cut_with_followed(self, scope: Scope, interest: Interest, followed: Iterable[int]) -> Cut:
        """The same with units that are followed wherever they are."""
        cut = self.cut(scope, interest)
        records, gone = [cut.records], list(cut.gone)
        for unit in followed:
            if unit not in self._moved:
                continue
            before, entry = self._moved[unit]
            if entry is not None and allowed(scope, entry.place, unit):
                if unit in gone:
                    gone.remove(unit)
                if not visible(scope, interest, entry.place, unit):
                    records.append(entry.record)
            elif before is not None and unit not in gone and allowed(scope, before, unit):
                gone.append(unit)
        return Cut(b"".join(records), cut.count + len(records) - 1, tuple(gone))

    def touched(self, scope: Scope, interest: Interest, followed: Iterable[int]) -> set[int]:
        """The units whose change concerns a viewer, for one that is still busy with an earlier frame."""
        units = set(self.cut(scope, interest).gone)
        units.update(unit for unit in followed if self._concerns(scope, unit))
        for chunk in self._chunks_in(interest):
            units.update(entry.unit for entry in chunk.entries if allowed(scope, entry.place, entry.unit))
        return units

    def among(self, units: set[int]) -> set[int]:
        """Those of the units that changed."""
        return {unit for unit in units if unit in self._moved}

    def _concerns(self, scope: Scope, unit: int) -> bool:
        """Whether a unit changed that may be seen, or might before: of another not even its number is told."""
        before, entry = self._moved.get(unit, (None, None))
        places = (before, entry.place if entry is not None else None)
        return any(place is not None and allowed(scope, place, unit) for place in places)

    def _make_cut(self, scope: Scope, interest: Interest) -> Cut:
        records: list[bytes] = []
        count = 0
        for chunk in self._chunks_in(interest):
            whole = verdict(scope, chunk.district, chunk.squad)
            if whole is Verdict.ALL:
                records.append(chunk.joined())
                count += len(chunk.entries)
            elif whole is Verdict.EACH:
                seen = [e.record for e in chunk.entries if allowed(scope, e.place, e.unit)]
                records += seen
                count += len(seen)
        gone = self._gone(scope, interest)
        return Cut(b"".join(records), count, gone) if count or gone else EMPTY

    def _gone(self, scope: Scope, interest: Interest) -> tuple[int, ...]:
        left = self._left_at(interest.resolution)
        cells = interest.cells if len(interest.cells) < len(left) else [c for c in left if c in interest.cells]
        gone = []
        for cell in cells:
            for unit in left.get(cell, ()):
                before, entry = self._moved[unit]
                if before is None or not allowed(scope, before, unit):
                    continue
                if entry is None or not visible(scope, interest, entry.place, unit):
                    gone.append(unit)
        return tuple(gone)

    def _chunks_in(self, interest: Interest) -> Iterable[Chunk]:
        chunks = self._chunks_at(interest.resolution)
        if len(interest.cells) < len(chunks):
            return [chunk for cell in interest.cells for chunk in chunks.get(cell, ())]
        return [chunk for cell, found in chunks.items() if cell in interest.cells for chunk in found]

    def _chunks_at(self, resolution: int) -> dict[int, list[Chunk]]:
        """All chunks by cell of this resolution, made when the first viewer looks at it."""
        found = self._chunks.get(resolution)
        if found is None:
            grouped: dict[tuple[int, int, int], Chunk] = {}
            for _, entry in self._moved.values():
                if entry is None:
                    continue
                place = entry.place
                key = (place.at(resolution), place.district, place.squad)
                chunk = grouped.get(key)
                if chunk is None:
                    chunk = grouped[key] = Chunk(place.district, place.squad)
                chunk.entries.append(entry)
            found = self._chunks[resolution] = {}
            for (cell, _, _), chunk in grouped.items():
                found.setdefault(cell, []).append(chunk)
        return found

    def _left_at(self, resolution: int) -> dict[int, list[int]]:
        """By the cell where they were: units that changed cell, squad or district, or left the board."""
        found = self._left.get(resolution)
        if found is None:
            found = self._left[resolution] = {}
            for unit, (before, entry) in self._moved.items():
                if before is not None and (entry is None or entry.place is not before):
                    found.setdefault(before.at(resolution), []).append(unit)
        return found
