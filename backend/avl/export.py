"""Tracks of a body's units as CSV, out of the store page by page: of however many fixes, in little memory.

Each page is read on its own, by what whoever fetches may see at that moment; a right that ends cuts the file off.
"""

import csv
import io
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, text

from backend.avl.approved import BulkExport
from backend.avl.seen import TOLD
from backend.clock import from_ms
from backend.db.engine import Database
from backend.errors import Forbidden
from backend.identity.filters import COVERED, covered
from backend.identity.granting import read_tree
from backend.identity.grants import read_scope
from backend.identity.registry import KnownUnit, Organisation
from backend.identity.rights import Rights, Scope, may_see

PAGE = 5000
COLUMNS = ("unit", "call_sign", "name", "time", "longitude", "latitude", "speed", "heading", "accuracy", "altitude")
# What a spreadsheet takes for a formula; a tab or a new line before it does not help.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
MARK = "\ufeff"  # by which spreadsheets know UTF-8

# Of a body are the fixes that its units sent while they belonged to it, in both senses of the row and of today.
READ = text(
    f"""SELECT device, digest, fixed_at, ST_X(place) AS longitude, ST_Y(place) AS latitude,
               speed, heading, accuracy, altitude
        FROM stored_fix
        WHERE unit = :unit AND fixed_at >= :begin AND fixed_at <= :end
          AND (fixed_at, device, digest) > (:begin, :device, :digest)
          AND {COVERED} AND {COVERED.replace(":cover", ":body_cover")} AND {TOLD} AND (:off_duty OR flags & 8 <> 8)
        ORDER BY fixed_at, device, digest LIMIT {PAGE}"""
)
START = {"device": -1, "digest": -(1 << 63)}


async def export(
    database: Database, wanted: BulkExport, current: Callable[[], tuple[Organisation, Rights | None]]
) -> AsyncIterator[str]:
    """The lines of the file. `current`: the organisation, and what whoever fetches may now (None: nothing any more).

    Raises Forbidden in the middle when the right to see tracks has ended.
    """
    yield MARK + csv_lines([list(COLUMNS)])
    async with database.snapshot() as session:
        tree, bodies = await read_tree(session)
    body = read_scope({"body": wanted.body}, tree, bodies)
    for number, unit in sorted(current()[0].units.items()):
        if may_see(body, unit.district, unit.squad, number, 0):
            async for part in _of_unit(database, wanted, unit, body, current):
                yield part


async def _of_unit(
    database: Database,
    wanted: BulkExport,
    unit: KnownUnit,
    body: Scope,
    current: Callable[[], tuple[Organisation, Rights | None]],
) -> AsyncIterator[str]:
    at: dict[str, Any] = {**START, "begin": from_ms(wanted.begin)}
    within = {f"body_{name}": value for name, value in covered(body).items()}
    while True:
        _, rights = current()
        if rights is None or not rights.holds("track.read"):
            raise Forbidden("the right to see tracks has ended", atom="track.read")
        off_duty = may_see(rights.scope("fleet.read"), unit.district, unit.squad, unit.number, 0)
        values = {"unit": unit.number, "end": from_ms(wanted.end), "off_duty": off_duty}
        async with database.snapshot() as session:
            found = covered(rights.scope("track.read")) | within | values | at
            rows = (await session.execute(READ, found)).all()
        yield csv_lines([csv_cells(unit, row) for row in rows])
        if len(rows) < PAGE:
            return
        at = {"begin": rows[-1].fixed_at, "device": rows[-1].device, "digest": rows[-1].digest}


def csv_cells(unit: KnownUnit, row: Row[Any]) -> list[str]:
    numbers = (row.speed, row.heading, row.accuracy, row.altitude)
    return [
        str(unit.number),
        harmless(unit.call_sign),
        harmless(unit.name),
        iso(row.fixed_at),
        f"{row.longitude:.7f}",
        f"{row.latitude:.7f}",
        *("" if number is None else f"{number:.2f}" for number in numbers),
    ]


def harmless(cell: str) -> str:
    """Text that no spreadsheet takes for a formula (OWASP, "CSV injection")."""
    return f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def csv_lines(rows: list[list[str]]) -> str:
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    return written.getvalue()
