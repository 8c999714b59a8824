"""A tick's cut is exactly what brute force says, for every viewer. The heart of the live socket."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.bus.record import SIZE, unit_and_time
from backend.identity.rights import Scope
from backend.live.board import Board
from backend.live.changes import Changes, Cut
from backend.live.interest import Interest
from tests.live.fleet import (
    Fact,
    followed,
    interests,
    organisation,
    places,
    report,
    scopes,
    sees,
    squads,
    units,
)

Viewer = tuple[Scope, Interest, frozenset[int]]
viewers = st.lists(st.tuples(scopes, interests(), followed), min_size=1, max_size=5)
moves = st.one_of(
    st.tuples(st.just("put"), units, squads, places),
    st.tuples(st.just("remove"), units),
    st.tuples(st.just("duty"), st.frozensets(units, max_size=2)),
    st.tuples(st.just("squad"), units, squads),
)
rounds = st.lists(st.lists(moves, max_size=8), min_size=1, max_size=6)


@dataclass
class World:
    """A board, and beside it what the test knows without one."""

    board: Board = field(default_factory=Board)
    facts: dict[int, Fact] = field(default_factory=dict)
    changed: set[int] = field(default_factory=set)
    time: int = 0

    def make(self, move: tuple[object, ...]) -> None:
        self.time += 1
        match move:
            case ("put", int(unit), int(squad), int(place)):
                address, record = report(unit, squad, place, self.time)
                self.board.put(address, record, heard=self.time)
                self.facts[unit] = Fact(place, squad, record)
                self.changed.add(unit)
            case ("remove", int(unit)):
                self.board.remove(unit)
                self._drop(unit)
            case ("duty", frozenset(off_duty)):
                self.board.conform(organisation(self._squads(), off_duty))
                for unit in off_duty:
                    self._drop(unit)
            case ("squad", int(unit), int(squad)) if unit in self.facts:
                before = self.facts[unit]
                self.board.conform(organisation(self._squads() | {unit: squad}))
                self.facts[unit] = Fact(before.place, squad, before.record)
                if squad != before.squad:
                    self.changed.add(unit)

    def visible(self, viewer: Viewer) -> set[int]:
        return {unit for unit, fact in self.facts.items() if sees(*viewer, unit, fact)}

    def _squads(self) -> dict[int, int]:
        return {unit: fact.squad for unit, fact in self.facts.items()}

    def _drop(self, unit: int) -> None:
        if self.facts.pop(unit, None) is not None:
            self.changed.add(unit)


def records_of(cut: Cut) -> list[bytes]:
    return [cut.records[start : start + SIZE] for start in range(0, len(cut.records), SIZE)]


@settings(max_examples=300, deadline=None)
@given(viewers, rounds)
def test_each_viewer_is_shown_what_changed_and_may_be_seen_and_nothing_else(
    given_viewers: list[Viewer], given_rounds: list[list[tuple[object, ...]]]
) -> None:
    world = World()
    journal = world.board.journal()
    for moves_of_tick in given_rounds:
        before = [world.visible(viewer) for viewer in given_viewers]
        world.changed.clear()
        for move in moves_of_tick:
            world.make(move)
        changes = Changes(world.board, journal)
        journal.clear()
        for viewer, was_visible in zip(given_viewers, before, strict=True):
            scope, interest, follows = viewer
            cut = changes.cut_with_followed(scope, interest, follows) if follows else changes.cut(scope, interest)
            visible = world.visible(viewer)
            records = records_of(cut)
            assert sorted(records) == sorted(world.facts[unit].record for unit in visible & world.changed)
            assert cut.count == len(records)
            assert sorted(cut.gone) == sorted(was_visible - visible)
            touched = changes.touched(scope, interest, follows)
            assert touched >= (visible & world.changed) | (was_visible - visible)
            assert touched <= visible | was_visible, "of others not even the number is remembered"


@given(scopes, interests(look=1), interests(look=2), rounds)
def test_viewers_with_equal_rights_and_view_share_one_cut(
    scope: Scope, one: Interest, other: Interest, given_rounds: list[list[tuple[object, ...]]]
) -> None:
    world = World()
    journal = world.board.journal()
    for move in (move for moves_of_tick in given_rounds for move in moves_of_tick):
        world.make(move)
    changes = Changes(world.board, journal)
    twin = Scope(scope.everything, scope.districts, scope.squads, scope.units, scope.cells)
    same_view = Interest(77, one.resolution, frozenset(set(one.cells)))
    assert changes.cut(twin, same_view) is changes.cut(scope, one)
    if other.cells != one.cells and changes.cut(scope, one).count:
        assert changes.cut(scope, other) is not changes.cut(scope, one)


def test_a_cut_is_joined_once_for_viewers_of_one_squad() -> None:
    world = World()
    journal = world.board.journal()
    for unit in range(1, 5):
        world.make(("put", unit, 1, 0))
    changes = Changes(world.board, journal)
    cell = world.board.entries[1].place.at(6)
    interest = Interest(1, 6, frozenset({cell}))
    by_squad = changes.cut(Scope(squads=frozenset({1})), interest)
    by_district = changes.cut(Scope(districts=frozenset({10})), interest)
    (chunk,) = changes._chunks_at(6)[cell]
    assert by_squad.records == by_district.records == chunk.joined()
    assert chunk.joined() is chunk.joined()
    assert len(records_of(by_squad)) == 4
    assert [unit_and_time(record)[0] for record in records_of(by_squad)] == [1, 2, 3, 4]
