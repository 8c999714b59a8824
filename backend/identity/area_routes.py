"""Routes of jurisdiction: the areas of bodies, now and at other times, and which bodies a point belongs to."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from backend.clock import from_ms, utc_now
from backend.errors import NotFound
from backend.geo.outline import area_m2, read_outline
from backend.identity import areas
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.audit import record
from backend.identity.body_routes import BodyReader, BodyWriter, check_seen
from backend.identity.change import tell_all
from backend.identity.login_routes import Strict
from backend.identity.reach import covers_body, organisation_of

router = APIRouter(prefix="/api/v1")

LAST_MOMENT = 4_102_444_800_000  # 2100: a date that Python and PostgreSQL both know
Moment = Annotated[int, Field(ge=0, le=LAST_MOMENT)]


class FeaturesOut(BaseModel):
    """A GeoJSON FeatureCollection, WGS-84."""

    type: str = "FeatureCollection"
    features: list[dict[str, Any]]


class HolderOut(BaseModel):
    """A body whose area holds a point."""

    id: int
    kind: str
    code: str | None
    name: str
    name_en: str | None


class AreaOut(BaseModel):
    """A version of a body's area: ms since 1970, m² on the ellipsoid, GeoJSON in WGS-84."""

    id: int
    since: int
    until: int | None
    square_metres: float
    by: str
    shape: dict[str, Any]


class NewArea(Strict):
    """An area that a body gets: GeoJSON Polygon or MultiPolygon in WGS-84, from now or a moment on."""

    shape: dict[str, Any]
    since: Moment | None = None


class OverlapOut(BaseModel):
    """A body of the same kind that also acts on a part of it."""

    body: int
    name: str
    name_en: str | None
    square_metres: float


class PutAreaOut(BaseModel):
    """The new version (`id` null: the body had just this area), and whom it overlaps."""

    id: int | None
    square_metres: float
    overlaps: list[OverlapOut]


class End(Strict):
    """When an area ends: now or a moment."""

    until: Moment | None = None


@router.get("/jurisdiction")
async def jurisdiction(
    request: Request, viewer: BodyReader, at: Annotated[int | None, Query(ge=0, le=LAST_MOMENT)] = None
) -> FeaturesOut:
    """The areas in force of the bodies that I may see."""
    organisation = organisation_of(request)
    async with request.app.state.database.snapshot() as session:
        features = await areas.present_areas(session, moment(at))
    seen = [
        one for one in features if covers_body(viewer, "organisation.read", organisation, one["properties"]["body"])
    ]
    return FeaturesOut(features=seen)


@router.get("/jurisdiction/at")
async def holders(
    request: Request,
    viewer: Annotated[Viewer, Depends(Requires("map.read"))],
    longitude: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    latitude: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
) -> list[HolderOut]:
    """The bodies whose area holds a point, the one nearest the root first. No secret: they stand on the map."""
    organisation = organisation_of(request)
    async with request.app.state.database.snapshot() as session:
        found = await areas.bodies_at(session, longitude, latitude)
    known = [organisation.bodies[id] for id in found if id in organisation.bodies]
    return [
        HolderOut(id=one.id, kind=one.kind, code=one.code, name=one.name, name_en=one.name_en)
        for one in sorted(known, key=lambda one: (organisation.depth(one.id), one.id))
    ]


@router.get("/bodies/{id}/areas")
async def versions(request: Request, id: int, viewer: BodyReader) -> list[AreaOut]:
    """All versions of a body's area, the newest first."""
    check_seen(request, viewer, "organisation.read", id)
    async with request.app.state.database.snapshot() as session:
        return [AreaOut(**one) for one in await areas.versions_of(session, id)]


@router.put("/bodies/{id}/area", status_code=201)
async def put_area(request: Request, id: int, body: NewArea, viewer: BodyWriter) -> PutAreaOut:
    """Give a body this area from a moment on; the version before ends there."""
    check_seen(request, viewer, "organisation.write", id)
    outline = read_outline(body.shape)
    async with request.app.state.database.transaction() as session:
        area = await areas.put_area(session, id, outline, viewer.holder, from_ms(body.since) if body.since else None)
        overlaps = await areas.overlaps_of(session, area) if area is not None else []
        if area is not None:
            size = round(area_m2(outline))
            details = {"area": area, "square_metres": size, "since": body.since}
            await record(session, actor_of(request, viewer), "area.changed", f"body:{id}", **details)
    await tell_all(request)
    return PutAreaOut(
        id=area,
        square_metres=area_m2(outline),
        overlaps=[
            OverlapOut(body=one.body, name=one.name, name_en=one.name_en, square_metres=one.square_metres)
            for one in overlaps
        ],
    )


@router.post("/jurisdiction/{area}/end", status_code=204)
async def end_area(request: Request, area: int, body: End, viewer: BodyWriter) -> None:
    """Let an area end; its body acts nowhere from then on, until it gets another one."""
    async with request.app.state.database.transaction() as session:
        owner = await areas.body_of_area(session, area)
        if owner is None or not covers_body(viewer, "organisation.write", organisation_of(request), owner):
            raise NotFound(f"there is no area {area}", area=area)
        await areas.end_area(session, area, from_ms(body.until) if body.until else None)
        await record(session, actor_of(request, viewer), "area.ended", f"body:{owner}", area=area, until=body.until)
    await tell_all(request)


def moment(at: int | None) -> datetime:
    """ms since 1970; now if none is given."""
    return utc_now() if at is None else from_ms(at)
