"""Routes of signing in and of one's own profile. The steps are in `login.py`."""

import io
from typing import Annotated
from urllib.parse import urlsplit

import segno
from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from backend.errors import Forbidden, NotFound, NotSignedIn
from backend.identity.access import Public, SignedIn, Viewer, actor_of, session_of
from backend.identity.audit import record
from backend.identity.change import tell_all
from backend.identity.login import Caller, Login, Step
from backend.identity.passwords import CLASSES, LONGEST
from backend.identity.reading import demo_of
from backend.identity.sessions import COOKIE, PASSWORD, end_sessions
from backend.settings import LOOPBACK, Settings

router = APIRouter(prefix="/api/v1")

Secret = Annotated[str, Field(min_length=1, max_length=LONGEST + 1)]
FIRST_STEP = Depends(Public("whoever signs in is not signed in yet; what comes is checked"))
NEXT_STEP = Depends(Public("asks for the session of the first step"))
DEMO = Depends(Public("answers only where the demo runs and only on this machine"))


class Strict(BaseModel):
    """A body with no other field than the named ones."""

    model_config = {"extra": "forbid"}


class NameAndPassword(Strict):
    """The first step."""

    login: Annotated[str, Field(min_length=1, max_length=100)]
    password: Secret


class Code(Strict):
    """Six digits of the app, or a recovery code."""

    code: Annotated[str, Field(min_length=1, max_length=40)]


class NewPassword(Strict):
    """In place of one that is too old."""

    password: Secret


class Link(Strict):
    """The token of a one-time link."""

    token: Annotated[str, Field(min_length=1, max_length=100)]


class LinkAndPassword(Link):
    """What a one-time link is for."""

    password: Secret


class DemoPerson(Strict):
    """Whom to be."""

    login: Annotated[str, Field(min_length=1, max_length=100)]


class NextOut(BaseModel):
    """What comes next: done, factor, new_factor or new_password."""

    next: str


class FactorOut(BaseModel):
    """A secret for an authenticator app: as text, and as a picture (SVG) to photograph."""

    secret: str
    picture: str


class CodesOut(NextOut):
    """Recovery codes, shown this once."""

    codes: list[str]


class RulesOut(BaseModel):
    """What a password must be."""

    length: int
    kinds: int


class InvitedOut(BaseModel):
    """Whom a one-time link is for."""

    login: str
    name: str
    rules: RulesOut


class DemoPersonOut(BaseModel):
    """Somebody of the demo, to be entered with one click."""

    login: str
    name: str
    name_en: str | None
    body: str
    body_en: str | None
    roles: list[str]


@router.post("/login", dependencies=[FIRST_STEP])
async def sign_in(request: Request, body: NameAndPassword) -> Response:
    """Name and password."""
    check_origin(request)
    request.app.state.attempts.count(address_of(request))
    return answer(request, await steps(request).password(body.login, body.password, caller(request)))


@router.post("/login/factor", dependencies=[NEXT_STEP])
async def second_factor(request: Request, body: Code) -> Response:
    """The code of the app, or a recovery code."""
    request.app.state.attempts.count(address_of(request))
    half = await half_open(request)
    return answer(request, await steps(request).second_factor(half, body.code, caller(request)))


@router.post("/login/new-factor", dependencies=[NEXT_STEP])
async def offer_factor(request: Request) -> FactorOut:
    """A secret for an authenticator app."""
    secret, address = await steps(request).offer_factor(await half_open(request))
    return FactorOut(secret=secret, picture=picture(address))


@router.post("/login/new-factor/confirm", dependencies=[NEXT_STEP])
async def confirm_factor(request: Request, body: Code) -> Response:
    """A first code of it: from now on it is asked for."""
    request.app.state.attempts.count(address_of(request))
    step, codes = await steps(request).confirm_factor(await half_open(request), body.code, caller(request))
    return answer(request, step, CodesOut(next=step.next, codes=codes))


@router.post("/login/password", dependencies=[NEXT_STEP])
async def renew_password(request: Request, body: NewPassword) -> Response:
    """A new password in place of one that is too old."""
    half = await half_open(request)
    return answer(request, await steps(request).renew_password(half, body.password, caller(request)))


@router.post("/enrol/look", dependencies=[FIRST_STEP])
async def look_at_link(request: Request, body: Link) -> InvitedOut:
    """Whom this link is for."""
    check_origin(request)
    request.app.state.attempts.count(address_of(request))
    person = await steps(request).invited(body.token)
    return InvitedOut(login=person.login, name=person.name, rules=rules(request))


@router.post("/enrol", dependencies=[FIRST_STEP])
async def enrol(request: Request, body: LinkAndPassword) -> Response:
    """Set a password by a one-time link."""
    check_origin(request)
    request.app.state.attempts.count(address_of(request))
    return answer(request, await steps(request).enrol(body.token, body.password, caller(request)))


@router.post("/logout")
async def sign_out(request: Request, viewer: Annotated[Viewer, Depends(SignedIn())]) -> Response:
    """End this session, and its sockets."""
    async with request.app.state.database.transaction() as session:
        await end_sessions(session, "signed out", id=viewer.session)
        await record(session, actor_of(request, viewer), "login.ended")
    request.app.state.sessions.forget(request.cookies.get(COOKIE))
    await tell_all(request)
    response = JSONResponse({"next": "login"})
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


@router.post("/session/here", status_code=204)
async def here(viewer: Annotated[Viewer, Depends(SignedIn())]) -> None:
    """A sign of life of the person before the page; the look-up has noted it."""


@router.get("/demo-people", dependencies=[DEMO])
async def demo_people(request: Request) -> list[DemoPersonOut] | None:
    """The people of the demo; null where none runs, an empty list while it has only just begun."""
    if not is_demo(request):
        return None
    async with request.app.state.database.snapshot() as session:
        return [DemoPersonOut(**one) for one in await demo_of(session)]


@router.post("/demo-login", dependencies=[DEMO])
async def demo_login(request: Request, body: DemoPerson) -> Response:
    """Be somebody of the demo."""
    check_origin(request)
    if not is_demo(request):
        raise NotFound("no demo runs here")
    return answer(request, await steps(request).as_demo(body.login, caller(request)))


def steps(request: Request) -> Login:
    """The steps of this process."""
    found: Login = request.app.state.login
    return found


def caller(request: Request) -> Caller:
    """Where the request comes from."""
    return Caller(address_of(request), request.headers.get("user-agent"))


def address_of(request: Request) -> str:
    """The address of whoever asks."""
    return request.client.host if request.client else "unknown"


def is_demo(request: Request) -> bool:
    """Whether this request may enter the demo: it runs, and whoever asks sits at this machine."""
    settings: Settings = request.app.state.settings
    address = address_of(request)
    return settings.has_demo and settings.is_local and (address in LOOPBACK or address.startswith("127."))


def check_origin(request: Request) -> None:
    """A form on another site's page must not sign somebody in. Raises Forbidden."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden("this request does not come from our own page", expected="our own origin")


async def half_open(request: Request) -> int:
    """The session of the first step. Raises NotSignedIn."""
    check_origin(request)
    session = await session_of(request)
    if session is None or session.stage != PASSWORD:
        raise NotSignedIn("begin again with name and password", rule="restart")
    return session.id


def answer(request: Request, step: Step, body: NextOut | None = None) -> Response:
    """What comes next, with the cookie for it; the one before is worth nothing any more."""
    request.app.state.sessions.forget(request.cookies.get(COOKIE))
    # The next request may come before the news of this session's person: look at once.
    request.app.state.registry.announce()
    response = JSONResponse((body or NextOut(next=step.next)).model_dump())
    response.set_cookie(COOKIE, step.cookie, httponly=True, samesite="lax", secure=request.url.scheme == "https")
    return response


def rules(request: Request) -> RulesOut:
    """What a password must be here."""
    return RulesOut(length=request.app.state.settings.password_length, kinds=CLASSES)


def picture(address: str) -> str:
    """A QR code as SVG."""
    drawn = io.BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", xmldecl=False, scale=5, border=2, light="#fff")
    return drawn.getvalue().decode()
