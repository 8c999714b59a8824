"""Writes people and their one-time links."""

import re
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import utc_now
from backend.errors import BadInput, Forbidden, NotFound, Refusal
from backend.identity.devices import token_hash
from backend.identity.factors import new_session_token
from backend.identity.granting import in_force
from backend.identity.roles import offices
from backend.identity.sessions import end_sessions
from backend.identity.tables import Enrolment, Node, Person, RecoveryCode

LOGIN = re.compile(r"[a-z0-9][a-z0-9._-]{1,63}")
PHONE = re.compile(r"\+?[0-9][0-9 -]{2,24}")
LONGEST_NAME = 100


async def add_person(
    session: AsyncSession,
    login: str,
    name: str,
    body: int,
    *,
    name_en: str | None = None,
    phone: str | None = None,
    simulated: bool = False,
) -> int:
    """Add somebody; returns the id. Raises BadInput, and Refusal for a log-in name that is taken."""
    login = login.lower()
    if not LOGIN.fullmatch(login):
        expected = "2 to 64 of a-z 0-9 . _ -, a letter or digit first"
        raise BadInput("bad log-in name", code="login_name", expected=expected, got=login[:80])
    if not name.strip() or len(name) > LONGEST_NAME or len(name_en or "") > LONGEST_NAME:
        raise BadInput("bad name", code="bad_name", expected=f"1 to {LONGEST_NAME} signs", got=name[:120])
    if phone is not None and not PHONE.fullmatch(phone):
        raise BadInput("bad telephone number", code="phone", expected="digits, spaces and hyphens, + first")
    if await session.get(Node, body) is None:
        raise BadInput(f"there is no body {body}", code="no_body", expected="the id of a body", got=body)
    if await session.scalar(select(Person.id).where(Person.login == login)) is not None:
        raise Refusal(f"the log-in name {login} is taken", code="login_taken", login=login)
    person = Person(login=login, name=name.strip(), name_en=name_en, node=body, phone=phone, simulated=simulated)
    session.add(person)
    await session.flush()
    return person.id


async def find_person(session: AsyncSession, login: str) -> int:
    """The id behind a log-in name. Raises NotFound."""
    found = await session.scalar(select(Person.id).where(Person.login == login.lower()))
    if found is None:
        raise NotFound(f"nobody has the log-in name {login!r}", login=login)
    return found


async def has_enrolled(session: AsyncSession) -> bool:
    """Whether a system administrator who is not of the demo has ever set a password."""
    holders = {one.person for one in await in_force(session, role="system_administrator")}
    statement = select(Person.id).where(Person.id.in_(holders), Person.password_hash.is_not(None), ~Person.simulated)
    return await session.scalar(statement.limit(1)) is not None


async def make_link(session: AsyncSession, person: int, hours: float) -> str:
    """A one-time link's token, with which the person sets a password; earlier ones open nothing any more.

    Raises NotFound for somebody who is not there, or was disabled.
    """
    known = await session.get(Person, person)
    if known is None or known.disabled_at is not None:
        raise NotFound(f"there is nobody {person} who may sign in", person=person)
    now = utc_now()
    await session.execute(
        update(Enrolment).where(Enrolment.person == person, Enrolment.used_at.is_(None)).values(used_at=now)
    )
    token = new_session_token()
    session.add(Enrolment(person=person, token_hash=token_hash(token), expires_at=now + timedelta(hours=hours)))
    await session.flush()
    return token


async def set_disabled(session: AsyncSession, person: int, disabled: bool) -> None:
    """Let somebody in no more, at once and on open pages too; or let him in again. Raises NotFound."""
    statement = update(Person).where(Person.id == person).values(disabled_at=utc_now() if disabled else None)
    if await session.scalar(statement.returning(Person.id)) is None:
        raise NotFound(f"there is nobody {person}", person=person)
    if disabled:
        await end_sessions(session, "disabled", person=person)


async def unlock(session: AsyncSession, person: int) -> None:
    """Let somebody try again who was locked out after too many wrong passwords. Raises NotFound."""
    statement = update(Person).where(Person.id == person).values(locked_until=None, failures=0)
    if await session.scalar(statement.returning(Person.id)) is None:
        raise NotFound(f"there is nobody {person}", person=person)


async def phone_of(session: AsyncSession, person: int) -> str | None:
    """Somebody's whole telephone number; who is given it stands in the access log."""
    found: str | None = await session.scalar(select(Person.phone).where(Person.id == person))
    return found


async def reset_factor(session: AsyncSession, person: int) -> None:
    """Forget the second factor of somebody who has lost it; the next log-in sets up another one."""
    known = await session.get(Person, person)
    if known is None:
        raise NotFound(f"there is nobody {person}", person=person)
    known.factor_secret = known.factor_offered = None
    for code in await session.scalars(select(RecoveryCode).where(RecoveryCode.person == person)):
        await session.delete(code)
    await end_sessions(session, "factor reset", person=person)


async def check_no_takeover(session: AsyncSession, person: int) -> None:
    """Raises Forbidden: who manages accounts must not become another of the three administrators by a new link."""
    known = await session.get(Person, person)
    held = [offices(one.role, one.atoms) for one in await in_force(session, person=person)]
    if known is not None and known.password_hash is not None and set().union(*held) - {"system_administrator"}:
        raise Forbidden("for a security administrator or auditor this is done on the machine: liandong user link")
