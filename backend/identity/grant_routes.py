"""Routes of rights: the roles, and what people are granted."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, Field

from backend.identity import granting, reading
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.atoms import ATOMS
from backend.identity.audit import record
from backend.identity.change import tell_all
from backend.identity.login_routes import Strict
from backend.identity.reach import check_person
from backend.identity.roles import ROLES, SEPARATE

router = APIRouter(prefix="/api/v1")

Text = Annotated[str, Field(max_length=300)]


class RoleOut(BaseModel):
    """A role with its atoms. `separate`: nobody holds two of those."""

    name: str
    words_zh: str
    words_en: str
    atoms: list[str]
    second_factor: bool
    lasting: bool
    separate: bool


class AtomOut(BaseModel):
    """A permission in words."""

    name: str
    words_zh: str
    words_en: str


class RolesOut(BaseModel):
    """All roles and atoms of this version."""

    roles: list[RoleOut]
    atoms: list[AtomOut]


class NewGrant(Strict):
    """A role or atoms, where, from when until when."""

    role: Text | None = None
    atoms: Annotated[list[Text], Field(max_length=100, default_factory=list)]
    scope: dict[str, Any]
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    reason: Text | None = None


class GrantOut(BaseModel):
    """A grant. Moments are ms since 1970."""

    id: int
    role: str | None
    atoms: list[str]
    scope: dict[str, Any]
    since: int
    until: int | None
    by: str | None
    reason: str | None


@router.get("/roles", dependencies=[Depends(Requires("grant.read"))])
async def roles() -> RolesOut:
    """All roles and atoms."""
    return RolesOut(
        roles=[
            RoleOut(
                name=one.name,
                words_zh=one.words_zh,
                words_en=one.words_en,
                atoms=list(one.atoms),
                second_factor=one.second_factor,
                lasting=one.lasting,
                separate=one.name in SEPARATE,
            )
            for one in ROLES.values()
        ],
        atoms=[AtomOut(name=one.name, words_zh=one.words_zh, words_en=one.words_en) for one in ATOMS.values()],
    )


@router.get("/people/{id}/grants")
async def grants(
    request: Request, id: int, viewer: Annotated[Viewer, Depends(Requires("grant.read"))]
) -> list[GrantOut]:
    """What somebody is granted, now or from a later day."""
    async with request.app.state.database.snapshot() as session:
        await check_person(request, session, viewer, "grant.read", id)
        return [GrantOut(**one) for one in await reading.grants_of(session, id)]


@router.post("/people/{id}/grants", status_code=201)
async def grant(
    request: Request, id: int, body: NewGrant, viewer: Annotated[Viewer, Depends(Requires("grant.write"))]
) -> int:
    """Grant a role or atoms to somebody of my part of the tree, within it; returns the grant's id."""
    async with request.app.state.database.snapshot() as session:
        await check_person(request, session, viewer, "grant.write", id)
    return await put_grant(request, id, body, viewer)


@router.post("/people/{id}/shares", status_code=201)
async def share(
    request: Request, id: int, body: NewGrant, viewer: Annotated[Viewer, Depends(Requires("grant.share"))]
) -> int:
    """Share for a time what I hold myself, where I hold it; returns the grant's id."""
    return await put_grant(request, id, body, viewer)


@router.delete("/grants/{id}", status_code=204)
async def end_grant(request: Request, id: int, viewer: Annotated[Viewer, Depends(Requires("grant.write"))]) -> None:
    """Take a grant back, at once and on open pages too."""
    async with request.app.state.database.transaction() as session:
        ended = await granting.end_grant(session, id)
        await check_person(request, session, viewer, "grant.write", ended.person)
        await record(session, actor_of(request, viewer), "grant.ended", f"person:{ended.person}", grant=id)
    await tell_all(request)


async def put_grant(request: Request, id: int, body: NewGrant, viewer: Viewer) -> int:
    """Grant as far as the viewer may. Raises Forbidden, BadInput, NotFound."""
    async with request.app.state.database.transaction() as session:
        await granting.check_may_grant(
            session,
            viewer.person or 0,
            viewer.rights,
            id,
            body.scope,
            role=body.role,
            atoms=body.atoms,
            until=body.until,
        )
        made = await granting.put_grant(
            session,
            id,
            body.scope,
            role=body.role,
            atoms=body.atoms,
            since=body.since,
            until=body.until,
            by=viewer.person,
            reason=body.reason,
        )
        told = body.model_dump(mode="json")
        await record(session, actor_of(request, viewer), "grant.made", f"person:{id}", grant=made, **told)
    await tell_all(request)
    return made
