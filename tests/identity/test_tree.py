"""The tree of bodies and the two tokens that any depth of it maps onto."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import BadInput
from backend.identity.rights import EVERYTHING, Scope, may_see
from backend.identity.tree import Tree


@dataclass(frozen=True)
class Node:
    id: int
    parent: int | None
    kind: str


CITY = (
    Node(1, None, "city"),
    Node(2, 1, "brigade"),
    Node(3, 2, "squad"),
    Node(10, 1, "district"),
    Node(11, 10, "street"),
    Node(12, 11, "squad"),
    Node(13, 12, "squad"),
    Node(14, 12, "department"),
    Node(20, 1, "district"),
    Node(21, 20, "squad"),
    Node(30, 1, "department"),
)


@pytest.mark.parametrize(
    ("body", "district", "team"),
    [
        (1, 0, 1),
        (2, 0, 2),
        (3, 0, 3),
        (10, 10, 10),
        (11, 10, 11),
        (12, 10, 12),
        (13, 10, 13),
        (14, 10, 12),
        (30, 0, 30),
    ],
)
def test_tokens_of_a_body(body: int, district: int, team: int) -> None:
    tree = Tree(CITY)
    assert (tree.district_of(body), tree.team_of(body)) == (district, team)


@pytest.mark.parametrize(
    ("body", "scope"),
    [
        pytest.param(1, EVERYTHING, id="the only root"),
        pytest.param(10, Scope(districts=frozenset({10})), id="a district"),
        pytest.param(11, Scope(squads=frozenset({11, 12, 13})), id="between district and squad"),
        pytest.param(12, Scope(squads=frozenset({12, 13})), id="a squad"),
        pytest.param(14, Scope(units=frozenset({7})), id="a part of a squad"),
        pytest.param(2, Scope(squads=frozenset({2, 3})), id="beside the districts"),
        pytest.param(30, Scope(squads=frozenset({30})), id="a department"),
    ],
)
def test_scope_of_a_part(body: int, scope: Scope) -> None:
    assert Tree(CITY).scope_of(body, {7: 14, 8: 12}) == scope


def test_of_several_roots_none_covers_everything() -> None:
    tree = Tree((*CITY, Node(99, None, "city")))
    assert tree.scope_of(1) == Scope(districts=frozenset({10, 20}), squads=frozenset({1, 2, 3, 30}))
    assert tree.scope_of(99) == Scope(squads=frozenset({99}))


def test_a_circle_and_a_gap_are_refused() -> None:
    with pytest.raises(BadInput, match=r"\[2, 3\] stand above each other in a circle"):
        Tree((Node(1, None, "city"), Node(2, 3, "squad"), Node(3, 2, "squad")))
    with pytest.raises(BadInput, match="stands under 9, which is not there"):
        Tree((Node(1, 9, "squad"),))


KINDS = ("district", "street", "squad", "brigade", "department")


@st.composite
def trees(draw: st.DrawFn) -> list[Node]:
    """One city of any shape."""
    nodes = [Node(1, None, "city")]
    for id in range(2, draw(st.integers(2, 25))):
        nodes.append(Node(id, draw(st.integers(1, id - 1)), draw(st.sampled_from(KINDS))))
    return nodes


@given(trees(), st.data())
def test_a_part_covers_exactly_the_units_of_its_bodies(nodes: list[Node], data: st.DataObject) -> None:
    """Where a squad's parts share its token, a part above or beside never reaches them by another way."""
    tree = Tree(nodes)
    units = {100 + number: node.id for number, node in enumerate(nodes)}
    part = data.draw(st.sampled_from([node.id for node in nodes]))
    scope = tree.scope_of(part, units)
    for number, body in units.items():
        seen = may_see(scope, tree.district_of(body), tree.team_of(body), number, 0)
        assert seen == (part in tree.path(body)), (part, body)
