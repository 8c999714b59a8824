"""The streets: one net that can be driven, named, crossed only where they meet, over few bridges."""

import heapq
import itertools
from collections import defaultdict

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Point
from shapely.strtree import STRtree

from tests.tiles.demo.extract import City, Way
from tiles.demo.connect import components

pytestmark = pytest.mark.timeout(600)  # the first test waits until the city is made

DRIVABLE = (
    "motorway", "trunk", "primary", "secondary", "tertiary", "unclassified", "residential", "living_street", "service",
    "motorway_link", "trunk_link", "primary_link",
)  # fmt: skip


def edges_of(way: Way) -> list[tuple[int, int]]:
    """The steps of a way that a car may take."""
    ahead = list(zip(way.nodes, way.nodes[1:], strict=False))
    if way.tags.get("oneway") == "yes" or way.tags.get("junction") == "roundabout":
        return ahead
    return ahead + [(b, a) for a, b in ahead]


def test_a_car_gets_from_everywhere_to_everywhere(city: City) -> None:
    edges = [edge for way in city.roads(*DRIVABLE) for edge in edges_of(way)]
    parts = components(edges)
    share = len(parts[0]) / len({node for edge in edges for node in edge})
    assert share > 0.985
    main = set(parts[0])
    lost = {
        way.tags["name"]
        for way in city.roads("motorway", "trunk", "primary", "secondary")
        if not main.issuperset(way.nodes)
    }
    assert lost == {"联澄高速", "联阳高速"}, "only the carriageways that leave the map have no way back"


def test_no_step_has_no_length(city: City) -> None:
    for way in city.roads():
        for a, b in zip(way.nodes, way.nodes[1:], strict=False):
            assert a != b
            assert city.places[a] != city.places[b], way.tags


def test_roads_of_one_layer_cross_only_at_shared_nodes(city: City) -> None:
    roads = [way for way in city.roads() if "footway" not in way.tags["highway"]]
    tree = STRtree([way.line for way in roads])
    found = []
    for i, j in zip(*tree.query([way.line for way in roads], predicate="crosses"), strict=True):
        if i >= j or roads[i].layer != roads[j].layer:
            continue
        shared = {city.places[node] for node in set(roads[i].nodes) & set(roads[j].nodes)}
        for point in shapely.get_parts(roads[i].line.intersection(roads[j].line)):
            centre = point.centroid
            if all(np.hypot(centre.x - x, centre.y - y) > 0.5 for x, y in shared):
                found.append((round(centre.x), round(centre.y), roads[i].tags, roads[j].tags))
    assert not found, f"{len(found)}: {found[:6]}"


def test_a_street_bears_one_name_and_a_name_one_street(city: City) -> None:
    streets: dict[str, list[Way]] = defaultdict(list)
    for way in city.roads():
        if "name" in way.tags:
            streets[way.tags["name"]].append(way)
            assert way.tags["name:en"].isascii(), way.tags
            assert way.tags["name:en"].split()[-1] != way.tags["name:en"], "an English word tells the kind"
    assert len(streets) > 500
    for name, ways in streets.items():
        if name in ("滨江步道", "沿江步道"):
            continue
        shapes = [way.line.buffer(60) for way in ways]
        joined = shapely.union_all(shapes)
        assert joined.geom_type == "Polygon", f"{name} lies in {shapely.get_num_geometries(joined)} places"


def test_renmin_road_crosses_jiefang_road_in_the_old_town(city: City) -> None:
    nodes = [
        {node for way in city.roads() if way.tags.get("name") == name for node in way.nodes}
        for name in ("人民路", "解放路")
    ]
    (shared,) = nodes[0] & nodes[1]
    x, y = city.places[shared]
    assert np.hypot(x + 480, y + 1500) < 300
    assert city.node_tags[shared]["highway"] == "traffic_signals"


def test_turns_are_forbidden_from_a_road_over_a_shared_node_to_a_road(city: City) -> None:
    turns = [(members, tags) for members, tags in city.relations if tags.get("type") == "restriction"]
    assert len(turns) >= 60
    kinds = {tags["restriction"] for _, tags in turns}
    assert kinds == {"no_left_turn", "no_u_turn", "only_straight_on"}
    for members, tags in turns:
        roles = {role: (kind, number) for kind, number, role in members}
        assert set(roles) == {"from", "via", "to"}
        source, target, via = city.ways[roles["from"][1]], city.ways[roles["to"][1]], roles["via"][1]
        assert via in (source.nodes[0], source.nodes[-1]), tags
        assert via in (target.nodes[0], target.nodes[-1]), tags
        assert (source.id == target.id) == (tags["restriction"] == "no_u_turn")
        turn = turned(city, source, via, target)
        if tags["restriction"] == "no_left_turn":
            assert 40 < turn < 150
        if tags["restriction"] == "only_straight_on":
            assert abs(turn) < 35


def turned(city: City, source: Way, via: int, target: Way) -> float:
    """Degrees to the left, from the end of one way to the start of the other."""
    before = source.nodes[-2] if source.nodes[-1] == via else source.nodes[1]
    after = target.nodes[1] if target.nodes[0] == via else target.nodes[-2]
    into = np.array(city.places[via]) - np.array(city.places[before])
    away = np.array(city.places[after]) - np.array(city.places[via])
    return float(np.degrees(np.arctan2(into[0] * away[1] - into[1] * away[0], into @ away)))


def river_of(city: City) -> LineString:
    """The middle of the river."""
    return next(
        way.line for way in city.ways.values() if way.tags.get("waterway") == "river" and way.tags["name"] == "澄江"
    )


def test_six_bridges_and_one_tunnel_cross_the_river(city: City) -> None:
    river = river_of(city)
    places = sorted(
        (river.project(river.intersection(way.line).centroid), way.tags.get("tunnel", "no"))
        for way in city.roads(*DRIVABLE)
        if way.line.intersects(river)
    )
    groups = [places[0]] + [b for a, b in itertools.pairwise(places) if b[0] - a[0] > 250]
    assert sum(tunnel == "no" for _, tunnel in groups) in (5, 6, 7)
    assert sum(tunnel == "yes" for _, tunnel in groups) == 1
    crossing = [way for way in city.roads(*DRIVABLE) if way.line.intersects(river)]
    assert all("bridge" in way.tags or "tunnel" in way.tags for way in crossing)


def test_what_lies_opposite_over_the_river_is_far_by_road(city: City) -> None:
    graph: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for way in city.roads(*DRIVABLE):
        for a, b in edges_of(way):
            graph[a].append((b, float(np.hypot(*(np.array(city.places[a]) - city.places[b])))))
    river = river_of(city)
    banks = [
        [way for way in city.roads("primary") if way.tags.get("name") == name] for name in ("滨江大道", "沿江大道")
    ]
    factors = []
    for along in np.linspace(6000, 17000, 12):
        place = river.interpolate(float(along))
        near, far = (
            min((node for way in bank for node in way.nodes), key=lambda n: place.distance(Point(city.places[n])))
            for bank in banks
        )
        straight = float(np.hypot(*(np.array(city.places[near]) - city.places[far])))
        factors.append(drive(graph, near, far) / straight)
    assert sum(factor > 2.5 for factor in factors) >= 6, factors


def drive(graph: dict[int, list[tuple[int, float]]], start: int, goal: int) -> float:
    """Metres of the shortest drive (Dijkstra)."""
    heap, done = [(0.0, start)], set()
    while heap:
        far, node = heapq.heappop(heap)
        if node == goal:
            return far
        if node in done:
            continue
        done.add(node)
        for other, step in graph[node]:
            if other not in done:
                heapq.heappush(heap, (far + step, other))
    raise AssertionError("no way")
