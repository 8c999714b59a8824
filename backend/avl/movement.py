"""The steps that compare a fix with where its device was before: jumps, standing still, thinning."""

import math

from backend.avl.passage import Knowledge, Movement, Passage, Spot, Stop
from backend.bus.record import FLAG_JUMP, FLAG_STANDING
from backend.geo.cells import METRES_PER_DEGREE

REACH = 70.0  # m/s: 250 km/h, which no vehicle of a city exceeds
SLACK_M = 200.0  # what a receiver between high houses may be wrong, twice
STANDING_M = 50.0
STANDING_MS = 120_000
THIN_M = 25.0
MOVING = 1.5  # m/s: faster than this by its own word, it does not stand


def metres(one: Spot, other: Spot) -> float:
    """The distance on a plane through them."""
    east = (other.longitude - one.longitude + 180) % 360 - 180
    north = other.latitude - one.latitude
    return math.hypot(east * math.cos(math.radians(one.latitude)), north) * METRES_PER_DEGREE


def jumped(passage: Passage, known: Knowledge) -> Stop | None:
    """Too far from the fix before it: kept, flagged and not announced, until a second one says the same place.

    What is older than the newest of its device is not judged.
    """
    spot = Spot(passage.moment, passage.fix.longitude, passage.fix.latitude)
    movement = known.movements.get(passage.device.id)
    if movement is None:
        known.movements[passage.device.id] = Movement(spot, spot, spot)
        return None
    if spot.moment < movement.last.moment:
        return None
    slack = SLACK_M + (passage.fix.accuracy or 0.0)
    if not _within_reach(movement.last, spot, slack):
        believed = movement.unbelieved is not None and _within_reach(movement.unbelieved, spot, slack)
        if not believed:
            movement.unbelieved = spot
            passage.flags |= FLAG_JUMP
            passage.announce = False
            return None
    movement.last, movement.unbelieved = spot, None
    return None


def _within_reach(before: Spot, now: Spot, slack: float) -> bool:
    return metres(before, now) <= slack + REACH * abs(now.moment - before.moment) / 1000


def standing(passage: Passage, known: Knowledge) -> Stop | None:
    """It has stayed within `STANDING_M` for `STANDING_MS`, and says nothing else itself."""
    if not passage.announce:
        return None
    movement = known.movements[passage.device.id]
    if (passage.fix.speed or 0.0) > MOVING or metres(movement.anchor, movement.last) > STANDING_M:
        movement.anchor = movement.last
    elif movement.last.moment - movement.anchor.moment >= STANDING_MS:
        passage.flags |= FLAG_STANDING
    return None


def thinned(passage: Passage, known: Knowledge) -> Stop | None:
    """Of a device that does not move, only one fix in `thin_ms` is stored; all are announced. Off where it is 0.

    Alarms, crossings and what is late are always stored.
    """
    if not known.thin_ms or not passage.announce:
        return None
    movement = known.movements[passage.device.id]
    if (
        passage.fix.alarms
        or passage.facts
        or (passage.fix.speed or 0.0) > MOVING
        or movement.last.moment - movement.stored.moment >= known.thin_ms
        or metres(movement.stored, movement.last) > THIN_M
        or movement.stored is movement.last
    ):
        movement.stored = movement.last
    else:
        passage.store = False
    return None
