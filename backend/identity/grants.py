"""Grants: who may do what, where, from when until when; and what all grants of a person come to at a moment.

A scope is stored as exactly one of `{"body": id}` (that part of the tree), `{"cells": [hex, …]}`,
`{"units": [number, …]}` (a joint action) and `{"everything": true}`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from backend.errors import BadInput
from backend.geo.cells import parent_of, resolution_of
from backend.identity.atoms import ATOMS
from backend.identity.rights import NOTHING, Rights, Scope, parse_grants, parse_scope
from backend.identity.roles import ROLES
from backend.identity.tree import Tree

SCOPE_KINDS = ("body", "cells", "units", "everything")


@dataclass(frozen=True, slots=True)
class KnownGrant:
    """A grant as it is stored. `until` None: until it is taken back."""

    id: int
    person: int
    role: str | None
    atoms: tuple[str, ...]
    scope: Mapping[str, Any]
    since: datetime
    until: datetime | None

    def holds_at(self, moment: datetime) -> bool:
        """Whether it is in force."""
        return self.since <= moment and (self.until is None or moment < self.until)

    @property
    def all_atoms(self) -> tuple[str, ...]:
        """Those of its role and its own; of a role or atom that this version does not know: none."""
        role = ROLES.get(self.role or "")
        return (*(role.atoms if role else ()), *(atom for atom in self.atoms if atom in ATOMS))


def read_scope(stored: Mapping[str, Any], tree: Tree, units: Mapping[int, int]) -> Scope:
    """The scope of a grant. `units`: number → body. Raises BadInput for one that is not understood."""
    if len(stored) != 1 or (kind := next(iter(stored))) not in SCOPE_KINDS:
        raise BadInput("a grant has one scope", expected=list(SCOPE_KINDS), got=sorted(stored))
    if kind != "body":
        return parse_scope(dict(stored))
    body = stored["body"]
    if not isinstance(body, int) or body not in tree.nodes:
        raise BadInput(f"there is no body {body!r}", code="no_body", expected="the id of a body", got=body)
    return tree.scope_of(body, units)


def rights_at(grants: Iterable[KnownGrant], moment: datetime, tree: Tree, units: Mapping[int, int]) -> Rights:
    """What the grants come to at a moment: for each atom the union of its scopes.

    A grant whose scope is not understood any more (its body is gone, say) grants nothing.
    """
    scopes: dict[str, Scope] = {}
    for grant in grants:
        if not grant.holds_at(moment):
            continue
        try:
            scope = read_scope(grant.scope, tree, units)
        except BadInput:
            continue
        for atom in grant.all_atoms:
            scopes[atom] = scopes.get(atom, NOTHING) | scope
    return Rights(frozenset((atom, scope) for atom, scope in scopes.items() if scope != NOTHING))


def rights_of_key(stored: Iterable[dict[str, Any]], tree: Tree, units: Mapping[int, int]) -> Rights:
    """What a key's grants `[{atom, scope}]` come to; a scope is as of a person's grant, or as `parse_scope` reads it.

    Raises BadInput for what is not understood.
    """

    def scope_of(scope: dict[str, Any]) -> Scope:
        return read_scope(scope, tree, units) if "body" in scope else parse_scope(scope)

    return parse_grants(stored, scope_of)


def next_change(grants: Iterable[KnownGrant], moment: datetime) -> datetime | None:
    """When the first of them begins or ends after a moment."""
    borders = (border for grant in grants for border in (grant.since, grant.until))
    return min((border for border in borders if border is not None and border > moment), default=None)


def covers(outer: Scope, inner: Scope, tree: Tree, units: Mapping[int, int]) -> bool:
    """Whether everything of the inner scope lies within the outer one."""
    if outer.everything or inner.everything:
        return outer.everything

    def has_team(team: int) -> bool:
        return team in outer.squads or (team in tree.nodes and tree.district_of(team) in outer.districts)

    def has_unit(number: int) -> bool:
        body = units.get(number)
        return number in outer.units or (body is not None and has_team(tree.team_of(body)))

    def has_cell(cell: int) -> bool:
        return any(parent_of(cell, one) in outer.cells for one in outer.resolutions if one <= resolution_of(cell))

    return (
        inner.districts <= outer.districts
        and all(has_team(team) for team in inner.squads)
        and all(has_unit(number) for number in inner.units)
        and all(has_cell(cell) for cell in inner.cells)
    )
