"""The city, its districts and settlements as OSM tells them: boundary relations and place nodes."""

from shapely.geometry import Polygon

from tiles.demo.areas import SUBDISTRICTS, Area
from tiles.demo.draft import Draft
from tiles.demo.naming import pinyin
from tiles.demo.plane import Points


def write_borders(
    draft: Draft, areas: list[Area], villages: list[tuple[str, str, Polygon]], estates: list[tuple[str, str, Points]]
) -> None:
    """Writes boundaries of districts and places: city, suburbs (districts), quarters (sub-districts),
    neighbourhoods, villages."""
    draft.node(
        -480.0,
        -1500.0,
        {"place": "city", "name": "联动市", "name:en": "Liandong", "population": "3860000", "capital": "5"},
    )
    for area in areas:
        if area.kind == "district":
            tags = {
                "boundary": "administrative",
                "admin_level": "6",
                "name": area.name,
                "name:en": area.name_en,
                "ref": area.code,
            }
            draft.area(area.shape, tags, relation="boundary")
            middle = area.shape.representative_point()
            draft.node(
                round(middle.x, 1), round(middle.y, 1), {"place": "suburb", "name": area.name, "name:en": area.name_en}
            )
    for _, name, x, y, _ in SUBDISTRICTS:
        draft.node(x, y + 90, {"place": "quarter", "name": name, "name:en": pinyin(name)})
    for name, english, place in estates:
        draft.node(float(place[0]), float(place[1]), {"place": "neighbourhood", "name": name, "name:en": english})
    for name, english, shape in villages:
        middle = shape.representative_point()
        draft.node(round(middle.x, 1), round(middle.y, 1), {"place": "village", "name": name, "name:en": english})
