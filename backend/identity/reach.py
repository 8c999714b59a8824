"""How far a viewer reaches: which bodies, and so which people, and which units he holds an atom for."""

from collections.abc import Callable

from fastapi import Request
from fastapi.requests import HTTPConnection
from sqlalchemy.ext.asyncio import AsyncSession

from backend.errors import BadInput, Forbidden, NotFound
from backend.identity import reading
from backend.identity.access import Viewer
from backend.identity.registry import KnownUnit, Organisation
from backend.identity.rights import Rights, Scope, Verdict, may_see, verdict
from backend.identity.tree import Tree


def organisation_of(request: Request) -> Organisation:
    """The organisation of this moment."""
    found: Organisation = request.app.state.registry.current
    return found


def covers_body(viewer: Viewer, atom: str, organisation: Organisation, body: int) -> bool:
    """Whether the viewer holds the atom for a body's people."""
    known = organisation.bodies.get(body)
    return known is not None and may_see(viewer.rights.scope(atom), known.district, known.team, 0, 0)


def covered_bodies(viewer: Viewer, atom: str, organisation: Organisation) -> list[int]:
    """The bodies whose people the viewer holds the atom for."""
    return [one for one in organisation.bodies if covers_body(viewer, atom, organisation, one)]


def beneath(organisation: Organisation, body: int | None) -> set[int]:
    """A body and all below it; none for one that is not there, all for None."""
    if body is None:
        return set(organisation.bodies)
    return set(Tree(organisation.bodies.values()).beneath(body)) if body in organisation.bodies else set()


def covers_unit(viewer: Viewer, atom: str, unit: KnownUnit) -> bool:
    """Whether the viewer holds the atom for this unit, wherever it is."""
    return may_see(viewer.rights.scope(atom), unit.district, unit.squad, unit.number, 0)


def covered_units(viewer: Viewer, atom: str, organisation: Organisation) -> list[KnownUnit]:
    """The units that the viewer holds the atom for."""
    return [one for one in organisation.units.values() if covers_unit(viewer, atom, one)]


def findable_unit(scope: Scope, organisation: Organisation, number: int) -> KnownUnit | None:
    """The unit, if some of its places may be within the scope; of which ones they are, each row is asked."""
    unit = organisation.units.get(number)
    return None if unit is None or verdict(scope, unit.district, unit.squad) is Verdict.NONE else unit


def rights_now(request: HTTPConnection, viewer: Viewer) -> Callable[[], tuple[Organisation, Rights | None]]:
    """For long answers: the organisation at each moment, and what the viewer may then; None: nothing any more."""
    registry = request.app.state.registry

    def current() -> tuple[Organisation, Rights | None]:
        organisation: Organisation = registry.current
        known = organisation.viewers.get(viewer.holder)
        ended = viewer.session in organisation.ended
        return organisation, None if known is None or ended else known.rights

    return current


def check_body(viewer: Viewer, atom: str, organisation: Organisation, body: int) -> None:
    """Raises Forbidden where the viewer does not hold the atom for this body."""
    if not covers_body(viewer, atom, organisation, body):
        raise Forbidden(f"this needs the right {atom} for body {body}", code="needs", atom=atom, body=body)


def check_unit(viewer: Viewer, atom: str, organisation: Organisation, number: int) -> None:
    """Raises BadInput for a unit that is not there, and in the same words for one that the viewer does not reach."""
    unit = organisation.units.get(number)
    if unit is None or not covers_unit(viewer, atom, unit):
        raise BadInput(f"there is no unit {number}", code="no_unit", expected="the number of a unit", got=number)


async def check_person(request: Request, session: AsyncSession, viewer: Viewer, atom: str, id: int) -> None:
    """Raises NotFound for somebody whom the viewer does not hold the atom for: that he is there is no one's news."""
    body = await reading.body_of(session, id)
    if body is None or not covers_body(viewer, atom, organisation_of(request), body):
        raise NotFound(f"there is nobody {id}", person=id)
