"""Routes of administration: people, who is signed in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from backend.errors import Forbidden
from backend.identity import granting, people, reading
from backend.identity.access import Requires, Viewer, actor_of
from backend.identity.access_log import PHONE, check_reason, record_access
from backend.identity.audit import record
from backend.identity.change import tell_all
from backend.identity.forms import After, Id, Reason, Search
from backend.identity.login_routes import Strict
from backend.identity.reach import beneath, check_body, check_person, covered_bodies, organisation_of
from backend.identity.sessions import end_sessions

router = APIRouter(prefix="/api/v1")

PersonReader = Annotated[Viewer, Depends(Requires("person.read"))]
PersonWriter = Annotated[Viewer, Depends(Requires("person.write"))]
Text = Annotated[str, Field(max_length=300)]


class PersonOut(BaseModel):
    """Somebody who may sign in. Moments are ms since 1970; the telephone number is masked."""

    id: int
    login: str
    name: str
    name_en: str | None
    body: int
    phone: str | None
    roles: list[str]
    enrolled: bool
    second_factor: bool
    disabled: bool
    locked_until: int | None
    seen_at: int | None


class PeopleOut(BaseModel):
    """A page of people; `more`: the `after` of the next page, null at the end."""

    people: list[PersonOut]
    more: int | None


class NewPerson(Strict):
    """Somebody to be added."""

    login: Annotated[str, Field(max_length=100)]
    name: Text
    name_en: Text | None = None
    body: int
    phone: Annotated[str, Field(max_length=30)] | None = None


class LinkOut(BaseModel):
    """A one-time link, shown this once: the path of the page and the token behind its #."""

    id: int
    path: str
    hours: float


class PhoneOut(BaseModel):
    """A whole telephone number; null where none is known."""

    phone: str | None


class SessionRowOut(BaseModel):
    """A browser that somebody signed in with. Moments are ms since 1970."""

    id: int
    person: int
    login: str
    name: str
    opened_at: int
    seen_at: int
    lasting: bool
    address: str | None
    agent: str | None
    own: bool


@router.get("/people")
async def list_people(
    request: Request,
    viewer: PersonReader,
    search: Search = "",
    body: int | None = None,
    after: After = 0,
) -> PeopleOut:
    """The people of my part of the tree, of one body and all beneath if it is named, 100 a page."""
    organisation = organisation_of(request)
    wanted = beneath(organisation, body)
    seen = [one for one in covered_bodies(viewer, "person.read", organisation) if one in wanted]
    async with request.app.state.database.snapshot() as session:
        found, more = await reading.people_of(session, seen, search, after)
    return PeopleOut(people=[PersonOut(**one) for one in found], more=more)


@router.post("/people", status_code=201)
async def add_person(request: Request, body: NewPerson, viewer: PersonWriter) -> LinkOut:
    """Add somebody; the answer holds the link with which he sets his password."""
    check_body(viewer, "person.write", organisation_of(request), body.body)
    hours = request.app.state.settings.enrolment_hours
    async with request.app.state.database.transaction() as session:
        id = await people.add_person(session, body.login, body.name, body.body, name_en=body.name_en, phone=body.phone)
        token = await people.make_link(session, id, hours)
        await record(
            session, actor_of(request, viewer), "person.added", f"person:{id}", login=body.login, body=body.body
        )
    await tell_all(request)
    return LinkOut(id=id, path=f"/enrol#{token}", hours=hours)


@asynccontextmanager
async def changing(request: Request, viewer: Viewer, id: int, action: str) -> AsyncIterator[AsyncSession]:
    """A transaction about somebody of my part of the tree, with its row of the audit; told when it is committed."""
    async with request.app.state.database.transaction() as session:
        await check_person(request, session, viewer, "person.write", id)
        yield session
        await record(session, actor_of(request, viewer), action, f"person:{id}")
    await tell_all(request)


@router.post("/people/{id}/link")
async def make_link(request: Request, id: Id, viewer: PersonWriter) -> LinkOut:
    """Another one-time link; earlier ones open nothing any more."""
    hours = request.app.state.settings.enrolment_hours
    async with changing(request, viewer, id, "person.link_made") as session:
        await people.check_no_takeover(session, id)
        token = await people.make_link(session, id, hours)
    return LinkOut(id=id, path=f"/enrol#{token}", hours=hours)


@router.post("/people/{id}/disable", status_code=204)
async def disable(request: Request, id: Id, viewer: PersonWriter) -> None:
    """Let somebody in no more; his pages close."""
    if id == viewer.person:
        raise Forbidden("nobody disables himself", code="own_account")
    async with changing(request, viewer, id, "person.disabled") as session:
        await granting.check_not_last(session, id)
        await people.set_disabled(session, id, True)


@router.post("/people/{id}/enable", status_code=204)
async def enable(request: Request, id: Id, viewer: PersonWriter) -> None:
    """Let somebody in again."""
    async with changing(request, viewer, id, "person.enabled") as session:
        await people.set_disabled(session, id, False)


@router.post("/people/{id}/unlock", status_code=204)
async def unlock(request: Request, id: Id, viewer: PersonWriter) -> None:
    """Let somebody try again at once who was locked out after too many wrong passwords."""
    if id == viewer.person:
        # Else whoever finds his page open could try his password again and again.
        raise Forbidden("nobody unlocks himself", code="own_account")
    async with changing(request, viewer, id, "person.unlocked") as session:
        await people.unlock(session, id)


@router.post("/people/{id}/reset-factor", status_code=204)
async def reset_factor(request: Request, id: Id, viewer: PersonWriter) -> None:
    """Forget a lost second factor; the next log-in sets up another one."""
    if id == viewer.person:
        raise Forbidden("nobody resets his own second factor", code="own_factor")
    async with changing(request, viewer, id, "person.factor_reset") as session:
        await people.check_no_takeover(session, id)
        await people.reset_factor(session, id)


@router.post("/people/{id}/phone")
async def phone(
    request: Request, id: Id, body: Reason, viewer: Annotated[Viewer, Depends(Requires("phone.read"))]
) -> PhoneOut:
    """Somebody's whole telephone number. That I was given it, and why, is a row of the access log."""
    check_reason(body.reason)
    async with request.app.state.database.transaction() as session:
        await check_person(request, session, viewer, "phone.read", id)
        found = await people.phone_of(session, id)
        await record_access(session, actor_of(request, viewer), PHONE, f"person:{id}", body.reason)
    return PhoneOut(phone=found)


@router.get("/sessions")
async def sessions(
    request: Request, viewer: Annotated[Viewer, Depends(Requires("session.read"))]
) -> list[SessionRowOut]:
    """Who of my part of the tree is signed in."""
    seen = covered_bodies(viewer, "session.read", organisation_of(request))
    async with request.app.state.database.snapshot() as session:
        rows = await reading.sessions_of(session, seen)
    return [SessionRowOut(**one, own=one["id"] == viewer.session) for one in rows]


@router.delete("/sessions/{id}", status_code=204)
async def end_session(request: Request, id: int, viewer: Annotated[Viewer, Depends(Requires("session.end"))]) -> None:
    """End a session, and its sockets."""
    async with request.app.state.database.transaction() as session:
        person = await reading.person_of_session(session, id)
        await check_person(request, session, viewer, "session.end", person)
        await end_sessions(session, "ended by an administrator", id=id)
        await record(session, actor_of(request, viewer), "session.ended", f"person:{person}", ended=id)
    await tell_all(request)
