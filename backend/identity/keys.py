"""Keys of partner systems: shown once, stored hashed, scoped, rotated with an overlap, revoked at once."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import utc_now
from backend.db.engine import Database, is_away
from backend.errors import BadInput, NotFound, Refusal, Unavailable
from backend.identity.devices import token_hash
from backend.identity.rights import Rights, write_grants
from backend.identity.tables import AccessKey

KEY_PREFIX = "ldk_"
"""Every key begins with it, so that one that was published by mistake can be searched for."""


LONGEST_NAME = 100


async def add_key(session: AsyncSession, name: str, rights: Rights, expires: datetime | None = None) -> str:
    """Store a key with its rights under a name; returns the key. Raises as `put_key` does."""
    _, key = await put_key(session, name, write_grants(rights), expires)
    return key


async def put_key(
    session: AsyncSession, name: str, grants: list[dict[str, Any]], expires: datetime | None = None
) -> tuple[int, str]:
    """Store a key with grants `[{atom, scope}]` under a name; returns its id and the key.

    Raises BadInput, and Refusal for a name that is taken.
    """
    if not (0 < len(name.strip()) <= LONGEST_NAME and name.isprintable()):
        raise BadInput("bad name of a key", code="bad_name", expected=f"1 to {LONGEST_NAME} signs")
    if expires is not None and expires <= utc_now():
        raise BadInput("a key ends later than now", code="until_before_since", got=expires.isoformat())
    if await session.scalar(select(AccessKey.id).where(AccessKey.name == name)) is not None:
        raise Refusal(
            f"there is a key named {name!r} already: rotate it, or take another name", code="name_taken", name=name
        )
    key = _new_key()
    row = AccessKey(name=name, key_hash=token_hash(key), grants=grants, expires_at=expires)
    session.add(row)
    await session.flush()
    return row.id, key


async def rotate_key(session: AsyncSession, name: str, overlap: timedelta) -> str:
    """Give a key in force a new secret; the former one works on for so long. Raises NotFound."""
    known = await _in_force(session, name)
    key = _new_key()
    known.former_hash, known.former_until = known.key_hash, utc_now() + overlap
    known.key_hash = token_hash(key)
    await session.flush()
    return key


async def revoke_key(session: AsyncSession, name: str) -> None:
    """Take a key's rights away at once, on open sockets too. Raises NotFound."""
    (await _in_force(session, name)).revoked_at = utc_now()
    await session.flush()


async def key_holder(session: AsyncSession, key: str) -> str | None:
    """`key:<id>` for a key that is in force, or was until it was rotated a moment ago; else None."""
    hash, now = token_hash(key), utc_now()
    id = await session.scalar(
        select(AccessKey.id).where(
            or_(AccessKey.key_hash == hash, (AccessKey.former_hash == hash) & (AccessKey.former_until > now)),
            or_(AccessKey.expires_at.is_(None), AccessKey.expires_at > now),
            AccessKey.revoked_at.is_(None),
        )
    )
    return None if id is None else f"key:{id}"


async def find_key(database: Database, key: str) -> str | None:
    """The same, asked of the store. Raises Unavailable."""
    try:
        async with database.snapshot() as session:
            return await key_holder(session, key)
    except Exception as error:
        if not is_away(error):
            raise
        raise Unavailable("the database is away, so no key can be checked; try again soon") from error


def _new_key() -> str:
    return KEY_PREFIX + secrets.token_urlsafe(32)


async def _in_force(session: AsyncSession, name: str) -> AccessKey:
    statement = select(AccessKey).where(AccessKey.name == name, AccessKey.revoked_at.is_(None)).with_for_update()
    known = await session.scalar(statement)
    if known is None:
        raise NotFound(f"there is no key named {name!r} in force", name=name)
    return known
