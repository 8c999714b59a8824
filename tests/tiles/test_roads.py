"""From OSM data to the street graph: who may go where, in which direction, and which turns are taken away."""

from pathlib import Path
from typing import Any, NamedTuple

import msgpack
import numpy as np
import osmium
import pytest

from backend.demo.streets import load_streets
from tiles.road_tags import DRIVE, EVERYBODY, RIDE, WALK, read_road
from tiles.roads import write_roads

# Five nodes in a row, 100 m or so apart, and one north and one south of the third.
PLACES = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (3, 0), 5: (4, 0), 6: (2, 1), 7: (2, -1), 8: (1, 1)}
Ways = dict[int, tuple[list[int], dict[str, str]]]
Relation = tuple[dict[str, str], list[tuple[str, int, str]]]


class Found(NamedTuple):
    """The written graph, in words of the data: (from, to) of OSM nodes, modes."""

    streets: dict[tuple[int, int], int]
    forbidden: set[tuple[tuple[int, int], int, tuple[int, int]]]
    raw: dict[str, Any]
    file: Path


def place(node: int) -> tuple[float, float]:
    x, y = PLACES[node]
    return 113.1 + x * 0.001, 28.2 + y * 0.001


def write(folder: Path, ways: Ways, relations: list[Relation] | None = None, lights: tuple[int, ...] = ()) -> Found:
    """Write an extract, make its graph, read that."""
    pbf, out = folder / "city.osm.pbf", folder / "roads.msgpack"
    with osmium.SimpleWriter(str(pbf), overwrite=True) as writer:
        for node in PLACES:
            tags = {"highway": "traffic_signals"} if node in lights else {}
            writer.add_node(osmium.osm.mutable.Node(id=node, location=place(node), tags=tags))
        for number, (nodes, tags) in ways.items():
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=nodes, tags={"highway": "residential"} | tags))
        for number, (tags, members) in enumerate(relations or [], 1):
            tags = {"type": "restriction"} | tags
            writer.add_relation(osmium.osm.mutable.Relation(id=number, members=members, tags=tags))
    write_roads(pbf, out)
    raw = msgpack.unpackb(out.read_bytes())
    longitudes, latitudes = (np.frombuffer(raw["nodes"][key], "<i4") / 1e7 for key in ("longitude", "latitude"))
    names = {(round(x, 6), round(y, 6)): node for node in PLACES for x, y in [place(node)]}
    nodes = [names[round(x, 6), round(y, 6)] for x, y in zip(longitudes.tolist(), latitudes.tolist(), strict=True)]
    ends = [
        (nodes[a], nodes[b])
        for a, b in zip(*(np.frombuffer(raw["edges"][key], "<i4").tolist() for key in ("from", "to")), strict=True)
    ]
    turns = np.frombuffer(raw["forbidden"], "<i4").reshape(-1, 3).tolist()
    forbidden = {(ends[a], nodes[via], ends[b]) for a, via, b in turns}
    return Found(dict(zip(ends, raw["edges"]["modes"], strict=True)), forbidden, raw, out)


def test_ways_are_cut_at_junctions_and_lights(tmp_path: Path) -> None:
    names = {"name": "人民路", "name:en": "Renmin Road"}
    found = write(tmp_path, {1: ([1, 2, 3, 4, 5], names), 2: ([6, 3, 7], {"highway": "footway"})}, lights=(4,))
    both = {(1, 3), (3, 4), (4, 5)}
    assert {ends for ends, modes in found.streets.items() if modes == EVERYBODY} == both | {(b, a) for a, b in both}
    assert {ends for ends, modes in found.streets.items() if modes == WALK} == {(6, 3), (3, 6), (3, 7), (7, 3)}
    streets = load_streets(found.file)
    first = next(edge for edge in range(len(streets.edges)) if streets.edges.points[edge] == 3)
    assert streets.shape(first) == [pytest.approx(place(node), abs=1e-7) for node in (1, 2, 3)]
    assert streets.edges.lengths[first] == pytest.approx(196.2, abs=0.5)
    assert streets.names[streets.edges.names[first]] == ("人民路", "Renmin Road")
    assert streets.edges.classes[first] == "residential"
    assert streets.edges.limits[first] == pytest.approx(30 / 3.6)
    assert sum(streets.lights) == 1
    assert all(
        streets.edges.reverses[streets.edges.reverses[edge]] == edge
        and streets.edges.origins[streets.edges.reverses[edge]] == streets.edges.targets[edge]
        for edge in range(len(streets.edges))
    )


ONE_WAYS = [
    ({"oneway": "yes"}, EVERYBODY, WALK),
    ({"oneway": "-1"}, WALK, EVERYBODY),
    ({"oneway": "no", "junction": "roundabout"}, EVERYBODY, EVERYBODY),
    ({"junction": "roundabout"}, EVERYBODY, WALK),
    ({"highway": "motorway"}, DRIVE, None),
    ({"highway": "motorway_link", "oneway": "no"}, DRIVE, DRIVE),
    ({"oneway": "yes", "oneway:bicycle": "no"}, EVERYBODY, RIDE | WALK),
    ({"oneway": "yes", "cycleway": "opposite_lane"}, EVERYBODY, RIDE | WALK),
    ({"highway": "cycleway", "oneway": "yes"}, RIDE | WALK, WALK),
]


@pytest.mark.parametrize(("tags", "there", "back"), ONE_WAYS, ids=[str(tags) for tags, _, _ in ONE_WAYS])
def test_one_way_streets(tags: dict[str, str], there: int, back: int | None, tmp_path: Path) -> None:
    found = write(tmp_path, {1: ([1, 2], tags)})
    assert (found.streets.get((1, 2)), found.streets.get((2, 1))) == (there, back)


ACCESS = [
    ({"access": "private"}, 0),
    ({"access": "no", "foot": "yes"}, WALK),
    ({"access": "private", "motor_vehicle": "destination"}, DRIVE),
    ({"motor_vehicle": "no"}, RIDE | WALK),
    ({"vehicle": "no"}, WALK),
    ({"bicycle": "no"}, DRIVE | WALK),
    ({"highway": "footway", "access": "yes"}, WALK),
    ({"highway": "footway", "bicycle": "yes"}, RIDE | WALK),
    ({"highway": "pedestrian", "area": "yes"}, 0),
    ({"highway": "construction"}, 0),
    ({"highway": "trunk"}, DRIVE | WALK),
    ({"highway": "steps"}, WALK),
]


@pytest.mark.parametrize(("tags", "modes"), ACCESS, ids=[str(tags) for tags, _ in ACCESS])
def test_who_may_use_a_street(tags: dict[str, str], modes: int) -> None:
    road = read_road({"highway": "residential"} | tags)
    assert (road.forward if road else 0) == modes


SPEEDS = [("60", 60 / 3.6), ("30 mph", 13.41), ("20 km/h", 20 / 3.6), ("none", 30 / 3.6), ("CN:urban", 30 / 3.6)]


@pytest.mark.parametrize(("text", "limit"), SPEEDS)
def test_speed_limits(text: str, limit: float) -> None:
    road = read_road({"highway": "residential", "maxspeed": text})
    assert road is not None
    assert road.limit == pytest.approx(limit, abs=0.01)


CROSSING: Ways = {1: ([2, 3], {}), 2: ([3, 4], {}), 3: ([3, 6], {}), 4: ([3, 7], {})}


def turn(kind: str, origin: int, target: int, **tags: str) -> Relation:
    return {"restriction": kind, **tags}, [("w", origin, "from"), ("n", 3, "via"), ("w", target, "to")]


def test_what_is_forbidden_and_what_is_demanded(tmp_path: Path) -> None:
    only = write(tmp_path, CROSSING, [turn("only_straight_on", 1, 2)])
    assert only.forbidden == {((2, 3), 3, (3, 6)), ((2, 3), 3, (3, 7)), ((2, 3), 3, (3, 2))}
    no = write(tmp_path, CROSSING, [turn("no_left_turn", 1, 3), turn("no_u_turn", 4, 4)])
    assert no.forbidden == {((2, 3), 3, (3, 6)), ((7, 3), 3, (3, 7))}


def test_restrictions_that_are_not_for_us_are_left_out(tmp_path: Path) -> None:
    over_a_way: Relation = ({"restriction": "no_u_turn"}, [("w", 1, "from"), ("w", 2, "via"), ("w", 3, "to")])
    others = [
        turn("no_left_turn", 1, 3, **{"except": "bicycle;motorcar"}),
        ({"restriction:hgv": "no_left_turn"}, turn("", 1, 3)[1]),
        turn("only_right_turn", 1, 99),
        over_a_way,
    ]
    assert write(tmp_path, CROSSING, others).forbidden == set()


def test_border_of_an_extract_cuts_a_way(tmp_path: Path) -> None:
    """Nodes beyond it are not there."""
    found = write(tmp_path, {1: ([1, 2, 99, 4, 5], {}), 2: ([98, 6], {})})
    assert set(found.streets) == {(1, 2), (2, 1), (4, 5), (5, 4)}


def test_closed_way_is_a_loop(tmp_path: Path) -> None:
    found = write(tmp_path, {1: ([2, 3, 6, 8, 2], {"junction": "roundabout"}), 2: ([1, 2], {}), 3: ([3, 4], {})})
    streets = load_streets(found.file)
    edges = streets.edges
    loop = [edge for edge, back in enumerate(edges.reverses) if edges.modes[back] == WALK]
    assert len(loop) == 2
    assert [len(streets.shape(edge)) for edge in loop] == [2, 4]
    assert edges.targets[loop[0]] == edges.origins[loop[1]]
    assert edges.targets[loop[1]] == edges.origins[loop[0]]


def test_without_a_road_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no road"):
        write(tmp_path, {1: ([1, 2], {"highway": "construction"})})


def test_the_same_data_give_the_same_file(tmp_path: Path) -> None:
    one = write(tmp_path, CROSSING, [turn("only_straight_on", 1, 2)]).file.read_bytes()
    assert write(tmp_path, CROSSING, [turn("only_straight_on", 1, 2)]).file.read_bytes() == one
