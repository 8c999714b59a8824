"""The door: what each route needs is checked before the process starts, who asks with every request."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse
from httpx import ASGITransport, AsyncClient

from backend.db.engine import Database
from backend.errors import Refusal
from backend.identity.access import CSRF_HEADER, Public, Requires, SignedIn, Viewer, check_routes, csrf_token
from backend.identity.registry import KnownViewer, Organisation, Registry
from backend.identity.rights import EVERYTHING, Rights
from backend.identity.sessions import COOKIE
from tests.identity.doors import FixedSessions

SECRET = "secret of this test"


def guarded() -> APIRouter:
    router = APIRouter()

    @router.get("/units")
    async def units(viewer: Annotated[Viewer, Depends(Requires("unit.read"))]) -> dict[str, Any]:
        return {"holder": viewer.holder, "name": viewer.name}

    @router.post("/units")
    async def change(viewer: Annotated[Viewer, Depends(Requires("unit.read"))]) -> str | None:
        return viewer.name

    @router.get("/me")
    async def me(viewer: Annotated[Viewer, Depends(SignedIn())]) -> int | None:
        return viewer.person

    @router.get("/ping", dependencies=[Depends(Public("says nothing"))])
    async def ping() -> dict[str, Any]:
        return {}

    @router.websocket("/live", dependencies=[Depends(Public("asks by itself"))])
    async def live(socket: WebSocket) -> None:
        await socket.close()

    return router


def test_stated_needs_are_listed() -> None:
    app = FastAPI(openapi_url=None)
    app.include_router(guarded())
    assert check_routes(app.routes) == {
        "GET /units": "unit.read",
        "POST /units": "unit.read",
        "GET /me": "signed in",
        "GET /ping": "public: says nothing",
        "SOCKET /live": "public: asks by itself",
    }


def without() -> APIRouter:
    router = APIRouter()

    @router.get("/open")
    async def open_to_all() -> None: ...

    return router


def with_two() -> APIRouter:
    router = APIRouter(dependencies=[Depends(Public("by mistake"))])

    @router.get("/two", dependencies=[Depends(Requires("unit.read"))])
    async def two() -> None: ...

    return router


def socket_without() -> APIRouter:
    router = APIRouter()

    @router.websocket("/live")
    async def live(socket: WebSocket) -> None: ...

    return router


def nested() -> APIRouter:
    router = guarded()
    router.include_router(without(), prefix="/below")
    return router


@pytest.mark.parametrize("router", [without, with_two, socket_without, nested], ids=lambda make: make.__name__)
def test_route_without_one_stated_atom_does_not_start(router: Any) -> None:
    app = FastAPI(openapi_url=None)
    app.include_router(guarded())
    app.include_router(router())
    with pytest.raises(ValueError, match="expected one Requires"):
        check_routes(app.routes)


def test_mounted_application_does_not_start() -> None:
    app = FastAPI(openapi_url=None)
    app.mount("/other", FastAPI())
    with pytest.raises(ValueError, match="not Mount"):
        check_routes(app.routes)


def test_unknown_atom_does_not_even_import() -> None:
    with pytest.raises(ValueError, match=r"unit\.fly"):
        Requires("unit.fly")


def client_of(viewers: dict[str, KnownViewer]) -> AsyncClient:
    app = FastAPI()
    app.include_router(guarded())
    app.state.cookie_secret = SECRET
    app.state.sessions = FixedSessions()
    app.state.registry = Registry(Database("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    app.state.registry.current = Organisation(version=1, viewers=viewers)

    @app.exception_handler(Refusal)
    async def refuse(request: Request, error: Refusal) -> JSONResponse:
        return JSONResponse({"detail": error.detail, **error.facts}, error.status)

    return AsyncClient(transport=ASGITransport(app), base_url="http://test")


HOLDS = Rights(frozenset({("unit.read", EVERYTHING)}))
HOLDS_OTHER = Rights(frozenset({("wall.open", EVERYTHING)}))
VIEWERS = {"person:7": KnownViewer("chief", HOLDS), "person:8": KnownViewer("guest", HOLDS_OTHER)}


@pytest.mark.parametrize(
    ("cookie", "status"),
    [
        pytest.param(None, 401, id="no cookie"),
        pytest.param("x", 401, id="garbage"),
        pytest.param("half7", 401, id="the second factor is still to come"),
        pytest.param("9", 401, id="somebody who is no more"),
        pytest.param("8", 403, id="somebody without the atom"),
        pytest.param("7", 200, id="somebody with the atom"),
    ],
)
async def test_who_comes_in(cookie: str | None, status: int) -> None:
    async with client_of(VIEWERS) as client:
        answer = await client.get("/units", headers={} if cookie is None else {"Cookie": f"{COOKIE}={cookie}"})
        assert answer.status_code == status
        if status == 200:
            assert answer.json() == {"holder": "person:7", "name": "chief"}
        if status == 403:
            assert answer.json()["atom"] == "unit.read"
        assert (await client.get("/ping")).status_code == 200


async def test_about_oneself_every_person_may_ask() -> None:
    async with client_of(VIEWERS) as client:
        assert (await client.get("/me", headers={"Cookie": f"{COOKIE}=8"})).json() == 8
        assert (await client.get("/me")).status_code == 401


async def test_a_change_needs_what_only_our_own_page_can_know() -> None:
    """Another site's page can make a browser send the cookie, and can read nothing."""
    async with client_of(VIEWERS) as client:
        cookie = {"Cookie": f"{COOKIE}=7"}
        for wrong in (
            {},
            {CSRF_HEADER: ""},
            {CSRF_HEADER: csrf_token(SECRET, "8")},
            {CSRF_HEADER: csrf_token("x", "7")},
        ):
            refused = await client.post("/units", headers=cookie | wrong)
            assert (refused.status_code, refused.json()["expected"]) == (403, CSRF_HEADER)
        done = await client.post("/units", headers=cookie | {CSRF_HEADER: csrf_token(SECRET, "7")})
        assert done.json() == "chief"
