"""The demo's units, as tables: how many of which kind each body has, what they are called, how they report."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from backend.demo.bodies import SQUADS, Body


@dataclass(frozen=True, slots=True)
class Kind:
    """Names of a unit of this kind, seconds between its reports, and what its tracker speaks."""

    name: str
    name_en: str
    interval_s: float
    tracker: str


KINDS = {
    "car": Kind("巡逻车", "patrol car", 5.0, "jt808"),
    "e_bike": Kind("电动车组", "e-bike patrol", 5.0, "osmand"),
    "foot": Kind("步巡组", "foot patrol", 10.0, "owntracks"),
    "command": Kind("指挥车", "command car", 5.0, "gpsd"),
}

DENSE = ("car", "e_bike", "foot", "car", "e_bike", "foot")  # old town: narrow streets, markets
MIXED = ("car", "e_bike", "e_bike", "car", "e_bike", "foot")
WIDE = ("car", "e_bike", "car", "e_bike", "car", "foot")  # new town and port
# The sixteen squads in the order of their codes.
SQUAD_UNITS = (DENSE,) * 5 + (MIXED,) * 6 + (WIDE,) * 5
BRIGADE_UNITS = ("command",) + ("car",) * 8 + ("e_bike",) * 2
DEPARTMENT_UNITS = {"交警": 4, "市监": 3, "水务": 2, "园林": 2, "环卫": 2}  # cars
WHOLE_FLEET = 120

GOOD, WEAK, SILENT = "good", "weak", "silent"
# Squad's number (from 0) and unit's number in it (from 0): whose line is not as it should be.
LINES = {(3, 4): WEAK, (9, 2): WEAK, (14, 5): WEAK, (6, 3): SILENT}
COMMAND_SHORT = "指挥"


@dataclass(frozen=True, slots=True)
class Post:
    """A unit of the demo: call sign, kind, names, the key of its body, and how good its line is."""

    call_sign: str
    kind: str
    name: str
    name_en: str
    body: str
    line: str


def posts(bodies: Sequence[Body], count: int = WHOLE_FLEET) -> list[Post]:
    """The first `count` units; beyond the whole fleet it begins anew with further numbers and good lines."""
    made: list[Post] = []
    numbers: Counter[str] = Counter()
    table = list(_table(bodies))
    while len(made) < count:
        for body, kind, line in table[: count - len(made)]:
            short = COMMAND_SHORT if kind == "command" else body.short
            numbers[short] += 1
            number = f"{numbers[short]:02d}"
            names = KINDS[kind]
            made.append(
                Post(
                    f"{short}-{number}",
                    kind,
                    f"{body.short}{names.name}{number}",
                    f"{body.short_en} {names.name_en} {number}",
                    body.key,
                    line if len(made) < WHOLE_FLEET else GOOD,
                )
            )
    return made


def _table(bodies: Sequence[Body]) -> Iterator[tuple[Body, str, str]]:
    """Body, kind and line of the whole fleet: first one unit of each squad, then the second of each, …"""
    squads = [body for body in bodies if body.kind == "squad"]
    for seat in range(len(DENSE)):
        for number, kinds in enumerate(SQUAD_UNITS):
            body = squads[number * len(squads) // SQUADS]
            yield body, kinds[seat], LINES.get((number, seat), GOOD)
    for body in bodies:
        if body.kind == "brigade":
            yield from ((body, kind, GOOD) for kind in BRIGADE_UNITS)
        elif body.kind == "department":
            yield from ((body, "car", GOOD) for _ in range(DEPARTMENT_UNITS[body.short]))
