"""Routes of what is kept: the state of retention, legal holds, and the file of an export that two people allowed."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.approved import FETCH_WITHIN, LAST_MOMENT, BulkExport
from backend.avl.export import export
from backend.avl.holds import LEGAL, Hold, public, put_hold, read_holds
from backend.avl.retention import day_start, stored_days
from backend.clock import from_ms, to_ms, utc_now
from backend.errors import NotFound, Refusal
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.approvals import checked_reason, find_approved, parse
from backend.identity.audit import record
from backend.identity.login_routes import Strict
from backend.identity.reach import covers_unit, organisation_of, rights_now
from backend.identity.registry import Organisation

router = APIRouter(prefix="/api/v1")

Moment = Annotated[int, Field(ge=0, le=LAST_MOMENT)]
MOST_UNITS = 1000
EXACTLY_UP_TO = 1_000_000

LAST_RUN = text("SELECT max(ended_at) FROM retention_run")
# Counting hundreds of millions of rows takes longer than anybody looks at the figure.
ABOUT = text("SELECT reltuples::bigint FROM pg_class WHERE oid = CAST(:table AS regclass)")


class HeldUnit(BaseModel):
    """A unit that is held."""

    number: int
    call_sign: str


class HoldOut(BaseModel):
    """A hold. Moments are ms since 1970; `to` null: until it ends."""

    id: int
    kind: str
    subject: str
    units: list[HeldUnit]
    begin: int = Field(serialization_alias="from")
    end: int | None = Field(serialization_alias="to")
    reason: str
    by: str
    made_at: int
    ended_at: int | None


class RetentionOut(BaseModel):
    """What is kept. Moments are ms since 1970; `raw_days` is the limit, `raw_days_kept` how many there are.

    Counts beyond a million are the store's estimate.
    """

    raw_days: int
    oldest_raw: int | None
    raw_days_kept: int
    kept_fixes: int
    coarse_rows: int
    last_run: int | None
    holds: list[HoldOut]


class NewHold(Strict):
    """Units, a span of time (ms since 1970, both ends inside), and why."""

    subject: Annotated[str, Field(min_length=1, max_length=200)]
    units: Annotated[list[int], Field(min_length=1, max_length=MOST_UNITS)]
    begin: Moment = Field(alias="from")
    end: Moment = Field(alias="to")
    reason: Annotated[str, Field(max_length=2000)] = ""


class HoldId(BaseModel):
    """The hold that was made."""

    id: int


@router.get("/retention")
async def retention(request: Request, viewer: Annotated[Viewer, Depends(Requires("retention.read"))]) -> RetentionOut:
    """What is kept and for how long, and the holds on units of my part of the tree."""
    organisation = organisation_of(request)
    async with request.app.state.database.snapshot() as session:
        days = await stored_days(session)
        last = await session.scalar(LAST_RUN)
        return RetentionOut(
            raw_days=request.app.state.settings.retention_days,
            oldest_raw=day_start(days[0]) if days else None,
            raw_days_kept=len(days),
            kept_fixes=await _count(session, "kept_fix"),
            coarse_rows=await _count(session, "coarse_fix"),
            last_run=to_ms(last) if last else None,
            holds=[_told(one, organisation) for one in await read_holds(session) if _sees(viewer, one, organisation)],
        )


@router.post("/holds", status_code=201)
async def hold(request: Request, body: NewHold, viewer: Annotated[Viewer, Depends(Requires("hold.write"))]) -> HoldId:
    """Put units of my part of the tree under a legal hold. It ends only by approval of two (`evidence_deletion`)."""
    organisation = organisation_of(request)
    reason = checked_reason(body.reason)
    for number in body.units:
        unit = organisation.units.get(number)
        if unit is None or not covers_unit(viewer, "hold.write", unit):
            raise NotFound(f"there is no unit {number}", unit=number)
    span = (from_ms(body.begin), from_ms(body.end))
    async with request.app.state.database.transaction() as session:
        made = await put_hold(session, actor_of(request, viewer), LEGAL, body.subject, body.units, *span, reason)
    return HoldId(id=made)


@router.get("/approvals/{id}/export")
async def exported(
    request: Request, id: int, viewer: Annotated[Viewer, Depends(Requires("track.read"))]
) -> StreamingResponse:
    """The tracks that I asked for and another allowed, as far as I may see them now, as CSV."""
    async with request.app.state.database.transaction() as session:
        payload, decided_at = await find_approved(session, id, "bulk_export", viewer.person or 0)
        if utc_now() > decided_at + FETCH_WITHIN:
            hours = FETCH_WITHIN.total_seconds() / 3600
            raise Refusal(
                f"an export is fetched within {hours:.0f} hours of its approval", approved_at=to_ms(decided_at)
            )
        wanted = parse(BulkExport, payload)
        told = {"approval": id, "from": wanted.begin, "to": wanted.end}
        await record(session, actor_of(request, viewer), "track.exported", f"body:{wanted.body}", **told)
    lines: AsyncIterator[str] = export(request.app.state.database, wanted, rights_now(request, viewer))
    headers = {"Content-Disposition": f'attachment; filename="tracks-{id}.csv"'}
    return StreamingResponse(lines, media_type="text/csv; charset=utf-8", headers=headers)


async def _count(session: AsyncSession, table: str) -> int:
    about: int = await session.scalar(ABOUT, {"table": table}) or 0
    if about > EXACTLY_UP_TO:
        return about
    return await session.scalar(text(f"SELECT count(*) FROM {table}")) or 0


def _sees(viewer: Viewer, hold: Hold, organisation: Organisation) -> bool:
    """A hold of several bodies is for whoever may see all of them."""
    known = [organisation.units.get(number) for number in hold.units]
    if viewer.rights.scope("retention.read").everything:
        return True
    return all(unit is not None and covers_unit(viewer, "retention.read", unit) for unit in known)


def _told(hold: Hold, organisation: Organisation) -> HoldOut:
    fields: dict[str, Any] = public(hold)
    units = [
        HeldUnit(number=number, call_sign=known.call_sign if (known := organisation.units.get(number)) else "")
        for number in hold.units
    ]
    return HoldOut(**fields | {"units": units})
