"""A unit with several devices is told by the best of them that speaks.

The lower precedence wins. A source speaks as long as its last fix came within the freshness, and was measured within
it, too: what a device kept and sends hours later does not count. What a lesser one says meanwhile is stored with a flag
that keeps it out of tracks, and announced to nobody; when the better one falls silent the lesser takes over, and when
it comes back its first newer fix wins. Among equals the newest fix wins.

Kept fixes are judged by when they were measured: they are told as the unit's unless a better source spoke then, as far
as this process remembers it. Freshness should be longer than the interval at which devices report.

Several ingests: an announcement carries the precedence of its source (byte 31 of the record), so what another ingest
announces counts here as a source of its own. Not heard are lesser sources that keep quiet there, and after a start
those that have not spoken yet: then one fix of a lesser source may be announced before the better one speaks.
"""

from backend.avl.passage import Knowledge, Passage, Stop
from backend.avl.protocols import PROTOCOLS
from backend.bus.record import FLAG_SECOND_SOURCE
from backend.identity.registry import KnownDevice


def precedence_of(device: KnownDevice) -> int:
    """1 (best) to 255: the device's own, else that of its protocol."""
    return PROTOCOLS[device.protocol].precedence if device.precedence is None else device.precedence


def preferred(passage: Passage, known: Knowledge) -> Stop | None:
    """While a better source speaks for the unit, a lesser one is stored and not announced."""
    if not passage.announce:
        return None
    speakers, device, moment = known.speakers, passage.device, passage.moment
    unit, precedence = device.unit.number, precedence_of(device)
    for spell in speakers.better(unit, device.id, precedence):
        speaks = passage.received_at - spell.heard_at <= speakers.fresh_ms
        if speaks:
            passage.announce = False
        if spell.since <= moment and (speaks or moment <= spell.last):
            passage.flags |= FLAG_SECOND_SOURCE
            passage.announce = False
    speakers.hear(unit, device.id, precedence, moment, passage.received_at)
    return None
