"""Routes of tracking devices that are known."""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import to_ms
from backend.errors import BadInput, NotFound, Refusal
from backend.identity import devices
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.audit import record
from backend.identity.change import tell_all
from backend.identity.device_reading import devices_of
from backend.identity.forms import After, Id, Overlap, Search
from backend.identity.login_routes import Strict
from backend.identity.reach import beneath, check_unit, covered_units, covers_unit, organisation_of
from backend.identity.tables import Device

router = APIRouter(prefix="/api/v1/devices")

DeviceReader = Annotated[Viewer, Depends(Requires("device.read"))]
DeviceWriter = Annotated[Viewer, Depends(Requires("device.write"))]
Name = Annotated[str, Field(max_length=100)]
Precedence = Annotated[int | None, Field(ge=1, le=255)]
Datum = Literal["wgs84", "gcj02"] | None


class DeviceUnitOut(BaseModel):
    """The unit that a device reports for."""

    number: int
    call_sign: str
    name: str
    name_en: str | None


class DeviceRowOut(BaseModel):
    """A device. Moments are ms since 1970; `body` is its unit's; `former_until` only while a former token works.

    `precedence`: of a unit's devices the lowest is believed first; null: `usual_precedence`, that of its protocol.
    `datum`: in which it gives its places, whatever it says itself; null: as its protocol says.
    """

    id: int
    identifier: str
    protocol: str
    address: str | None
    unit: DeviceUnitOut
    body: int
    simulated: bool
    personal: bool
    tolerates_checksum: bool
    precedence: int | None
    usual_precedence: int
    datum: Datum
    first_seen: int | None
    last_seen: int | None
    former_until: int | None
    revoked_at: int | None


class DevicesOut(BaseModel):
    """A page of devices; `more`: the `after` of the next page, null at the end."""

    devices: list[DeviceRowOut]
    more: int | None


class NewDevice(Strict):
    """A device to be added."""

    identifier: Name
    unit: int
    protocol: Name
    personal: bool = False
    precedence: Precedence = None
    datum: Datum = None


class NewDeviceOut(BaseModel):
    """The token, and what is typed into the client: shown this once."""

    id: int
    identifier: str
    token: str
    typed: str


class DeviceChange(Strict):
    """What is not named stays. `precedence` and `datum` null: that of its protocol."""

    unit: int | None = None
    personal: bool | None = None
    tolerates_checksum: bool | None = None
    precedence: Precedence = None
    datum: Datum = None


class RotatedOut(BaseModel):
    """Another token, shown this once; `former_until`: ms since 1970, null where the former one ended at once."""

    token: str
    typed: str
    former_until: int | None


@router.get("")
async def list_devices(
    request: Request,
    viewer: DeviceReader,
    search: Search = "",
    body: int | None = None,
    after: After = 0,
) -> DevicesOut:
    """The devices of units of my part of the tree, of one body and all beneath if it is named, 100 a page."""
    organisation = organisation_of(request)
    wanted = beneath(organisation, body)
    units = [unit for unit in covered_units(viewer, "device.read", organisation) if unit.body in wanted]
    usual: dict[str, int] = request.app.state.precedences
    async with request.app.state.database.snapshot() as session:
        found, more = await devices_of(session, units, search, after)
    return DevicesOut(
        devices=[DeviceRowOut.model_validate(one | {"usual_precedence": usual[one["protocol"]]}) for one in found],
        more=more,
    )


@router.post("", status_code=201)
async def add_device(request: Request, body: NewDevice, viewer: DeviceWriter) -> NewDeviceOut:
    """Add a device, or take one of mine that was revoked into use again, with a new token."""
    check_unit(viewer, "device.write", organisation_of(request), body.unit)
    form = typed_form(request, body.protocol)
    async with request.app.state.database.transaction() as session:
        await check_free(request, session, viewer, body.identifier)
        token = devices.new_token()
        hash = devices.token_hash(token)
        known = await devices.put_device(
            session,
            body.identifier,
            body.unit,
            body.protocol,
            hash,
            personal=body.personal,
            precedence=body.precedence,
            datum=body.datum,
        )
        await record(
            session,
            actor_of(request, viewer),
            "device.added",
            f"device:{known.id}",
            **body.model_dump(exclude_none=True),
        )
    await tell_all(request)
    typed = form.format(identifier=known.identifier, token=token)
    return NewDeviceOut(id=known.id, identifier=known.identifier, token=token, typed=typed)


@router.patch("/{id}", status_code=204)
async def change_device(request: Request, id: Id, body: DeviceChange, viewer: DeviceWriter) -> None:
    """Let a device report for another unit, call it somebody's own, take its wrong checksums, believe it sooner, or
    declare its datum.
    """
    if body.unit is not None:
        check_unit(viewer, "device.write", organisation_of(request), body.unit)
    async with request.app.state.database.transaction() as session:
        known = await find(request, session, viewer, id)
        before = {"from_unit": known.unit, "was_personal": known.personal}
        await devices.change_device(session, known, body.unit, body.personal, body.tolerates_checksum)
        told = {"identifier": known.identifier, **before, **body.model_dump(exclude_none=True)}
        if "precedence" in body.model_fields_set:
            told |= {"precedence": body.precedence, "had_precedence": known.precedence}
            await devices.prefer_device(session, known, body.precedence)
        if "datum" in body.model_fields_set:
            told |= {"datum": body.datum, "had_datum": known.datum}
            await devices.declare_datum(session, known, body.datum)
        await record(session, actor_of(request, viewer), "device.changed", f"device:{id}", **told)
    await tell_all(request)


@router.post("/{id}/rotate")
async def rotate(request: Request, id: Id, body: Overlap, viewer: DeviceWriter) -> RotatedOut:
    """Another token for a device; the former one works on for a while."""
    async with request.app.state.database.transaction() as session:
        known = await find(request, session, viewer, id)
        form = typed_form(request, known.protocol)
        token = await devices.rotate_device(session, known, timedelta(hours=body.overlap_hours))
        told = {"identifier": known.identifier, **body.model_dump()}
        await record(session, actor_of(request, viewer), "device.rotated", f"device:{id}", **told)
    await tell_all(request)
    until = None if known.former_until is None else to_ms(known.former_until)
    typed = form.format(identifier=known.identifier, token=token)
    return RotatedOut(token=token, typed=typed, former_until=until)


@router.post("/{id}/revoke", status_code=204)
async def revoke(request: Request, id: Id, viewer: DeviceWriter) -> None:
    """Take nothing from a device any more, at once and on open connections too."""
    async with request.app.state.database.transaction() as session:
        known = await find(request, session, viewer, id)
        await devices.revoke_device(session, known)
        told = {"identifier": known.identifier}
        await record(session, actor_of(request, viewer), "device.revoked", f"device:{id}", **told)
    await tell_all(request)


def typed_form(request: Request, protocol: str) -> str:
    """How identifier and token are typed into a client. Raises BadInput where the program calls the device."""
    forms: dict[str, str] = request.app.state.typed
    if protocol not in forms:
        raise BadInput(
            f"no device of the protocol {protocol!r} shows a token", code="protocol_bad", expected=sorted(forms)
        )
    return forms[protocol]


async def check_free(request: Request, session: AsyncSession, viewer: Viewer, identifier: str) -> None:
    """Raises Refusal for an identifier that a device has, unless that one is the viewer's and was revoked."""
    found = await devices.device_of(session, identifier)
    if found is not None and (found.disabled_at is None or not covers_device(request, viewer, found)):
        raise Refusal(f"the identifier {identifier} is taken", code="identifier_taken", identifier=identifier)


async def find(request: Request, session: AsyncSession, viewer: Viewer, id: int) -> Device:
    """The device of this id, locked. Raises NotFound for one of others, and for one that was revoked."""
    found = await session.get(Device, id, with_for_update=True)
    if found is None or found.disabled_at is not None or not covers_device(request, viewer, found):
        raise NotFound(f"there is no device {id} in force", device=id)
    return found


def covers_device(request: Request, viewer: Viewer, device: Device) -> bool:
    """Whether the viewer may change a device: its unit is his."""
    unit = organisation_of(request).units.get(device.unit)
    return unit is not None and covers_unit(viewer, "device.write", unit)
