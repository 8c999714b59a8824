"""Routes of vehicle location: the track of a unit, and where government vehicles stand off duty."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from backend.avl.fleet import Parked, read_parked
from backend.avl.tracks import Track, check_span, read_samples, read_track, simplify_track
from backend.db.engine import Database, is_away
from backend.errors import NotFound, Unavailable
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.access_log import FLEET, TRACK, check_reason, record_access
from backend.identity.audit import record
from backend.identity.reach import covers_unit, findable_unit
from backend.identity.registry import Organisation

router = APIRouter()
# Later than any fix can be, and still a date that Python and PostgreSQL both know.
LAST_MOMENT = 4_102_444_800_000
Moment = Annotated[int, Query(ge=0, le=LAST_MOMENT)]


@router.get("/api/v1/units/{number}/track")
async def track(
    request: Request,
    number: int,
    begin: Annotated[Moment, Query(alias="from", description="ms since 1970")],
    end: Annotated[Moment, Query(alias="to", description="ms since 1970, at most 24 h later")],
    viewer: Annotated[Viewer, Depends(Requires("track.read"))],
    reason: Annotated[str, Query(max_length=2000, description="why I look: 3 to 200 signs, for the access log")] = "",
    zoom: Annotated[
        float | None, Query(ge=0, le=24, allow_inf_nan=False, description="simplified to half a pixel of this zoom")
    ] = None,
) -> Track:
    """Where this unit was, as far as I may see it. That I looked, and why, is a row of the access log."""
    organisation: Organisation = request.app.state.registry.current
    database: Database = request.app.state.database
    scope = viewer.rights.scope("track.read")
    unit = findable_unit(scope, organisation, number)
    # A unit now of a body that I may not see is unknown to me, unless some of its places may be mine.
    if unit is None:
        raise NotFound(f"there is no unit {number}", unit=number)
    check_span(begin, end)
    check_reason(reason)
    try:
        async with database.transaction() as session:
            off_duty = covers_unit(viewer, "fleet.read", unit)
            if zoom is None:
                found = await read_track(session, scope, number, begin, end, off_duty=off_duty)
            else:
                samples = await read_samples(session, scope, number, begin, end, off_duty=off_duty)
                found = await simplify_track(samples, number, begin, end, zoom)
            about = {"from": begin, "to": end, "points": len(found.times)}
            await record_access(session, actor_of(request, viewer), TRACK, f"unit:{number}", reason, **about)
    except Exception as error:
        if not is_away(error):
            raise
        raise Unavailable("the database is away, and tracks lie in it; try again soon") from error
    return found


@router.get("/api/v1/fleet/parked")
async def parked(request: Request, viewer: Annotated[Viewer, Depends(Requires("fleet.read"))]) -> list[Parked]:
    """Where the government vehicles stand that are off duty, as far as I manage them."""
    organisation: Organisation = request.app.state.registry.current
    units = [one for one in organisation.units.values() if not one.on_duty and covers_unit(viewer, "fleet.read", one)]
    # A transaction and no snapshot: that somebody looked is written with what he saw.
    async with request.app.state.database.transaction() as session:
        found = await read_parked(session, units)
        await record(session, actor_of(request, viewer), FLEET, None, units=[one.unit for one in found])
    return found
