"""How the table of rights is read and asked: every route and topic, every role, in the own district and in another.

Each cell of `rights.csv` is one of: `-` refused for both, `own` for one's own part of the tree only, `both` where no
part is asked for (the ground map), `public` and `signed in` for what needs no atom.
"""

import csv
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import utc_now
from backend.geo.outline import read_outline
from backend.identity.areas import put_area
from backend.identity.audit import COMMAND_LINE, record
from backend.identity.granting import put_grant
from backend.identity.roles import ROLES
from tests.identity.questions import QUESTIONS
from tests.identity.signing import login_of, signed_in
from tests.live.site import Site

FILE = Path(__file__).with_name("rights.csv")
REFUSED = (401, 403)
numbers = itertools.count(1)


@dataclass
class Ground:
    """What the questions are about, in the own district (0) and in another (1)."""

    site: Site
    units: tuple[int, int]
    bodies: tuple[int, int]
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)

    async def person(self, where: int) -> dict[str, int]:
        """Somebody of that district with a session and a grant; ids."""
        name = f"target {next(numbers)}"

        async def work(session: AsyncSession) -> dict[str, int]:
            await signed_in(session, name, self.bodies[where])
            found = text("SELECT p.id, s.id FROM person p JOIN session s ON s.person = p.id WHERE login = :login")
            person, opened = (await session.execute(found, {"login": login_of(name)})).one()
            grant = await put_grant(session, person, {"body": self.bodies[where]}, role="officer")
            return {"person": person, "session": opened, "grant": grant}

        return await self.site.change(work)

    async def audited(self, where: int) -> str:
        """Somebody of that district to whom something was done, as the audit names him."""
        person = f"person:{(await self.person(where))['person']}"
        await self.site.change(lambda session: record(session, COMMAND_LINE, "person.looked_at", person))
        return person


def read_table() -> dict[str, dict[str, str]]:
    """Route or topic → role → cell."""
    with FILE.open(newline="") as file:
        return {row.pop("what"): row for row in csv.DictReader(file)}


def write_table(table: dict[str, dict[str, str]]) -> None:
    """The same, written down."""
    with FILE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["what", *ROLES])
        writer.writerows([what, *(cells[role] for role in ROLES)] for what, cells in sorted(table.items()))


async def about_bodies(
    ground: Ground, method: str, path: str, where: int
) -> tuple[str, Any, Callable[[Any], bool] | None]:
    """What is asked of a body and of its area: path, what is sent, and whether the answer is about it."""
    owner = ground.bodies[where]
    if path == "/api/v1/jurisdiction/at":
        return f"{path}?longitude=1&latitude=1", None, None
    shape = square(next(numbers) / 100, 50.0 + where, 0.01)
    area = await ground.site.change(lambda session: put_area(session, owner, read_outline(shape), "test"))
    path = path.replace("{id}", str(owner)).replace("{area}", str(area))
    if path == "/api/v1/jurisdiction":
        return path, None, lambda answer: owner in {one["properties"]["body"] for one in answer["features"]}
    if method == "GET" and path == "/api/v1/bodies":
        return path, None, lambda answer: owner in {one["id"] for one in answer}
    name = f"body {next(numbers)}"
    sent = {
        "POST /api/v1/bodies": {"parent": owner, "kind": "squad", "name": name},
        f"PATCH /api/v1/bodies/{owner}": {"name_en": name},
        f"PUT /api/v1/bodies/{owner}/area": {"shape": square(next(numbers) / 100, 52.0 + where, 0.01)},
        f"POST /api/v1/jurisdiction/{area}/end": {},
    }
    return path, sent.get(f"{method} {path}"), None


def square(west: float, south: float, side: float) -> dict[str, Any]:
    """A small area, as GeoJSON."""
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


async def ask(browser: httpx.AsyncClient, ground: Ground, role: str, what: str, where: int) -> bool:
    """Whether this role may do this there. A 404 for something that is there is a refusal, too."""
    method, _, path = what.partition(" ")
    body: Any = None
    listed: Any = None
    if what in QUESTIONS:
        path, body, listed = await QUESTIONS[what](ground, role, where)
    if path == "/api/v1/units":
        listed = lambda answer: ground.units[where] in {one["number"] for one in answer["units"]}  # noqa: E731
    if "{number}" in path:
        path = path.replace("{number}", str(ground.units[where])) + ("?from=0&to=1" if path.endswith("track") else "")
    if path.startswith(("/api/v1/bodies", "/api/v1/jurisdiction")):
        path, body, listed = await about_bodies(ground, method, path, where)
    elif ("{id}" in path and what not in QUESTIONS) or path in ("/api/v1/people", "/api/v1/sessions"):
        target = await ground.person(where)
        kind = {"grants": "grant", "sessions": "session"}.get(path.split("/")[3], "person")
        path = path.replace("{id}", str(target[kind]))
        if method == "GET" and path == "/api/v1/people":
            path += f"?after={target['person'] - 1}"
            listed = lambda answer: target["person"] in {one["id"] for one in answer["people"]}  # noqa: E731
        if method == "GET" and path == "/api/v1/sessions":
            listed = lambda answer: target["session"] in {one["id"] for one in answer}  # noqa: E731
    if path == "/api/v1/audit":
        holder = await ground.audited(where)
        listed = lambda answer: holder in {one["object"] for one in answer}  # noqa: E731
    if method == "POST" and path == "/api/v1/people":
        body = {"login": f"made.{next(numbers)}", "name": "x", "body": ground.bodies[where]}
    if path.endswith(("/grants", "/shares")) and method == "POST":
        soon = (utc_now() + timedelta(days=1)).isoformat()
        atoms = {"atoms": ["map.read"], "until": soon} if path.endswith("shares") else {"role": "officer"}
        body = {"scope": {"body": ground.bodies[where]}, **atoms}
    for short, value in {"{zoom}/{x}/{y}": "0/0/0", "{kind}": "grid", "{path:path}": "x.js", "{name}": "x.ico"}.items():
        path = path.replace(short, value)
    query = {"/api/v1/places": "?q=a", "/api/v1/where": "?longitude=1&latitude=1"}.get(path, "")
    about_something = "{" in what.partition("/api/")[2] or what in QUESTIONS
    answer = await browser.request(method, path + query, json=body, headers=ground.headers[role])
    assert answer.status_code < 500, (what, answer.text)
    if answer.status_code in REFUSED or (answer.status_code == 404 and about_something):
        return False
    return bool(listed(answer.json())) if listed is not None else True
