"""Buildings, house numbers and named places: enough of each, where they can stand, with names people would use."""

import itertools
import re
from collections import Counter, defaultdict

import numpy as np
import pytest
import shapely
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry
from shapely.strtree import STRtree

from tests.tiles.demo.extract import City, Way
from tiles.demo.roads import HALF_WIDTH

pytestmark = pytest.mark.timeout(600)  # the first test waits until the city is made


def buildings_of(city: City) -> list[Way]:
    return [way for way in city.ways.values() if "building" in way.tags]


def test_there_are_enough_named_places_of_each_kind(city: City) -> None:
    named = city.named()
    assert len(named) >= 1_500
    count: Counter[str] = Counter()
    for tags in named:
        for key in (
            "amenity",
            "shop",
            "tourism",
            "leisure",
            "highway",
            "place",
            "station",
            "landuse",
            "railway",
            "office",
        ):
            if key in tags:
                count[f"{key}={tags[key]}"] += 1
    least = {
        "amenity=school": 60, "amenity=kindergarten": 40, "amenity=hospital": 15, "amenity=clinic": 30,
        "amenity=bank": 60, "amenity=marketplace": 20, "amenity=police": 16, "amenity=fire_station": 8,
        "amenity=fuel": 20, "amenity=toilets": 40, "amenity=parking": 30, "amenity=bus_station": 4,
        "amenity=place_of_worship": 8, "shop=supermarket": 50, "shop=mall": 8, "tourism=hotel": 40,
        "tourism=museum": 2, "leisure=park": 30, "leisure=stadium": 1, "landuse=residential": 200,
        "highway=bus_stop": 350, "station=subway": 45, "place=suburb": 4, "place=quarter": 16, "place=village": 30,
        "place=city": 1, "office=government": 40,
    }  # fmt: skip
    assert {kind: count[kind] for kind, few in least.items() if count[kind] < few} == {}
    names = {tags["name"] for tags in named}
    assert {"联动市城市管理局", "老城夜市", "人民路解放路口", "联动站", "联动东站"} <= names


def test_names_stand_once_but_for_stops(city: City) -> None:
    kinds: dict[str, set[str]] = defaultdict(set)
    repeats = Counter(tags["name"] for tags in city.named() if tags.get("highway") != "bus_stop" and "water" not in tags
                      and "place" not in tags and "natural" not in tags and "station" not in tags)  # fmt: skip
    twice = [name for name, number in repeats.items() if number > 1]
    assert len(twice) < 12, twice
    for tags in city.named():
        assert re.fullmatch(r"[\u4e00-\u9fff0-9]+", tags["name"]), tags
        kinds[tags["name"]].add(tags.get("name:en", ""))


def test_buildings_stand_on_no_street_and_not_in_water(city: City) -> None:
    buildings = buildings_of(city)
    assert 12_000 <= len(buildings) <= 20_000
    shapes = np.array([Polygon(way.line.coords) for way in buildings], dtype=object)
    assert shapely.is_valid(shapes).all()
    lines: dict[float, list[shapely.Geometry]] = defaultdict(list)
    for way in city.roads():
        lines[HALF_WIDTH[way.tags["highway"]]].append(way.line)
    for width, roads in lines.items():
        hit = STRtree(roads).query(shapes, predicate="dwithin", distance=width)[0]
        assert not len(hit), [buildings[i].tags for i in hit[:3]]
    water: list[BaseGeometry] = [way.line for way in city.ways.values() if way.tags.get("waterway")]
    water += [Polygon(way.line.coords) for way in city.ways.values() if way.tags.get("natural") == "water"]
    assert not len(STRtree(water).query(shapes, predicate="intersects")[0])


def test_buildings_do_not_overlap(city: City) -> None:
    shapes = np.array([Polygon(way.line.coords) for way in buildings_of(city)], dtype=object)
    one, other = STRtree(shapes).query(shapes, predicate="intersects")
    pairs = one < other
    overlap = shapely.area(shapely.intersection(shapes[one[pairs]], shapes[other[pairs]]))
    assert (overlap < 1.0).all()


def test_house_numbers_ascend_along_each_side_of_a_street(city: City) -> None:
    houses: dict[str, list[tuple[int, Point]]] = defaultdict(list)
    tagged = [(tags, Point(city.places[node])) for node, tags in city.node_tags.items()]
    tagged += [(way.tags, way.line.centroid) for way in buildings_of(city)]
    for tags, place in tagged:
        if "addr:housenumber" in tags:
            houses[tags["addr:street"]].append((int(tags["addr:housenumber"]), place))
    assert len(houses) > 300
    assert sum(map(len, houses.values())) > 8_000
    streets: dict[str, list[shapely.LineString]] = defaultdict(list)
    for way in city.roads():
        streets[way.tags.get("name", "")].append(way.line)
    ordered = total = 0
    for name, numbered in houses.items():
        assert name in streets, "an address is on a street of the map"
        assert len({number for number, _ in numbered}) == len(numbered), f"{name} has a number twice"
        for odd in (0, 1):
            row = [place for number, place in sorted(numbered, key=lambda h: h[0]) if number % 2 == odd]
            gaps = [a.distance(b) for a, b in itertools.pairwise(row)]
            ordered += sum(gap < 400 for gap in gaps)  # a plot every 100-190 m, now and then one is built over
            total += len(gaps)
    assert ordered > 0.99 * total, "the next number is never far"


def test_odd_and_even_numbers_face_each_other(city: City) -> None:
    """Along Renmin Road, which is one line in the old town, each number's side is its parity's."""
    lines = [way.line for way in city.roads("secondary") if way.tags.get("name") == "人民路"]
    street = shapely.line_merge(shapely.MultiLineString(lines))
    sides: dict[int, set[bool]] = {0: set(), 1: set()}
    for way in buildings_of(city):
        if way.tags.get("addr:street") == "人民路":
            place = way.line.centroid
            along = street.project(place)
            a, b = street.interpolate(along - 2), street.interpolate(along + 2)
            left = (b.x - a.x) * (place.y - a.y) - (b.y - a.y) * (place.x - a.x) > 0
            sides[int(way.tags["addr:housenumber"]) % 2].add(left)
    assert len(sides[0]) == len(sides[1]) == 1
    assert sides[0] != sides[1]
