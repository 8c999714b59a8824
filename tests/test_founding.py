"""The first administrator, against the real store and bus."""

import pytest
from sqlalchemy import text

from backend.db.engine import Database
from backend.errors import Forbidden
from backend.founding import LOGIN, first_link
from backend.identity.granting import check_may_grant, put_grant
from backend.identity.login import Caller, Login
from backend.identity.people import add_person
from backend.identity.registry import read_organisation
from backend.settings import Settings
from tests.conftest import TestBus, TestDatabase

HERE = Caller(None, None)


async def test_the_first_administrator_sets_up_and_then_grants_no_more(
    database: TestDatabase, nats_server: TestBus
) -> None:
    """His link is made anew until it was used; he grants until there is a security administrator."""
    settings = Settings(demo=False)

    async def link() -> str | None:
        return await first_link(database.application_url, nats_server.url, settings)

    store = Database(database.application_url)
    login = Login(store, settings)
    first = await link()
    second = await link()
    assert first is not None
    assert second is not None
    with pytest.raises(Exception, match="does not open"):
        await login.enrol(first, "Correct horse 7", HERE)

    async with store.transaction() as session:
        root = await session.scalar(text("SELECT id FROM node"))
        other = await add_person(session, "other", "x", root)
        await session.execute(text("UPDATE person SET password_hash = 'set' WHERE id = :id"), {"id": other})
    second = await link()
    assert second is not None, "somebody else with a password is no administrator"
    assert (await login.enrol(second, "Correct horse 7", HERE)).next == "new_factor"
    assert await link() is None

    async with store.transaction() as session:
        admin = await session.scalar(text("SELECT id FROM person WHERE login = :login"), {"login": LOGIN})
        everywhere = {"everything": True}

        async def asks(role: str) -> None:
            rights = (await read_organisation(session, 1)).viewers[f"person:{admin}"].rights
            await check_may_grant(session, admin, rights, other, everywhere, role=role)

        await asks("security_administrator")
        await put_grant(session, other, everywhere, role="security_administrator", by=admin)
        await session.execute(text("SELECT pg_sleep(0.01)"))
        with pytest.raises(Forbidden, match=r"grant\.write"):
            await asks("dispatcher")
    await store.close()
