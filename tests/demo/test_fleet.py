"""The written tables give what the demo promises: 120 units, 24 bodies with units, and more of the same beyond."""

from collections import Counter

import pytest

from backend.demo.bodies import Body, District, SquadArea, bodies_of
from backend.demo.fleet import GOOD, KINDS, SILENT, WEAK, posts
from backend.identity.tables import NODE_KINDS, UNIT_KINDS


def areas(count: int) -> list[Body]:
    """The bodies of a map with so many squads' areas in two districts."""
    districts = [District("439901", "老城区", "Old Town District"), District("439902", "江南区", "Jiangnan District")]
    squads = [
        SquadArea(f"{439901 + n % 2}{n:03d}", f"{439901 + n % 2}", f"甲{n}街道", f"Place {n} Subdistrict")
        for n in range(count)
    ]
    return bodies_of(districts, squads)


def test_the_whole_fleet() -> None:
    fleet = posts(bodies_of([], []))
    assert Counter(post.kind for post in fleet) == {"car": 58, "e_bike": 40, "foot": 21, "command": 1}
    assert Counter(post.line for post in fleet) == {GOOD: 116, WEAK: 3, SILENT: 1}
    kinds = {body.key: body.kind for body in bodies_of([], [])}
    assert Counter(kinds[post.body] for post in fleet) == {"squad": 96, "brigade": 11, "department": 13}
    assert set(Counter(post.body for post in fleet if kinds[post.body] == "squad").values()) == {6}
    assert {post.kind for post in fleet} == set(UNIT_KINDS) == set(KINDS)


@pytest.mark.parametrize("count", [0, 1, 7, 16, 40])
def test_bodies_of_any_map(count: int) -> None:
    bodies = areas(count)
    assert Counter(body.kind for body in bodies) == {
        "city": 1,
        "brigade": 1,
        "district": min(count, 2) or 4,
        "squad": min(count or 16, 16),
        "department": 5,
    }
    assert {body.kind for body in bodies} <= set(NODE_KINDS)
    keys = [body.key for body in bodies]
    assert len(set(keys)) == len(keys)
    assert all(body.parent in keys[:place] for place, body in enumerate(bodies) if body.parent)
    assert len(posts(bodies)) == 120
    assert {post.body for post in posts(bodies)} == {
        body.key for body in bodies if body.kind not in ("city", "district")
    }


@pytest.mark.parametrize("count", [1, 6, 40, 120, 121, 5000])
def test_call_signs_are_unique_and_a_part_is_the_first_of_the_whole(count: int) -> None:
    fleet = posts(areas(16), count)
    assert len(fleet) == count
    assert len({post.call_sign for post in fleet}) == count
    assert fleet[:120] == posts(areas(16))[:count]
    assert all(post.line == GOOD for post in fleet[120:])


def test_names_are_short_and_in_both_languages() -> None:
    fleet = {post.call_sign: post for post in posts(areas(16))}
    first = fleet["甲0-01"]
    assert (first.name, first.name_en) == ("甲0巡逻车01", "Place 0 patrol car 01")
    assert {"指挥-01", "直属-10", "交警-04", "市监-03", "水务-02", "园林-02", "环卫-02"} <= set(fleet)
    (squad,) = [body for body in areas(16) if body.key == first.body]
    assert (squad.name, squad.name_en) == ("甲0中队", "Place 0 Squad")


def test_squads_of_an_unknown_district_stand_below_the_city() -> None:
    (squad,) = [body for body in bodies_of([], [SquadArea("1", "", "某镇", "")]) if body.kind == "squad"]
    assert (squad.parent, squad.name, squad.short_en) == ("4399", "某中队", "某")
