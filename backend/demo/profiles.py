"""How each kind of unit moves: on which streets, how fast, how sharply. Metres, seconds, m/s, m/s²."""

from dataclasses import dataclass

from backend.demo.streets import DRIVE, RIDE, WALK


@dataclass(frozen=True, slots=True)
class Profile:
    """`speeds` by class of street (a class that is not there is not used); the street's own limit holds as well."""

    mode: int
    speeds: dict[str, float]
    accelerates: float
    brakes: float
    sideways: float  # how much acceleration it takes in a bend
    slowest_turn: float
    shift: float  # how far right of the street's centre line
    waits_at_lights: bool
    right_turn_s: float
    left_turn_s: float
    pace: tuple[float, float] = (0.88, 1.05)  # one unit is quicker than another


CAR = Profile(
    mode=DRIVE,
    speeds={
        "motorway": 22.0,
        "trunk": 18.0,
        "primary": 14.0,
        "secondary": 12.5,
        "tertiary": 11.0,
        "unclassified": 9.0,
        "residential": 8.0,
        "service": 5.0,
        "living_street": 4.0,
    },
    accelerates=1.8,
    brakes=2.5,
    sideways=2.0,
    slowest_turn=2.5,
    shift=2.5,
    waits_at_lights=True,
    right_turn_s=2.0,
    left_turn_s=5.0,
)
E_BIKE = Profile(
    mode=RIDE,
    speeds={
        "primary": 6.5,
        "secondary": 6.5,
        "tertiary": 6.5,
        "unclassified": 6.5,
        "cycleway": 6.0,
        "residential": 6.0,
        "service": 4.5,
        "track": 4.0,
        "living_street": 4.0,
        "path": 3.5,
        "pedestrian": 3.0,
        "footway": 3.0,
    },
    accelerates=1.2,
    brakes=2.0,
    sideways=1.5,
    slowest_turn=2.0,
    shift=3.0,
    waits_at_lights=True,
    right_turn_s=1.0,
    left_turn_s=3.0,
)
FOOT = Profile(
    mode=WALK,
    speeds={
        "trunk": 1.3,
        "primary": 1.3,
        "secondary": 1.3,
        "tertiary": 1.3,
        "unclassified": 1.3,
        "residential": 1.3,
        "service": 1.3,
        "living_street": 1.3,
        "track": 1.3,
        "cycleway": 1.3,
        "pedestrian": 1.3,
        "footway": 1.3,
        "path": 1.2,
        "steps": 0.7,
    },
    accelerates=0.6,
    brakes=0.8,
    sideways=1.0,
    slowest_turn=0.8,
    shift=1.0,
    waits_at_lights=False,  # walkers have lights of their own, which the map does not tell
    right_turn_s=0.0,
    left_turn_s=0.0,
    pace=(0.8, 1.15),
)
PROFILES = {"car": CAR, "command": CAR, "e_bike": E_BIKE, "foot": FOOT}
