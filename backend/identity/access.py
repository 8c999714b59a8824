"""The door of the web process: every route states what it needs, or that it needs nothing, or does not start."""

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from backend.errors import Forbidden, NotSignedIn
from backend.identity.atoms import ATOMS
from backend.identity.keys import COOKIE, read_cookie
from backend.identity.registry import Registry
from backend.identity.rights import Rights


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks: the key, its name and rights."""

    key: int
    name: str
    rights: Rights


class Requires:
    """The dependency of a guarded route: a viewer who holds the atom somewhere. Use with `Depends`."""

    def __init__(self, atom: str) -> None:
        if atom not in ATOMS:
            raise ValueError(f"unknown atom {atom!r}")
        self.atom = atom

    async def __call__(self, connection: HTTPConnection) -> Viewer:
        """The viewer. Raises NotSignedIn or Forbidden."""
        viewer = viewer_of(connection)
        if not viewer.rights.holds(self.atom):
            raise Forbidden(f"this needs the right {self.atom}", atom=self.atom)
        return viewer


class Public:
    """The dependency of a route that everybody may call; `why` says what makes that harmless."""

    def __init__(self, why: str) -> None:
        self.why = why

    async def __call__(self) -> None:
        """Lets everybody in."""


def viewer_of(connection: HTTPConnection) -> Viewer:
    """The viewer that the cookie names, with the rights of this moment. Raises NotSignedIn."""
    registry: Registry = connection.app.state.registry
    key = read_cookie(connection.app.state.cookie_secret, connection.cookies.get(COOKIE))
    known = registry.current.keys.get(key) if key is not None else None
    if key is None or known is None:
        raise NotSignedIn("open the link that `make run` printed")
    return Viewer(key, *known)


def check_routes(routes: Sequence[BaseRoute]) -> dict[str, str]:
    """What each route needs, by path. Raises ValueError for one that states nothing: it must not start."""
    needs: dict[str, str] = {}
    for route in routes:
        # FastAPI keeps an included router as one route; what counts is what is in it.
        if (included := getattr(route, "original_router", None)) is not None:
            needs |= check_routes(included.routes)
            continue
        path = getattr(route, "path", repr(route))
        if not isinstance(route, APIRoute | APIWebSocketRoute):
            raise ValueError(f"{path}: only routes with a stated atom may be mounted, not {type(route).__name__}")
        stated = [d.call for d in route.dependant.dependencies if isinstance(d.call, Requires | Public)]
        if len(stated) != 1:
            raise ValueError(f"{path}: expected one Requires(atom) or Public(why), got {len(stated)}")
        needs[path] = stated[0].atom if isinstance(stated[0], Requires) else "public: " + stated[0].why
    return needs
