"""The steps that every fix goes through, in this order. No I/O: each looks at the fix and at what is known.

A step returns None to let it pass, or a `Stop` that says why it ends here.
"""

from collections import deque
from collections.abc import Callable

from backend.avl.batch import digest
from backend.avl.declared_datum import datum
from backend.avl.facts import alarm_fact
from backend.avl.fencing import fenced
from backend.avl.movement import jumped, standing, thinned
from backend.avl.passage import REPEAT, Knowledge, Passage, Stop, misplaced
from backend.avl.sources import preferred
from backend.bus.record import FLAG_ALARM, FLAG_CLOCK_AHEAD, FLAG_OFF_DUTY, FLAG_SIMULATED
from backend.geo.cells import cell_of

RECENT = 16  # fixes remembered per device to know a repetition at once; the store knows all of them
CLOCK_TOLERANCE_MS = 2_000
FASTEST = 140.0  # m/s: 500 km/h, beyond any car and any helicopter of a city
DAY_MS = 86_400_000


def sane(passage: Passage, known: Knowledge) -> Stop | None:
    """Physical sense: a place on Earth that is not "no fix" (0, 0), a possible speed, a time we can keep."""
    fix = passage.fix
    nowhere = misplaced(fix)
    if nowhere is not None:
        return nowhere
    if fix.speed is not None and not 0 <= fix.speed <= FASTEST:
        return Stop("speed")
    passage.fixed_at = passage.received_at if fix.fixed_at is None else fix.fixed_at
    ahead = passage.fixed_at - passage.received_at
    if ahead > known.future_limit_ms:
        return Stop("future")
    # Whole days, as the store drops whole days.
    if passage.fixed_at // DAY_MS < (passage.received_at - known.retention_ms) // DAY_MS:
        return Stop("retention")
    if ahead > CLOCK_TOLERANCE_MS:
        passage.flags |= FLAG_CLOCK_AHEAD
    if fix.alarms:
        passage.flags |= FLAG_ALARM
    if passage.device.simulated:
        passage.flags |= FLAG_SIMULATED
    return None


def repeated(passage: Passage, known: Knowledge) -> Stop | None:
    """The same device, moment, place and alarms as one of its last fixes: a client that sent it again."""
    fix = passage.fix
    passage.digest = digest(fix.longitude, fix.latitude, fix.alarms)
    identity = (passage.fixed_at, passage.digest)
    recent = known.recent.get(passage.device.id)
    if recent is None:
        recent = known.recent[passage.device.id] = deque(maxlen=RECENT)
    if identity in recent:
        return REPEAT
    recent.append(identity)
    return None


def late(passage: Passage, known: Knowledge) -> Stop | None:
    """Older than the unit's newest: back-fill is stored, not announced. What must not be seen is nobody's newest."""
    if not passage.announce:
        return None
    unit, moment = passage.device.unit.number, passage.moment
    newest = known.newest.get(unit)
    if newest is not None and moment <= newest:
        passage.announce = False
    else:
        known.newest[unit] = moment
    return None


def on_duty(passage: Passage, known: Knowledge) -> Stop | None:
    """Off duty a personal telephone is nobody's business; a government vehicle is stored, and announced to nobody.

    A telephone that kept its fixes for itself and sends them now is judged by when they were taken.
    """
    unit = passage.device.unit
    if passage.device.personal and (not unit.on_duty or passage.fixed_at < unit.duty_since):
        return Stop("off_duty")
    if unit.on_duty:
        return None
    passage.flags |= FLAG_OFF_DUTY
    passage.announce = False
    return None


def cell(passage: Passage, known: Knowledge) -> Stop | None:
    """The H3 cell that becomes the position's address."""
    passage.cell = cell_of(passage.fix.longitude, passage.fix.latitude)
    return None


def alarmed(passage: Passage, known: Knowledge) -> Stop | None:
    """An alarm that was not raised before is a fact; one that stays raised is the same."""
    fix, device = passage.fix, passage.device
    raised = fix.alarms & ~known.alarms.get(device.id, 0)
    if raised:
        place = (fix.longitude, fix.latitude)
        passage.facts.append(alarm_fact(device, passage.fixed_at, passage.received_at, place, passage.cell, raised))
    if fix.alarms or device.id in known.alarms:
        known.alarms[device.id] = fix.alarms
    return None


Step = Callable[[Passage, Knowledge], Stop | None]

STEPS: tuple[Step, ...] = (
    sane, datum, on_duty, repeated, jumped, preferred, late, cell, alarmed, fenced, standing, thinned,
)  # fmt: skip


def run(passage: Passage, known: Knowledge) -> Stop | None:
    """Send one fix through all steps; returns why it ended, None when it passed them all."""
    for step in STEPS:
        stop = step(passage, known)
        if stop is not None:
            return stop
    return None
