"""Two people and more who ask for what needs two and decide on it, over HTTP against a real `web`."""

from dataclasses import dataclass
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.holds import LEGAL, put_hold
from backend.clock import from_ms
from backend.identity.audit import COMMAND_LINE
from backend.identity.granting import put_grant
from backend.identity.people import find_person
from tests.identity.signing import login_of, signed_in
from tests.live.site import Site

WHY = "按审计意见 12 号"


@dataclass
class Somebody:
    """A person with a session: what he sends, and who he is."""

    site: Site
    name: str
    id: int
    headers: dict[str, str]

    async def post(self, path: str, **body: Any) -> httpx.Response:
        """A changing request."""
        async with httpx.AsyncClient(base_url=self.site.web.url, headers=self.headers, timeout=30) as browser:
            return await browser.post(f"/api/v1{path}", json=body)

    async def get(self, path: str) -> httpx.Response:
        """A reading request."""
        async with httpx.AsyncClient(base_url=self.site.web.url, headers=self.headers, timeout=30) as browser:
            return await browser.get(f"/api/v1{path}")

    async def ask(self, kind: str, **payload: Any) -> int:
        """Ask for something; returns the request's id."""
        answer = await self.post("/approvals", kind=kind, payload=payload, reason=WHY)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])


async def somebody(site: Site, name: str, role: str, scope: dict[str, Any] | None = None) -> Somebody:
    """A person with this role, of the whole city or of a part."""

    async def work(session: AsyncSession) -> tuple[str, int]:
        cookie = await signed_in(session, name, site.city)
        person = await find_person(session, login_of(name))
        await put_grant(session, person, scope or {"everything": True}, role=role)
        return cookie, person

    cookie, person = await site.change(work)
    await site.known()
    headers = {"Cookie": f"liandong={cookie}"}
    async with httpx.AsyncClient(base_url=site.web.url, headers=headers) as browser:
        csrf = (await browser.get("/api/v1/session")).json()["csrf"]
    return Somebody(site, name, person, {**headers, "X-Liandong-Csrf": csrf})


async def legal_hold(site: Site, *units: int, begin: int = 0, end: int = 1000) -> int:
    """A legal hold on these units between two moments (ms)."""
    span = (from_ms(begin), from_ms(end))
    async with site.store.transaction() as session:
        return await put_hold(session, COMMAND_LINE, LEGAL, "2026-17", list(units), *span, "lawsuit")


async def audited(site: Site, object: str) -> list[tuple[str, str]]:
    """Actor and action of each row of the audit about something, the oldest first."""
    statement = "SELECT actor, action FROM audit WHERE object = :object ORDER BY id"
    async with site.store.snapshot() as session:
        return [tuple(row) for row in await session.execute(text(statement), {"object": object})]
