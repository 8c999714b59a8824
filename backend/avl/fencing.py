"""The step that tells when a unit's newest position has crossed a geofence."""

from backend.avl.facts import ENTERED, LEFT, Fact
from backend.avl.fence_shape import WORST_ACCURACY
from backend.avl.fences import OUTSIDE
from backend.avl.passage import Knowledge, Passage, Stop


def fenced(passage: Passage, known: Knowledge) -> Stop | None:
    """In or out of a fence that is about the unit is a fact. Only a unit's newest position crosses, never a late one.

    Off duty nothing is anybody's newest, so nothing crosses.
    """
    fences, unit = known.fences, passage.device.unit
    if not passage.announce or not fences:
        return None
    # Nearly always: no fence here, and in none before.
    if not fences.near(passage.cell) and fences.inside.get(unit.number) is OUTSIDE:
        return None
    fix = passage.fix
    if (fix.accuracy or 0.0) > WORST_ACCURACY:
        return None
    before = fences.before(unit)
    now = fences.at(unit, fix.longitude, fix.latitude, passage.cell, before or OUTSIDE)
    fences.inside[unit.number] = now
    if before is None or before == now:
        return None
    for id in sorted(before ^ now):
        fence, entered = fences.get(id), id in now
        if fence is None or not fences.concerns(fence, unit):
            continue
        if fence.tells_at(passage.moment, entered=entered):
            passage.facts.append(_crossing(passage, id, entered))
    return None


def _crossing(passage: Passage, fence: int, entered: bool) -> Fact:
    fix, unit = passage.fix, passage.device.unit
    return Fact(
        f"geofence:{fence}:{unit.number}:{passage.fixed_at}:{'e' if entered else 'l'}",
        ENTERED if entered else LEFT,
        unit.number,
        passage.device.id,
        unit.district,
        unit.squad,
        passage.moment,
        passage.received_at,
        fix.longitude,
        fix.latitude,
        passage.cell,
        geofence=fence,
    )
