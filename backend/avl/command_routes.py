"""Routes of messages to devices: queued, listed with their state, taken back."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl import commands
from backend.bus.subjects import command_subject
from backend.errors import NotFound, Refusal
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.audit import record
from backend.identity.device_reading import protocol_and_unit
from backend.identity.forms import Id
from backend.identity.login_routes import Strict
from backend.identity.reach import covers_unit, organisation_of

router = APIRouter(prefix="/api/v1/devices/{id}/commands")

Commander = Annotated[Viewer, Depends(Requires("device.command"))]
LONGEST_S = 7 * 24 * 3600


class NewCommand(Strict):
    """Words for a device's screen, also read aloud. It is kept for `expires_in_s` seconds, 1 hour if not named."""

    kind: Literal["text"] = "text"
    text: Annotated[str, Field(max_length=2000)]
    expires_in_s: Annotated[int, Field(ge=10, le=LONGEST_S)] = 3600


class CommandOut(BaseModel):
    """A command; moments are ms since 1970. `answer`: the device's own, 0 is yes; null before it came."""

    id: int
    device: int
    kind: str
    payload: str
    created_by_name: str
    created_at: int
    expires_at: int
    state: Literal["queued", "sent", "delivered", "refused", "expired", "cancelled"]
    sent_at: int | None
    settled_at: int | None
    attempts: int
    answer: int | None


@router.post("", status_code=201)
async def send(request: Request, id: Id, body: NewCommand, viewer: Commander) -> CommandOut:
    """Send words to a device: now if it is there, else when it logs in, until they expire."""
    actor, lasting = actor_of(request, viewer), timedelta(seconds=body.expires_in_s)
    async with request.app.state.database.transaction() as session:
        commands.check_command(await protocol_of(request, session, viewer, id), body.text)
        row = await commands.add_command(session, id, body.text, lasting, actor)
        commands.tell(session, organisation_of(request), row)
        told = {"command": row.id, "kind": body.kind, "text": body.text}
        await record(session, actor, "command.sent", f"device:{id}", **told)
    await request.app.state.bus.publish(command_subject(id), b"")
    return _out(row)


@router.get("")
async def list_commands(request: Request, id: Id, viewer: Commander) -> list[CommandOut]:
    """The newest messages to a device with their state, the newest first."""
    async with request.app.state.database.snapshot() as session:
        await protocol_of(request, session, viewer, id)
        return [_out(row) for row in await commands.commands_of(session, id)]


@router.delete("/{command}", status_code=204)
async def cancel(request: Request, id: Id, command: Id, viewer: Commander) -> None:
    """Take a message back that was not sent yet."""
    async with request.app.state.database.transaction() as session:
        await protocol_of(request, session, viewer, id)
        row = await commands.cancel_command(session, id, command)
        if row is None:
            raise Refusal(f"no message {command} waits for device {id}", code="not_queued", command=command)
        commands.tell(session, organisation_of(request), row)
        await record(session, actor_of(request, viewer), "command.cancelled", f"device:{id}", command=command)


async def protocol_of(request: Request, session: AsyncSession, viewer: Viewer, id: int) -> str:
    """What the device in force with this id speaks. Raises NotFound for one of others, too."""
    protocol, number = await protocol_and_unit(session, id) or ("", 0)
    unit = organisation_of(request).units.get(number)
    if unit is None or not covers_unit(viewer, "device.command", unit):
        raise NotFound(f"there is no device {id} in force", device=id)
    return protocol


def _out(row: Any) -> CommandOut:
    return CommandOut.model_validate(commands.public(row))
