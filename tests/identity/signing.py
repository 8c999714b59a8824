"""People who have signed in, without the steps that lead there: those have tests of their own."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.errors import NotFound
from backend.identity.atoms import ATOMS
from backend.identity.granting import end_grant, in_force, put_grant
from backend.identity.people import add_person, find_person, set_disabled
from backend.identity.roles import POWERS
from backend.identity.sessions import FULL, open_session
from backend.identity.tables import Person


async def signed_in(session: AsyncSession, login: str, body: int, role: str | None = None) -> str:
    """The cookie's value of a new session of the person with this name, who is added if missing."""
    try:
        person = await find_person(session, login_of(login))
    except NotFound:
        person = await add_person(session, login_of(login), login, body)
        if role is not None:
            await put_grant(session, person, {"everything": True}, role=role)
    return await open_session(session, person, FULL, lasting=False, address=None, agent=None)


async def move_home(session: AsyncSession, login: str, body: int) -> None:
    """Somebody, who is added if missing, belongs to this body from now on."""
    await signed_in(session, login, body)
    known = await session.get_one(Person, await find_person(session, login_of(login)))
    known.node = body


async def grant_just(session: AsyncSession, login: str, grants: Sequence[dict[str, Any]]) -> None:
    """Take all grants of a person back and give these: `[{atom, scope: {everything|districts|squads|units|cells}}]`."""
    person = await find_person(session, login_of(login))
    for held in await in_force(session, person=person):
        await end_grant(session, held.id)
    for grant in grants:
        for scope in stored_scopes(grant["scope"]):
            await put_grant(session, person, scope, atoms=(grant["atom"],))


async def disable(session: AsyncSession, login: str) -> None:
    """Let a person in no more."""
    await set_disabled(session, await find_person(session, login_of(login)), True)


def login_of(name: str) -> str:
    """A log-in name for somebody of any name."""
    return re.sub("[^a-z0-9]+", "-", name.lower()).strip("-") + ".t"


def everything_granted() -> list[dict[str, Any]]:
    """Every atom that one person may hold together with the others, everywhere."""
    return [{"atom": atom, "scope": {"everything": True}} for atom in ATOMS if atom not in POWERS]


def stored_scopes(scope: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A scope of several kinds as the scopes of one kind each that a person is granted."""
    for kind, value in scope.items():
        if kind in ("districts", "squads"):
            yield from ({"body": body} for body in value)
        elif value:
            yield {kind: value}
