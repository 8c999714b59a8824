"""Routes of geofences: which there are, and drawing, changing and deleting them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl import geofences
from backend.avl.crossings import count_crossings
from backend.avl.fence_hours import Span, check_hours, day_start
from backend.avl.fence_reach import READ, Reach, check_audience, find_seen, reach_of, sees
from backend.avl.geofences import Drawn, Geofence, Tells
from backend.clock import from_ms, now_ms
from backend.errors import BadInput, Forbidden
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.forms import LARGEST_ID, Id
from backend.identity.login_routes import Strict
from backend.identity.reach import check_body, covered_bodies, covers_body, organisation_of
from backend.identity.registry import Organisation

router = APIRouter(prefix="/api/v1")

EDIT = "geofence.edit"
LAST_MOMENT = 4_102_444_800_000
MOST_NAMED = 1000

FenceReader = Annotated[Viewer, Depends(Requires(READ))]
FenceEditor = Annotated[Viewer, Depends(Requires(EDIT))]
Moment = Annotated[int, Field(ge=0, le=LAST_MOMENT)]
Body = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Unit = Annotated[int, Field(ge=1, le=(1 << 32) - 1)]


class GeofenceOut(BaseModel):
    """A fence, as far as I may see it. Moments are ms since 1970, m² on the ellipsoid, GeoJSON in WGS-84.

    `bodies` and `units` null: it is about everybody beneath `body`; else those of them that I may see. `changeable`:
    by me. `today`: crossings since midnight in China that I may see.
    """

    id: int
    name: str
    body: int
    body_name: str
    body_name_en: str | None
    bodies: list[int] | None
    units: list[int] | None
    hours: list[dict[str, Any]] | None
    tells: Tells
    since: int
    until: int | None
    by: str
    made_at: int
    shape: dict[str, Any]
    square_metres: float
    changeable: bool
    today: int


class GeofenceIn(Strict):
    """A fence: whose, about whom (`bodies` or `units` beneath `body`; neither: all), when, and what it tells."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    body: Body
    bodies: Annotated[list[Body], Field(min_length=1, max_length=MOST_NAMED)] | None = None
    units: Annotated[list[Unit], Field(min_length=1, max_length=MOST_NAMED)] | None = None
    hours: list[Span] | None = None
    tells: Tells = "both"
    since: Moment | None = None
    until: Moment | None = None
    shape: dict[str, Any]


class DrawnFor(BaseModel):
    """A body that geofences can be drawn for, or be about."""

    id: int
    parent: int | None
    kind: str
    name: str
    name_en: str | None


class GeofenceId(BaseModel):
    """The fence that was made."""

    id: int


@router.get("/geofences")
async def fences(request: Request, viewer: FenceReader) -> list[GeofenceOut]:
    """The geofences of bodies that I see, and those about units that I see."""
    organisation = organisation_of(request)
    async with request.app.state.database.snapshot() as session:
        living = await geofences.read_geofences(session)
        counts = await count_crossings(session, viewer.rights.scope(READ), day_start(now_ms()))
    reach = reach_of(viewer, organisation)
    shown = [one for one in living if sees(viewer, organisation, reach, one)]
    return [_told(one, viewer, organisation, reach, counts.get(one.id, 0)) for one in shown]


@router.get("/geofences/bodies")
async def bodies(request: Request, viewer: FenceEditor) -> list[DrawnFor]:
    """The bodies that I may draw geofences for."""
    organisation = organisation_of(request)
    mine = [organisation.bodies[id] for id in covered_bodies(viewer, EDIT, organisation)]
    return [DrawnFor(id=one.id, parent=one.parent, kind=one.kind, name=one.name, name_en=one.name_en) for one in mine]


@router.post("/geofences", status_code=201)
async def add(request: Request, body: GeofenceIn, viewer: FenceEditor) -> GeofenceId:
    """Draw a geofence for a body of mine."""
    drawn = _drawn(request, viewer, body)
    async with request.app.state.database.transaction() as session:
        id = await geofences.add_geofence(session, actor_of(request, viewer), drawn)
    await _tell(request)
    return GeofenceId(id=id)


@router.put("/geofences/{id}", status_code=204)
async def change(request: Request, id: Id, body: GeofenceIn, viewer: FenceEditor) -> None:
    """Change a geofence of a body of mine; all of it is given anew."""
    async with request.app.state.database.transaction() as session:
        await _check_mine(session, request, viewer, id)
        drawn = _drawn(request, viewer, body)
        await geofences.change_geofence(session, actor_of(request, viewer), id, drawn)
    await _tell(request)


@router.delete("/geofences/{id}", status_code=204)
async def delete(request: Request, id: Id, viewer: FenceEditor) -> None:
    """Delete a geofence of a body of mine; its crossings stay in history."""
    async with request.app.state.database.transaction() as session:
        await _check_mine(session, request, viewer, id)
        await geofences.delete_geofence(session, actor_of(request, viewer), id)
    await _tell(request)


async def _check_mine(session: AsyncSession, request: Request, viewer: Viewer, id: int) -> None:
    """Raises NotFound for a fence that I neither see nor may change, Forbidden for one that I only see."""
    organisation = organisation_of(request)
    body, _ = await geofences.find_geofence(session, id)
    if covers_body(viewer, EDIT, organisation, body):
        return
    await find_seen(session, viewer, organisation, id)
    raise Forbidden(f"this needs the right {EDIT} for body {body}", code="needs", atom=EDIT, body=body)


def _drawn(request: Request, viewer: Viewer, body: GeofenceIn) -> Drawn:
    organisation = organisation_of(request)
    check_body(viewer, EDIT, organisation, body.body)
    check_audience(organisation, body.body, body.bodies, body.units)
    name = body.name.strip()
    if not name or not name.isprintable():
        raise BadInput("a geofence has a name of 1 to 80 signs on one line", code="name_bad", got=body.name)
    since = None if body.since is None else from_ms(body.since)
    until = None if body.until is None else from_ms(body.until)
    if until is not None and until <= (since or from_ms(now_ms())):
        raise BadInput("a geofence ends after it begins, and not in the past", code="until_before_since")
    return Drawn(
        name,
        geofences.read_fence_shape(body.shape),
        body.body,
        None if body.bodies is None else sorted(set(body.bodies)),
        None if body.units is None else sorted(set(body.units)),
        check_hours(body.hours),
        body.tells,
        since,
        until,
    )


def _told(fence: Geofence, viewer: Viewer, organisation: Organisation, reach: Reach, today: int) -> GeofenceOut:
    """Of whom it is about, whoever may change it is told all; others those whom they see."""
    changeable, owner = covers_body(viewer, EDIT, organisation, fence.body), organisation.bodies.get(fence.body)
    bodies = [one for one in fence.bodies or () if changeable or one in reach.bodies]
    units = [one for one in fence.units or () if changeable or one in reach.units]
    fields = {name: getattr(fence, name) for name in Geofence.__slots__}
    seen = {"bodies": fence.bodies and bodies, "units": fence.units and units}
    named = {"body_name": owner.name if owner else "", "body_name_en": owner.name_en if owner else None}
    return GeofenceOut(**fields | seen | named, changeable=changeable, today=today)


async def _tell(request: Request) -> None:
    """Every ingest looks now; without a bus, at its next poll."""
    await request.app.state.bus.publish(geofences.GEOFENCES_CHANGED, b"")
