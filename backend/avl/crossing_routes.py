"""Routes of what geofences saw: lists of crossings, and the visits of a unit to a fence out of its track."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from backend.avl import crossings, visits
from backend.avl.fence_reach import READ, find_seen
from backend.avl.geofences import shape_of
from backend.errors import Forbidden, NotFound
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.access_log import TRACK, check_reason, record_access
from backend.identity.forms import LARGEST_ID, Id
from backend.identity.reach import covers_unit, findable_unit, organisation_of

router = APIRouter(prefix="/api/v1")

LAST_MOMENT = 4_102_444_800_000
Reader = Annotated[Viewer, Depends(Requires(READ))]
Moment = Annotated[int, Query(ge=0, le=LAST_MOMENT, description="ms since 1970")]
Begin = Annotated[Moment, Query(alias="from")]
End = Annotated[Moment, Query(alias="to")]
More = Annotated[str | None, Query(max_length=40, description="`more` of the page before")]
Fence = Annotated[int, Query(ge=0, le=LARGEST_ID)]


@router.get("/geofences/{id}/crossings")
async def crossings_of(
    request: Request, id: Id, viewer: Reader, begin: Begin, end: End, after: More = None
) -> crossings.CrossingPage:
    """Who crossed this fence in 31 days at most, the newest first, as far as I may see it."""
    crossings.check_span(begin, end)
    async with request.app.state.database.snapshot() as session:
        await find_seen(session, viewer, organisation_of(request), id)
        scope = viewer.rights.scope(READ)
        return await crossings.read_crossings(session, scope, begin, end, geofence=id, after=after)


@router.get("/geofence-crossings")
async def all_crossings(
    request: Request,
    viewer: Reader,
    begin: Begin,
    end: End,
    unit: Annotated[int | None, Query(ge=0, le=(1 << 63) - 1)] = None,
    geofence: Fence | None = None,
    after: More = None,
) -> crossings.CrossingPage:
    """Crossings of all fences, deleted ones too, in 31 days at most, the newest first, as far as I may see them."""
    crossings.check_span(begin, end)
    scope = viewer.rights.scope(READ)
    async with request.app.state.database.snapshot() as session:
        return await crossings.read_crossings(session, scope, begin, end, geofence=geofence, unit=unit, after=after)


@router.get("/units/{number}/visits")
async def visits_to(
    request: Request,
    number: int,
    viewer: Annotated[Viewer, Depends(Requires("track.read"))],
    geofence: Fence,
    begin: Begin,
    end: End,
    reason: Annotated[str, Query(max_length=2000, description="why I look: 3 to 200 signs, for the access log")] = "",
) -> visits.VisitsOut:
    """When this unit was in a geofence, in 31 days at most, by its stored track: also before the fence was drawn."""
    scope, database = viewer.rights.scope("track.read"), request.app.state.database
    unit = findable_unit(scope, organisation_of(request), number)
    if unit is None:
        raise NotFound(f"there is no unit {number}", unit=number)
    visits.check_span(begin, end)
    check_reason(reason)
    if not viewer.rights.holds(READ):
        raise Forbidden(f"this needs the right {READ}", code="needs", atom=READ)
    async with database.snapshot() as session:
        await find_seen(session, viewer, organisation_of(request), geofence)
        shape = await shape_of(session, geofence)
    off_duty = covers_unit(viewer, "fleet.read", unit)
    found, fixes = await visits.read_visits(database, scope, number, shape, begin, end, off_duty=off_duty)
    async with database.transaction() as session:
        about = {"from": begin, "to": end, "points": fixes, "geofence": geofence}
        await record_access(session, actor_of(request, viewer), TRACK, f"unit:{number}", reason, **about)
    return visits.VisitsOut(unit=number, geofence=geofence, begin=begin, end=end, fixes=fixes, visits=found)
