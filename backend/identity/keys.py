"""Keys that open the pages until people and log-in exist, and the cookie that a key becomes.

The cookie is `<key id>.<issued, s>.<signature>`: it names a key, holds no secret and dies with the key.
"""

import hashlib
import hmac
import secrets

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import now_ms, utc_now
from backend.errors import NotFound
from backend.identity.rights import Rights, write_grants
from backend.identity.tables import AccessKey

COOKIE = "liandong"
COOKIE_SECONDS = 30 * 86400


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


async def put_key(session: AsyncSession, name: str, rights: Rights, key: str | None = None) -> str:
    """Store a key with its rights under a name (a known name is given the new key and rights); returns the key."""
    key = key or secrets.token_urlsafe(32)
    known = await session.scalar(select(AccessKey).where(AccessKey.name == name))
    if known is not None and known.key_hash != _hash(key):
        # A new key is a new row: cookies name the row, and those of the old key must die with it.
        await session.delete(known)
        await session.flush()
        known = None
    if known is None:
        known = AccessKey(name=name, key_hash=_hash(key))
        session.add(known)
    known.grants = write_grants(rights)
    known.revoked_at = None
    await session.flush()
    return key


async def ensure_key(session: AsyncSession, name: str, rights: Rights, key: str) -> None:
    """Put the key unless it is there; one that was revoked stays revoked.

    A key of an older version of the program gets the rights that were added since.
    """
    known = await session.scalar(select(AccessKey).where(AccessKey.name == name, AccessKey.key_hash == _hash(key)))
    if known is None:
        await put_key(session, name, rights, key)
    elif known.grants != (grants := write_grants(rights)):
        known.grants = grants


async def revoke_key(session: AsyncSession, name: str) -> None:
    """Take a key's rights away at once, on open sockets too. Raises NotFound."""
    statement = (
        update(AccessKey)
        .where(AccessKey.name == name, AccessKey.revoked_at.is_(None))
        .values(revoked_at=utc_now())
        .returning(AccessKey.id)
    )
    if await session.scalar(statement) is None:
        raise NotFound(f"there is no key named {name!r} in force", name=name)


async def key_id(session: AsyncSession, key: str) -> int | None:
    """The id of a key that is in force, else None."""
    found: int | None = await session.scalar(
        select(AccessKey.id).where(AccessKey.key_hash == _hash(key), AccessKey.revoked_at.is_(None))
    )
    return found


def sign_cookie(secret: str, key: int) -> str:
    """The value of the cookie for a key."""
    head = f"{key}.{now_ms() // 1000}"
    return f"{head}.{_signature(secret, head)}"


def read_cookie(secret: str, value: str | None) -> int | None:
    """The key id in a cookie that we signed and that has not run out; else None."""
    head, _, signature = (value or "").rpartition(".")
    # Compared as bytes: a header may hold signs outside ASCII, which compare_digest refuses in a str.
    if not hmac.compare_digest(_signature(secret, head).encode(), signature.encode("utf-8", "surrogatepass")):
        return None
    key, _, issued = head.partition(".")
    if now_ms() // 1000 - int(issued) > COOKIE_SECONDS:
        return None
    return int(key)


def _signature(secret: str, head: str) -> str:
    return hmac.new(secret.encode(), head.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
