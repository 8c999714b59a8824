"""The city, its districts and settlements as OSM tells them: boundary relations and place nodes."""

from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from tiles.demo.areas import SUBDISTRICTS, Area
from tiles.demo.draft import Draft, Tags
from tiles.demo.naming import pinyin

type Estate = tuple[str, str, float, float]
"""Name, English name, place in metres."""


def write_borders(
    draft: Draft, areas: list[Area], villages: list[tuple[str, str, Polygon]], estates: list[Estate]
) -> None:
    """Writes boundaries of districts and the places of all names of ground.

    They are city, suburbs (districts), quarters (sub-districts), neighbourhoods and villages.
    """
    city = {"place": "city", "name": "联动市", "name:en": "Liandong", "population": "3860000"}
    draft.node(-480.0, -1500.0, city)
    for area in areas:
        if area.kind == "district":
            names = {"name": area.name, "name:en": area.name_en}
            border = {"boundary": "administrative", "admin_level": "6", "ref": area.code}
            draft.area(area.shape, border | names, relation="boundary")
            _write_place(draft, area.shape, {"place": "suburb"} | names)
    for _, name, east, north, _ in SUBDISTRICTS:
        draft.node(east, north + 90, {"place": "quarter", "name": name, "name:en": pinyin(name)})
    for name, english, x, y in estates:
        draft.node(x, y, {"place": "neighbourhood", "name": name, "name:en": english})
    for name, english, shape in villages:
        _write_place(draft, shape, {"place": "village", "name": name, "name:en": english})


def _write_place(draft: Draft, shape: BaseGeometry, tags: Tags) -> None:
    middle = shape.representative_point()
    draft.node(round(middle.x, 1), round(middle.y, 1), tags)
