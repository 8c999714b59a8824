"""The door: what each route needs is checked before the process starts, who asks with every request."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse
from httpx import ASGITransport, AsyncClient

from backend.db.engine import Database
from backend.errors import Refusal
from backend.identity.access import Public, Requires, Viewer, check_routes
from backend.identity.keys import COOKIE, sign_cookie
from backend.identity.registry import Organisation, Registry
from backend.identity.rights import EVERYTHING, Rights

SECRET = "secret of this test"


def guarded() -> APIRouter:
    router = APIRouter()

    @router.get("/units")
    async def units(viewer: Annotated[Viewer, Depends(Requires("unit.read"))]) -> dict[str, Any]:
        return {"key": viewer.key, "name": viewer.name}

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
        "/units": "unit.read",
        "/ping": "public: says nothing",
        "/live": "public: asks by itself",
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


def client_of(keys: dict[int, tuple[str, Rights]]) -> AsyncClient:
    app = FastAPI()
    app.include_router(guarded())
    app.state.cookie_secret = SECRET
    app.state.registry = Registry(Database("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    app.state.registry.current = Organisation(version=1, keys=keys)

    @app.exception_handler(Refusal)
    async def refuse(request: Request, error: Refusal) -> JSONResponse:
        return JSONResponse({"detail": error.detail, **error.facts}, error.status)

    return AsyncClient(transport=ASGITransport(app), base_url="http://test")


HOLDS = Rights(frozenset({("unit.read", EVERYTHING)}))
HOLDS_OTHER = Rights(frozenset({("wall.open", EVERYTHING)}))


@pytest.mark.parametrize(
    ("cookie", "status"),
    [
        pytest.param(None, 401, id="no cookie"),
        pytest.param("x", 401, id="garbage"),
        pytest.param("7.1700000000." + "0" * 64, 401, id="forged"),
        pytest.param(sign_cookie("other", 7), 401, id="signed with another secret"),
        pytest.param(sign_cookie(SECRET, 9), 401, id="key that is no more"),
        pytest.param(sign_cookie(SECRET, 8), 403, id="key without the atom"),
        pytest.param(sign_cookie(SECRET, 7), 200, id="key with the atom"),
    ],
)
async def test_who_comes_in(cookie: str | None, status: int) -> None:
    async with client_of({7: ("chief", HOLDS), 8: ("guest", HOLDS_OTHER)}) as client:
        answer = await client.get("/units", headers={} if cookie is None else {"Cookie": f"{COOKIE}={cookie}"})
        assert answer.status_code == status
        if status == 200:
            assert answer.json() == {"key": 7, "name": "chief"}
        if status == 403:
            assert answer.json()["atom"] == "unit.read"
        assert (await client.get("/ping")).status_code == 200
