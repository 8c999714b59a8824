"""Who may see what: one rule, by allow-list, by place.

A grant is an atom with a scope. `may_see` answers for one object; `verdict` answers for a whole group of objects of
one district and squad, so that the live socket asks once and not per record.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from backend.errors import BadInput
from backend.geo.cells import FINE, parent_of, parse_cell, resolution_of
from backend.identity.atoms import ATOMS


@dataclass(frozen=True)
class Scope:
    """Where an atom holds: everywhere, or in the union of the named districts, squads, units and cells."""

    everything: bool = False
    districts: frozenset[int] = frozenset()
    squads: frozenset[int] = frozenset()
    units: frozenset[int] = frozenset()
    cells: frozenset[int] = frozenset()

    @cached_property
    def resolutions(self) -> tuple[int, ...]:
        """The resolutions that occur among the cells."""
        return tuple(sorted({resolution_of(cell) for cell in self.cells}))

    def __or__(self, other: "Scope") -> "Scope":
        """What either covers."""
        if self.everything or other.everything:
            return EVERYTHING
        return Scope(
            districts=self.districts | other.districts,
            squads=self.squads | other.squads,
            units=self.units | other.units,
            cells=self.cells | other.cells,
        )


NOTHING = Scope()
EVERYTHING = Scope(everything=True)


class Verdict(Enum):
    """What a scope says of all objects of one district and squad together."""

    ALL = "all"
    NONE = "none"
    EACH = "each"  # some perhaps: ask for each


@dataclass(frozen=True)
class Rights:
    """The grants of one viewer: pairs of atom and scope, one for each atom. Equal rights share their frames.

    `own`: the viewer's own body and those above it, without the root: a complaint about one of these, or about its
    people, is hidden from him whatever he is granted. About the root nobody but its own people is left to hear.
    """

    grants: frozenset[tuple[str, Scope]] = frozenset()
    own: frozenset[int] = frozenset()

    @cached_property
    def _by_atom(self) -> dict[str, Scope]:
        return dict(self.grants)

    def scope(self, atom: str) -> Scope:
        """Where this viewer holds the atom; nowhere unless it was granted."""
        return self._by_atom.get(atom, NOTHING)

    def holds(self, atom: str) -> bool:
        """Whether the atom was granted anywhere at all."""
        return atom in self._by_atom

    def hides(self, about: int | None) -> bool:
        """Whether something about this body (None: about none) is hidden from the viewer."""
        return about is not None and about in self.own

    @cached_property
    def atoms(self) -> tuple[str, ...]:
        """The granted atoms, in order of name."""
        return tuple(sorted(self._by_atom))


def may_see(scope: Scope, district: int, squad: int, unit: int, cell: int) -> bool:
    """Whether the scope covers an object of this district, squad and unit in this resolution-9 cell.

    0 is "none" for each of them and is covered by `everything` only.
    """
    whole = verdict(scope, district, squad)
    if whole is not Verdict.EACH:
        return whole is Verdict.ALL
    if unit in scope.units:
        return True
    return cell != 0 and any(parent_of(cell, resolution) in scope.cells for resolution in scope.resolutions)


def verdict(scope: Scope, district: int, squad: int) -> Verdict:
    """What the scope says of everything in this district and squad, whatever its unit and cell."""
    if scope.everything or district in scope.districts or squad in scope.squads:
        return Verdict.ALL
    if scope.units or scope.cells:
        return Verdict.EACH
    return Verdict.NONE


def everything() -> Rights:
    """The rights of the generated key: every atom, everywhere."""
    return Rights(frozenset((atom, EVERYTHING) for atom in ATOMS))


def parse_grants(grants: Iterable[dict[str, Any]], scope_of: Callable[[dict[str, Any]], Scope] | None = None) -> Rights:
    """Rights from their stored form `[{atom, scope: {everything|districts|squads|units|cells}}]`.

    `scope_of` reads a scope, if not `parse_scope`. Raises BadInput for an unknown atom or field: what is not understood
    must not become a right.
    """
    parsed = [_parse_grant(grant, scope_of or parse_scope) for grant in grants]
    if len({atom for atom, _ in parsed}) != len(parsed):
        raise BadInput("an atom is granted twice: put its scopes together", got=sorted(atom for atom, _ in parsed))
    return Rights(frozenset(parsed))


def write_grants(rights: Rights) -> list[dict[str, Any]]:
    """The inverse of `parse_grants`."""
    return [
        {
            "atom": atom,
            "scope": {"everything": True}
            if scope.everything
            else {
                "districts": sorted(scope.districts),
                "squads": sorted(scope.squads),
                "units": sorted(scope.units),
                "cells": [f"{cell:x}" for cell in sorted(scope.cells)],
            },
        }
        for atom, scope in sorted(rights.grants, key=lambda grant: grant[0])
    ]


def _known_atom(atom: str) -> str:
    if atom not in ATOMS:
        raise BadInput(f"unknown atom {atom!r}", expected=sorted(ATOMS), got=atom)
    return atom


def _parse_grant(grant: dict[str, Any], scope_of: Callable[[dict[str, Any]], Scope]) -> tuple[str, Scope]:
    if not isinstance(grant, dict):
        raise BadInput(f"grants: expected a list of {{atom, scope}}, got {grant!r} in it")
    if unknown := set(grant) - {"atom", "scope"}:
        raise BadInput(f"unknown field of a grant: {sorted(unknown)}", expected=["atom", "scope"])
    return _known_atom(grant["atom"]), scope_of(grant["scope"])


def parse_scope(scope: dict[str, Any]) -> Scope:
    """A scope from its stored form. Raises BadInput."""
    known = {"everything", "districts", "squads", "units", "cells"}
    if unknown := set(scope) - known:
        raise BadInput(f"unknown field of a scope: {sorted(unknown)}", expected=sorted(known))
    whole = scope.get("everything", False)
    if not isinstance(whole, bool):
        raise BadInput(f"everything: expected true or false, got {whole!r}")
    if whole:
        return EVERYTHING
    return Scope(
        districts=_numbers(scope, "districts"),
        squads=_numbers(scope, "squads"),
        units=_numbers(scope, "units"),
        cells=frozenset(_cell(text) for text in _list(scope, "cells")),
    )


def _list(scope: dict[str, Any], name: str) -> list[Any]:
    values = scope.get(name, [])
    if not isinstance(values, list):
        raise BadInput(f"{name}: expected a list, got {values!r}")
    return values


def _numbers(scope: dict[str, Any], name: str) -> frozenset[int]:
    """Ids of bodies or units; 0 stands for "none" and cannot be granted."""
    values = _list(scope, name)
    if not all(type(value) is int and value > 0 for value in values):
        raise BadInput(f"{name}: expected positive numbers, got {values!r}")
    return frozenset(values)


def _cell(text: Any) -> int:
    """A cell no finer than a position's address: a finer one would cover nothing."""
    try:
        cell = parse_cell(str(text))
    except ValueError as error:
        raise BadInput(f"expected H3 cells in hexadecimal, got {str(text)[:40]!r} in them") from error
    if resolution_of(cell) > FINE:
        raise BadInput(f"expected a cell of resolution {FINE} or coarser, got {text}")
    return cell
