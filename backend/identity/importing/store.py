"""Rows into the store, in the caller's transaction: bodies, their areas, what hangs on them. All of it or nothing."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from shapely.geometry import MultiPolygon
from sqlalchemy.ext.asyncio import AsyncSession

from backend.errors import Refusal
from backend.identity.areas import overlaps_of, put_area
from backend.identity.importing.belongings import PUT, Hook
from backend.identity.importing.bodies import Bodies, import_bodies
from backend.identity.importing.kinds import KINDS, check_rows
from backend.identity.importing.places import read_places
from backend.identity.importing.row import Findings, Row


@dataclass(slots=True)
class Imported:
    """How many rows of each kind were new, how many known before; and what somebody should look at."""

    added: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)

    def words(self) -> str:
        """As lines for people."""
        kinds = [kind for kind in (*KINDS, "area") if self.added[kind] or self.changed[kind]]
        lines = [f"{kind}: {self.added[kind]} new, {self.changed[kind]} changed" for kind in kinds]
        return "\n".join([*(lines or ["nothing new"]), *self.warnings])


async def import_rows(
    session: AsyncSession, rows: list[Row], by: str, since: datetime | None = None, findings: Findings | None = None
) -> Imported:
    """Write all rows; areas hold from `since` on, now if not given. Raises BadInput with every wrong row's line.

    After that the transaction must be rolled back, as it is by leaving `Database.transaction` with the error.
    """
    findings = findings or Findings()
    check_rows(rows, findings)
    findings.check()
    places = await read_places(session, rows, findings)
    findings.check()
    imported = Imported()
    bodies = await import_bodies(session, rows, findings)
    imported.added["body"], imported.changed["body"] = bodies.added, bodies.changed
    for kind in PUT:
        for row in rows:
            if row.what == kind:
                hook = Hook(bodies.by_code.get(row.values["parent"]), places.points.get((row.file, row.line)))
                await _put_belonging(session, row, hook, imported, findings)
    areas: list[tuple[Row, int]] = []
    for row in rows:
        if (shape := places.areas.get((row.file, row.line))) is not None:
            area = await _put_area(session, row, bodies, shape, by, since, findings)
            areas += [(row, area)] if area is not None else []
    findings.check()
    imported.added["area"] = len(areas)
    imported.warnings = [words for row, area in areas for words in await _overlaps(session, row, area)]
    return imported


async def _put_belonging(session: AsyncSession, row: Row, hook: Hook, imported: Imported, findings: Findings) -> None:
    if hook.body is None:
        findings.note(row, f"there is no body {row.values['parent']!r} to hang it on")
        return
    try:
        is_new = await PUT[row.what](session, row, hook)
        await session.flush()
        (imported.added if is_new else imported.changed)[row.what] += 1
    except Refusal as error:
        findings.note(row, error.detail)


async def _put_area(
    session: AsyncSession,
    row: Row,
    bodies: Bodies,
    shape: MultiPolygon,
    by: str,
    since: datetime | None,
    findings: Findings,
) -> int | None:
    """The new area; None where the body has just this one already, or it was refused."""
    body = bodies.by_code.get(row.code)
    if body is None:
        findings.note(row, f"there is no body {row.code!r} that this could be the area of")
        return None
    try:
        return await put_area(session, body.id, shape, by, since)
    except Refusal as error:
        findings.note(row, error.detail)
        return None


async def _overlaps(session: AsyncSession, row: Row, area: int) -> list[str]:
    return [
        f"{row.file}:{row.line}: note: {row.code} and {one.name} have {one.square_metres / 1e6:.3f} km² in common"
        for one in await overlaps_of(session, area)
    ]
