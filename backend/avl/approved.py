"""What needs two people here: letting positions go early, ending a legal hold, taking many tracks out.

Each is a `Kind` of `identity/approvals.py`: a check of what is asked for, and the act. There is no other way to any.
"""

from datetime import UTC, date, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.holds import LEGAL, end_hold, find_hold
from backend.avl.retention import release, stored_days, take_turn
from backend.clock import from_ms, to_ms, utc_now
from backend.errors import BadInput, Forbidden, Refusal
from backend.identity.approvals import Approved, Kind, Request, parse
from backend.identity.granting import read_tree

LONGEST_EXPORT = timedelta(days=31)
FETCH_WITHIN = timedelta(hours=24)
LAST_MOMENT = 4_102_444_800_000  # ms: a date that Python and PostgreSQL both know


class Purge(BaseModel):
    """Raw positions of whole days that ended before this moment (ms since 1970)."""

    model_config = ConfigDict(extra="forbid")

    before: int = Field(ge=0, le=LAST_MOMENT)


class EvidenceDeletion(BaseModel):
    """The legal hold that is to end."""

    model_config = ConfigDict(extra="forbid")

    hold: int = Field(ge=1, lt=1 << 31)


class BulkExport(BaseModel):
    """Tracks of a body's units between two moments (ms since 1970)."""

    model_config = ConfigDict(extra="forbid")

    body: int = Field(ge=1, lt=1 << 31)
    begin: int = Field(ge=0, le=LAST_MOMENT, alias="from")
    end: int = Field(ge=0, le=LAST_MOMENT, alias="to")


def last_day(purge: Purge) -> date:
    """The first day (UTC) that is not let go of: a day goes when it has wholly passed."""
    return min(from_ms(purge.before).astimezone(UTC).date(), utc_now().date())


async def check_purge(session: AsyncSession, request: Request) -> dict[str, Any]:
    """Positions of all units go together: this is the whole city's."""
    purge = parse(Purge, request.payload)
    if purge.before > to_ms(utc_now()):
        raise BadInput("only what has passed can be let go of", expected="a moment that has passed", got=purge.before)
    return {"everything": True}


async def purge(session: AsyncSession, approved: Approved) -> dict[str, Any]:
    """As past retention: what is held is kept, the rest coarsened. Raises Refusal while another one does so."""
    if not await take_turn(session):
        raise Refusal("positions are being let go of just now; try again soon")
    end = last_day(parse(Purge, approved.payload))
    done = await release(session, approved.actor, [day for day in await stored_days(session) if day < end])
    return {"days": done.days, "kept": done.kept, "coarsened": done.coarsened}


async def check_evidence_deletion(session: AsyncSession, request: Request) -> dict[str, Any]:
    """It concerns the units that are held."""
    hold = await find_hold(session, parse(EvidenceDeletion, request.payload).hold)
    if hold.kind != LEGAL or hold.ended_at is not None:
        raise Refusal(f"hold {hold.id} is no legal hold that has not ended", hold=hold.id)
    return {"units": hold.units}


async def delete_evidence(session: AsyncSession, approved: Approved) -> dict[str, Any]:
    """End the hold; what it kept alone is coarsened by the next run of retention."""
    hold = parse(EvidenceDeletion, approved.payload).hold
    await end_hold(session, approved.actor, hold, LEGAL)
    return {"hold": hold}


async def check_bulk_export(session: AsyncSession, request: Request) -> dict[str, Any]:
    """It concerns the body; whoever asks sees tracks himself, and takes out no others."""
    wanted = parse(BulkExport, request.payload)
    longest = LONGEST_EXPORT.days
    if not 0 < wanted.end - wanted.begin <= longest * 86_400_000:
        raise BadInput(f"expected a span of at most {longest} days that ends after it begins", span="from, to")
    if not request.rights.holds("track.read"):
        raise Forbidden("this needs the right track.read", code="needs", atom="track.read")
    tree, _ = await read_tree(session)
    if wanted.body not in tree.nodes:
        raise BadInput(f"there is no body {wanted.body}", code="no_body", got=wanted.body)
    return {"body": wanted.body}


async def allow_export(session: AsyncSession, approved: Approved) -> dict[str, Any]:
    """From now on, for a while, whoever asked may fetch it (`export.py`)."""
    return {"fetch_until": to_ms(utc_now() + FETCH_WITHIN)}


KINDS = (
    Kind("purge", check_purge, purge),
    Kind("evidence_deletion", check_evidence_deletion, delete_evidence),
    Kind("bulk_export", check_bulk_export, allow_export),
)
