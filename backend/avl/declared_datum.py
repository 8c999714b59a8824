"""A device whose datum a person has declared: many terminals lie about theirs, or have no way to tell it.

Not the decoder's part, which knows bytes and no devices: one connection may carry many. By declaration and never by
place, as in `geo/datum`.
"""

from dataclasses import replace

from backend.avl.messages import GIVEN_GCJ02
from backend.avl.passage import Knowledge, Passage, Stop, misplaced
from backend.geo.datum import from_gcj02


def datum(passage: Passage, known: Knowledge) -> Stop | None:
    """The place in WGS-84 as the device's declared datum has it; the place as given in GCJ-02 stays an attribute."""
    declared = passage.device.datum
    if declared is None:
        return None
    fix = passage.fix
    given = fix.attributes.get(GIVEN_GCJ02)  # there if the decoder believed the device and converted
    if (declared == "gcj02") is (given is not None):
        return None
    if given is None:
        attributes = {**fix.attributes, GIVEN_GCJ02: [fix.longitude, fix.latitude]}
        longitude, latitude = from_gcj02(fix.longitude, fix.latitude)
    else:
        attributes = {name: value for name, value in fix.attributes.items() if name != GIVEN_GCJ02}
        longitude, latitude = given
    passage.fix = replace(fix, longitude=longitude, latitude=latitude, attributes=attributes)
    return misplaced(passage.fix)
