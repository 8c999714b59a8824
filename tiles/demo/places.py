"""The places people ask for: shops, banks, hotels, clinics, police stations … each at a building, called after its
street."""

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import Point

from tiles.demo.addresses import Streets
from tiles.demo.areas import SUBDISTRICTS
from tiles.demo.buildings import Building
from tiles.demo.draft import Draft, Tags
from tiles.demo.naming import KINDS, pinyin
from tiles.demo.parcels import Parcel
from tiles.demo.place_names import BANKS
from tiles.demo.uses import Namer


@dataclass(frozen=True)
class Sort:
    """A sort of place: the key of its names, tags, how many, and at which building kinds."""

    names: str
    tags: Tags
    count: int
    at: tuple[str, ...] = ("house", "apartments", "office", "retail")


SORTS = (
    Sort("bank", {"amenity": "bank"}, 110, ("office", "apartments", "house", "retail")),
    Sort("hotel", {"tourism": "hotel"}, 70, ("office", "apartments", "house")),
    Sort("supermarket", {"shop": "supermarket"}, 90),
    Sort("pharmacy", {"amenity": "pharmacy"}, 80),
    Sort("clinic", {"amenity": "clinic"}, 60),
    Sort("restaurant", {"amenity": "restaurant"}, 150),
    Sort("toilets", {"amenity": "toilets"}, 80),
    Sort("parking", {"amenity": "parking"}, 60, ("office", "retail", "apartments", "hospital")),
    Sort("fuel", {"amenity": "fuel"}, 40, ("industrial", "apartments", "warehouse", "house")),
    Sort("post", {"amenity": "post_office"}, 30),
    Sort("community", {"office": "government", "government": "administrative"}, 80),
    Sort("police", {"amenity": "police"}, 34, ("apartments", "public", "house")),
    Sort("fire", {"amenity": "fire_station"}, 14, ("apartments", "industrial", "public", "office")),
    Sort("market", {"amenity": "marketplace"}, 26, ("house", "apartments")),
    Sort("station", {"amenity": "waste_transfer_station"}, 20),
    Sort("library", {"amenity": "library"}, 14, ("apartments", "school", "public")),
    Sort("temple", {"amenity": "place_of_worship", "religion": "buddhist"}, 8, ("house",)),
)
PARCEL_SORTS = ("housing", "estate", "villas", "school", "kindergarten", "hospital", "market", "mall", "park",
    "government",
                "office", "cbd", "techpark", "university", "industrial", "warehouse", "temple")  # fmt: skip
"""Uses whose parcels bear names of their own."""


def name_parcels(parcels: list[Parcel], namer: Namer) -> None:
    """Names parcels that stand for one place; changes them."""
    for parcel in parcels:
        if parcel.name or parcel.use not in PARCEL_SORTS or parcel.area.area < 4_000:
            continue
        named = namer.name(parcel.use, parcel.area.representative_point())
        if named is not None:
            parcel.name, parcel.name_en = named


def write_places(
    draft: Draft, buildings: list[Building], namer: Namer, streets: Streets, middles: list[Point], seed: int
) -> None:
    """Writes single places, at buildings spread over the city, and the offices of sub-districts and squads.

    `middles`: of the sub-districts, in their order.
    """
    dice = np.random.default_rng(seed)
    spots = [building.area.representative_point() for building in buildings]
    by_kind: dict[str, list[int]] = {}
    for index, building in enumerate(buildings):
        by_kind.setdefault(building.kind, []).append(index)
    used: set[int] = set()
    for sort in SORTS:
        choice = [i for kind in sort.at for i in by_kind.get(kind, ())]
        weights = np.array([1.0 if buildings[i].kind == "house" else 3.0 for i in choice])
        order = dice.choice(
            len(choice), size=min(len(choice), sort.count * 3), replace=False, p=weights / weights.sum()
        )
        left = sort.count
        for row in order.tolist():
            index = choice[row]
            if left == 0 or index in used:
                continue
            name = namer.name(sort.names, spots[index])
            if name is None:
                continue
            label, english = _bank(name, dice) if sort.names == "bank" else name
            used.add(index)
            left -= 1
            tags = {**sort.tags, "name": label, "name:en": english, "addr:street": streets.nearest(spots[index])}
            draft.node(round(spots[index].x, 1), round(spots[index].y, 1), tags)
    _write_offices(draft, spots, middles, used)


def _bank(name: tuple[str, str], dice: np.random.Generator) -> tuple[str, str]:
    bank, english = BANKS[int(dice.integers(len(BANKS)))]
    return bank + name[0], f"{english} {name[1]}"


def _write_offices(draft: Draft, spots: list[Point], middles: list[Point], used: set[int]) -> None:
    """For each sub-district its office, its squad of city management and its fire brigade's place, at free
    buildings."""
    free = [index for index in range(len(spots)) if index not in used]
    places = np.array([spots[index] for index in free], dtype=object)
    for (_, name, *_), middle in zip(SUBDISTRICTS, middles, strict=True):
        nearest = np.argsort(shapely.distance(places, middle), kind="stable")[:2]
        for row, (ending, english) in zip(
            nearest.tolist(), (("街道办事处", "Subdistrict Office"), ("城管中队", "City Management Squad")), strict=True
        ):
            place = spots[free[row]]
            draft.node(round(place.x, 1), round(place.y, 1), {
                "office": "government", "government": "administrative", "name": name + ending,
                "name:en": f"{pinyin(name)} {english}"})  # fmt: skip


def stem_of(street: str) -> str:
    """A street's name without its ending: 湖东 of 湖东路."""
    base = street[:-2] if street.endswith("弄") and len(street) > 3 else street
    for ending, _ in KINDS:
        if base.endswith(ending) and len(base) - len(ending) >= 2:
            return base.removesuffix(ending)
    return base
