"""In and out of fences: each crossing once, no flapping, nothing lost or told twice by a start."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point

from backend.avl.fence_hours import check_hours, read_week
from backend.avl.fence_shape import LEAVE_METRES, WORST_ACCURACY
from backend.avl.fences import OUTSIDE
from backend.geo.cells import METRES_PER_DEGREE, cell_of
from tests.avl.fences import (
    EAST,
    INSIDE,
    METRE,
    MIDDLE,
    NOW,
    OUT,
    SIDE,
    SOUTH,
    UNIT,
    WEST,
    Ingesting,
    box,
    bureau,
    fence,
)
from tests.avl.makers import DISTRICT, SQUAD, off_duty
from tests.avl.test_fence_hours import span

FAR = WEST - 0.5


@pytest.fixture
def ingest() -> Ingesting:
    made = Ingesting()
    made.fences.take([fence()], [])
    return made


def test_in_and_out(ingest: Ingesting) -> None:
    assert ingest.words(OUT) == []
    (entered,) = ingest.drive(INSIDE)
    assert ingest.words(INSIDE) == []
    (left,) = ingest.drive(OUT)
    assert ingest.words(OUT) == []
    assert (entered.kind, left.kind) == ("geofence.entered", "geofence.left")
    assert (entered.unit, entered.district, entered.squad, entered.geofence) == (7, DISTRICT, SQUAD, 1)
    assert (entered.at, entered.received_at) == (NOW + 120_000, NOW + 120_100)
    assert (entered.longitude, entered.latitude, entered.cell) == (INSIDE, MIDDLE, cell_of(INSIDE, MIDDLE))
    assert entered.id == f"geofence:1:7:{NOW + 120_000}:e"
    assert left.id == f"geofence:1:7:{NOW + 240_000}:l"


def test_who_appears_inside_has_not_entered(ingest: Ingesting) -> None:
    assert ingest.words(INSIDE) == []
    assert ingest.words(OUT) == ["left 1"]


def test_who_passes_through_a_far_away_cell_is_known(ingest: Ingesting) -> None:
    """The usual case: nothing near. It must not forget where the unit is."""
    assert ingest.words(FAR) == []
    assert ingest.fences.near(cell_of(FAR, MIDDLE)) == ()
    assert ingest.fences.inside[UNIT.number] is OUTSIDE
    assert ingest.words(FAR) == []
    assert ingest.words(INSIDE, after=3_600_000) == ["entered 1"]
    assert ingest.words(FAR, after=3_600_000) == ["left 1"]


def test_out_only_when_it_is_no_wandering(ingest: Ingesting) -> None:
    ingest.words(OUT)
    assert ingest.words(EAST - 5 * METRE) == ["entered 1"]
    assert ingest.words(EAST + (LEAVE_METRES - 1) * METRE) == []
    assert ingest.words(EAST - 5 * METRE) == []
    assert ingest.words(EAST + (LEAVE_METRES + 1) * METRE) == ["left 1"]
    assert ingest.words(EAST + (LEAVE_METRES - 1) * METRE) == []


JITTER_CM = st.integers(-round(LEAVE_METRES * 100) + 50, round(LEAVE_METRES * 100)).filter(bool)


@given(st.lists(JITTER_CM, min_size=1, max_size=40), st.floats(0, SIDE))
def test_whoever_stands_at_the_border_crosses_it_once_at_most(jitter: list[int], north: float) -> None:
    ingest = Ingesting()
    ingest.fences.take([fence()], [])
    ingest.drive(OUT)
    facts = [fact for east in jitter for fact in ingest.drive(WEST + east / 100 * METRE, SOUTH + north)]
    assert [fact.kind for fact in facts] == ["geofence.entered"] * (max(jitter) > 0)


@given(st.lists(st.tuples(st.floats(-1500, 1500), st.floats(-1500, 1500)), min_size=2, max_size=30))
def test_cells_never_contradict_the_shape(places: list[tuple[float, float]]) -> None:
    """A round fence: in and out come in turns, and each is true of the exact shape."""
    round_shape = MultiPolygon([Point(WEST, MIDDLE).buffer(0.006)])
    ingest = Ingesting()
    ingest.fences.take([fence(shape=round_shape)], [])
    ingest.drive(OUT - 3000 * METRE)
    kinds = []
    for east, north in places:
        here = Point(WEST + east * METRE, MIDDLE + north / METRES_PER_DEGREE)
        for fact in ingest.drive(here.x, here.y):
            kinds.append(fact.kind)
            assert round_shape.intersects(here) is (fact.kind == "geofence.entered")
        if not round_shape.intersects(here) and round_shape.distance(here) > 2 * LEAVE_METRES * METRE:
            assert ingest.fences.inside[UNIT.number] is OUTSIDE
        if round_shape.intersects(here):
            assert ingest.fences.inside[UNIT.number] == {1}
    assert kinds == (["geofence.entered", "geofence.left"] * len(kinds))[: len(kinds)]


def test_what_may_lie_anywhere_does_not_cross(ingest: Ingesting) -> None:
    ingest.words(OUT)
    assert ingest.words(INSIDE, accuracy=WORST_ACCURACY + 1) == []
    assert ingest.words(INSIDE, accuracy=WORST_ACCURACY) == ["entered 1"]
    assert ingest.words(OUT, accuracy=2000.0) == []
    assert ingest.words(INSIDE) == []


def test_late_and_far_fetched_fixes_do_not_cross(ingest: Ingesting) -> None:
    ingest.words(OUT)
    assert ingest.words(INSIDE, after=-30_000) == [], "older than its newest"
    assert ingest.words(OUT, after=40_000) == []
    assert ingest.words(INSIDE + 3, after=1_000) == [], "a jump"


class TestStart:
    """A process that starts knows a unit's last place, and no more."""

    def restarted(self, ingest: Ingesting) -> Ingesting:
        again = Ingesting(ingest.last, ingest.moment)
        again.fences.take([fence()], [])
        return again

    def test_nothing_is_told_twice(self, ingest: Ingesting) -> None:
        ingest.words(OUT)
        assert ingest.words(INSIDE) == ["entered 1"]
        assert self.restarted(ingest).words(INSIDE) == []

    def test_what_happened_meanwhile_is_told(self, ingest: Ingesting) -> None:
        ingest.words(INSIDE)
        assert self.restarted(ingest).words(FAR, after=3_600_000) == ["left 1"]
        ingest.words(OUT)
        assert self.restarted(ingest).words(INSIDE) == ["entered 1"]

    def test_a_last_place_that_may_lie_anywhere_is_none(self, ingest: Ingesting) -> None:
        ingest.words(OUT, accuracy=1000.0)
        again = self.restarted(ingest)
        assert again.words(INSIDE) == []
        assert again.words(OUT) == ["left 1"]

    def test_who_came_on_duty_since_then_has_crossed_nothing(self, ingest: Ingesting) -> None:
        ingest.words(OUT)
        again = self.restarted(ingest)
        came = replace(UNIT, duty_since=ingest.moment + 30_000)
        assert again.words(INSIDE, unit=came) == []
        assert again.words(OUT, unit=came) == ["left 1"]


def test_off_duty_nothing_crosses_and_coming_back_neither(ingest: Ingesting) -> None:
    ingest.words(OUT)
    assert ingest.words(INSIDE) == ["entered 1"]
    home = off_duty(UNIT)
    assert ingest.words(OUT, unit=home) == []
    ingest.last.clear()  # as `Latest.forget_off_duty` does
    back = replace(UNIT, duty_since=ingest.moment + 30_000)
    assert ingest.words(OUT, unit=back) == []
    assert ingest.words(INSIDE, unit=back) == ["entered 1"]


def test_another_ingest_had_the_unit_meanwhile(ingest: Ingesting) -> None:
    other = Ingesting(ingest.last, ingest.moment)
    other.fences.take([fence()], [])
    ingest.words(OUT)
    other.moment = ingest.moment
    assert other.words(INSIDE) == ["entered 1"]
    ingest.fences.heard_elsewhere(UNIT.number)
    ingest.moment = other.moment
    assert ingest.words(INSIDE) == [], "the other one has told it"
    # At the border the other one's places are judged as one's own: in until it is truly out.
    other.fences.heard_elsewhere(UNIT.number)
    other.moment = ingest.moment
    assert other.words(EAST + 20 * METRE) == []
    ingest.fences.heard_elsewhere(UNIT.number)
    ingest.moment = other.moment
    assert ingest.words(EAST - METRE) == []
    assert ingest.words(OUT) == ["left 1"]


class TestChange:
    """A fence that comes or changes tells nothing of those who are where they were."""

    def test_drawn_around_a_unit(self) -> None:
        ingest = Ingesting()
        ingest.words(INSIDE)
        ingest.fences.take([fence()], [])
        assert ingest.words(INSIDE) == []
        assert ingest.words(OUT) == ["left 1"]

    def test_moved_away_from_a_unit_and_back(self, ingest: Ingesting) -> None:
        ingest.words(OUT)
        ingest.words(INSIDE)
        ingest.fences.take([fence(shape=box(WEST + 1), shaped_at=2)], [])
        assert ingest.words(INSIDE) == []
        ingest.fences.take([fence(shaped_at=3)], [])
        assert ingest.words(INSIDE) == []
        assert ingest.words(OUT) == ["left 1"]

    def test_renamed_while_a_unit_stands_just_outside(self, ingest: Ingesting) -> None:
        ingest.words(OUT)
        ingest.words(EAST - METRE)
        ingest.words(EAST + 20 * METRE)
        ingest.fences.take([fence(tells="both")], [])
        assert ingest.words(EAST + 20 * METRE) == []
        assert ingest.words(EAST - METRE) == [], "it was still in"

    def test_deleted(self, ingest: Ingesting) -> None:
        ingest.words(OUT)
        ingest.words(INSIDE)
        ingest.fences.take([], [1])
        assert len(ingest.fences) == 0
        assert ingest.words(OUT) == []

    def test_all_read_anew(self, ingest: Ingesting) -> None:
        ingest.fences.take([fence(2)], [], all_anew=True)
        ingest.words(OUT)
        assert ingest.words(INSIDE) == ["entered 2"]

    def test_a_unit_that_joins_the_audience_or_leaves_it(self) -> None:
        ingest = Ingesting()
        ingest.fences.take([fence(body=9)], [])
        ingest.words(OUT)
        assert ingest.words(INSIDE) == []
        ingest.fences.know(bureau(2))
        joined = replace(UNIT, body=9, squad=9, district=0)
        assert ingest.words(INSIDE, unit=joined) == []
        assert ingest.words(OUT, unit=joined) == ["left 1"]
        ingest.words(INSIDE, unit=joined)
        ingest.fences.know(bureau(3))
        assert ingest.words(OUT) == [], "it is no longer about this unit"


@pytest.mark.parametrize(
    ("about", "told"),
    [
        pytest.param({"body": 1}, True, id="everybody of the city"),
        pytest.param({"body": DISTRICT}, True, id="everybody of the district"),
        pytest.param({"body": 9}, False, id="everybody of another squad"),
        pytest.param({"body": 1, "bodies": {DISTRICT, 9}}, True, id="bodies above the unit"),
        pytest.param({"body": 1, "bodies": {9}}, False, id="other bodies"),
        pytest.param({"body": 1, "units": {7, 8}}, True, id="this unit"),
        pytest.param({"body": 1, "units": {8}}, False, id="another unit"),
        pytest.param({"body": 1, "bodies": {77}}, False, id="a body that is no more"),
    ],
)
def test_whom_it_is_about(about: dict[str, object], told: bool) -> None:
    ingest = Ingesting()
    ingest.fences.take([fence(**about)], [])  # type: ignore[arg-type]
    ingest.words(OUT)
    assert ingest.words(INSIDE) == (["entered 1"] if told else [])


@pytest.mark.parametrize(
    ("tells", "told"), [("enter", ["entered 1"]), ("leave", ["left 1"]), ("both", ["entered 1", "left 1"])]
)
def test_what_it_tells(tells: str, told: list[str]) -> None:
    ingest = Ingesting()
    ingest.fences.take([fence(tells=tells)], [])
    ingest.words(OUT)
    assert ingest.words(INSIDE) + ingest.words(OUT) == told


def test_out_of_hours_nothing_is_told_and_their_beginning_is_no_crossing() -> None:
    ingest = Ingesting()  # Sunday, 16:15 in China
    week = read_week(check_hours([span([7], "17:00", "18:00")]))
    ingest.fences.take([fence(week=week)], [])
    ingest.words(OUT)
    assert ingest.words(INSIDE) == []
    assert ingest.words(INSIDE, after=3_600_000) == [], "17:17, and it was in before"
    assert ingest.words(OUT) == ["left 1"]
    assert ingest.words(INSIDE) == ["entered 1"]
    assert ingest.words(OUT, after=3_600_000) == []


def test_before_and_after_it_is_in_force_nothing_is_told() -> None:
    ingest = Ingesting()
    ingest.fences.take([fence(since=NOW + 180_000, until=NOW + 300_000)], [])
    assert [ingest.words(place) for place in (OUT, INSIDE, OUT, INSIDE, OUT)] == [[], [], ["left 1"], ["entered 1"], []]


def test_fences_that_lie_on_each_other(ingest: Ingesting) -> None:
    ingest.fences.take([fence(2, box(WEST - SIDE, side=3 * SIDE)), fence(3, box(WEST + 1))], [])
    ingest.words(FAR)
    assert ingest.words(INSIDE, after=3_600_000) == ["entered 1", "entered 2"]
    assert ingest.words(WEST - SIDE / 2) == ["left 1"]
    assert ingest.words(FAR, after=3_600_000) == ["left 2"]


def test_a_crossing_is_stored_even_of_who_stands() -> None:
    """Thinning leaves out fixes that say nothing new; a crossing does."""
    ingest = Ingesting()
    ingest.known.thin_ms = 3_600_000
    ingest.fences.take([fence()], [])
    ingest.drive(EAST + 30 * METRE)
    assert ingest.words(EAST - 1 * METRE) == ["entered 1"]
