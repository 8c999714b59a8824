"""Fixes of all units at once, in some cells and a span of time: as far as a viewer may see them, as SQL."""

from typing import Any

from backend.bus.record import FLAG_JUMP, FLAG_SECOND_SOURCE
from backend.clock import from_ms
from backend.identity.filters import COVERED, covered
from backend.identity.reach import findable_unit
from backend.identity.registry import Organisation
from backend.identity.rights import Rights, may_see

# Columns of `stored_fix`. Neither what cannot be true nor what a better device of the unit told meanwhile; `<>`, as the
# planner takes it for most rows, which it is, and `= 0` for few.
TOLD = f"flags & {FLAG_JUMP} <> {FLAG_JUMP} AND flags & {FLAG_SECOND_SOURCE} <> {FLAG_SECOND_SOURCE}"
# What was measured off duty is for `fleet.read`, unit by unit.
SEEN_IN = f"""cell = ANY (CAST(:cells AS bigint[])) AND fixed_at BETWEEN :begin AND :end
    AND unit = ANY (CAST(:units AS bigint[])) AND {COVERED}
    AND {TOLD} AND (flags & 8 = 0 OR unit = ANY (CAST(:off_duty_units AS bigint[])))"""


def seen_in(organisation: Organisation, rights: Rights, cells: list[int], begin: int, end: int) -> dict[str, Any]:
    """The values for `SEEN_IN`: fine cells, two moments (ms, both inside), whoever holds these rights."""
    scope, fleet = rights.scope("track.read"), rights.scope("fleet.read")
    units = [one for number in organisation.units if (one := findable_unit(scope, organisation, number)) is not None]
    return covered(scope) | {
        "cells": cells,
        "begin": from_ms(begin),
        "end": from_ms(end),
        "units": [one.number for one in units],
        "off_duty_units": [one.number for one in units if may_see(fleet, one.district, one.squad, one.number, 0)],
    }
