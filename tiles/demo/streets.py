"""Cuts become streets: those that go straight on across a road are one street with one name; small ones have none."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import shapely
from shapely.strtree import STRtree

from tiles.demo.naming import NUMERALS, words
from tiles.demo.network import Key, key_of
from tiles.demo.plane import Points
from tiles.demo.quarters import Plan
from tiles.demo.roads import RANK, Road

STRAIGHT = np.radians(34)
"""A street goes on across a junction where it turns less than this."""
LEAST = {"old": 85.0, "rural": 1300.0}
"""Metres from which a street bears a name, by quarter; 380 elsewhere. Tertiary roads and larger always do."""


def chain_cuts(cuts: list[Road]) -> list[list[int]]:
    """Groups of cuts (by index) that are one street, each sorted."""
    arms: dict[Key, list[tuple[int, Points]]] = defaultdict(list)
    for index, cut in enumerate(cuts):
        for end, inner in ((0, 1), (-1, -2)):
            away = cut.points[inner] - cut.points[end]
            arms[key_of(cut.points[end])].append((index, away / np.hypot(*away)))
    parent = list(range(len(cuts)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for meeting in arms.values():
        pairs = sorted(
            (float(np.arccos(np.clip(-(a[1] @ b[1]), -1, 1))), a[0], b[0])
            for i, a in enumerate(meeting)
            for b in meeting[i + 1 :]
        )
        used: set[int] = set()
        for turn, one, other in pairs:
            if (cuts[one].quarter == "old") != (cuts[other].quarter == "old"):
                continue  # the wall that stood between them
            if turn < STRAIGHT and one not in used and other not in used and root(one) != root(other):
                used |= {one, other}
                parent[root(one)] = root(other)
    groups: dict[int, list[int]] = defaultdict(list)
    for index in range(len(cuts)):
        groups[root(index)].append(index)
    return sorted(groups.values())


def name_streets(cuts: list[Road], plan: Plan, taken: set[str], seed: int) -> None:
    """Gives each street its rank (that of most of it) and, from a certain length, a name; changes the roads.

    `taken`: names that other streets bear.
    """
    dice = np.random.default_rng(seed)
    pools = _pools(dice, taken)
    chains = [[cuts[i] for i in group] for group in chain_cuts(cuts)]
    chains.sort(key=lambda chain: -sum(road.line.length for road in chain))
    nameless: list[list[Road]] = []
    for chain in chains:
        lengths: dict[str, float] = defaultdict(float)
        for road in chain:
            lengths[road.kind] += road.line.length
        kind = max(lengths, key=lambda value: (lengths[value], RANK[value]))
        for road in chain:
            road.kind = kind
        length = sum(road.line.length for road in chain)
        middle = chain[len(chain) // 2].points.mean(axis=0)
        quarter = plan.at(float(middle[0]), float(middle[1]))
        wanted = length > LEAST.get(quarter, 380.0) or (RANK[kind] >= RANK["tertiary"] and quarter != "rural")
        name = next(pools[_pool(quarter, middle)], None) if wanted else None
        if name is None and wanted and quarter not in ("old", "rural"):
            name = next(pools["reserve"], None)
        if name is None:
            nameless.append(chain)
            continue
        for road in chain:
            road.name = name
    _number_lanes(nameless, chains)


def make_oneways(cuts: list[Road], seed: int) -> None:
    """Makes some small streets of the old town one way, each in one direction over its length; changes the roads."""
    dice = np.random.default_rng(seed)
    streets: dict[str, list[Road]] = defaultdict(list)
    for road in cuts:
        if road.quarter == "old" and road.name and road.kind in ("residential", "living_street"):
            streets[road.name].append(road)
    for parts in streets.values():
        if dice.random() > 0.3 or sum(road.line.length for road in parts) < 160:
            continue
        ways = np.array([road.points[-1] - road.points[0] for road in parts])
        span = np.abs(ways).sum(axis=0)
        sense = np.array([1.0, 0.0] if span[0] > span[1] else [0.0, 1.0]) * (1 if dice.random() < 0.5 else -1)
        for road, way in zip(parts, ways, strict=True):
            road.points = road.points if way @ sense >= 0 else road.points[::-1].copy()
            road.oneway = True


def _pool(quarter: str, middle: Points) -> str:
    """Which names are usual at a place: each part of the city has its own."""
    x, y = middle
    if quarter in ("old", "new", "campus", "industry", "rural"):
        return quarter
    if y > x * 0.35 - 1500 and x < 2200:
        return "civic" if quarter == "danwei" and x > -2600 else "cities" if x < -1000 else "mountains"
    return "garden" if x < 3600 and y < 0 else "new" if y > 0 else "industry"


def _pools(dice: np.random.Generator, taken: set[str]) -> dict[str, Iterator[str]]:
    def shuffled(stems: list[str], ending: str) -> list[str]:
        order = dice.permutation(len(stems))
        return [stems[i] + ending for i in order]

    reserve = [stem + "路" for stem in words("mountains")[::-1] + words("garden")[::-1] + words("new_district")[::-1]]
    taken = set(taken)

    def once(values: list[str]) -> Iterator[str]:
        for value in values:
            if value not in taken:
                taken.add(value)
                yield value

    return {
        "old": once(shuffled(words("old_town"), "")),
        "civic": once(shuffled(words("civic"), "路")),
        "cities": once(shuffled(words("cities"), "路")),
        "mountains": once(shuffled(words("mountains"), "路")),
        "garden": once(shuffled(words("garden"), "路")),
        "new": once(shuffled(words("new_district"), "路")),
        "campus": once(shuffled(words("campus"), "路")),
        "industry": once(shuffled(words("port"), "路")),
        "rural": once(shuffled(words("rural_roads"), "公路")),
        "reserve": once(reserve),
    }


def _number_lanes(nameless: list[list[Road]], chains: list[list[Road]]) -> None:
    """Small lanes of the old town are called after the lane from which they leave: 青石巷一弄, 二弄, …"""
    bearers = [
        road for chain in chains for road in chain if road.quarter == "old" and road.name[-1:] in ("巷", "街", "里")
    ]
    tree = STRtree([road.line for road in bearers])
    count: dict[str, int] = defaultdict(int)
    for chain in nameless:
        if chain[0].quarter != "old":
            continue
        ends = [shapely.Point(chain[0].points[0]), shapely.Point(chain[-1].points[-1])]
        near = sorted({int(i) for end in ends for i in tree.query(end, predicate="dwithin", distance=0.3)})
        bearer = next((bearers[i].name for i in near if count[bearers[i].name] < 6), None)
        if bearer is None:
            continue
        count[bearer] += 1
        for part in chain:
            part.name = f"{bearer}{NUMERALS[count[bearer] - 1]}弄"
