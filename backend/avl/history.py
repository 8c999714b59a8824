"""Tracks out of the store as a file, page by page: of however many fixes, in little memory, the first byte at once.

Each page is read on its own, by what whoever fetches may see at that moment; a right that ends cuts the file off. In an
area those units come first that were there first; the file holds of each what lies within the area.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text

from backend.avl.areas import Area
from backend.avl.seen import SEEN_IN, TOLD, seen_in
from backend.avl.track_files import TrackFile
from backend.clock import from_ms
from backend.db.engine import Database
from backend.errors import BadInput, Forbidden
from backend.identity.filters import COVERED, covered
from backend.identity.reach import findable_unit
from backend.identity.registry import KnownUnit, Organisation
from backend.identity.rights import Rights, may_see

Current = Callable[[], tuple[Organisation, Rights | None]]

HOUR_MS = 3_600_000
LONGEST_MS_OF_ONE, LONGEST_MS_OF_ALL = 31 * 24 * HOUR_MS, 24 * HOUR_MS
# The first page is small: somebody waits for it.
FIRST_PAGE, PAGE = 200, 2000
START = {"device": -1, "digest": -(1 << 63)}

# `<> 8` is `= 0`, and the planner takes it (and `TOLD`) for most rows, as it is: so it reads a page by the index on
# (unit, fixed_at) and stops; else it would read and sort all that is left, for each page.
PAGE_OF_UNIT = """SELECT device, digest, fixed_at, ST_X(place) AS longitude, ST_Y(place) AS latitude,
           speed, heading, accuracy, altitude
    FROM stored_fix
    WHERE unit = :unit AND fixed_at >= :begin AND fixed_at <= :end
      AND (fixed_at, device, digest) > (:begin, :device, :digest)
      AND {covered} AND {told} AND (:off_duty OR flags & 8 <> 8) AND {within}
    ORDER BY fixed_at, device, digest LIMIT :page"""
UNITS_IN = """SELECT unit, min(fixed_at) AS first FROM stored_fix
    WHERE {seen} AND {within} GROUP BY unit ORDER BY first, unit"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One unit or all in an area (one of the two is None), between two moments (ms, both inside)."""

    begin: int
    end: int
    unit: int | None = None
    area: Area | None = None


def check_history(wanted: Wanted) -> None:
    """Raises BadInput for a span that is empty or too long: a day for all units, 31 days for one."""
    longest = LONGEST_MS_OF_ALL if wanted.unit is None else LONGEST_MS_OF_ONE
    if not 0 < wanted.end - wanted.begin <= longest:
        raise BadInput(
            f"expected a span of at most {longest // HOUR_MS} hours that ends after it begins, "
            f"got {(wanted.end - wanted.begin) / HOUR_MS:.1f} hours",
            begin=wanted.begin,
            end=wanted.end,
        )


async def track_file(database: Database, wanted: Wanted, file: TrackFile, current: Current) -> AsyncIterator[str]:
    """The parts of the file. Raises Forbidden in the middle when the right to see tracks has ended."""
    try:
        yield file.head()
        if wanted.unit is not None:
            async for part in _Reading(database, wanted, wanted.unit, current).parts(file):
                yield part
        else:
            async for unit, since in _units_in(database, wanted, current):
                async for part in _Reading(database, wanted, unit, current, since).parts(file):
                    yield part
        yield file.tail()
    finally:
        file.close()


def _now(current: Current) -> tuple[Organisation, Rights]:
    organisation, rights = current()
    if rights is None or not rights.holds("track.read"):
        raise Forbidden("the right to see tracks has ended", atom="track.read")
    return organisation, rights


async def _units_in(database: Database, wanted: Wanted, current: Current) -> AsyncIterator[tuple[int, int]]:
    """The units in the area, each once, with the beginning of the hour (ms) in which they came first.

    Hour by hour: no question to the store takes long, and the first units are told before the last hour is looked at.
    """
    assert wanted.area is not None
    area = wanted.area
    statement = text(UNITS_IN.format(seen=SEEN_IN, within=area.within))
    told: set[int] = set()
    for begin in range(wanted.begin, wanted.end + 1, HOUR_MS):
        end = min(begin + HOUR_MS, wanted.end)
        values = area.values | seen_in(*_now(current), area.cells, begin, end)
        async with database.snapshot() as session:
            found = [row.unit for row in await session.execute(statement, values)]
        for unit in found:
            if unit not in told:
                told.add(unit)
                yield unit, begin


@dataclass(slots=True)
class _Reading:
    """One unit's pages, one after the other. `since`: ms, where to begin if not at the beginning."""

    database: Database
    wanted: Wanted
    unit: int
    current: Current
    since: int | None = None
    _at: dict[str, Any] = field(default_factory=dict)

    async def parts(self, file: TrackFile) -> AsyncIterator[str]:
        """The unit's part of the file: nothing, if none of its fixes may be seen."""
        begin = self.wanted.begin if self.since is None else self.since
        self._at = {**START, "begin": from_ms(begin)}
        page, has_begun = FIRST_PAGE, False
        while True:
            unit, rows = await self._page(page)
            more = len(rows) == page
            if rows and not has_begun:
                yield file.start(unit, alone=len(rows) == 1 and not more)
                has_begun = True
            if rows:
                yield file.points(unit, rows)
            if not more:
                break
            self._at = {"begin": rows[-1].fixed_at, "device": rows[-1].device, "digest": rows[-1].digest}
            page = PAGE
        if has_begun:
            for part in file.end():
                yield part

    async def _page(self, page: int) -> tuple[KnownUnit, list[Row[Any]]]:
        organisation, rights = _now(self.current)
        scope, fleet = rights.scope("track.read"), rights.scope("fleet.read")
        unit = findable_unit(scope, organisation, self.unit)
        if unit is None:
            raise Forbidden(f"the right to see tracks of unit {self.unit} has ended", atom="track.read")
        area = self.wanted.area
        values = covered(scope) | self._at | (area.values if area else {}) | {
            "unit": self.unit,
            "end": from_ms(self.wanted.end),
            "off_duty": may_see(fleet, unit.district, unit.squad, unit.number, 0),
            "page": page,
        }  # fmt: skip
        statement = text(PAGE_OF_UNIT.format(covered=COVERED, told=TOLD, within=area.within if area else "true"))
        async with self.database.snapshot() as session:
            return unit, list((await session.execute(statement, values)).all())
