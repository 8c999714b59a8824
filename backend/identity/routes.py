"""Routes of identity: who am I, which units there are."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from backend.errors import NotFound
from backend.geo.ground import Ground
from backend.identity.access import Public, Requires, Viewer, csrf_token, viewer_of
from backend.identity.reach import covered_units, covers_unit
from backend.identity.registry import KnownUnit, Organisation
from backend.identity.sessions import COOKIE
from backend.settings import Settings

router = APIRouter()

DEMO_CENTRE, DEMO_ZOOM = (113.10, 28.20), 12.0  # where the demo's units are, when no map is built


class MapStart(BaseModel):
    """The first view of the map: degrees WGS-84 and zoom."""

    longitude: float
    latitude: float
    zoom: float


class SessionOut(BaseModel):
    """Who the viewer is and what it may do. `csrf` goes into the header of every request that changes something."""

    name: str
    name_en: str | None
    roles: list[str]
    atoms: list[str]
    csrf: str
    demo: bool
    map: MapStart
    version: int


class UnitOut(BaseModel):
    """A unit with its bodies' names."""

    number: int
    call_sign: str
    name: str
    name_en: str | None
    kind: str
    squad: int
    squad_name: str
    squad_name_en: str | None
    district: int
    district_name: str | None
    district_name_en: str | None


class DeviceOut(BaseModel):
    """A tracker of a unit. `knows_messages`: words can be sent to it (`device.command`)."""

    id: int
    identifier: str
    protocol: str
    simulated: bool
    knows_messages: bool


class UnitCardOut(UnitOut):
    """A unit with its trackers; without the right `device.read` there are none in the list."""

    devices: list[DeviceOut]


class UnitsOut(BaseModel):
    """All units that the viewer may see, true of one version of the registry."""

    version: int
    units: list[UnitOut]


@router.get("/api/v1/session", dependencies=[Depends(Public("answers 401 unless there is a session"))])
async def session(request: Request) -> SessionOut:
    """Who am I, and where does my map begin?"""
    viewer = await viewer_of(request)
    settings: Settings = request.app.state.settings
    return SessionOut(
        name=viewer.name,
        name_en=viewer.name_en,
        roles=list(viewer.roles),
        csrf=csrf_token(request.app.state.cookie_secret, request.cookies.get(COOKIE, "")),
        atoms=list(viewer.rights.atoms),
        demo=settings.has_demo,
        map=map_start(settings, request.app.state.ground),
        version=request.app.state.registry.current.version,
    )


def map_start(settings: Settings, ground: Ground) -> MapStart:
    """The first view: as set, else of the built map, else of the demo city."""
    built = ground.manifest
    longitude, latitude = built.centre if built else DEMO_CENTRE
    zoom = built.zoom if built else DEMO_ZOOM
    return MapStart(
        longitude=longitude if settings.map_longitude is None else settings.map_longitude,
        latitude=latitude if settings.map_latitude is None else settings.map_latitude,
        zoom=zoom if settings.map_zoom is None else settings.map_zoom,
    )


@router.get("/api/v1/units")
async def units(request: Request, viewer: Annotated[Viewer, Depends(Requires("unit.read"))]) -> UnitsOut:
    """The units that I may see, with the names of their bodies."""
    organisation: Organisation = request.app.state.registry.current
    seen = covered_units(viewer, "unit.read", organisation)
    return UnitsOut(version=organisation.version, units=[describe(unit, organisation) for unit in seen])


@router.get("/api/v1/units/{number}")
async def unit_card(
    request: Request, number: int, viewer: Annotated[Viewer, Depends(Requires("unit.read"))]
) -> UnitCardOut:
    """One unit, with what locates it."""
    organisation: Organisation = request.app.state.registry.current
    unit = organisation.units.get(number)
    if unit is None or not covers_unit(viewer, "unit.read", unit):
        raise NotFound(f"there is no unit {number}", unit=number)
    known = organisation.devices.values() if covers_unit(viewer, "device.read", unit) else ()
    commandable: frozenset[str] = request.app.state.commandable
    devices = [
        DeviceOut(
            id=device.id,
            identifier=device.identifier,
            protocol=device.protocol,
            simulated=device.simulated,
            knows_messages=device.protocol in commandable,
        )
        for device in known
        if device.unit.number == number
    ]
    return UnitCardOut(**describe(unit, organisation).model_dump(), devices=devices)


def describe(unit: KnownUnit, organisation: Organisation) -> UnitOut:
    """A unit with the names of its squad and district."""
    squad = organisation.bodies[unit.squad]
    district: Any = organisation.bodies.get(unit.district)
    return UnitOut(
        number=unit.number,
        call_sign=unit.call_sign,
        name=unit.name,
        name_en=unit.name_en,
        kind=unit.kind,
        squad=squad.id,
        squad_name=squad.name,
        squad_name_en=squad.name_en,
        district=unit.district,
        district_name=district.name if district else None,
        district_name_en=district.name_en if district else None,
    )
