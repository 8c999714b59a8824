"""The route of the audit."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, BaseModel

from backend.clock import to_ms
from backend.identity.access import Requires, Viewer
from backend.identity.access_log import ACCESSES
from backend.identity.audit import read_audit
from backend.identity.reach import covered_bodies, covered_units, organisation_of
from backend.identity.reading import ids_of

router = APIRouter(prefix="/api/v1")

ALWAYS = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC))


class AuditRowOut(BaseModel):
    """Who did what to whom. `at` is ms since 1970; `reason` as it was given, null where none was."""

    id: int
    at: int
    actor: str
    actor_name: str
    session: int | None
    address: str | None
    action: str
    object: str | None
    reason: str | None
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
    access: bool = False,
) -> list[AuditRowOut]:
    """What concerns the people and units of my part of the tree, the newest first, 200 a page.

    `before` is the id of the last row of the page before; `access`: only reads of personal data.
    """
    everybody = viewer.rights.scope("audit.read").everything
    async with request.app.state.database.snapshot() as session:
        holders = None
        if not everybody:
            organisation = organisation_of(request)
            bodies = covered_bodies(viewer, "audit.read", organisation)
            holders = [f"person:{id}" for id in await ids_of(session, bodies)]
            holders += [f"unit:{unit.number}" for unit in covered_units(viewer, "audit.read", organisation)]
        rows = await read_audit(
            session,
            before=before,
            actor=actor,
            object=object,
            action=action,
            since=since or ALWAYS[0],
            until=until or ALWAYS[1],
            holders=holders,
            actions=ACCESSES if access else None,
        )
    return [AuditRowOut(**row | {"at": to_ms(row["at"]), "reason": reason_of(row["details"])}) for row in rows]


def reason_of(details: dict[str, Any]) -> str | None:
    """Why it was done, if that was said."""
    reason = details.get("reason")
    return reason if isinstance(reason, str) else None
