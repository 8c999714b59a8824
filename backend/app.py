"""The web process, wired in written order: topics, routes, errors, headers, and what runs beside the requests."""

import asyncio
import logging
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http import HTTPStatus
from typing import Any

import uvicorn
from fastapi import Depends, FastAPI, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import IntegrityError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from backend import health, map_routes, pages, parts
from backend.avl import (
    approved,
    command_routes,
    commands,
    crossing_routes,
    crossings,
    geofence_routes,
    history_routes,
    replay_socket,
    retention_routes,
)
from backend.avl import routes as avl_routes
from backend.avl import topics as avl_topics
from backend.avl.protocols import COMMANDABLE, PRECEDENCES, TYPED
from backend.bus.beats import Watch
from backend.db.engine import CONNECTION_LOST
from backend.errors import BadInput, Forbidden, NotFound, NotSignedIn, Refusal, Unavailable
from backend.geo.ground import open_ground
from backend.home import Home
from backend.identity import (
    admin_routes,
    approval_routes,
    approvals,
    area_routes,
    audit_routes,
    body_routes,
    device_routes,
    grant_routes,
    key_routes,
    login_routes,
    profile_routes,
    unknown_device_routes,
)
from backend.identity import routes as identity_routes
from backend.identity.access import Public, check_routes
from backend.identity.attempts import Attempts
from backend.identity.audit_settings import AUDIT_SETTINGS
from backend.identity.jurisdiction import Jurisdiction
from backend.identity.key_uses import KeyUses
from backend.identity.login import Login
from backend.identity.partners import PartnerReads
from backend.identity.sessions import Sessions
from backend.live import socket as live_socket
from backend.live import topics
from backend.live.hub import Hub
from backend.live.topics import Topic
from backend.process import Process
from backend.settings import Settings

log = logging.getLogger(__name__)

TOPICS = (
    Topic("unit.presence", "presence.read", avl_topics.presence),
    Topic("unit.alarm", "alarm.read", crossings.alarms_told),
    Topic("geofence.crossing", "geofence.read", crossings.crossings_told),
    Topic("device.seen", "device.read", avl_topics.devices_seen),
    Topic(commands.TOPIC, "device.command", commands.open_commands),
    Topic("system.part", "system.read", parts.snapshot),
)

# What needs two people; identity knows none of those subjects.
APPROVALS = approvals.wire((*approved.KINDS, AUDIT_SETTINGS))

# health before pages: pages ends with a route that takes any single name.
ROUTERS = (
    login_routes.router,
    profile_routes.router,
    identity_routes.router,
    admin_routes.router,
    body_routes.router,
    area_routes.router,
    grant_routes.router,
    unknown_device_routes.router,
    device_routes.router,
    command_routes.router,
    key_routes.router,
    audit_routes.router,
    approval_routes.router,
    retention_routes.router,
    avl_routes.router,
    history_routes.router,
    geofence_routes.router,
    crossing_routes.router,
    map_routes.router,
    live_socket.router,
    replay_socket.router,
    health.router,
    pages.router,
)

# {origins}: those of the operator's own map tiles, which the map engine fetches.
POLICY = (
    "default-src 'self'; worker-src 'self' blob:; img-src 'self' blob: data:{origins}; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self' ws: wss:{origins}; font-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
HEADERS = {
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
# A browser that takes nothing for this long is cut off by the kernel, whatever is still buffered for it.
UNREAD_MS = 20_000
LARGEST_MESSAGE = 64 * 1024


class SecurityHeaders:
    """Adds HEADERS to every answer; what may hold personal data is not kept by caches unless a route says so.

    `origins` are the only others than our own that a page may fetch pictures from.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self.app = app
        policy = POLICY.format(origins="".join(f" {origin}" for origin in origins))
        self.headers = {"Content-Security-Policy": policy, **HEADERS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


async def refuse(connection: HTTPConnection, error: Exception) -> Response | None:
    """A refusal as problem+json (RFC 9457); a page as itself, which tells the way in or on."""
    assert isinstance(error, Refusal)
    if isinstance(connection, WebSocket):
        await connection.close()  # before the handshake was accepted: HTTP 403
        return None
    wants_page = "text/html" in connection.headers.get("accept", "")
    if isinstance(error, NotSignedIn | Forbidden) and wants_page and connection.url.path in pages.PAGES:
        with suppress(NotFound):  # the pages are not built
            return pages.page(error.status)
    return problem(error.status, error.title, error.detail, **error.facts)


async def not_understood(request: HTTPConnection, error: Exception) -> Response:
    """What a route's signature refuses. What came is not sent back: it may be a key."""
    assert isinstance(error, RequestValidationError)
    wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    return problem(BadInput.status, BadInput.title, "; ".join(wrong))


async def database_away(request: HTTPConnection, error: Exception) -> Response:
    """A route that cannot do without the store. Who is signed in stays so, and the map lives on."""
    log.warning("%s: the database is away: %s", request.url.path, type(error).__name__)
    return problem(Unavailable.status, Unavailable.title, "the database is away; try again soon")


async def too_late(request: HTTPConnection, error: Exception) -> Response:
    """Two asked for what only one can have, both found it free, and the store let one through."""
    if not isinstance(getattr(error, "orig", None), UniqueViolation):
        raise error  # a rule of the store that the program should have kept
    log.warning("%s: %s", request.url.path, type(error).__name__)
    return problem(
        Refusal.status, Refusal.title, "somebody else was quicker: look again, and try again", code="conflict"
    )


async def not_routed(request: HTTPConnection, error: Exception) -> Response:
    """No such path, or not this method."""
    assert isinstance(error, HTTPException)
    answer = problem(error.status_code, HTTPStatus(error.status_code).phrase, str(error.detail))
    answer.headers.update(error.headers or {})
    return answer


def problem(status: int, title: str, detail: str, **facts: Any) -> Response:
    """A refusal as RFC 9457 has it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **facts}
    return JSONResponse(body, status_code=status, media_type="application/problem+json")


def make_app(origins: Sequence[str] = ()) -> FastAPI:
    """The routes, checked: one that states no atom does not start. `serve` gives the app its state."""
    app = FastAPI(title="Liandong 联动", version="1", openapi_url=None, docs_url=None, redoc_url=None)

    @app.get(
        "/api/openapi.json",
        include_in_schema=False,
        dependencies=[Depends(Public("the shape of the interface is no secret"))],
    )
    async def openapi() -> dict[str, Any]:
        return app.openapi()

    for router in ROUTERS:
        app.include_router(router)
    check_routes(app.routes)
    app.state.approval_kinds = APPROVALS
    app.add_exception_handler(Refusal, refuse)  # type: ignore[arg-type]  # it may answer a socket with nothing
    app.add_exception_handler(RequestValidationError, not_understood)
    for kind in CONNECTION_LOST:
        app.add_exception_handler(kind, database_away)
    app.add_exception_handler(IntegrityError, too_late)
    app.add_exception_handler(HTTPException, not_routed)
    app.add_middleware(SecurityHeaders, origins=origins)
    return app


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the process has its."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(settings: Settings) -> None:
    """The process `web`: run until told to stop."""
    async with Process("web", settings) as process:
        home = Home(settings.home)
        await process.registry.load()
        sessions = Sessions(process.database, process.registry, settings)
        watch = Watch(process.bus, parts.processes(process.settings), lambda: process.database.away_since)
        hub = Hub(process.bus, process.database, process.registry, watch, topics.check(TOPICS), settings.tick_ms)
        app = make_app(settings.ground_origins)
        app.state.ground = ground = open_ground(home.path)
        app.state.jurisdiction = Jurisdiction(process.database, process.registry, ground.areas)
        app.state.settings, app.state.home, app.state.cookie_secret = settings, home, home.secrets().cookie_secret
        app.state.sessions, app.state.login = sessions, Login(process.database, settings)
        app.state.attempts = Attempts(settings.attempts_per_minute)
        app.state.bus, app.state.database = process.bus, process.database
        app.state.partner_reads = PartnerReads(process.database)
        app.state.key_uses, app.state.typed = KeyUses(process.database), TYPED
        app.state.precedences, app.state.commandable = PRECEDENCES, COMMANDABLE
        app.state.registry, app.state.hub = process.registry, hub
        app.state.replays = set()
        await hub.start()
        process.detail = lambda: {"viewers": len(hub.clients), "units": len(hub.board.entries)}
        process.start(process.registry.run(), hub.feed.run(), hub.tick(), hub.keep_house(), sessions.keep())
        process.start(app.state.key_uses.run())
        server = Server(configuration(app))
        serving = asyncio.create_task(server.serve(sockets=[listening(settings.web_bind, settings.web_port)]))
        serving.add_done_callback(lambda task: process.stop())
        await process.until_stopped()
        server.should_exit = True
        await serving
        ground.close()


def configuration(app: FastAPI) -> uvicorn.Config:
    """How uvicorn serves: no access log (addresses may be personal), no compression of ready frames."""
    return uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=LARGEST_MESSAGE,
        access_log=False,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=3,
        server_header=False,
    )


def listening(host: str, port: int) -> socket.socket:
    """The web port's socket. Raises OSError when it is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MS)
    listener.bind((host, port))
    listener.set_inheritable(True)
    return listener
