"""The board: the newer record wins, the index follows, the journal tells where units were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.bus.subjects import Address
from backend.geo.cells import parent_of
from backend.live.board import Board
from tests.live.fleet import CELLS, PLACES, SQUADS, Fact, organisation, places, report, squads, units


def board_with(*reports: tuple[Address, bytes]) -> Board:
    board = Board()
    for address, record in reports:
        board.put(address, record, heard=1)
    return board


@pytest.mark.parametrize(("second", "holds"), [(999, 0), (1000, 1), (1001, 1)], ids=["older", "equal", "newer"])
def test_of_two_records_the_newer_or_later_holds(second: int, holds: int) -> None:
    reports = [report(1, 1, 0, 1000), report(1, 1, 9, second)]
    board = board_with(*reports)
    assert board.entries[1].record == reports[holds][1]
    assert board.entries[1].place.cell == reports[holds][0].cell
    assert [entry.unit for entry in board.within(frozenset({parent_of(reports[holds][0].cell, 8)}))] == [1]
    assert not board.within(frozenset({parent_of(reports[1 - holds][0].cell, 8)}))


def test_an_older_record_is_not_noted_as_a_change() -> None:
    board = board_with(report(1, 1, 0, 1000))
    journal = board.journal()
    board.put(*report(1, 1, 5, 999), heard=2)
    assert journal == {}
    assert board.entries[1].heard == 1


@pytest.mark.parametrize("length", [0, 31, 33])
def test_what_is_no_record_is_left_out(length: int) -> None:
    address, record = report(1, 1, 0, 1000)
    board = board_with((address, (record * 2)[:length]))
    assert not board.entries


def test_journals_tell_the_first_place_since_they_were_emptied() -> None:
    board = Board()
    early = board.journal()
    board.put(*report(1, 1, 0, 1), heard=1)
    late = board.journal()
    first = board.entries[1].place
    board.put(*report(1, 1, 9, 2), heard=2)
    board.put(*report(1, 2, 8, 3), heard=3)
    assert early == {1: None}
    assert late == {1: first}
    late.clear()
    board.remove(1)
    assert late[1] is not None
    assert (late[1].cell, late[1].squad) == (CELLS[8], 2)


def test_conform_drops_who_is_gone_or_off_duty_and_recounts_who_moved_squad() -> None:
    board = board_with(*(report(unit, 1, 0, 1) for unit in (1, 2, 3, 4)))
    journal = board.journal()
    board.conform(organisation({1: 1, 2: 1, 3: 3}, off_duty=frozenset({2})))
    assert sorted(board.entries) == [1, 3]
    assert (board.entries[3].place.squad, board.entries[3].place.district) == (3, 20)
    assert sorted(journal) == [2, 3, 4], "who stayed has not changed"
    assert all(place is not None and place.squad == 1 for place in journal.values())
    assert {entry.unit for entry in board.within(frozenset({parent_of(CELLS[0], 6)}))} == {1, 3}


steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), units, squads, places, st.integers(1, 5)),
        st.tuples(st.just("remove"), units),
        st.tuples(st.just("conform"), st.dictionaries(units, squads), st.frozensets(units, max_size=2)),
    ),
    max_size=40,
)


@given(steps)
def test_the_index_is_the_entries_after_any_moves(given_steps: list[tuple[object, ...]]) -> None:
    board, known = Board(), dict[int, tuple[int, Fact]]()
    for step in given_steps:
        match step:
            case ("put", int(unit), int(squad), int(place), int(time)):
                address, record = report(unit, squad, place, time)
                board.put(address, record, heard=time)
                if unit not in known or time >= known[unit][0]:
                    known[unit] = time, Fact(place, squad, record)
            case ("remove", int(unit)):
                board.remove(unit)
                known.pop(unit, None)
            case ("conform", dict(squad_of), frozenset(off_duty)):
                board.conform(organisation(squad_of, off_duty))
                known = {
                    unit: (time, Fact(fact.place, squad_of[unit], fact.record))
                    for unit, (time, fact) in known.items()
                    if unit in squad_of and unit not in off_duty
                }
        assert {unit: entry.record for unit, entry in board.entries.items()} == {
            unit: fact.record for unit, (_, fact) in known.items()
        }
        for resolution in (4, 6, 8):
            cells = frozenset(parent_of(CELLS[place], resolution) for place in range(0, len(PLACES), 2))
            expected = sorted(unit for unit, (_, fact) in known.items() if parent_of(fact.cell, resolution) in cells)
            assert sorted(entry.unit for entry in board.within(cells)) == expected
        for unit, (_, fact) in known.items():
            counted = board.entries[unit].place
            assert (counted.district, counted.squad, counted.cell) == (SQUADS[fact.squad], fact.squad, fact.cell)
    assert board.cells == len({parent_of(fact.cell, 8) for _, fact in known.values()})
    for unit in list(known):
        board.remove(unit)
    assert not board._by_cell, "an empty cell leaves nothing behind"
