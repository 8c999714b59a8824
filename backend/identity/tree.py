"""The tree of bodies, and how any depth of it maps onto the two tokens that subjects carry.

`district` is the district-level body, `squad` the team. A unit of a body below a squad counts to that squad; one of a
body above the squads, or beside the districts (the brigade, a department), counts to that body itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Protocol

from backend.errors import BadInput
from backend.identity.rights import EVERYTHING, Scope

DISTRICT_KINDS = ("district",)
TEAM_KINDS = ("squad",)


class TreeNode(Protocol):
    """What the tree needs of a body: a row of the table, or one that is about to be imported."""

    @property
    def id(self) -> int: ...
    @property
    def parent(self) -> int | None: ...
    @property
    def kind(self) -> str: ...


class Tree:
    """One version of the tree. Raises BadInput for a circle and for a body above which nothing stands but a gap."""

    def __init__(self, nodes: Iterable[TreeNode]) -> None:
        self.nodes: Mapping[int, TreeNode] = {node.id: node for node in nodes}
        self._children: dict[int, list[int]] = defaultdict(list)
        for node in self.nodes.values():
            if node.parent is not None:
                if node.parent not in self.nodes:
                    raise BadInput(f"body {node.id} stands under {node.parent}, which is not there")
                self._children[node.parent].append(node.id)
        self._paths: dict[int, tuple[int, ...]] = {}
        for id in self.nodes:
            self._path(id)

    def path(self, id: int) -> tuple[int, ...]:
        """The body itself and those above it, nearest first."""
        return self._paths[id]

    def district_of(self, id: int) -> int:
        """The nearest district-level body at or above this one; 0 where there is none."""
        return self._first(id, DISTRICT_KINDS)

    def team_of(self, id: int) -> int:
        """The team that a unit of this body counts to: the nearest squad at or above it, else the body itself."""
        return self._first(id, TEAM_KINDS) or id

    def beneath(self, id: int) -> list[int]:
        """The body and all below it."""
        found = [id]
        for one in found:
            found.extend(self._children[one])
        return found

    def scope_of(self, id: int, units: Mapping[int, int] | None = None) -> Scope:
        """What a grant for this part of the tree covers. `units`: number → body, for bodies below a squad.

        The only root covers everything, also what belongs to no body. Else: the districts at or below it, and the teams
        outside of districts. A part of a squad has no token of its own: it covers its units one by one.
        """
        if self.roots == [id]:
            return EVERYTHING
        within = set(self.beneath(id))
        districts = frozenset(one for one in within if self.nodes[one].kind in DISTRICT_KINDS)
        outside = [one for one in within if self.district_of(one) not in districts]
        squads = frozenset(team for team in map(self.team_of, outside) if team in within)
        parts = {one for one in outside if self.team_of(one) not in within}
        alone = frozenset(number for number, body in (units or {}).items() if body in parts) if parts else frozenset()
        return Scope(districts=districts, squads=squads, units=alone)

    @cached_property
    def roots(self) -> list[int]:
        """The bodies above which there is none."""
        return [node.id for node in self.nodes.values() if node.parent is None]

    def _first(self, id: int, kinds: tuple[str, ...]) -> int:
        return next((one for one in self._paths[id] if self.nodes[one].kind in kinds), 0)

    def _path(self, id: int) -> None:
        """Fills the paths from here up, as far as they are not known; without recursion, whatever the depth."""
        chain: list[int] = []
        current: int | None = id
        while current is not None and current not in self._paths:
            if current in chain:
                raise BadInput(f"the bodies {sorted(chain)} stand above each other in a circle")
            chain.append(current)
            current = self.nodes[current].parent
        above = self._paths[current] if current is not None else ()
        for one in reversed(chain):
            self._paths[one] = above = (one, *above)
