"""Signing in, step by step, against the real store."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pyotp
import pytest
import pytest_asyncio
from sqlalchemy import text

from backend.clock import now_ms, utc_now
from backend.db.engine import Database
from backend.errors import BadInput, NotSignedIn
from backend.identity.devices import add_node
from backend.identity.factors import STEP_S, matching_step
from backend.identity.granting import put_grant
from backend.identity.login import Caller, Login, Step
from backend.identity.people import add_person, make_link, set_disabled
from backend.identity.sessions import Sessions
from backend.settings import Settings
from tests.identity.stores import open_database

__all__ = ["open_database"]

GOOD = "Correct horse 7"
BETTER = "Battery staple 8"
HERE = Caller("192.0.2.7", "a browser")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def login(open_database: Database) -> AsyncIterator[Login]:
    """The steps, with an account that locks after three wrong tries."""
    async with open_database.transaction() as session:
        await add_node(session, "login city", "city")
    yield Login(open_database, Settings(failures_allowed=3, second_factor_roles="leader"))


async def person_of(database: Database, name: str, role: str | None = None) -> int:
    async with database.transaction() as session:
        body = await add_node(session, "login city", "city")
        person = await add_person(session, name, name, body)
        if role is not None:
            await put_grant(session, person, {"everything": True}, role=role)
        return person


async def enrolled(database: Database, login: Login, name: str, role: str | None = None) -> tuple[int, Step]:
    person = await person_of(database, name, role)
    async with database.transaction() as session:
        token = await make_link(session, person, 1)
    return person, await login.enrol(token, GOOD, HERE)


async def session_id(database: Database, cookie: str) -> int:
    found = await Sessions(database, _Nobody(), Settings()).find(cookie)  # type: ignore[arg-type]
    assert found is not None
    return found.id


class _Nobody:
    """A registry in which no session has ended."""

    class current:
        ended: frozenset[int] = frozenset()


def code_of(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(now_ms() // 1000 + steps * STEP_S)


async def test_a_link_opens_once_and_its_password_then(open_database: Database, login: Login) -> None:
    person = await person_of(open_database, "once")
    async with open_database.transaction() as session:
        earlier, token = await make_link(session, person, 1), await make_link(session, person, 1)
    for dead in (earlier, token + "x", ""):
        with pytest.raises(NotSignedIn, match="this link does not open"):
            await login.enrol(dead, GOOD, HERE)
    assert (await login.invited(token)).login == "once"
    assert (await login.enrol(token, GOOD, HERE)).next == "done"
    with pytest.raises(NotSignedIn, match="this link does not open"):
        await login.enrol(token, BETTER, HERE)
    assert (await login.password("ONCE", GOOD, HERE)).next == "done"
    async with open_database.snapshot() as session:
        stored = (await session.execute(text("SELECT row_to_json(person)::text FROM person"))).scalars().all()
        links = (await session.execute(text("SELECT row_to_json(enrolment)::text FROM enrolment"))).scalars().all()
    assert not any(GOOD in row for row in stored)
    assert not any(token in row for row in links)
    assert any("$argon2id$" in row for row in stored)


async def test_a_link_dies_with_its_time(open_database: Database, login: Login) -> None:
    person = await person_of(open_database, "late")
    async with open_database.transaction() as session:
        token = await make_link(session, person, 1)
        await session.execute(text("UPDATE enrolment SET expires_at = now() WHERE person = :id"), {"id": person})
    with pytest.raises(NotSignedIn, match="its time is over"):
        await login.invited(token)


@pytest.mark.parametrize(
    ("login_name", "password"),
    [
        ("plain1", ""),
        ("plain2", "Short 7A"),
        ("plain3", "only small letters"),
        ("plain4", "ONLYLARGE123"),
        ("plain5", "Long-7" + "x" * 200),
        ("plain6", "My plain6 Word 7"),
    ],
)
async def test_a_plain_password_is_refused_and_the_link_lives_on(
    open_database: Database, login: Login, login_name: str, password: str
) -> None:
    person = await person_of(open_database, login_name)
    async with open_database.transaction() as session:
        token = await make_link(session, person, 1)
    with pytest.raises(BadInput, match="a password"):
        await login.enrol(token, password, HERE)
    assert (await login.enrol(token, GOOD, HERE)).next == "done"


async def test_wrong_ones_are_told_apart_by_nothing_and_lock_after_three(open_database: Database, login: Login) -> None:
    await enrolled(open_database, login, "locked")
    gone, _ = await enrolled(open_database, login, "gone")
    async with open_database.transaction() as session:
        await set_disabled(session, gone, True)
    words = set()
    for name, password in (("nobody", GOOD), ("gone", GOOD), *(("locked", f"wrong {n}") for n in range(3))):
        with pytest.raises(NotSignedIn) as refused:
            await login.password(name, password, HERE)
        words.add(refused.value.detail)
    with pytest.raises(NotSignedIn) as refused:
        await login.password("locked", GOOD, HERE)
    assert words == {refused.value.detail}
    async with open_database.transaction() as session:
        await session.execute(text("UPDATE person SET locked_until = now() WHERE login = 'locked'"))
    assert (await login.password("locked", GOOD, HERE)).next == "done"


async def test_tries_at_once_are_counted_each(open_database: Database, login: Login) -> None:
    """Whoever asks ten times in parallel gets no more tries than one after the other."""
    await enrolled(open_database, login, "crowd")
    tries = [login.password("crowd", f"wrong {n}", HERE) for n in range(5)]
    assert all(isinstance(one, NotSignedIn) for one in await asyncio.gather(*tries, return_exceptions=True))
    with pytest.raises(NotSignedIn):
        await login.password("crowd", GOOD, HERE)


async def test_an_administrator_sets_up_a_second_factor_and_then_needs_it(
    open_database: Database, login: Login
) -> None:
    _, step = await enrolled(open_database, login, "sysadmin", "system_administrator")
    assert step.next == "new_factor"
    first = await session_id(open_database, step.cookie)
    secret, address = await login.offer_factor(first)
    assert (secret, address) == await login.offer_factor(first), "the same picture after a reload"
    with pytest.raises(NotSignedIn, match="this code"):
        await login.confirm_factor(first, "000000", HERE)
    done, codes = await login.confirm_factor(first, code_of(secret), HERE)
    assert (done.next, len(set(codes))) == ("done", 10)
    with pytest.raises(NotSignedIn, match="begin again"):
        await login.offer_factor(first)

    again = await login.password("sysadmin", GOOD, HERE)
    assert again.next == "factor"
    half = await session_id(open_database, again.cookie)
    with pytest.raises(NotSignedIn, match="this code"):
        await login.second_factor(half, code_of(secret), HERE)  # it was used to set it up
    assert (await login.second_factor(half, f" {codes[0].upper()} ", HERE)).next == "done"
    assert await Sessions(open_database, _Nobody(), Settings()).find(again.cookie) is None  # type: ignore[arg-type]

    third = await session_id(open_database, (await login.password("sysadmin", GOOD, HERE)).cookie)
    with pytest.raises(NotSignedIn, match="this code"):
        await login.second_factor(third, codes[0], HERE)
    assert (await login.second_factor(third, code_of(secret, 1), HERE)).next == "done"


async def test_who_has_the_password_gets_no_endless_tries_at_the_code(open_database: Database, login: Login) -> None:
    _, step = await enrolled(open_database, login, "chief", "leader")
    assert step.next == "new_factor", "by setting"
    secret, _ = await login.offer_factor(first := await session_id(open_database, step.cookie))
    await login.confirm_factor(first, code_of(secret), HERE)
    for _ in range(3):
        half = await session_id(open_database, (await login.password("chief", GOOD, HERE)).cookie)
        with pytest.raises(NotSignedIn):
            await login.second_factor(half, "123", HERE)
    with pytest.raises(NotSignedIn):
        await login.password("chief", GOOD, HERE)


async def test_an_old_password_is_renewed_and_the_last_five_are_not_taken_again(
    open_database: Database, login: Login
) -> None:
    person, step = await enrolled(open_database, login, "aged")
    async with open_database.transaction() as session:
        old = utc_now() - timedelta(days=91)
        await session.execute(
            text("UPDATE person SET password_set_at = :old WHERE id = :id"), {"old": old, "id": person}
        )
    step = await login.password("aged", GOOD, HERE)
    assert step.next == "new_password"
    half = await session_id(open_database, step.cookie)
    with pytest.raises(BadInput, match="one of the last 5"):
        await login.renew_password(half, GOOD, HERE)
    assert (await login.renew_password(half, BETTER, HERE)).next == "done"
    with pytest.raises(NotSignedIn):
        await login.password("aged", GOOD, HERE)


async def test_a_changed_password_ends_the_other_sessions(open_database: Database, login: Login) -> None:
    person, mine = await enrolled(open_database, login, "changer")
    other = await login.password("changer", GOOD, HERE)
    own = await session_id(open_database, mine.cookie)
    with pytest.raises(NotSignedIn, match="old password"):
        await login.change_password(person, "wrong", BETTER, own, HERE)
    await login.change_password(person, GOOD, BETTER, own, HERE)
    sessions = Sessions(open_database, _Nobody(), Settings())  # type: ignore[arg-type]
    assert await sessions.find(mine.cookie) is not None
    assert await sessions.find(other.cookie) is None


async def test_only_people_of_the_demo_are_entered_with_one_click(open_database: Database, login: Login) -> None:
    await enrolled(open_database, login, "real")
    with pytest.raises(NotSignedIn):
        await login.as_demo("real", HERE)
    with pytest.raises(NotSignedIn):
        await login.as_demo("nobody", HERE)


def test_a_code_holds_for_a_step_before_and_after_and_once() -> None:
    """RFC 6238: the validator may look at neighbouring steps, and takes none twice (section 5.2)."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of the RFC's appendix B, in base 32
    assert pyotp.TOTP(secret, digits=8).at(59) == "94287082"
    code = pyotp.TOTP(secret).at(100)
    found = [matching_step(secret, code, moment, 0) for moment in (59, 60, 100, 149, 150)]
    assert found == [None, 3, 3, 3, None]
    assert matching_step(secret, code, 100, 3) is None
    for odd in ("", "１２３４５６", "94287082" * 5, "\udcff"):
        assert matching_step(secret, odd, 59, 0) is None
