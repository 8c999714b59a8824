"""What a named thing is to people who look for it, by its tags, and which kind they most likely mean.

A kind is OpenStreetMap's own word, except where that says nothing: `subway_station`, `shop`, `water`, `building`.
"""

# The less, the more likely meant. What is not named here: OTHER.
LIKELY = {
    "city": 0.0,
    "town": 0.5,
    "borough": 0.5,
    "district": 0.5,
    "squad": 1.0,
    "suburb": 1.0,
    "quarter": 1.0,
    "village": 1.0,
    "street": 1.0,
    "crossing": 3.0,
    "station": 1.0,
    "subway_station": 1.0,
    "neighbourhood": 1.5,
    "park": 1.5,
    "hospital": 1.5,
    "university": 1.5,
    "police": 1.5,
    "townhall": 1.5,
    "water": 2.0,
    "school": 2.0,
    "bus_stop": 3.0,
    "building": 3.0,
    "grid": 3.0,
    "address": 3.5,
}
OTHER = 2.5

TOWNS = ("city", "town", "borough", "district", "suburb", "quarter", "neighbourhood", "village", "hamlet")
PLACES = (*TOWNS, "locality", "island", "islet", "square")
KEYS = ("aeroway", "emergency", "amenity", "tourism", "leisure", "historic", "man_made")


def kind_of(tags: dict[str, str]) -> str | None:
    """The kind of a named thing, or None for what nobody looks for by name. Streets are not asked here."""
    if tags.get("place") in PLACES:
        return tags["place"]
    if tags.get("railway") in ("station", "halt", "tram_stop"):
        is_urban = tags.get("station") in ("subway", "light_rail") or tags.get("subway") == "yes"
        return "subway_station" if is_urban else "station"
    if tags.get("highway") == "bus_stop":
        return "bus_stop"
    for key in KEYS:
        if key in tags:
            return tags[key]
    if "shop" in tags or "office" in tags:
        return "shop" if "shop" in tags else "office"
    if tags.get("natural") == "water" or "waterway" in tags:
        return "water"
    if "building" in tags:
        return "building"
    return "neighbourhood" if tags.get("landuse") == "residential" else None
