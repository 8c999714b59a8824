"""What each parcel is used for: the landmarks first, then by the dice of its quarter; and what it is called."""

from collections import defaultdict
from collections.abc import Callable

import numpy as np
import shapely
from shapely.geometry import Point
from shapely.strtree import STRtree

from tiles.demo import place_names
from tiles.demo.landmarks import LANDMARKS
from tiles.demo.naming import pinyin
from tiles.demo.parcels import Parcel, split
from tiles.demo.plane import polygons_of

SHARES: dict[str, tuple[tuple[str, float], ...]] = {
    "old": (("oldtown", 1.0),),
    "danwei": (("housing", 0.56), ("office", 0.09), ("school", 0.07), ("kindergarten", 0.05), ("hospital", 0.015),
               ("market", 0.03), ("park", 0.025), ("government", 0.05), ("industrial", 0.03), ("mall", 0.02),
               ("green", 0.015), ("estate", 0.03)),
    "estate": (("estate", 0.42), ("housing", 0.14), ("villas", 0.05), ("school", 0.06), ("kindergarten", 0.04),
               ("office", 0.05), ("market", 0.02), ("park", 0.02), ("green", 0.06), ("construction", 0.025),
               ("hospital", 0.01), ("mall", 0.02)),
    "new": (("estate", 0.38), ("office", 0.2), ("school", 0.07), ("kindergarten", 0.04), ("park", 0.03),
            ("green", 0.06), ("construction", 0.03), ("mall", 0.03), ("government", 0.03), ("market", 0.02)),
    "campus": (("university", 0.12), ("techpark", 0.38), ("estate", 0.26), ("green", 0.12), ("housing", 0.12)),
    "industry": (("industrial", 0.58), ("warehouse", 0.2), ("housing", 0.09), ("green", 0.08), ("office", 0.05)),
    "rural": (("fields", 1.0),),
    "hill": (("fields", 1.0),),
    "park": (("park", 1.0),),
}  # fmt: skip
SIZES = {"kindergarten": 8_000, "market": 15_000, "park": 26_000, "school": 30_000, "hospital": 36_000, "mall": 26_000,
         "office": 24_000, "government": 16_000}  # fmt: skip
"""Square metres of uses that do not take a large parcel whole; the rest of it is filled."""
FILLING = {"danwei": "housing", "estate": "estate", "new": "estate", "campus": "techpark", "industry": "industrial",
           "old": "oldtown"}  # fmt: skip
CORE = ((5300.0, 1700.0), 750.0)
"""Middle and radius of the towers of the new district, metres."""


def assign_uses(parcels: list[Parcel], seed: int) -> tuple[list[Parcel], dict[int, str]]:
    """Parcels with their use; and by the index of a landmark's parcel its OSM tags. Plots of landmarks become one."""
    parcels, tags = _place_landmarks(parcels)
    dice = np.random.default_rng(seed)
    for index in range(len(parcels)):
        parcel = parcels[index]
        chance = float(dice.random())
        if index in tags:
            continue
        parcel.use = _drawn(SHARES[parcel.quarter], chance)
        middle = parcel.area.centroid
        core, radius = CORE
        if (
            parcel.quarter == "new"
            and middle.distance(Point(core)) < radius
            and parcel.use in ("estate", "office", "green")
        ):
            parcel.use = "cbd"
        size = SIZES.get(parcel.use, 9e9)
        if parcel.quarter != "park" and parcel.area.area > 1.8 * size:
            first, *rest = split(parcel.area, size, dice)
            parcel.area = first
            parcels += [Parcel(part, parcel.quarter, parcel.plot, FILLING[parcel.quarter]) for part in rest]
        if parcel.area.area < 6000 and parcel.use not in ("oldtown", "fields"):
            parcel.use = "green" if chance < 0.35 else "office" if chance < 0.6 else "housing"
    return parcels, tags


def _drawn(shares: tuple[tuple[str, float], ...], chance: float) -> str:
    for use, share in shares:
        chance -= share
        if chance < 0:
            return use
    return shares[0][0]


def _place_landmarks(parcels: list[Parcel]) -> tuple[list[Parcel], dict[int, str]]:
    tree = STRtree([parcel.area for parcel in parcels])
    plots: dict[int, list[int]] = defaultdict(list)
    for index, parcel in enumerate(parcels):
        plots[parcel.plot].append(index)
    gone: set[int] = set()
    owner: dict[int, str] = {}
    for mark in LANDMARKS:
        place = Point(mark.x, mark.y)
        around = tree.query(place, predicate="dwithin", distance=500).tolist()
        free = [i for i in around if i not in gone and i not in owner and parcels[i].area.area > 1500]
        if not free:
            raise ValueError(f"no free parcel for {mark.name} near {mark.x}, {mark.y}")
        index = min(free, key=lambda i: (round(parcels[i].area.distance(place), 1), i))
        parcel = parcels[index]
        if mark.whole:
            others = [i for i in plots[parcel.plot] if i not in owner]
            joined = shapely.union_all([parcels[i].area.buffer(3, join_style="mitre") for i in others])
            parts = polygons_of(joined.buffer(-3, join_style="mitre"))
            parcel.area = max(parts, key=lambda part: part.area)
            gone.update(i for i in others if i != index)
        parcel.use, parcel.name, parcel.name_en = mark.use, mark.name, mark.name_en
        owner[index] = mark.tags
    kept = [i for i in range(len(parcels)) if i not in gone]
    return [parcels[i] for i in kept], {new: owner[old] for new, old in enumerate(kept) if old in owner}


class Namer:
    """Gives names that are used once, made from the street nearby or from lists."""

    def __init__(self, stem_at: Callable[[Point], str], seed: int) -> None:
        """`stem_at` tells the name of the nearest street without its ending."""
        self._stem_at = stem_at
        self._dice = np.random.default_rng(seed)
        self._taken = {mark.name for mark in LANDMARKS}
        self._pools = {kind: self._shuffled(pool) for kind, pool in place_names.POOLS.items()}

    def _shuffled(self, pool: list[tuple[str, str]]) -> list[tuple[str, str]]:
        return [pool[i] for i in self._dice.permutation(len(pool))]

    def name(self, kind: str, place: Point) -> tuple[str, str] | None:
        """A name and its English for a place of a kind (a key of `place_names.ENDINGS` or `place_names.POOLS`),
        None if all are used."""
        pool = self._pools.get(kind)
        if pool:
            found = pool.pop()
            if found[0] not in self._taken:
                self._taken.add(found[0])
                return found
        if kind not in place_names.ENDINGS:
            return None
        stem = self._stem_at(place)
        endings = place_names.ENDINGS[kind]
        first = int(self._dice.integers(len(endings)))
        for offset in range(len(endings)):
            ending, english = endings[(first + offset) % len(endings)]
            name = stem + ending
            if name not in self._taken:
                self._taken.add(name)
                return name, f"{pinyin(stem)} {english}"
        return None
