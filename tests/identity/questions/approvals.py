"""Questions about parked vehicles, holds and approvals."""

from typing import Any

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.people import find_person
from tests.identity.askers import legal_hold
from tests.identity.questions.ground import Asked, Ground, Question
from tests.identity.signing import login_of, signed_in

PUT = text(
    """INSERT INTO approval (kind, payload, concerns, reason, asked_by, expires_at, state, decided_by, decided_at)
       VALUES (:kind, CAST(:payload AS jsonb), CAST(:concerns AS jsonb), 'why', :by, now() + interval '1 hour', :state,
               CASE WHEN :state = 'approved' THEN CAST(:other AS integer) END,
               CASE WHEN :state = 'approved' THEN now() END) RETURNING id"""
)


async def another(ground: Ground, role: str = "leader") -> int:
    """Somebody else who may ask."""

    async def work(session: AsyncSession) -> int:
        await signed_in(session, "other asker", ground.site.city, role)
        return await find_person(session, login_of("other asker"))

    person = await ground.site.change(work)
    await ground.site.known()
    return person


async def request(ground: Ground, where: int, by: int, kind: str = "evidence_deletion", state: str = "open") -> int:
    """A request about something of that district; its id."""
    hold = await legal_hold(ground.site, ground.units[where])
    payload: dict[str, Any] = {"hold": hold}
    concerns: dict[str, Any] = {"units": [ground.units[where]]}
    if kind == "bulk_export":
        concerns = {"body": ground.bodies[where]}
        payload = concerns | {"from": 0, "to": 1000}
    other = await another(ground)
    values = {"kind": kind, "payload": orjson.dumps(payload).decode(), "concerns": orjson.dumps(concerns).decode()}
    async with ground.site.store.transaction() as session:
        if by == other:
            other = min(ground.people.values())
        return int(await session.scalar(PUT, values | {"by": by, "state": state, "other": other}) or 0)


async def parked(ground: Ground, role: str, where: int) -> Asked:
    unit = ground.units[where]
    await ground.site.set_duty(unit, False)
    await ground.site.known()
    async with ground.site.store.transaction() as session:
        await session.execute(text("SELECT ensure_fix_day(CAST(now() AT TIME ZONE 'UTC' AS date))"))
        put = (
            "INSERT INTO fix (device, unit, fixed_at, digest, received_at, place, cell, alarms, flags, source, "
            "district, squad) VALUES (1, :unit, now(), 0, now(), ST_SetSRID(ST_MakePoint(113, 28), 4326), "
            "1, 0, 8, 1, 1, 1)"
        )
        await session.execute(text(put), {"unit": unit})
    return Asked("/api/v1/fleet/parked", holds=lambda rows: unit in {one["unit"] for one in rows})


async def holds(ground: Ground, role: str, where: int) -> Asked:
    hold = await legal_hold(ground.site, ground.units[where])
    return Asked("/api/v1/retention", holds=lambda found: hold in {one["id"] for one in found["holds"]})


async def new_hold(ground: Ground, role: str, where: int) -> Asked:
    return Asked("/api/v1/holds", {"subject": "x", "units": [ground.units[where]], "from": 0, "to": 5, "reason": "why"})


async def approvals(ground: Ground, role: str, where: int) -> Asked:
    made = await request(ground, where, await another(ground))
    return Asked("/api/v1/approvals", holds=lambda rows: made in {one["id"] for one in rows})


async def new_approval(ground: Ground, role: str, where: int) -> Asked:
    hold = await legal_hold(ground.site, ground.units[where])
    return Asked("/api/v1/approvals", {"kind": "evidence_deletion", "payload": {"hold": hold}, "reason": "why"})


async def approve(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/approvals/{await request(ground, where, await another(ground))}/approve", {})


async def refuse(ground: Ground, role: str, where: int) -> Asked:
    path = f"/api/v1/approvals/{await request(ground, where, await another(ground))}/refuse"
    return Asked(path, {"reason": "why not"})


async def withdraw(ground: Ground, role: str, where: int) -> Asked:
    """One's own request (0) and another one's (1)."""
    by = await another(ground) if where else ground.people[role]
    return Asked(f"/api/v1/approvals/{await request(ground, 0, by)}/withdraw")


async def export(ground: Ground, role: str, where: int) -> Asked:
    """One's own (0) and another one's (1)."""
    by = await another(ground) if where else ground.people[role]
    return Asked(f"/api/v1/approvals/{await request(ground, 0, by, 'bulk_export', 'approved')}/export")


APPROVALS: dict[str, Question] = {
    "GET /api/v1/fleet/parked": parked,
    "GET /api/v1/retention": holds,
    "POST /api/v1/holds": new_hold,
    "GET /api/v1/approvals": approvals,
    "POST /api/v1/approvals": new_approval,
    "POST /api/v1/approvals/{id}/approve": approve,
    "POST /api/v1/approvals/{id}/refuse": refuse,
    "POST /api/v1/approvals/{id}/withdraw": withdraw,
    "GET /api/v1/approvals/{id}/export": export,
}
