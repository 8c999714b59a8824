"""Rights as conditions of SQL: the other form of `rights.py`, for rows that are asked for many at once."""

from typing import Any

from backend.geo.cells import fine_range
from backend.identity.rights import Rights, Scope

# Columns `district`, `squad`, `unit` and `cell` (resolution 9) of the statement's table.
COVERED = """(:covers_everything OR district = ANY(CAST(:covered_districts AS integer[]))
    OR squad = ANY(CAST(:covered_squads AS integer[])) OR unit = ANY(CAST(:covered_units AS bigint[]))
    OR EXISTS (SELECT FROM unnest(CAST(:covered_first AS bigint[]), CAST(:covered_last AS bigint[]))
               AS covered (first_cell, last_cell) WHERE cell BETWEEN first_cell AND last_cell))"""

# Column `about`: the body that a complaint is about, or null.
NOT_HIDDEN = "(about IS NULL OR about <> ALL(CAST(:own_bodies AS integer[])))"


def hidden(rights: Rights) -> dict[str, Any]:
    """The values for `NOT_HIDDEN`: rows for which the condition holds are those that `Rights.hides` does not."""
    return {"own_bodies": list(rights.own)}


def covered(scope: Scope) -> dict[str, Any]:
    """The values for `COVERED`: rows for which the condition holds are those that `may_see` allows."""
    ranges = [fine_range(cell) for cell in scope.cells]
    return {
        "covers_everything": scope.everything,
        "covered_districts": list(scope.districts),
        "covered_squads": list(scope.squads),
        "covered_units": list(scope.units),
        "covered_first": [first for first, _ in ranges],
        "covered_last": [last for _, last in ranges],
    }
