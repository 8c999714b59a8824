"""The route of the audit."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel

from backend.clock import to_ms
from backend.identity.access import Requires, Viewer
from backend.identity.audit import read_audit
from backend.identity.reach import covered_bodies, organisation_of
from backend.identity.reading import ids_of

router = APIRouter(prefix="/api/v1")

ALWAYS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC))


class AuditRowOut(BaseModel):
    """Who did what to whom. `at` is ms since 1970."""

    id: int
    at: int
    actor: str
    actor_name: str
    session: int | None
    address: str | None
    action: str
    object: str | None
    details: dict[str, Any]


@router.get("/audit")
async def audit(
    request: Request,
    viewer: Annotated[Viewer, Depends(Requires("audit.read"))],
    before: int | None = None,
    actor: Annotated[str, Query(max_length=100)] = "",
    object: Annotated[str, Query(max_length=100)] = "",
    action: Annotated[str, Query(max_length=100)] = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> list[AuditRowOut]:
    """What concerns the people of my part of the tree, the newest first, 200 a page.

    `before` is the id of the last row of the page before.
    """
    everybody = viewer.rights.scope("audit.read").everything
    async with request.app.state.database.snapshot() as session:
        holders = None
        if not everybody:
            bodies = covered_bodies(viewer, "audit.read", organisation_of(request))
            holders = [f"person:{id}" for id in await ids_of(session, bodies)]
        rows = await read_audit(
            session,
            before=before,
            actor=actor,
            object=object,
            action=action,
            since=since or ALWAYS[0],
            until=until or ALWAYS[1],
            holders=holders,
        )
    return [AuditRowOut(**row | {"at": to_ms(row["at"])}) for row in rows]
