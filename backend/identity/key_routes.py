"""Routes of partners' keys."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from backend.clock import from_ms, to_ms
from backend.identity import keys
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.audit import record
from backend.identity.change import tell_all
from backend.identity.forms import Id, Overlap
from backend.identity.key_giving import check_may_hold, check_may_make, key_within, keys_within
from backend.identity.login_routes import Strict

router = APIRouter(prefix="/api/v1/keys")

LAST_MOMENT = 4_102_444_800_000
KeyWriter = Annotated[Viewer, Depends(Requires("key.write"))]


class KeyOut(BaseModel):
    """A partner's key. Moments are ms since 1970; `scope` is null where its atoms hold in different places."""

    id: int
    name: str
    atoms: list[str]
    scope: dict[str, Any] | None
    made_at: int
    expires_at: int | None
    former_until: int | None
    revoked_at: int | None
    used_at: int | None


class NewKey(Strict):
    """A key to be made. `scope`: exactly one of body, cells, units, everything; `expires_at`: ms since 1970."""

    name: Annotated[str, Field(max_length=300)]
    atoms: Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=100)]
    scope: dict[str, Any]
    expires_at: Annotated[int, Field(ge=0, le=LAST_MOMENT)] | None = None


class NewKeyOut(BaseModel):
    """The key, shown this once."""

    id: int
    name: str
    key: str


class RotatedKeyOut(BaseModel):
    """Another key, shown this once; `former_until`: ms since 1970."""

    key: str
    former_until: int | None


@router.get("")
async def list_keys(request: Request, viewer: Annotated[Viewer, Depends(Requires("key.read"))]) -> list[KeyOut]:
    """The keys that open nothing beyond my part of the tree, those too that open nothing any more."""
    async with request.app.state.database.snapshot() as session:
        return [KeyOut(**one) for one in await keys_within(session, viewer.rights)]


@router.post("", status_code=201)
async def make_key(request: Request, body: NewKey, viewer: KeyWriter) -> NewKeyOut:
    """Make a key with rights that I may give."""
    expires = None if body.expires_at is None else from_ms(body.expires_at)
    async with request.app.state.database.transaction() as session:
        await check_may_make(session, viewer.rights, body.atoms, body.scope)
        grants = [{"atom": atom, "scope": body.scope} for atom in body.atoms]
        id, key = await keys.put_key(session, body.name, grants, expires)
        await record(session, actor_of(request, viewer), "key.made", f"key:{id}", **body.model_dump())
    await tell_all(request)
    return NewKeyOut(id=id, name=body.name, key=key)


@router.post("/{id}/rotate")
async def rotate(request: Request, id: Id, body: Overlap, viewer: KeyWriter) -> RotatedKeyOut:
    """Another secret for a key; the former one works on for a while."""
    async with request.app.state.database.transaction() as session:
        known = await key_within(session, viewer.rights, "key.write", id)
        await check_may_hold(session, viewer.rights, known)
        key = await keys.rotate_key(session, known.name, timedelta(hours=body.overlap_hours))
        until = to_ms(known.former_until) if known.former_until and body.overlap_hours else None
        await record(
            session, actor_of(request, viewer), "key.rotated", f"key:{id}", name=known.name, **body.model_dump()
        )
    await tell_all(request)
    return RotatedKeyOut(key=key, former_until=until)


@router.post("/{id}/revoke", status_code=204)
async def revoke(request: Request, id: Id, viewer: KeyWriter) -> None:
    """Take a key's rights away at once, on open sockets too."""
    async with request.app.state.database.transaction() as session:
        known = await key_within(session, viewer.rights, "key.write", id)
        await keys.revoke_key(session, known.name)
        await record(session, actor_of(request, viewer), "key.revoked", f"key:{id}", name=known.name)
    await tell_all(request)
