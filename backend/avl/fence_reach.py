"""Whom a geofence is about, and what of it a viewer may know."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.geofences import Geofence, read_geofences
from backend.errors import BadInput, NotFound
from backend.identity.access import Viewer
from backend.identity.reach import beneath, covered_units, covers_body
from backend.identity.registry import Organisation

READ = "geofence.read"


@dataclass(frozen=True, slots=True)
class Reach:
    """Of one viewer: the units that he holds an atom for, and the bodies that they stand beneath."""

    units: frozenset[int]
    bodies: frozenset[int]

    def touches(self, fence: Geofence) -> bool:
        """Whether the fence is about one of these units."""
        if fence.units is not None:
            return not self.units.isdisjoint(fence.units)
        return not self.bodies.isdisjoint(fence.bodies if fence.bodies is not None else (fence.body,))


def reach_of(viewer: Viewer, organisation: Organisation) -> Reach:
    """How far a viewer sees fences by their units."""
    units = covered_units(viewer, READ, organisation)
    bodies: set[int] = set()
    for unit in units:
        body: int | None = unit.body
        while body is not None and body not in bodies and body in organisation.bodies:
            bodies.add(body)
            body = organisation.bodies[body].parent
    return Reach(frozenset(unit.number for unit in units), frozenset(bodies))


def sees(viewer: Viewer, organisation: Organisation, reach: Reach, fence: Geofence) -> bool:
    """Whether the viewer may know of a fence: its body is his to see, or it is about a unit that is."""
    return covers_body(viewer, READ, organisation, fence.body) or reach.touches(fence)


async def find_seen(session: AsyncSession, viewer: Viewer, organisation: Organisation, id: int) -> Geofence:
    """A fence that the viewer may know of. Raises NotFound."""
    for fence in await read_geofences(session, id):
        if sees(viewer, organisation, reach_of(viewer, organisation), fence):
            return fence
    raise NotFound(f"there is no geofence {id}", geofence=id, code="no_geofence")


def check_audience(
    organisation: Organisation, body: int, bodies: Iterable[int] | None, units: Iterable[int] | None
) -> None:
    """Raises BadInput (`code` audience_bad) for what does not stand beneath the body that the fence belongs to."""
    if bodies is not None and units is not None:
        raise BadInput("a geofence is about bodies or about units, not both", code="audience_bad")
    within = beneath(organisation, body)
    if wrong := sorted(one for one in bodies or () if one not in within):
        raise BadInput(f"bodies {wrong} do not stand beneath body {body}", code="audience_bad", bodies=wrong)
    known = organisation.units
    if wrong := sorted(one for one in units or () if one not in known or known[one].body not in within):
        raise BadInput(f"units {wrong} do not belong beneath body {body}", code="audience_bad", units=wrong)
