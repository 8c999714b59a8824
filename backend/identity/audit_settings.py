"""How the audit is kept: how often its chain is anchored, how long a reason must be. Changed by two people only."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.errors import BadInput
from backend.identity.approvals import Approved, Kind, Request, parse

READ = text("SELECT anchor_hours, reason_signs FROM audit_setting")


class AuditSettings(BaseModel):
    """`anchor_hours`: hours of a day for which one anchor is noted; `reason_signs`: least length of a reason."""

    anchor_hours: int
    reason_signs: int


class Wanted(BaseModel):
    """What is to be set; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    anchor_hours: int | None = Field(None, ge=1, le=24)
    reason_signs: int | None = Field(None, ge=3, le=50)


async def read_settings(session: AsyncSession) -> AuditSettings:
    """As they are now."""
    return AuditSettings(**(await session.execute(READ)).one()._mapping)


async def check(session: AsyncSession, request: Request) -> dict[str, Any]:
    """The settings are the whole city's."""
    if parse(Wanted, request.payload) == Wanted(anchor_hours=None, reason_signs=None):
        raise BadInput("nothing is to be set", expected=sorted(Wanted.model_fields), got=[])
    return {"everything": True}


async def act(session: AsyncSession, approved: Approved) -> dict[str, Any]:
    """Set them; the store lets nobody else."""
    await session.execute(text("SELECT set_audit_settings(:request)"), {"request": approved.id})
    return (await read_settings(session)).model_dump()


AUDIT_SETTINGS = Kind("audit_settings", check, act)
