"""How far somebody reaches over partners' keys: which he may make, and which he sees."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import to_ms, utc_now
from backend.errors import BadInput, Forbidden, NotFound, Refusal
from backend.identity.atoms import ATOMS
from backend.identity.granting import check_holds, check_scope, holds_over, read_tree
from backend.identity.grants import covers, rights_of_key
from backend.identity.rights import Rights
from backend.identity.roles import POWERS
from backend.identity.tables import AccessKey
from backend.identity.tree import Tree

NOT_FOR_KEYS = frozenset((*POWERS, "grant.share", "key.write"))
"""Whoever makes a key holds it in his hand, too: with these he could give himself what nobody may give himself."""


async def check_may_make(session: AsyncSession, rights: Rights, atoms: Iterable[str], scope: Mapping[str, Any]) -> None:
    """Whether somebody with these rights may make a key of these atoms there. Raises BadInput, Refusal, Forbidden.

    He gives what he may grant to a person: anything within the part of the tree where he grants rights, elsewhere what
    he holds himself.
    """
    atoms = tuple(atoms)
    if unknown := [atom for atom in atoms if atom not in ATOMS]:
        raise BadInput(f"unknown atoms {unknown}", expected=sorted(ATOMS), got=unknown)
    if not atoms or len(set(atoms)) != len(atoms):
        raise BadInput("a key has atoms, each once", expected="one atom or more", got=atoms)
    if refused := sorted(NOT_FOR_KEYS.intersection(atoms)):
        raise Refusal(f"no key has {', '.join(refused)}: that is for people", code="separate", got=refused)
    tree, units = await read_tree(session)
    given = check_scope(scope, tree, units)
    if not holds_over(rights, "key.write", given, tree, units):
        raise Forbidden("this needs the right key.write there", code="needs", atom="key.write")
    if not holds_over(rights, "grant.write", given, tree, units):
        check_holds(rights, atoms, given, tree, units)


async def check_may_hold(session: AsyncSession, rights: Rights, key: AccessKey) -> None:
    """Whether somebody may be given a key's new secret: as if he made it. Raises Refusal, Forbidden."""
    tree, units = await read_tree(session)
    for atom, scope in rights_of_key(key.grants, tree, units).grants:
        if atom in NOT_FOR_KEYS:
            raise Refusal("for this key it is done on the machine: liandong key rotate", code="separate", got=atom)
        if not holds_over(rights, "grant.write", scope, tree, units):
            check_holds(rights, [atom], scope, tree, units)


async def keys_within(session: AsyncSession, rights: Rights) -> list[dict[str, Any]]:
    """The keys that open nothing beyond where somebody holds `key.read`. Moments are ms since 1970."""
    tree, units = await read_tree(session)
    rows = await session.scalars(select(AccessKey).order_by(AccessKey.id))
    return [_told(key) for key in rows if _within(rights, "key.read", key, tree, units)]


async def key_within(session: AsyncSession, rights: Rights, atom: str, id: int) -> AccessKey:
    """The key of this id. Raises NotFound for one that opens more than somebody holds the atom for, too."""
    key = await session.get(AccessKey, id)
    if key is None or not _within(rights, atom, key, *await read_tree(session)):
        raise NotFound(f"there is no key {id}", key=id)
    return key


def _within(rights: Rights, atom: str, key: AccessKey, tree: Tree, units: Mapping[int, int]) -> bool:
    reach = rights.scope(atom)
    if reach.everything:
        return True
    try:
        scopes = [scope for _, scope in rights_of_key(key.grants, tree, units).grants]
    except (Refusal, ValueError, KeyError, TypeError):
        return False  # of another version of the program: what it opens is not known
    return all(covers(reach, scope, tree, units) for scope in scopes)


def _told(key: AccessKey) -> dict[str, Any]:
    scopes = [grant.get("scope") for grant in key.grants]
    # One made on the command line may have several, or one of several kinds.
    scope = scopes[0] if scopes and all(one == scopes[0] for one in scopes) else None
    overlaps = key.former_until is not None and key.former_until > utc_now()
    return {
        "id": key.id,
        "name": key.name,
        "atoms": sorted(str(grant.get("atom")) for grant in key.grants),
        "scope": {kind: value for kind, value in scope.items() if value} if isinstance(scope, dict) else None,
        "made_at": to_ms(key.made_at),
        "expires_at": to_ms(key.expires_at) if key.expires_at else None,
        "former_until": to_ms(key.former_until) if overlaps and key.former_until else None,
        "revoked_at": to_ms(key.revoked_at) if key.revoked_at else None,
        "used_at": to_ms(key.used_at) if key.used_at else None,
    }
