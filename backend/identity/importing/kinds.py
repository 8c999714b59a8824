"""The kinds of rows, in the order in which they are imported, and the columns that each may and must have."""

from dataclasses import dataclass

from backend.identity.importing.row import Findings, Row
from backend.identity.tables import NODE_KINDS, UNIT_KINDS, VEHICLE_KINDS

LONGEST = {"code": 64, "name": 100, "name_en": 100}


@dataclass(frozen=True, slots=True)
class RowKind:
    """A kind of row. `parent` is the code of the body that it hangs on; `kinds`: what its column `kind` may say."""

    name: str
    needed: tuple[str, ...]
    allowed: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


KINDS: dict[str, RowKind] = {
    kind.name: kind
    for kind in (
        # A feature that names only a code gives a known body its area.
        RowKind("body", ("code",), ("name", "name_en", "kind", "parent"), NODE_KINDS),
        RowKind("unit", ("code", "name", "kind", "parent"), ("name_en",), UNIT_KINDS),
        RowKind("seat", ("code", "name", "parent"), ("name_en",)),
        RowKind("vehicle", ("code", "kind", "parent"), ("name", "unit"), VEHICLE_KINDS),
        RowKind("camera", ("code", "name", "parent"), ("name_en", "longitude", "latitude", "heading")),
        RowKind("person", ("code", "name", "parent"), ("name_en", "phone")),
    )
}
COLUMNS = ("what", *dict.fromkeys(column for kind in KINDS.values() for column in (*kind.needed, *kind.allowed)))


def check_rows(rows: list[Row], findings: Findings) -> None:
    """What can be told of each row by itself, and of two that name the same thing."""
    seen: dict[tuple[str, str], Row] = {}
    for row in rows:
        kind = KINDS.get(row.what)
        if kind is None:
            findings.note(row, f"expected what to be one of {', '.join(KINDS)}, got {row.what!r}")
            continue
        _check_columns(row, kind, findings)
        first = seen.setdefault((row.what, row.code), row)
        if row.code and first is not row and not _are_halves(first, row):
            findings.note(row, f"{row.what} {row.code} stands at {first.file}:{first.line} already")


def _check_columns(row: Row, kind: RowKind, findings: Findings) -> None:
    if missing := [column for column in kind.needed if column not in row.values]:
        findings.note(row, f"a {kind.name} needs {', '.join(missing)}")
    known = ("what", *kind.needed, *kind.allowed)
    if row.geometry is None and (surplus := sorted(set(row.values) - set(known))):
        findings.note(row, f"a {kind.name} has no {', '.join(surplus)}")
    if kind.kinds and (said := row.values.get("kind")) is not None and said not in kind.kinds:
        findings.note(row, f"expected kind to be one of {', '.join(kind.kinds)}, got {said!r}")
    for column, longest in LONGEST.items():
        if len(row.values.get(column, "")) > longest:
            findings.note(row, f"{column} has at most {longest} signs")


def _are_halves(one: Row, other: Row) -> bool:
    """A body's words may stand in one file, its area in another."""
    return one.what == "body" and (one.geometry is None) is not (other.geometry is None)
