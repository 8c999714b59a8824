"""Signing in, in steps: password → second factor (or its set-up) → a new password where the old one is too old.

Whoever has only the first step behind him is nobody yet: his session's stage is `password`. Each step that succeeds
ends that session and opens another one, so that a cookie that was known before is worth nothing after.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import now_ms, utc_now
from backend.db.engine import Database
from backend.errors import BadInput, NotSignedIn, Refusal
from backend.identity import factors, passwords
from backend.identity.audit import Actor, record
from backend.identity.devices import token_hash
from backend.identity.granting import in_force
from backend.identity.roles import ROLES
from backend.identity.sessions import FULL, PASSWORD, end_sessions, open_session
from backend.identity.tables import Enrolment, Person, RecoveryCode
from backend.identity.tables import Session as SessionRow
from backend.settings import Settings

WRONG = "the log-in name or the password is wrong, or the account is locked for a while after too many attempts"
WRONG_CODE = "this code does not open"
WRONG_LINK = "this link does not open: it was used, or its time is over. Ask for another one"


@dataclass(frozen=True, slots=True)
class Caller:
    """Where a log-in comes from, for the list of sessions."""

    address: str | None
    agent: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """What comes next (`done`, `factor`, `new_factor`, `new_password`), and the cookie for it."""

    next: str
    cookie: str


class Login:
    """The steps, each a piece of work of its own."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._extra = {role.strip() for role in settings.second_factor_roles.split(",") if role.strip()}

    async def password(self, login: str, password: str, caller: Caller) -> Step:
        """The first step. Raises NotSignedIn, in the same words and time whoever asks for whom."""
        async with self._database.snapshot() as session:
            person = await session.scalar(select(Person).where(Person.login == login.lower()[:100]))
        # Outside of a transaction: it takes its time on purpose.
        right = await passwords.matches(password, person.password_hash if person else None)
        async with self._database.transaction() as session:
            known = await self._locked(session, person.id if person else 0)
            now = utc_now()
            if known is None or known.disabled_at is not None or (known.locked_until and known.locked_until > now):
                right = False
            elif right and person is not None and known.password_hash == person.password_hash:
                return await self._open(session, known, caller, factor_given=False)
            elif not right:
                self._count_failure(known)
            await record(session, _actor(known, caller, login), "login.refused", step="password")
        raise NotSignedIn(WRONG)

    async def second_factor(self, session_id: int, code: str, caller: Caller) -> Step:
        """The second step: a code of the app, or one of the recovery codes. Raises NotSignedIn."""
        async with self._database.transaction() as session:
            person = await self._half_open(session, session_id)
            locked = person.locked_until is not None and person.locked_until > utc_now()
            if not locked and await self._accept(session, person, code):
                await end_sessions(session, "next step", id=session_id)
                return await self._open(session, person, caller, factor_given=True)
            self._count_failure(person)
            await record(session, _actor(person, caller), "login.refused", step="factor")
        raise NotSignedIn(WRONG_CODE)

    async def offer_factor(self, session_id: int) -> tuple[str, str]:
        """A secret for an authenticator app, and its address; it counts when a code of it has come."""
        async with self._database.transaction() as session:
            person = await self._half_open(session, session_id)
            if person.factor_secret is not None:
                raise Refusal("there is a second factor already; an administrator can reset it")
            person.factor_offered = person.factor_offered or factors.new_secret()
            return person.factor_offered, factors.address_of(person.factor_offered, person.login)

    async def confirm_factor(self, session_id: int, code: str, caller: Caller) -> tuple[Step, list[str]]:
        """Takes the offered secret into use; returns the recovery codes, which are shown this once."""
        async with self._database.transaction() as session:
            person = await self._half_open(session, session_id)
            step = factors.matching_step(person.factor_offered or "", code, now_ms() / 1000, 0)
            if person.factor_offered is None or step is None:
                raise NotSignedIn(WRONG_CODE)
            person.factor_secret, person.factor_offered, person.factor_step = person.factor_offered, None, step
            codes = factors.new_recovery_codes()
            for old in await session.scalars(select(RecoveryCode).where(RecoveryCode.person == person.id)):
                await session.delete(old)
            await session.flush()
            session.add_all(RecoveryCode(person=person.id, code_hash=factors.recovery_hash(one)) for one in codes)
            await end_sessions(session, "next step", id=session_id)
            await record(session, _actor(person, caller), "person.factor_set", f"person:{person.id}")
            return await self._open(session, person, caller, factor_given=True), codes

    async def renew_password(self, session_id: int, password: str, caller: Caller) -> Step:
        """The last step where the password was too old. Raises BadInput."""
        async with self._database.transaction() as session:
            person = await self._half_open(session, session_id)
            if self._next(person, await self._roles(session, person), factor_given=True) != "new_password":
                raise Refusal("the password is young enough; change it in your profile")
            await self._set_password(session, person, password)
            await record(session, _actor(person, caller), "person.password_set", f"person:{person.id}")
            await end_sessions(session, "next step", id=session_id)
            return await self._open(session, person, caller, factor_given=True)

    async def change_password(self, person_id: int, old: str, new: str, keep_session: int, caller: Caller) -> None:
        """By somebody who has signed in; ends his other sessions. Raises NotSignedIn, BadInput."""
        async with self._database.transaction() as session:
            person = await self._locked(session, person_id)
            if person is None or (person.locked_until is not None and person.locked_until > utc_now()):
                raise NotSignedIn(WRONG)
            right = await passwords.matches(old, person.password_hash)
            if right:
                await self._set_password(session, person, new)
                await end_sessions(session, "new password", person=person_id, but=keep_session)
            else:
                self._count_failure(person)
            action = "person.password_set" if right else "login.refused"
            await record(session, _actor(person, caller), action, f"person:{person.id}", step="profile")
        if not right:
            raise NotSignedIn("the old password is wrong")

    async def invited(self, token: str) -> Person:
        """Whom a one-time link is for. Raises NotSignedIn."""
        async with self._database.snapshot() as session:
            return await self._invited(session, token)

    async def enrol(self, token: str, password: str, caller: Caller) -> Step:
        """Sets the password by a one-time link, and signs in. Raises NotSignedIn, BadInput."""
        async with self._database.transaction() as session:
            person = await self._invited(session, token)
            await self._set_password(session, person, password)
            used = update(Enrolment).where(Enrolment.token_hash == token_hash(token)).values(used_at=utc_now())
            await session.execute(used)
            await record(session, _actor(person, caller), "person.password_set", f"person:{person.id}", step="link")
            await end_sessions(session, "new password", person=person.id)
            return await self._open(session, person, caller, factor_given=False)

    async def as_demo(self, login: str, caller: Caller) -> Step:
        """One click for a person of the demo. Raises NotSignedIn for everybody else."""
        async with self._database.transaction() as session:
            person = await session.scalar(select(Person).where(Person.login == login, Person.simulated))
            if person is None or person.disabled_at is not None:
                raise NotSignedIn("there is no such person of the demo")
            lasting = any(ROLES[role].lasting for role in await self._roles(session, person))
            cookie = await open_session(
                session, person.id, FULL, lasting=lasting, address=caller.address, agent=caller.agent
            )
            await record(session, _actor(person, caller), "login.done", step="demo")
            return Step("done", cookie)

    async def _open(self, session: AsyncSession, person: Person, caller: Caller, *, factor_given: bool) -> Step:
        roles = await self._roles(session, person)
        step = self._next(person, roles, factor_given=factor_given)
        if step == "done":
            # Not before: who has a password must not get endless tries at the code.
            person.failures, person.locked_until = 0, None
            await record(session, _actor(person, caller), "login.done")
        cookie = await open_session(
            session,
            person.id,
            FULL if step == "done" else PASSWORD,
            lasting=any(ROLES[role].lasting for role in roles),
            address=caller.address,
            agent=caller.agent,
        )
        return Step(step, cookie)

    def _next(self, person: Person, roles: set[str], *, factor_given: bool) -> str:
        needed = any(ROLES[role].second_factor or role in self._extra for role in roles)
        if not factor_given and person.factor_secret is not None:
            return "factor"
        if needed and person.factor_secret is None:
            return "new_factor"
        days = self._settings.password_days
        if days and (person.password_set_at is None or utc_now() - person.password_set_at > timedelta(days=days)):
            return "new_password"
        return "done"

    async def _roles(self, session: AsyncSession, person: Person) -> set[str]:
        return {one.role for one in await in_force(session, person=person.id) if one.role in ROLES and one.role}

    async def _set_password(self, session: AsyncSession, person: Person, password: str) -> None:
        passwords.check_rules(password, person.login, self._settings.password_length)
        former = [one for one in (person.password_hash, *person.former_hashes) if one is not None]
        if await passwords.was_used(password, former[: passwords.REMEMBERED]):
            raise BadInput(f"this was one of the last {passwords.REMEMBERED} passwords", rule="used")
        person.former_hashes = former[: passwords.REMEMBERED - 1]
        person.password_hash = await passwords.make_hash(password)
        person.password_set_at = utc_now()

    def _count_failure(self, person: Person) -> None:
        person.failures += 1
        if person.failures >= self._settings.failures_allowed:
            person.failures = 0
            person.locked_until = utc_now() + timedelta(minutes=self._settings.lock_minutes)

    async def _accept(self, session: AsyncSession, person: Person, code: str) -> bool:
        if person.factor_secret is not None:
            step = factors.matching_step(person.factor_secret, code, now_ms() / 1000, person.factor_step)
            if step is not None:
                person.factor_step = step
                return True
        spent = (
            update(RecoveryCode)
            .where(
                RecoveryCode.person == person.id,
                RecoveryCode.code_hash == factors.recovery_hash(code),
                RecoveryCode.used_at.is_(None),
            )
            .values(used_at=utc_now())
            .returning(RecoveryCode.person)
        )
        return await session.scalar(spent) is not None

    async def _locked(self, session: AsyncSession, person: int) -> Person | None:
        return await session.get(Person, person, with_for_update=True, populate_existing=True)

    async def _half_open(self, session: AsyncSession, session_id: int) -> Person:
        person = await session.scalar(
            select(Person)
            .join(SessionRow, SessionRow.person == Person.id)
            .where(SessionRow.id == session_id, SessionRow.stage == PASSWORD, SessionRow.ended_at.is_(None))
            .with_for_update(of=Person)
        )
        if person is None or person.disabled_at is not None:
            raise NotSignedIn("begin again with name and password", rule="restart")
        return person

    async def _invited(self, session: AsyncSession, token: str) -> Person:
        found = await session.scalar(
            select(Person)
            .join(Enrolment, Enrolment.person == Person.id)
            .where(
                Enrolment.token_hash == token_hash(token[:100]),
                Enrolment.used_at.is_(None),
                Enrolment.expires_at > utc_now(),
                Person.disabled_at.is_(None),
            )
        )
        if found is None:
            raise NotSignedIn(WRONG_LINK)
        return found


def _actor(person: Person | None, caller: Caller, login: str = "") -> Actor:
    """Whoever tries; of a name that nobody has only its beginning: it may be a password."""
    if person is None:
        return Actor("nobody", f"{login[:2]}…", None, caller.address)
    return Actor(f"person:{person.id}", person.name, None, caller.address)
