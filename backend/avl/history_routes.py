"""Routes of history: tracks as files, stops and distance of a unit, who was near a place. `docs/history.md`."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from backend.avl.approved import LAST_MOMENT
from backend.avl.areas import Area, Circle, area_of_box, area_of_circle, area_of_shape
from backend.avl.history import Wanted, check_history, track_file
from backend.avl.journey import movement_of, stops_of
from backend.avl.nearby import Nearby, check_nearby, read_nearby
from backend.avl.track_files import Format, track_form
from backend.avl.tracks import check_span, read_samples
from backend.errors import BadInput, NotFound
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.access_log import EXPORT, PLACE, TRACK, check_reason, record_access
from backend.identity.login_routes import Strict
from backend.identity.reach import covers_unit, findable_unit, organisation_of, rights_now

router = APIRouter(prefix="/api/v1")

Moment = Annotated[int, Query(ge=0, le=LAST_MOMENT, description="ms since 1970")]
Reason = Annotated[str, Query(max_length=2000, description="why I look: 3 to 200 signs, for the access log")]
Tracker = Annotated[Viewer, Depends(Requires("track.read"))]
LARGEST_UNIT = (1 << 63) - 1


class StopOut(BaseModel):
    """Where the unit stayed: ms since 1970, and the middle in degrees WGS-84."""

    begin: int = Field(serialization_alias="from")
    end: int = Field(serialization_alias="to")
    longitude: float
    latitude: float


class JourneyOut(BaseModel):
    """Stops in order of time; metres on the way; ms moving, standing, and without a position for over 2 minutes."""

    unit: int
    begin: int = Field(serialization_alias="from")
    end: int = Field(serialization_alias="to")
    fixes: int
    stops: list[StopOut]
    distance: float
    moving: int
    standing: int
    unknown: int


class TracksIn(Strict):
    """All units in a polygon or circle, between two moments (ms since 1970, both inside)."""

    polygon: dict[str, Any] | None = None
    circle: Circle | None = None
    begin: int = Field(alias="from", ge=0, le=LAST_MOMENT)
    end: int = Field(alias="to", ge=0, le=LAST_MOMENT)
    format: Format = "geojson"
    reason: Annotated[str, Field(max_length=2000)] = ""


@router.get("/tracks")
async def tracks(
    request: Request,
    viewer: Tracker,
    begin: Annotated[Moment, Query(alias="from")],
    end: Annotated[Moment, Query(alias="to")],
    unit: Annotated[int | None, Query(ge=0, le=LARGEST_UNIT)] = None,
    area: Annotated[str | None, Query(max_length=200, description="west,south,east,north in degrees")] = None,
    format: Format = "geojson",
    reason: Reason = "",
) -> StreamingResponse:
    """The track of one unit (31 days at most), or of all units in a rectangle (24 h at most), as a file."""
    if (unit is None) == (area is None):
        raise BadInput("expected one of unit and area", expected="unit=… or area=west,south,east,north")
    ground = None if area is None else await asyncio.to_thread(area_of_box, area)
    return await _file(request, viewer, Wanted(begin, end, unit, ground), format, reason)


@router.post("/tracks")
async def tracks_in(request: Request, body: TracksIn, viewer: Tracker) -> StreamingResponse:
    """The tracks of all units in a GeoJSON polygon or in a circle, 24 h at most, as a file. It changes nothing."""
    if (body.polygon is None) == (body.circle is None):
        raise BadInput("expected one of polygon and circle", expected="a polygon of GeoJSON, or a circle")
    ground: Area
    if body.circle is not None:
        ground = await asyncio.to_thread(area_of_circle, body.circle)
    else:
        ground = await asyncio.to_thread(area_of_shape, body.polygon)
    return await _file(request, viewer, Wanted(body.begin, body.end, None, ground), body.format, body.reason)


@router.get("/units/{number}/stops")
async def stops(
    request: Request,
    number: int,
    viewer: Tracker,
    begin: Annotated[Moment, Query(alias="from")],
    end: Annotated[Moment, Query(alias="to")],
    minutes: Annotated[float, Query(ge=0.5, le=1440, allow_inf_nan=False)] = 2,
    reason: Reason = "",
) -> JourneyOut:
    """Where a unit stayed for so many minutes or longer, and how far it drove, in 24 h at most."""
    organisation, scope = organisation_of(request), viewer.rights.scope("track.read")
    unit = findable_unit(scope, organisation, number)
    if unit is None:
        raise NotFound(f"there is no unit {number}", unit=number)
    check_span(begin, end)
    check_reason(reason)
    async with request.app.state.database.transaction() as session:
        off_duty = covers_unit(viewer, "fleet.read", unit)
        samples = await read_samples(session, scope, number, begin, end, off_duty=off_duty)
        about = {"from": begin, "to": end, "points": len(samples), "stops": minutes}
        await record_access(session, actor_of(request, viewer), TRACK, f"unit:{number}", reason, **about)
    stayed = await asyncio.to_thread(stops_of, samples, round(minutes * 60_000))
    moved = await asyncio.to_thread(movement_of, samples)
    return JourneyOut(
        unit=number,
        begin=begin,
        end=end,
        fixes=len(samples),
        stops=[StopOut(**{name: getattr(one, name) for name in StopOut.model_fields}) for one in stayed],
        distance=round(moved.distance, 1),
        moving=moved.moving,
        standing=moved.standing,
        unknown=moved.unknown,
    )


@router.get("/presence-at")
async def presence_at(
    request: Request,
    viewer: Tracker,
    longitude: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    latitude: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    metres: Annotated[float, Query(allow_inf_nan=False)],
    begin: Annotated[Moment, Query(alias="from")],
    end: Annotated[Moment, Query(alias="to")],
    reason: Reason = "",
) -> list[Nearby]:
    """Who was within so many metres (2000 at most) of here, in 24 h at most, as far as I may see it."""
    check_nearby(metres, begin, end)
    check_reason(reason)
    circle = Circle(longitude=longitude, latitude=latitude, metres=metres)
    async with request.app.state.database.transaction() as session:
        found = await read_nearby(session, organisation_of(request), viewer.rights, circle, begin, end)
        about = {"from": begin, "to": end, "metres": metres, "units": len(found)}
        place = f"place:{longitude:.6f},{latitude:.6f}"
        await record_access(session, actor_of(request, viewer), PLACE, place, reason, **about)
    return found


async def _file(request: Request, viewer: Viewer, wanted: Wanted, form: Format, reason: str) -> StreamingResponse:
    """The file, after its row of the access log was committed."""
    about: dict[str, Any] = {"from": wanted.begin, "to": wanted.end, "format": form}
    if wanted.area is None:
        assert wanted.unit is not None
        if findable_unit(viewer.rights.scope("track.read"), organisation_of(request), wanted.unit) is None:
            raise NotFound(f"there is no unit {wanted.unit}", unit=wanted.unit)
        object, name = f"unit:{wanted.unit}", f"track-{wanted.unit}"
    else:
        object, name = wanted.area.words, "tracks"
        if "metres" in wanted.area.values:
            about["metres"] = wanted.area.values["metres"]
    check_history(wanted)
    check_reason(reason)
    async with request.app.state.database.transaction() as session:
        await record_access(session, actor_of(request, viewer), EXPORT, object, reason, **about)
    file = track_form(form)
    parts = track_file(request.app.state.database, wanted, file, rights_now(request, viewer))
    headers = {"Content-Disposition": f'attachment; filename="{name}.{form}"'}
    return StreamingResponse(parts, media_type=file.media_type, headers=headers)
