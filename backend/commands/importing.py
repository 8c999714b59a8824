"""`liandong import organisation`: bodies with their areas, and what hangs on them, from an operator's files."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.audit import COMMAND_LINE
from backend.identity.importing.files import read_rows
from backend.identity.importing.kinds import COLUMNS, KINDS
from backend.identity.importing.row import Findings
from backend.identity.importing.store import import_rows


def arguments(parser: ArgumentParser) -> None:
    """Arguments of `import organisation`."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="CSV or GeoJSON; all of them, or nothing")
    parser.add_argument("--crs", help="coordinate system of files that name none: EPSG:4326, EPSG:4490, …")
    parser.add_argument("--from", dest="since", type=moment, help="when the areas begin to hold (now): 2027-01-01")
    parser.epilog = (
        f"Columns of a CSV, and properties of a feature: {', '.join(COLUMNS)}. "
        f"`what` is one of {', '.join(KINDS)} (body); `parent` the code of the body above."
    )


def moment(text: str) -> datetime:
    """A day or moment; without a zone that of this machine."""
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError as error:
        raise ArgumentTypeError(f"expected a day or moment such as 2027-01-01, got {text!r}") from error


async def organisation_import(session: AsyncSession, given: Namespace) -> str:
    """Import bodies, their areas, units, seats, vehicles, cameras and people: all of the files, or nothing."""
    findings = Findings()
    rows = read_rows(given.files, given.crs, findings)
    return (await import_rows(session, rows, COMMAND_LINE.holder, given.since, findings)).words()
