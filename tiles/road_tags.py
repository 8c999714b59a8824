"""What the tags of an OSM way say about who may travel it, in which direction and how fast. No I/O."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

DRIVE, RIDE, WALK = 1, 2, 4
VEHICLES = DRIVE | RIDE
EVERYBODY = DRIVE | RIDE | WALK
KM_H = 1 / 3.6
MILES_H = 1609.344 / 3600

# Class → who may travel it unless tags say otherwise, and the speed limit where none is given, m/s.
CLASSES: dict[str, tuple[int, float]] = {
    "motorway": (DRIVE, 110 * KM_H),
    "trunk": (DRIVE | WALK, 80 * KM_H),
    "primary": (EVERYBODY, 60 * KM_H),
    "secondary": (EVERYBODY, 50 * KM_H),
    "tertiary": (EVERYBODY, 40 * KM_H),
    "unclassified": (EVERYBODY, 40 * KM_H),
    "residential": (EVERYBODY, 30 * KM_H),
    "living_street": (EVERYBODY, 20 * KM_H),
    "service": (EVERYBODY, 20 * KM_H),
    "track": (RIDE | WALK, 20 * KM_H),
    "cycleway": (RIDE | WALK, 20 * KM_H),
    "pedestrian": (WALK, 5 * KM_H),
    "footway": (WALK, 5 * KM_H),
    "path": (WALK, 5 * KM_H),
    "steps": (WALK, 3 * KM_H),
}
SAME_AS = {"road": "unclassified", "bridleway": "path"}
LINK_LIMIT = 40 * KM_H

# From the general to the particular: a later key overrules an earlier one (wiki.openstreetmap.org/wiki/Key:access).
ACCESS_KEYS = (
    ("access", EVERYBODY),
    ("vehicle", VEHICLES),
    ("motor_vehicle", DRIVE),
    ("motorcar", DRIVE),
    ("bicycle", RIDE),
    ("foot", WALK),
)
CLOSED = {"no", "private", "military", "agricultural", "forestry", "use_sidepath", "dismount"}
OPEN = {"yes", "designated", "permissive", "official", "destination"}
SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(mph|km/h|kmh)?$")


@dataclass(frozen=True, slots=True)
class Road:
    """A way that somebody may travel: class, who with its direction and against it (bits), limit in m/s."""

    name: str
    forward: int
    backward: int
    limit: float


def read_road(tags: Mapping[str, str]) -> Road | None:
    """The road that these tags describe; None where nobody may travel or it is no line."""
    highway = tags.get("highway", "")
    name = highway.removesuffix("_link")
    name = SAME_AS.get(name, name)
    if name not in CLASSES or tags.get("area") == "yes":
        return None
    who, limit = CLASSES[name]
    who = _admitted(tags, who)
    if not who:
        return None
    if highway.endswith("_link"):
        limit = min(limit, LINK_LIMIT)
    forward, backward = _directions(tags, who, is_motorway=name == "motorway")
    return Road(name, forward, backward, _limit(tags.get("maxspeed", ""), limit))


def _admitted(tags: Mapping[str, str], who: int) -> int:
    for key, bits in ACCESS_KEYS:
        value = tags.get(key)
        if value in CLOSED:
            who &= ~bits
        elif value in OPEN and key != "access":  # access=yes on a footway invites no cars
            who |= bits
    return who


def _directions(tags: Mapping[str, str], who: int, is_motorway: bool) -> tuple[int, int]:
    """Who may go with and against the way's direction. Walkers may always do both."""
    oneway = tags.get("oneway")
    if oneway is None and (is_motorway or tags.get("junction") in ("roundabout", "circular")):
        oneway = "yes"
    against = who & ~VEHICLES
    cycleways = (tags.get(key, "") for key in ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both"))
    if tags.get("oneway:bicycle") == "no" or any(value.startswith("opposite") for value in cycleways):
        against |= who & RIDE
    if oneway in ("yes", "1", "true"):
        return who, against
    if oneway in ("-1", "reverse"):
        return against, who
    return who, who


def _limit(text: str, otherwise: float) -> float:
    """A `maxspeed` in m/s; words such as `CN:urban` or `none` leave what is usual for the class."""
    found = SPEED.match(text.strip())
    if found is None or float(found[1]) == 0:
        return otherwise
    return float(found[1]) * (MILES_H if found[2] == "mph" else KM_H)
