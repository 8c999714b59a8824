"""Routes of bodies: the tree, what hangs on each, adding and renaming."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from backend.errors import NotFound
from backend.identity import bodies
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.audit import record
from backend.identity.change import tell_all
from backend.identity.login_routes import Strict
from backend.identity.reach import check_body, covers_body, organisation_of

router = APIRouter(prefix="/api/v1")

BodyReader = Annotated[Viewer, Depends(Requires("organisation.read"))]
BodyWriter = Annotated[Viewer, Depends(Requires("organisation.write"))]
Name = Annotated[str, Field(min_length=1, max_length=100)]
Code = Annotated[str, Field(min_length=1, max_length=64)]


class BodyOut(BaseModel):
    """A body of the organisation."""

    id: int
    parent: int | None
    kind: str
    name: str
    name_en: str | None
    code: str | None


class NewBody(Strict):
    """A body to be added beneath another one."""

    parent: int
    kind: str
    name: Name
    name_en: Name | None = None
    code: Code | None = None


class BodyChange(Strict):
    """New words for a body; what is not said stays."""

    name: Name | None = None
    name_en: Name | None = None
    code: Code | None = None


class IdOut(BaseModel):
    """What was made."""

    id: int


@router.get("/bodies")
async def list_bodies(request: Request, viewer: BodyReader) -> list[BodyOut]:
    """The bodies that I may see."""
    organisation = organisation_of(request)
    return [
        BodyOut(id=one.id, parent=one.parent, kind=one.kind, name=one.name, name_en=one.name_en, code=one.code)
        for one in organisation.bodies.values()
        if covers_body(viewer, "organisation.read", organisation, one.id)
    ]


@router.post("/bodies", status_code=201)
async def add_body(request: Request, body: NewBody, viewer: BodyWriter) -> IdOut:
    """Add a body beneath one of mine."""
    check_body(viewer, "organisation.write", organisation_of(request), body.parent)
    async with request.app.state.database.transaction() as session:
        id = await bodies.add_body(session, body.parent, body.kind, body.name, body.name_en, body.code)
        await record(session, actor_of(request, viewer), "body.added", f"body:{id}", **body.model_dump())
    await tell_all(request)
    return IdOut(id=id)


@router.patch("/bodies/{id}", status_code=204)
async def change_body(request: Request, id: int, body: BodyChange, viewer: BodyWriter) -> None:
    """Give a body other words."""
    check_seen(request, viewer, "organisation.write", id)
    said = body.model_dump(exclude_unset=True)
    async with request.app.state.database.transaction() as session:
        await bodies.change_body(session, id, **said)
        await record(session, actor_of(request, viewer), "body.changed", f"body:{id}", **said)
    await tell_all(request)


@router.get("/bodies/{id}/belongings")
async def belongings(request: Request, id: int, viewer: BodyReader) -> bodies.Belongings:
    """What hangs on a body itself."""
    check_seen(request, viewer, "organisation.read", id)
    async with request.app.state.database.snapshot() as session:
        return await bodies.belongings_of(session, id)


def check_seen(request: Request, viewer: Viewer, atom: str, body: int) -> None:
    """Raises NotFound for a body for which the viewer does not hold the atom: that it is there is no one's news."""
    if not covers_body(viewer, atom, organisation_of(request), body):
        raise NotFound(f"there is no body {body}", body=body, code="no_body")
