"""Districts, sub-districts and unit grids: as many as told, coded as told, without gap or overlap."""

import itertools
import re

import pytest
import shapely
from shapely.strtree import STRtree

from tests.tiles.demo.extract import City

pytestmark = pytest.mark.timeout(600)  # the first test waits until the city is made


def test_there_are_four_districts_sixteen_squads_and_four_hundred_grids(city: City) -> None:
    assert {kind: len(found) for kind, found in city.areas.items()} == {"district": 4, "squad": 16, "grid": 400}


def test_codes_tell_to_what_an_area_belongs(city: City) -> None:
    assert sorted(city.areas["district"]) == ["439901", "439902", "439903", "439904"]
    for code, (properties, _) in city.areas["squad"].items():
        assert re.fullmatch(r"\d{9}", code)
        assert code[:6] == properties["district"]
        assert code[:6] in city.areas["district"]
        assert properties["name"].endswith("街道")
    for code, (properties, _) in city.areas["grid"].items():
        assert re.fullmatch(r"\d{15}", code)
        assert (code[:6], code[:9]) == (properties["district"], properties["squad"])
        assert code[:9] in city.areas["squad"]
    for found in city.areas.values():
        assert all(properties["name_en"].isascii() for properties, _ in found.values())


def test_each_squad_has_its_grids_of_a_like_number(city: City) -> None:
    counts = [sum(code.startswith(squad) for code in city.areas["grid"]) for squad in city.areas["squad"]]
    assert all(15 <= count <= 35 for count in counts)


def test_shapes_are_valid_and_in_one_piece(city: City) -> None:
    for found in city.areas.values():
        for code, (_, shape) in found.items():
            assert shape.is_valid, code
            assert shape.geom_type == "Polygon", code
            assert shape.area > 5_000, code


def test_neighbours_share_their_border_without_gap_or_overlap(city: City) -> None:
    whole = {kind: shapely.union_all([shape for _, shape in found.values()]) for kind, found in city.areas.items()}
    for kind, found in city.areas.items():
        total = sum(shape.area for _, shape in found.values())
        assert abs(total - whole[kind].area) < 0.001 * total, kind
        assert shapely.get_num_interior_rings(whole[kind]) == 0, kind
        assert whole[kind].symmetric_difference(whole["district"]).area < 0.001 * total
    grids = [shape for _, shape in city.areas["grid"].values()]
    for i, j in zip(*STRtree(grids).query(grids, predicate="intersects"), strict=True):
        if i < j:
            assert grids[i].intersection(grids[j]).area < 50


def test_an_area_holds_exactly_its_own(city: City) -> None:
    for upper, lower, length in (("district", "squad", 6), ("squad", "grid", 9)):
        for code, (_, shape) in city.areas[upper].items():
            own = [part for inner, (_, part) in city.areas[lower].items() if inner[:length] == code]
            assert abs(sum(part.area for part in own) - shape.area) < 0.001 * shape.area


def test_grids_are_small_in_the_old_town_and_numbered_from_the_west(city: City) -> None:
    old = [
        shape.area
        for properties, shape in city.areas["grid"].values()
        if properties["name"].startswith(("鼓楼", "解放"))
    ]
    rest = [
        shape.area
        for properties, shape in city.areas["grid"].values()
        if not properties["name"].startswith(("鼓楼", "解放"))
    ]
    assert sum(old) / len(old) < 0.5 * sum(rest) / len(rest)
    for squad in city.areas["squad"]:
        grids = [shape.centroid.x for code, (_, shape) in sorted(city.areas["grid"].items()) if code.startswith(squad)]
        pairs = list(itertools.combinations(grids, 2))
        assert sum(a <= b for a, b in pairs) > 0.8 * len(pairs)
