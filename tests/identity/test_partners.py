"""What partners read is written down before they get it; what one's own people read of names and places is not."""

from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest_asyncio
from sqlalchemy import text

from backend.identity.devices import add_node
from backend.identity.keys import add_key
from backend.identity.rights import parse_grants
from tests.conftest import TestBus, TestDatabase
from tests.identity.signing import move_home
from tests.live.site import Site, grants, running_site, watching

ATOMS = ("unit.read", "map.read", "position.read")
READ = text("SELECT details ->> 'path' FROM audit WHERE action = 'partner.read' AND actor = :actor ORDER BY id")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with a web process."""
    async with running_site(database, nats_server) as one:
        await one.start_web()
        yield one


async def read_by(site: Site, actor: str) -> list[str]:
    async with site.store.snapshot() as session:
        return list(await session.scalars(READ, {"actor": actor}))


async def person_of(site: Site, name: str) -> str:
    async with site.store.snapshot() as session:
        return f"person:{await session.scalar(text('SELECT id FROM person WHERE name = :name'), {'name': name})}"


async def test_a_keys_reads_are_rows_once_a_minute_for_each_address(site: Site) -> None:
    (unit,) = await site.add_units(1, squad=0)
    rights = parse_grants(grants(*ATOMS, squads=[site.squads[0]]))
    key = await site.change(lambda session: add_key(session, "parks", rights))
    await site.known()
    async with httpx.AsyncClient(base_url=site.web.url, headers={"Authorization": f"Bearer {key}"}) as partner:
        for path in ("/api/v1/units", f"/api/v1/units/{unit}", "/api/v1/units", "/api/v1/ground"):
            assert (await partner.get(path)).status_code == 200, path
        assert (await partner.get("/api/v1/sessions")).status_code == 403
    read = await read_by(site, "key:1")
    # The minute may have turned in between.
    assert set(read) == {"/api/v1/units", f"/api/v1/units/{unit}"}
    assert len(read) <= 4


async def test_a_departments_people_are_partners_and_others_are_not(site: Site) -> None:
    department = await site.change(lambda session: add_node(session, "水务局", "department", site.city))
    office = await site.change(lambda session: add_node(session, "排水科", "department", department))
    await site.change(lambda session: move_home(session, "guest", office))
    for name in ("guest", "own"):
        cookie = await site.cookie(name, grants(*ATOMS))
        async with httpx.AsyncClient(base_url=site.web.url, headers={"Cookie": cookie}) as browser:
            assert (await browser.get("/api/v1/units")).status_code == 200
        async with watching(site.web, cookie, None):
            pass
    assert set(await read_by(site, await person_of(site, "guest"))) == {"/api/v1/units", "/live"}
    assert await read_by(site, await person_of(site, "own")) == []


async def test_what_cannot_be_written_down_is_not_told(site: Site, database: TestDatabase) -> None:
    rights = parse_grants(grants(*ATOMS))
    key = await site.change(lambda session: add_key(session, "sanitation", rights))
    await site.known()
    refuse = """CREATE FUNCTION refuse_partner() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN IF NEW.action = 'partner.read' THEN RAISE EXCEPTION 'full'; END IF; RETURN NEW; END $$;
        CREATE TRIGGER refuse_partner BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION refuse_partner()"""
    await as_owner(database, refuse)
    try:
        async with httpx.AsyncClient(base_url=site.web.url, headers={"Authorization": f"Bearer {key}"}) as partner:
            answer = await partner.get("/api/v1/units")
        assert answer.status_code == 500
        assert "units" not in answer.text
    finally:
        await as_owner(database, "DROP TRIGGER refuse_partner ON audit")


async def as_owner(database: TestDatabase, statement: str) -> None:
    async with await psycopg.AsyncConnection.connect(database.owner_url.replace("+psycopg", "", 1)) as connection:
        await connection.execute(statement)
