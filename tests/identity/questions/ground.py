"""What the questions are about, and the form of one."""

import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.granting import put_grant
from tests.identity.signing import login_of, signed_in
from tests.live.site import Site

numbers = itertools.count(1)


@dataclass
class Ground:
    """The city: its units and bodies in the own district (0) and in another (1); by role, headers and person's id."""

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


@dataclass(frozen=True)
class Asked:
    """A question put: the path with its ids, what is sent, and how an answer shows that what was asked about is in it.

    `holds` None: the status says it.
    """

    path: str
    body: Any = None
    holds: Callable[[Any], bool] | None = None


Question = Callable[[Ground, str, int], Awaitable[Asked]]
"""Of the ground, the role that asks, and the own district (0) or the other (1)."""


def is_listed(id: int, key: str = "id", within: str | None = None) -> Callable[[Any], bool]:
    """Whether an answer's list (`within` it, if it is no list itself) has a row with this id."""
    return lambda answer: id in {one[key] for one in (answer[within] if within else answer)}
