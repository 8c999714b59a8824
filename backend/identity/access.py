"""The door of the web process: every route states what it needs, or that it needs nothing, or does not start."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from backend.errors import Forbidden, NotSignedIn
from backend.identity.atoms import ATOMS
from backend.identity.audit import Actor
from backend.identity.keys import KEY_PREFIX, find_key
from backend.identity.partners import NOT_READ
from backend.identity.registry import KnownViewer, Registry
from backend.identity.rights import Rights
from backend.identity.sessions import COOKIE, FULL, KnownSession, Sessions

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
CSRF_HEADER = "x-liandong-csrf"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: a person with a session, or a partner's key. `holder` as in `Organisation.viewers`."""

    holder: str
    name: str
    rights: Rights
    roles: tuple[str, ...] = ()
    session: int | None = None
    name_en: str | None = None
    is_partner: bool = False

    @property
    def person(self) -> int | None:
        """The person's id; None for a key."""
        kind, _, number = self.holder.partition(":")
        return int(number) if kind == "person" else None


class Requires:
    """The dependency of a guarded route: a viewer who holds the atom somewhere. Use with `Depends`."""

    def __init__(self, atom: str) -> None:
        if atom not in ATOMS:
            raise ValueError(f"unknown atom {atom!r}")
        self.atom = atom

    async def __call__(self, connection: HTTPConnection) -> Viewer:
        """The viewer. Raises NotSignedIn or Forbidden; Unavailable for a partner whose read cannot be written down."""
        viewer = await viewer_of(connection)
        if not viewer.rights.holds(self.atom):
            raise Forbidden(f"this needs the right {self.atom}", code="needs", atom=self.atom)
        if viewer.is_partner and self.atom not in NOT_READ:
            await connection.app.state.partner_reads.note(connection, actor_of(connection, viewer), self.atom)
        return viewer


class SignedIn:
    """The dependency of a route about oneself: any person who has signed in, whatever he may do."""

    async def __call__(self, connection: HTTPConnection) -> Viewer:
        """The viewer. Raises NotSignedIn, and Forbidden for a key: it is nobody."""
        viewer = await viewer_of(connection)
        if viewer.person is None:
            raise Forbidden("a key has no profile")
        return viewer


class Public:
    """The dependency of a route that everybody may call; `why` says what makes that harmless."""

    def __init__(self, why: str) -> None:
        self.why = why

    async def __call__(self) -> None:
        """Lets everybody in."""


async def viewer_of(connection: HTTPConnection) -> Viewer:
    """Who a cookie or a key stands for, with the rights of this moment.

    Raises NotSignedIn, and Forbidden for a changing request that may come from another site's page.
    """
    registry: Registry = connection.app.state.registry
    scheme, _, key = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.startswith(KEY_PREFIX):
        holder = await find_key(connection.app.state.database, key)
        known = registry.current.viewers.get(holder or "")
        if holder is None or known is None:
            raise NotSignedIn("this key opens nothing")
        connection.app.state.key_uses.note(holder)
        return _viewer(holder, known, None)
    session = await session_of(connection)
    known = registry.current.viewers.get(f"person:{session.person}") if session else None
    if session is None or known is None or session.stage != FULL:
        raise NotSignedIn("sign in first")
    check_same_site(connection)
    return _viewer(f"person:{session.person}", known, session.id)


async def session_of(connection: HTTPConnection) -> KnownSession | None:
    """The session that the cookie names, at whatever stage. Raises Unavailable."""
    sessions: Sessions = connection.app.state.sessions
    # What a page asks for by itself, again and again, says nothing of a person before it.
    acts = connection.scope["type"] == "http" and connection.scope["method"] not in SAFE_METHODS
    return await sessions.find(connection.cookies.get(COOKIE), sign_of_life=acts)


def check_same_site(connection: HTTPConnection) -> None:
    """A changing request with a cookie carries the token that only our own page can read. Raises Forbidden."""
    if connection.scope["type"] != "http" or connection.scope["method"] in SAFE_METHODS:
        return
    expected = csrf_token(connection.app.state.cookie_secret, connection.cookies.get(COOKIE, ""))
    given = connection.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogatepass")):
        raise Forbidden("this request does not come from our own page", expected=CSRF_HEADER)


def csrf_token(secret: str, cookie: str) -> str:
    """Belongs to one session: whoever cannot read our answers cannot know it."""
    return hmac.new(secret.encode(), b"csrf " + cookie.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def actor_of(connection: HTTPConnection, viewer: Viewer) -> Actor:
    """The viewer as the audit names him."""
    address = connection.client.host if connection.client else None
    return Actor(viewer.holder, viewer.name, viewer.session, address)


def check_routes(routes: Sequence[BaseRoute]) -> dict[str, str]:
    """What each route needs, by method and path. Raises ValueError for one that states nothing: it must not start."""
    needs: dict[str, str] = {}
    for route in routes:
        # FastAPI keeps an included router as one route; what counts is what is in it.
        if (included := getattr(route, "original_router", None)) is not None:
            needs |= check_routes(included.routes)
            continue
        path = getattr(route, "path", repr(route))
        if not isinstance(route, APIRoute | APIWebSocketRoute):
            raise ValueError(f"{path}: only routes with a stated atom may be mounted, not {type(route).__name__}")
        stated = [d.call for d in route.dependant.dependencies if isinstance(d.call, Requires | SignedIn | Public)]
        if len(stated) != 1:
            raise ValueError(f"{path}: expected one Requires(atom), SignedIn() or Public(why), got {len(stated)}")
        methods = sorted((route.methods or set()) - {"HEAD"}) if isinstance(route, APIRoute) else ["SOCKET"]
        needs |= {f"{method} {path}": _need(stated[0]) for method in methods}
    return needs


def _need(stated: Requires | SignedIn | Public) -> str:
    if isinstance(stated, Requires):
        return stated.atom
    return "signed in" if isinstance(stated, SignedIn) else "public: " + stated.why


def _viewer(holder: str, known: KnownViewer, session: int | None) -> Viewer:
    return Viewer(holder, known.name, known.rights, known.roles, session, known.name_en, known.is_partner)
