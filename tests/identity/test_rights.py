"""The one rule of who may see, against a plain reading of it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import BadInput
from backend.geo.cells import cell_of, parent_of
from backend.identity.atoms import ATOMS
from backend.identity.rights import (
    EVERYTHING,
    NOTHING,
    Rights,
    Scope,
    Verdict,
    everything,
    may_see,
    parse_grants,
    verdict,
    write_grants,
)

# A few of each, near each other, so that what is drawn meets often.
ids = st.integers(1, 4)
fine_cells = st.builds(cell_of, st.sampled_from([113.1, 113.101, 113.11, 113.3, 114.0]), st.sampled_from([28.2, 28.21]))
scope_cells = st.builds(parent_of, fine_cells, st.integers(0, 9))
scopes = st.builds(
    Scope,
    everything=st.booleans(),
    districts=st.frozensets(ids, max_size=2),
    squads=st.frozensets(ids, max_size=2),
    units=st.frozensets(ids, max_size=2),
    cells=st.frozensets(scope_cells, max_size=2),
)
or_none = st.just(0)


@given(scopes, ids | or_none, ids | or_none, ids | or_none, fine_cells | or_none)
def test_may_see_is_the_union_of_what_is_named(scope: Scope, district: int, squad: int, unit: int, cell: int) -> None:
    expected = (
        scope.everything
        or district in scope.districts
        or squad in scope.squads
        or unit in scope.units
        or (cell != 0 and any(parent_of(cell, resolution) in scope.cells for resolution in range(10)))
    )
    assert may_see(scope, district, squad, unit, cell) is expected


@given(scopes, ids | or_none, ids | or_none, ids | or_none, fine_cells | or_none)
def test_verdict_agrees_with_may_see(scope: Scope, district: int, squad: int, unit: int, cell: int) -> None:
    said = verdict(scope, district, squad)
    if said is not Verdict.EACH:
        assert may_see(scope, district, squad, unit, cell) is (said is Verdict.ALL)
    if not scope.units and not scope.cells:
        assert said is not Verdict.EACH, "asking for each record would be wasted"


@given(scopes.filter(lambda scope: not scope.everything))
def test_nothing_in_particular_is_seen_by_everything_only(scope: Scope) -> None:
    assert not may_see(scope, 0, 0, 0, 0)
    assert may_see(EVERYTHING, 0, 0, 0, 0)
    assert not may_see(NOTHING, 1, 1, 1, cell_of(113.1, 28.2))


@given(st.dictionaries(st.sampled_from(sorted(ATOMS)), scopes))
def test_write_and_parse_round_trip(by_atom: dict[str, Scope]) -> None:
    rights = Rights(frozenset(by_atom.items()))
    stored = json.loads(json.dumps(write_grants(rights)))
    back = parse_grants(stored)
    assert back.atoms == rights.atoms == tuple(sorted(by_atom))
    for atom, scope in by_atom.items():
        assert back.scope(atom) == (EVERYTHING if scope.everything else scope)


def test_equal_rights_are_equal_however_they_were_written() -> None:
    """They share frames."""
    one = parse_grants(
        [{"atom": "unit.read", "scope": {"districts": [2, 1]}}, {"atom": "wall.open", "scope": {"everything": True}}]
    )
    two = parse_grants(
        [
            {"atom": "wall.open", "scope": {"everything": True, "squads": [9]}},
            {"atom": "unit.read", "scope": {"districts": [1, 2, 2], "squads": []}},
        ]
    )
    assert one == two
    assert hash(one) == hash(two)


def test_what_was_not_granted_is_nowhere() -> None:
    rights = parse_grants([{"atom": "unit.read", "scope": {}}])
    assert rights.holds("unit.read")
    assert not rights.holds("position.read")
    assert rights.scope("unit.read") == rights.scope("position.read") == NOTHING
    assert everything().atoms == tuple(sorted(ATOMS))


FINER = f"{cell_of(113.1, 28.2, 10):x}"


@pytest.mark.parametrize(
    "grant",
    [
        pytest.param({"atom": "unit.fly", "scope": {}}, id="unknown atom"),
        pytest.param({"atom": "", "scope": {}}, id="empty atom"),
        pytest.param({"atom": "unit.read", "scope": {"city": True}}, id="unknown field of the scope"),
        pytest.param({"atom": "unit.read", "scope": {"everything": True, "except": [1]}}, id="unknown restriction"),
        pytest.param({"atom": "unit.read", "scope": {}, "until": "2030-01-01"}, id="unknown field of the grant"),
        pytest.param({"atom": "unit.read", "scope": {"everything": "false"}}, id="everything as text"),
        pytest.param({"atom": "unit.read", "scope": {"everything": 1}}, id="everything as a number"),
        pytest.param({"atom": "unit.read", "scope": {"districts": "12"}}, id="text where a list belongs"),
        pytest.param({"atom": "unit.read", "scope": {"districts": ["1"]}}, id="text where a number belongs"),
        pytest.param({"atom": "unit.read", "scope": {"squads": [1.5]}}, id="half a squad"),
        pytest.param({"atom": "unit.read", "scope": {"units": [True]}}, id="true as unit 1"),
        pytest.param({"atom": "unit.read", "scope": {"districts": [0]}}, id="district none"),
        pytest.param({"atom": "unit.read", "scope": {"squads": [-1]}}, id="negative squad"),
        pytest.param({"atom": "unit.read", "scope": {"cells": ["xyz"]}}, id="no cell"),
        pytest.param({"atom": "unit.read", "scope": {"cells": [FINER]}}, id="cell finer than a position's"),
        pytest.param({"atom": "unit.read"}, id="no scope"),
        pytest.param({"scope": {"everything": True}}, id="no atom"),
        pytest.param({"atom": "unit.read", "scope": None}, id="scope is null"),
    ],
)
def test_what_is_not_understood_is_no_right(grant: dict[str, Any]) -> None:
    with pytest.raises((BadInput, ValueError, KeyError, TypeError)):
        parse_grants([grant])


def test_an_atom_granted_twice_is_refused() -> None:
    """Which of the two would hold would be chance."""
    with pytest.raises(BadInput, match="twice"):
        parse_grants(
            [{"atom": "unit.read", "scope": {"squads": [1]}}, {"atom": "unit.read", "scope": {"everything": True}}]
        )


@pytest.mark.parametrize("atom", ATOMS.values(), ids=lambda atom: atom.name)
def test_atoms_have_words_in_both_languages(atom: Any) -> None:
    assert atom.words_zh
    assert atom.words_en
    assert ATOMS[atom.name] is atom
