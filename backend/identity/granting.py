"""Writes grants, and decides who may."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import utc_now
from backend.errors import BadInput, Forbidden, NotFound, Refusal
from backend.identity.atoms import ATOMS
from backend.identity.grants import covers, read_scope
from backend.identity.rights import NOTHING, Rights, Scope
from backend.identity.roles import ROLES, offices
from backend.identity.tables import Node, Person, PersonGrant, Unit
from backend.identity.tree import Tree

SHARED_FOR = timedelta(days=31)
LAST_TO_GO = "security_administrator"
FOUNDING = "until there is a security administrator"


async def in_force(session: AsyncSession, *, person: int | None = None, role: str | None = None) -> list[PersonGrant]:
    """The grants that hold now or will: of a person, or of a role."""
    statement = select(PersonGrant).where((PersonGrant.valid_until.is_(None)) | (PersonGrant.valid_until > func.now()))
    if person is not None:
        statement = statement.where(PersonGrant.person == person)
    if role is not None:
        statement = statement.where(PersonGrant.role == role)
    return list(await session.scalars(statement.order_by(PersonGrant.id)))


async def put_grant(
    session: AsyncSession,
    person: int,
    scope: Mapping[str, Any],
    *,
    role: str | None = None,
    atoms: Iterable[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    by: int | None = None,
    reason: str | None = None,
) -> int:
    """Grant a role, or single atoms, within a scope; returns the grant's id.

    Whoever grants has been asked for by `check_may_grant`. Raises BadInput for what is not known, Refusal for a second
    one of the three administrators' roles.
    """
    atoms = tuple(atoms)
    if role is not None and role not in ROLES:
        raise BadInput(f"unknown role {role!r}", expected=sorted(ROLES), got=role)
    if unknown := [atom for atom in atoms if atom not in ATOMS]:
        raise BadInput(f"unknown atoms {unknown}", expected=sorted(ATOMS), got=unknown)
    if (role is None) == (not atoms):
        raise BadInput("a grant is of a role or of atoms", expected="one of both", got={"role": role, "atoms": atoms})
    now = utc_now()
    since = since or now
    if until is not None and until <= max(since, now):
        raise BadInput(
            "a grant ends after it begins, and not in the past",
            code="until_before_since",
            expected=f"later than {max(since, now)}",
        )
    check_scope(scope, *await read_tree(session))
    if await session.get(Person, person) is None:
        raise NotFound(f"there is nobody {person}", person=person)
    if new := offices(role, atoms):
        held = set().union(*(offices(one.role, one.atoms) for one in await in_force(session, person=person)))
        if reason != FOUNDING and len(new | held) > 1:
            words = " and ".join(sorted(new | held))
            raise Refusal(
                f"nobody is {words}: the three administrators stand apart", code="separate", held=sorted(held)
            )
    grant = PersonGrant(
        person=person,
        role=role,
        atoms=list(atoms),
        scope=dict(scope),
        valid_from=since,
        valid_until=until,
        granted_by=by,
        reason=reason,
    )
    session.add(grant)
    if role == "security_administrator":
        # From here on rights are his matter, and no longer that of whoever set the system up.
        founding = (PersonGrant.reason == FOUNDING) & (PersonGrant.valid_until.is_(None))
        await session.execute(update(PersonGrant).where(founding).values(valid_until=now))
    await session.flush()
    return grant.id


async def found(session: AsyncSession, person: int) -> None:
    """Make somebody the first administrator, who also grants rights until there is a security administrator."""
    everywhere = {"everything": True}
    await put_grant(session, person, everywhere, role="system_administrator", reason="the first administrator")
    await put_grant(session, person, everywhere, atoms=("grant.read", "grant.write"), reason=FOUNDING)


async def end_grant(session: AsyncSession, grant: int) -> PersonGrant:
    """Take a grant back at once. Raises NotFound for one that is not in force."""
    known = await session.get(PersonGrant, grant, with_for_update=True)
    now = utc_now()
    if known is None or (known.valid_until is not None and known.valid_until <= now):
        raise NotFound(f"there is no grant {grant} in force", grant=grant)
    if known.role == LAST_TO_GO:
        await check_not_last(session, known.person)
    known.valid_until = max(now, known.valid_from)
    await session.flush()
    return known


async def check_not_last(session: AsyncSession, person: int) -> None:
    """Raises Refusal where nobody else could grant rights any more."""
    holders = {one.person for one in await in_force(session, role=LAST_TO_GO)}
    if person not in holders:
        return
    others = select(Person.id).where(Person.id.in_(holders - {person}), Person.disabled_at.is_(None)).limit(1)
    if await session.scalar(others) is None:
        raise Refusal("this is the last security administrator: appoint another one first", person=person)


async def read_tree(session: AsyncSession) -> tuple[Tree, dict[int, int]]:
    """The tree of bodies, and of each unit its body."""
    tree = Tree(await session.scalars(select(Node)))
    rows = await session.execute(select(Unit.number, Unit.squad))
    return tree, {row.number: row.squad for row in rows}


def check_scope(scope: Mapping[str, Any], tree: Tree, units: Mapping[int, int]) -> Scope:
    """What a stored scope covers. `units`: number → body. Raises BadInput where that is nothing, or is not there."""
    covered = read_scope(scope, tree, units)
    if covered == NOTHING and "body" not in scope:
        raise BadInput("a grant covers something", expected="a body, cells, units or everything", got=dict(scope))
    if unknown := sorted(set(scope.get("units", ())) - set(units)):
        raise BadInput(f"there are no units {unknown}", expected="numbers of units", got=unknown)
    return covered


def holds_over(rights: Rights, atom: str, given: Scope, tree: Tree, units: Mapping[int, int]) -> bool:
    """Whether somebody holds an atom for everything of a scope."""
    return rights.holds(atom) and covers(rights.scope(atom), given, tree, units)


def check_holds(rights: Rights, atoms: Iterable[str], given: Scope, tree: Tree, units: Mapping[int, int]) -> None:
    """Raises Forbidden where somebody would give more than he holds himself, or farther than he holds it."""
    if missing := sorted({one for one in atoms if not holds_over(rights, one, given, tree, units)}):
        raise Forbidden(f"you do not hold {', '.join(missing)} there yourself", code="missing", missing=missing)


async def check_may_grant(
    session: AsyncSession,
    by: int,
    rights: Rights,
    person: int,
    scope: Mapping[str, Any],
    *,
    role: str | None,
    atoms: Iterable[str] = (),
    until: datetime | None = None,
) -> None:
    """Whether somebody may grant this. Raises Forbidden, with what is missing.

    A security administrator grants within the part of the tree that is his. Everybody else who may share gives no more
    than he holds himself, no farther than he holds it, and for 31 days at most. Nobody grants himself anything.
    """
    tree, units = await read_tree(session)
    given = read_scope(scope, tree, units)
    if by == person:
        raise Forbidden("nobody grants himself a right", code="own_grant", atom="grant.write")
    if holds_over(rights, "grant.write", given, tree, units):
        return
    if not rights.holds("grant.share"):
        raise Forbidden("this needs the right grant.write there", code="needs", atom="grant.write")
    check_holds(rights, (*(ROLES[role].atoms if role in ROLES else ()), *atoms), given, tree, units)
    if until is None or until > utc_now() + SHARED_FOR:
        raise Forbidden(
            f"what is shared ends within {SHARED_FOR.days} days", code="shared_too_long", days=SHARED_FOR.days
        )
