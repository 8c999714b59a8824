"""Stored fixes in order of time, as a replay shows them: a page at a time, by what its viewer may see at that moment.

A fix that may not be shown is read too where the unit was shown before, as `seen` false: then the unit is gone, and
does not stay where it was last seen. So of an area, the units that are in it are read wherever they go.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.replay_wanted import WantedReplay
from backend.avl.seen import TOLD, seen_in
from backend.bus.record import FLAG_OFF_DUTY, Record, pack, unpack
from backend.bus.subjects import Address
from backend.clock import from_ms, to_ms
from backend.identity.filters import COVERED
from backend.identity.registry import Organisation
from backend.identity.rights import Rights

REMEMBERED_MS = 15 * 60 * 1000
"""A unit without a fix for longer than this is not shown; what is seen at a moment is read no farther back."""
PAGE = 1000
AFTER_ALL_UNITS = (1 << 63) - 1

COLUMNS = """unit, fixed_at, received_at, ST_X(place) AS longitude, ST_Y(place) AS latitude, speed, heading, accuracy,
    flags, source, district, squad, cell"""
SEEN = f"({COVERED} AND (flags & 8 = 0 OR unit = ANY (CAST(:off_duty_units AS bigint[]))) AND {{within}}) AS seen"
SHOWABLE = f"unit = ANY (CAST(:units AS bigint[])) AND {TOLD}"
IN_CELLS = "cell = ANY (CAST(:cells AS bigint[]))"

AT = """WITH there AS ({there})
    SELECT {columns}, {seen} FROM there CROSS JOIN LATERAL (
        SELECT * FROM stored_fix AS fix
        WHERE fix.unit = there.number AND fixed_at BETWEEN :begin AND :at AND {showable}
        ORDER BY fixed_at DESC, received_at DESC LIMIT 1
    ) AS newest"""
NAMED = "SELECT unnest(CAST(:units AS bigint[])) AS number"
THERE = f"SELECT DISTINCT unit AS number FROM stored_fix WHERE {IN_CELLS} AND fixed_at BETWEEN :begin AND :at"
# Of each unit the newest fix in each step: what lies between is never shown, and so it is not fetched.
NEXT = """SELECT * FROM (
        SELECT DISTINCT ON (unit, step) {columns}, {seen},
               floor(extract(epoch FROM fixed_at) * 1000 / CAST(:step AS float8)) AS step
        FROM stored_fix
        WHERE fixed_at >= :since AND (fixed_at, unit) > (:since, CAST(:unit AS bigint)) AND fixed_at <= :until
          AND {showable} AND {there}
        ORDER BY unit, step, fixed_at DESC, received_at DESC
    ) AS newest ORDER BY fixed_at, unit LIMIT :page"""
EVERYWHERE = "true"
IN_CELLS_OR_SHOWN = f"({IN_CELLS} OR unit = ANY (CAST(:shown AS bigint[])))"


@dataclass(frozen=True, slots=True)
class Step:
    """A unit's next position. Without `seen` it is not to be shown any more."""

    time: int
    address: Address
    record: bytes
    seen: bool


class ReplayRows:
    """Reads one replay's fixes on from where it was placed. `until`: ms, up to where all is read."""

    def __init__(self, wanted: WantedReplay, organisation: Organisation, rights: Rights) -> None:
        self.until = wanted.at
        self._wanted = wanted
        self._key = (from_ms(wanted.at), AFTER_ALL_UNITS)
        self._shown: set[int] = set()
        self._sight: dict[str, Any] = {}
        self.allow(organisation, rights)
        within, has_area = (wanted.area.within if wanted.area else "true"), wanted.area is not None
        seen = SEEN.format(within=within)
        self._at = text(AT.format(columns=COLUMNS, seen=seen, showable=SHOWABLE, there=THERE if has_area else NAMED))
        there = IN_CELLS_OR_SHOWN if has_area else EVERYWHERE
        self._next = text(NEXT.format(columns=COLUMNS, seen=seen, showable=SHOWABLE, there=there))

    def allow(self, organisation: Organisation, rights: Rights) -> bool:
        """Read by these rights from now on; False when they come to the same as before."""
        wanted = self._wanted
        cells = wanted.area.cells if wanted.area else []
        sight = seen_in(organisation, rights, cells, wanted.begin, wanted.end) | (
            wanted.area.values if wanted.area else {}
        )
        if wanted.units:
            sight["units"] = sorted(set(wanted.units).intersection(sight["units"]))
        if sight == self._sight:
            return False
        self._sight = sight
        return True

    def allows(self, record: bytes) -> bool:
        """Whether a position that is shown may be shown still, wherever it is."""
        shown = unpack(record)
        return shown.unit in self._sight["off_duty_units" if shown.flags & FLAG_OFF_DUTY else "units"]

    async def place(self, session: AsyncSession, at: int) -> list[Step]:
        """What is to be seen at a moment (ms); reading goes on from there."""
        begin = from_ms(max(self._wanted.begin, at - REMEMBERED_MS))
        values = self._sight | {"begin": begin, "at": from_ms(at)}
        steps = [_step(row) for row in await session.execute(self._at, values)]
        self.until, self._key = at, (from_ms(at), AFTER_ALL_UNITS)
        self._shown = {step.address.unit for step in steps if step.seen}
        return [step for step in steps if step.seen]

    async def read(self, session: AsyncSession, until: int, step_ms: float) -> list[Step]:
        """The next page, up to a moment (ms) at most; of each unit one position in each `step_ms` of its time."""
        since, unit = self._key
        values = self._sight | {
            "since": since,
            "unit": unit,
            "until": from_ms(until),
            "step": step_ms,
            "shown": sorted(self._shown),
            "page": PAGE,
        }
        rows = (await session.execute(self._next, values)).all()
        steps = [_step(row) for row in rows]
        if len(rows) == PAGE:
            self.until, self._key = steps[-1].time, (rows[-1].fixed_at, rows[-1].unit)
        else:
            self.until, self._key = until, (from_ms(until), AFTER_ALL_UNITS)
        for step in steps:
            if step.seen:
                self._shown.add(step.address.unit)
            else:
                self._shown.discard(step.address.unit)
        return steps


def _step(row: Row[Any]) -> Step:
    """The record has the time of the fix as it is stored, so that a unit is where its track says."""
    time = to_ms(row.fixed_at)
    record = Record(
        unit=row.unit,
        time=time,
        longitude=row.longitude,
        latitude=row.latitude,
        speed=row.speed,
        heading=row.heading,
        accuracy=row.accuracy,
        age=(to_ms(row.received_at) - time) / 1000,
        flags=row.flags & 0xFF,
        source=row.source & 0xFF,
    )
    return Step(time, Address(row.district, row.squad, row.cell, row.unit), pack(record), row.seen)
