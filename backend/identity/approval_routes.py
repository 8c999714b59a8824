"""Routes of what needs two people: asked for, approved, refused, withdrawn; and how the audit is kept."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from backend.clock import to_ms
from backend.errors import Forbidden
from backend.identity import approvals
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.audit_settings import AuditSettings, read_settings
from backend.identity.login_routes import Strict
from backend.identity.reach import organisation_of
from backend.identity.rights import Rights

router = APIRouter(prefix="/api/v1")

Reader = Annotated[Viewer, Depends(Requires("approval.read"))]
Asker = Annotated[Viewer, Depends(Requires("approval.ask"))]
Decider = Annotated[Viewer, Depends(Requires("approval.decide"))]
# Longer ones are refused in words, with what was expected.
Reason = Annotated[str, Field(max_length=2000)]


class ApprovalOut(BaseModel):
    """A request. Moments are ms since 1970; `result` is what became of an approved one."""

    id: int
    kind: str
    payload: dict[str, Any]
    reason: str
    asked_by: int
    asked_by_name: str
    asked_at: int
    state: Literal["open", "approved", "refused", "withdrawn", "expired"]
    decided_by_name: str | None
    decided_at: int | None
    decided_reason: str | None
    own: bool
    may_decide: bool
    expires_at: int
    result: dict[str, Any] | None


class NewApproval(Strict):
    """What is asked for, and why."""

    kind: Annotated[str, Field(max_length=100)]
    payload: dict[str, Any]
    reason: Reason = ""


class ApprovalId(BaseModel):
    """The request that was made."""

    id: int


class Approval(Strict):
    """Somebody approves; he may say why."""

    reason: Annotated[str, Field(max_length=approvals.LONGEST_REASON)] | None = None


class RefusedFor(Strict):
    """Somebody refuses, and says why."""

    reason: Reason = ""


class ResultOut(BaseModel):
    """What became of it."""

    result: dict[str, Any]


@router.get("/approvals")
async def approvals_of(request: Request, viewer: Reader, state: Literal["open", "all"] = "open") -> list[ApprovalOut]:
    """My own requests and those about my part of the tree, the newest first, 200 at most."""
    async with request.app.state.database.snapshot() as session:
        rows = await approvals.read_approvals(session, viewer.person, viewer.rights, everything=state == "all")
    moments = ("asked_at", "expires_at", "decided_at")
    return [ApprovalOut(**row | {name: row[name] and to_ms(row[name]) for name in moments}) for row in rows]


@router.post("/approvals", status_code=201)
async def ask(request: Request, body: NewApproval, viewer: Asker) -> ApprovalId:
    """Ask for something that needs another one's approval."""
    asked = approvals.Request(body.payload, viewer.rights)
    async with request.app.state.database.transaction() as session:
        made = await approvals.ask(
            session,
            request.app.state.approval_kinds,
            actor_of(request, viewer),
            person_of(viewer),
            asked,
            body.kind,
            body.reason,
        )
    return ApprovalId(id=made)


@router.post("/approvals/{id}/approve")
async def approve(request: Request, id: int, viewer: Decider, body: Approval | None = None) -> ResultOut:
    """Approve what another one asked for; it is done in this moment."""
    viewers = organisation_of(request).viewers

    def rights_of(person: int) -> Rights:
        known = viewers.get(f"person:{person}")
        return known.rights if known else Rights()

    async with request.app.state.database.transaction() as session:
        result = await approvals.approve(
            session,
            request.app.state.approval_kinds,
            actor_of(request, viewer),
            person_of(viewer),
            viewer.rights,
            id,
            body.reason if body else None,
            rights_of,
        )
    return ResultOut(result=result)


@router.post("/approvals/{id}/refuse", status_code=204)
async def refuse(request: Request, id: int, body: RefusedFor, viewer: Decider) -> None:
    """Refuse what another one asked for."""
    async with request.app.state.database.transaction() as session:
        await approvals.refuse(session, actor_of(request, viewer), person_of(viewer), viewer.rights, id, body.reason)


@router.post("/approvals/{id}/withdraw", status_code=204)
async def withdraw(request: Request, id: int, viewer: Asker) -> None:
    """Take back what I asked for."""
    async with request.app.state.database.transaction() as session:
        await approvals.withdraw(session, actor_of(request, viewer), person_of(viewer), id)


@router.get("/audit/settings", dependencies=[Depends(Requires("approval.read"))])
async def audit_settings(request: Request) -> AuditSettings:
    """How the audit is kept; changed by a request of the kind `audit_settings` only."""
    async with request.app.state.database.snapshot() as session:
        return await read_settings(session)


def person_of(viewer: Viewer) -> int:
    """Whoever asks or decides is a person. Raises Forbidden for a key."""
    if viewer.person is None:
        raise Forbidden("a key neither asks nor decides: two people do")
    return viewer.person
