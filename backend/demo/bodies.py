"""The demo's bodies: a city's bureau with its brigade, district bureaus with their squads, partner departments."""

from collections.abc import Sequence
from dataclasses import dataclass

CITY_CODE = "4399"
CITY = ("联动市城市管理执法局", "Liandong City Urban Management Bureau")
BRIGADE_CODE = CITY_CODE + "00"
BRIGADE = ("直属大队", "Direct Brigade", "直属", "Direct")
DEPARTMENTS = {
    "439991": ("交警支队", "Traffic Police", "交警", "Traffic police"),
    "439992": ("市场监管局", "Market Supervision Bureau", "市监", "Market supervision"),
    "439993": ("水务局", "Water Bureau", "水务", "Water"),
    "439994": ("园林局", "Parks Bureau", "园林", "Parks"),
    "439995": ("环卫处", "Sanitation Office", "环卫", "Sanitation"),
}
SQUADS = 16
# For a map that brings no areas of its own.
DISTRICTS = (
    ("老城区", "Laocheng District"),
    ("江南区", "Jiangnan District"),
    ("城东新区", "Chengdong New District"),
    ("临港区", "Lingang District"),
)
NUMBERS = "一二三四"
ENDINGS = ("街道办事处", "街道", "地区", "镇", "乡")
ENDINGS_EN = (" Subdistrict", " Sub-district", " Street", " Town", " Township")


@dataclass(frozen=True, slots=True)
class District:
    """A district of the map: its code and names."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class SquadArea:
    """A squad's area of the map: its code, its district's code, its names."""

    code: str
    district: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Body:
    """A body. `key` is its code; `short` is what its units are called by; `kind` as in `node.kind`."""

    key: str
    kind: str
    parent: str | None
    name: str
    name_en: str
    short: str = ""
    short_en: str = ""


def bodies_of(districts: Sequence[District], areas: Sequence[SquadArea]) -> list[Body]:
    """All bodies, each after the one above it. Sixteen squads: of a map with more areas some, with fewer all."""
    if not areas:
        districts, areas = default_districts()
    used = sorted({number * len(areas) // SQUADS for number in range(SQUADS)})
    shown = [areas[number] for number in used]
    served = {area.district for area in shown}
    return [
        Body(CITY_CODE, "city", None, *CITY),
        Body(BRIGADE_CODE, "brigade", CITY_CODE, *BRIGADE),
        *(
            Body(one.code, "district", CITY_CODE, f"{one.name}城市管理执法局", f"{one.name_en} Urban Management Bureau")
            for one in districts
            if one.code in served
        ),
        *(_squad(area) for area in shown),
        *(Body(code, "department", CITY_CODE, *names) for code, names in DEPARTMENTS.items()),
    ]


def default_districts() -> tuple[list[District], list[SquadArea]]:
    """Four districts with four numbered squads each."""
    districts = [District(f"{CITY_CODE}{n:02d}", *names) for n, names in enumerate(DISTRICTS, 1)]
    areas = [
        SquadArea(
            f"{one.code}{n:03d}",
            one.code,
            _without(one.name, ("新区", "区")) + numeral,
            f"{_without(one.name_en, (' New District', ' District'))} {n}",
        )
        for one in districts
        for n, numeral in enumerate(NUMBERS, 1)
    ]
    return districts, areas


def _squad(area: SquadArea) -> Body:
    short = _without(area.name, ENDINGS)
    short_en = _without(area.name_en, ENDINGS_EN) or short
    return Body(area.code, "squad", area.district or CITY_CODE, f"{short}中队", f"{short_en} Squad", short, short_en)


def _without(name: str, endings: Sequence[str]) -> str:
    """The name without the first of the endings that it has."""
    ending = next((one for one in endings if name.endswith(one) and name != one), "")
    return name.removesuffix(ending)
