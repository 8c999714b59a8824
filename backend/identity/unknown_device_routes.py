"""Routes of the devices that knock and are not known.

They are nobody's yet, so whoever may add devices sees all of them; what he adopts becomes a device of a unit of his.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from backend.identity import unknown_devices
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.audit import record
from backend.identity.change import tell_all
from backend.identity.forms import Id
from backend.identity.login_routes import Strict
from backend.identity.reach import check_unit, organisation_of

router = APIRouter(prefix="/api/v1/devices/unknown")

DeviceWriter = Annotated[Viewer, Depends(Requires("device.write"))]


class UnknownOut(BaseModel):
    """What knocks. Moments are ms since 1970; `has_token`: adopted, it goes on with the token that it shows."""

    id: int
    identifier: str
    protocol: str
    address: str | None
    first_at: int
    last_at: int
    count: int
    has_token: bool


class Adoption(Strict):
    """Whose device it becomes."""

    unit: int
    personal: bool = False


class AdoptedOut(BaseModel):
    """A new token, and what is typed into the client, shown this once; null where it goes on with its own."""

    id: int
    identifier: str
    token: str | None
    typed: str | None


@router.get("", dependencies=[Depends(Requires("device.write"))])
async def list_unknown(request: Request) -> list[UnknownOut]:
    """What knocks and is not known, the last one first."""
    async with request.app.state.database.snapshot() as session:
        return [UnknownOut(**one) for one in await unknown_devices.unknown_devices(session)]


@router.post("/{id}/adopt", status_code=201)
async def adopt(request: Request, id: Id, body: Adoption, viewer: DeviceWriter) -> AdoptedOut:
    """Make one that knocks a device of a unit of mine."""
    check_unit(viewer, "device.write", organisation_of(request), body.unit)
    async with request.app.state.database.transaction() as session:
        known, token = await unknown_devices.adopt(session, id, body.unit, personal=body.personal)
        told = {"identifier": known.identifier, "protocol": known.protocol, **body.model_dump()}
        await record(session, actor_of(request, viewer), "device.adopted", f"device:{known.id}", **told)
    await tell_all(request)
    typed = None
    if token is not None:
        typed = request.app.state.typed[known.protocol].format(identifier=known.identifier, token=token)
    return AdoptedOut(id=known.id, identifier=known.identifier, token=token, typed=typed)


@router.delete("/{id}", status_code=204)
async def forget_unknown(request: Request, id: Id, viewer: DeviceWriter) -> None:
    """Forget one, until it knocks again."""
    async with request.app.state.database.transaction() as session:
        identifier = await unknown_devices.forget_unknown(session, id)
        await record(session, actor_of(request, viewer), "device.forgotten", None, identifier=identifier)
