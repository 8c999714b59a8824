"""What the table of rights asks of routes about holds, approvals and parked vehicles: each about something of its own.

A question gives the path, the body, and how an answer shows that what was asked about is in it (None: by its status).
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.people import find_person
from tests.identity.askers import legal_hold
from tests.identity.signing import login_of, signed_in
from tests.live.site import Site


class About(Protocol):
    """The city, its units and bodies in the own district (0) and in another (1), and the id of each role's person."""

    @property
    def site(self) -> Site: ...
    @property
    def units(self) -> tuple[int, int]: ...
    @property
    def bodies(self) -> tuple[int, int]: ...
    @property
    def people(self) -> dict[str, int]: ...


Question = Callable[[About, str, int], Awaitable[tuple[str, Any, Callable[[Any], bool] | None]]]

PUT = text(
    """INSERT INTO approval (kind, payload, concerns, reason, asked_by, expires_at, state, decided_by, decided_at)
       VALUES (:kind, CAST(:payload AS jsonb), CAST(:concerns AS jsonb), 'why', :by, now() + interval '1 hour', :state,
               CASE WHEN :state = 'approved' THEN CAST(:other AS integer) END,
               CASE WHEN :state = 'approved' THEN now() END) RETURNING id"""
)


async def another(about: About, role: str = "leader") -> int:
    """Somebody else who may ask."""

    async def work(session: AsyncSession) -> int:
        await signed_in(session, "other asker", about.site.city, role)
        return await find_person(session, login_of("other asker"))

    person = await about.site.change(work)
    await about.site.known()
    return person


async def request(about: About, where: int, by: int, kind: str = "evidence_deletion", state: str = "open") -> int:
    """A request about something of that district; its id."""
    hold = await legal_hold(about.site, about.units[where])
    payload: dict[str, Any] = {"hold": hold}
    concerns: dict[str, Any] = {"units": [about.units[where]]}
    if kind == "bulk_export":
        concerns = {"body": about.bodies[where]}
        payload = concerns | {"from": 0, "to": 1000}
    other = await another(about)
    values = {"kind": kind, "payload": orjson.dumps(payload).decode(), "concerns": orjson.dumps(concerns).decode()}
    async with about.site.store.transaction() as session:
        if by == other:
            other = min(about.people.values())
        return int(await session.scalar(PUT, values | {"by": by, "state": state, "other": other}) or 0)


async def parked(about: About, role: str, where: int) -> tuple[str, Any, Callable[[Any], bool]]:
    unit = about.units[where]
    await about.site.set_duty(unit, False)
    await about.site.known()
    async with about.site.store.transaction() as session:
        await session.execute(text("SELECT ensure_fix_day(CAST(now() AT TIME ZONE 'UTC' AS date))"))
        put = (
            "INSERT INTO fix (device, unit, fixed_at, digest, received_at, place, cell, alarms, flags, source, "
            "district, squad) VALUES (1, :unit, now(), 0, now(), ST_SetSRID(ST_MakePoint(113, 28), 4326), "
            "1, 0, 8, 1, 1, 1)"
        )
        await session.execute(text(put), {"unit": unit})
    return "/api/v1/fleet/parked", None, lambda rows: unit in {one["unit"] for one in rows}


async def holds(about: About, role: str, where: int) -> tuple[str, Any, Callable[[Any], bool]]:
    hold = await legal_hold(about.site, about.units[where])
    return "/api/v1/retention", None, lambda found: hold in {one["id"] for one in found["holds"]}


async def new_hold(about: About, role: str, where: int) -> tuple[str, Any, None]:
    return "/api/v1/holds", {"subject": "x", "units": [about.units[where]], "from": 0, "to": 5, "reason": "why"}, None


async def approvals(about: About, role: str, where: int) -> tuple[str, Any, Callable[[Any], bool]]:
    made = await request(about, where, await another(about))
    return "/api/v1/approvals", None, lambda rows: made in {one["id"] for one in rows}


async def new_approval(about: About, role: str, where: int) -> tuple[str, Any, None]:
    hold = await legal_hold(about.site, about.units[where])
    return "/api/v1/approvals", {"kind": "evidence_deletion", "payload": {"hold": hold}, "reason": "why"}, None


async def approve(about: About, role: str, where: int) -> tuple[str, Any, None]:
    return f"/api/v1/approvals/{await request(about, where, await another(about))}/approve", {}, None


async def refuse(about: About, role: str, where: int) -> tuple[str, Any, None]:
    path = f"/api/v1/approvals/{await request(about, where, await another(about))}/refuse"
    return path, {"reason": "why not"}, None


async def withdraw(about: About, role: str, where: int) -> tuple[str, Any, None]:
    """One's own request (0) and another one's (1)."""
    by = await another(about) if where else about.people[role]
    return f"/api/v1/approvals/{await request(about, 0, by)}/withdraw", None, None


async def export(about: About, role: str, where: int) -> tuple[str, Any, Callable[[Any], bool] | None]:
    """One's own (0) and another one's (1)."""
    by = await another(about) if where else about.people[role]
    return f"/api/v1/approvals/{await request(about, 0, by, 'bulk_export', 'approved')}/export", None, None


QUESTIONS: dict[str, Question] = {
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
