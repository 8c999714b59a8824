"""Reads people for the pages: with their bodies and the roles that they have now."""

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from backend.clock import to_ms
from backend.errors import NotFound
from backend.identity.granting import in_force
from backend.identity.sessions import FULL
from backend.identity.tables import Node, Person, PersonGrant, RecoveryCode, Session

PAGE = 100
BACKSLASH = "\\"


async def demo_of(session: AsyncSession) -> list[dict[str, Any]]:
    """The people of the demo, as they were added."""
    rows = (
        await session.execute(
            select(Person, Node)
            .join(Node, Node.id == Person.node)
            .where(Person.simulated, Person.disabled_at.is_(None))
            .order_by(Person.id)
        )
    ).all()
    roles = await roles_of(session, [person.id for person, _ in rows])
    return [{**_who(person, node), "roles": roles.get(person.id, [])} for person, node in rows]


async def profile_of(session: AsyncSession, id: int) -> dict[str, Any]:
    """Somebody as he sees himself. Raises NotFound."""
    row = (
        await session.execute(select(Person, Node).join(Node, Node.id == Person.node).where(Person.id == id))
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is nobody {id}", person=id)
    person, node = row
    left = await session.scalar(select(func.count()).where(RecoveryCode.person == id, RecoveryCode.used_at.is_(None)))
    return {
        **_who(person, node),
        "roles": (await roles_of(session, [id])).get(id, []),
        "second_factor": person.factor_secret is not None,
        "recovery_codes": left or 0,
        "password_set_at": to_ms(person.password_set_at) if person.password_set_at else None,
    }


async def people_of(
    session: AsyncSession, bodies: list[int], search: str, after: int
) -> tuple[list[dict[str, Any]], int | None]:
    """A page of people of these bodies, and where the next one begins."""
    statement = select(Person).where(Person.node.in_(bodies), Person.id > after).order_by(Person.id).limit(PAGE + 1)
    if search:
        statement = statement.where(contains(search, Person.login, Person.name, Person.name_en))
    rows = list(await session.scalars(statement))
    shown = rows[:PAGE]
    roles = await roles_of(session, [one.id for one in shown])
    seen = await _seen(session, [one.id for one in shown])
    found = [
        {
            "id": one.id,
            "login": one.login,
            "name": one.name,
            "name_en": one.name_en,
            "body": one.node,
            "phone": masked(one.phone),
            "roles": roles.get(one.id, []),
            "enrolled": one.password_hash is not None,
            "second_factor": one.factor_secret is not None,
            "disabled": one.disabled_at is not None,
            "locked_until": to_ms(one.locked_until) if one.locked_until else None,
            "seen_at": seen.get(one.id),
        }
        for one in shown
    ]
    return found, shown[-1].id if len(rows) > PAGE else None


def contains(
    search: str, *columns: InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
) -> ColumnElement[bool]:
    """Whether one of the columns holds these signs, in capitals or not. NUL, which no text holds, is passed over."""
    wanted = search.replace("\0", "").replace(BACKSLASH, BACKSLASH * 2).replace("%", r"\%").replace("_", r"\_")
    return or_(*(column.ilike(f"%{wanted}%") for column in columns))


def masked(phone: str | None) -> str | None:
    """A telephone number as anybody may see it: 138****1234; of a short one no more than its end."""
    if phone is None:
        return None
    signs = "".join(sign for sign in phone if sign.isdigit())
    return f"{signs[:3]}****{signs[-4:]}" if len(signs) >= 9 else f"****{signs[-2:]}"


async def grants_of(session: AsyncSession, person: int) -> list[dict[str, Any]]:
    """What somebody is granted, now or from a later day."""
    rows = await in_force(session, person=person)
    names = dict(
        (
            await session.execute(
                select(Person.id, Person.name).where(Person.id.in_([row.granted_by for row in rows if row.granted_by]))
            )
        ).all()
    )
    return [
        {
            "id": row.id,
            "role": row.role,
            "atoms": row.atoms,
            "scope": row.scope,
            "since": to_ms(row.valid_from),
            "until": to_ms(row.valid_until) if row.valid_until else None,
            "by": names.get(row.granted_by or 0),
            "reason": row.reason,
        }
        for row in rows
    ]


async def sessions_of(session: AsyncSession, bodies: list[int]) -> list[dict[str, Any]]:
    """The open sessions of the people of these bodies, the newest first."""
    rows = await session.execute(
        select(Session, Person)
        .join(Person, Person.id == Session.person)
        .where(Session.ended_at.is_(None), Session.stage == FULL, Person.node.in_(bodies))
        .order_by(Session.id.desc())
        .limit(1000)
    )
    return [
        {
            "id": row.id,
            "person": person.id,
            "login": person.login,
            "name": person.name,
            "opened_at": to_ms(row.opened_at),
            "seen_at": to_ms(row.seen_at),
            "lasting": row.lasting,
            "address": row.address,
            "agent": row.agent,
        }
        for row, person in rows
    ]


async def person_of_session(session: AsyncSession, id: int) -> int:
    """Whose session it is. Raises NotFound."""
    found = await session.scalar(select(Session.person).where(Session.id == id, Session.ended_at.is_(None)))
    if found is None:
        raise NotFound(f"there is no session {id}", session=id)
    return found


async def ids_of(session: AsyncSession, bodies: list[int]) -> list[int]:
    """The people of these bodies."""
    return list(await session.scalars(select(Person.id).where(Person.node.in_(bodies))))


async def body_of(session: AsyncSession, person: int) -> int | None:
    """The body of somebody; None where there is nobody."""
    found: int | None = await session.scalar(select(Person.node).where(Person.id == person))
    return found


async def _seen(session: AsyncSession, people: list[int]) -> dict[int, int]:
    rows = await session.execute(
        select(Session.person, func.max(Session.seen_at)).where(Session.person.in_(people)).group_by(Session.person)
    )
    return {person: to_ms(moment) for person, moment in rows}


async def roles_of(session: AsyncSession, people: list[int]) -> dict[int, list[str]]:
    """The roles that each of them has now."""
    rows = await session.execute(
        select(PersonGrant.person, PersonGrant.role)
        .where(
            PersonGrant.person.in_(people),
            PersonGrant.role.is_not(None),
            PersonGrant.valid_from <= func.now(),
            or_(PersonGrant.valid_until.is_(None), PersonGrant.valid_until > func.now()),
        )
        .distinct()
        .order_by(PersonGrant.person, PersonGrant.role)
    )
    found: dict[int, list[str]] = {}
    for person, role in rows:
        found.setdefault(person, []).append(role or "")
    return found


def _who(person: Person, node: Node) -> dict[str, Any]:
    return {
        "login": person.login,
        "name": person.name,
        "name_en": person.name_en,
        "body": node.name,
        "body_en": node.name_en,
    }
