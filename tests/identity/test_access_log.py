"""The access log: nobody reads a track or a whole number without a reason, and each time it is a row."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import psycopg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.db.engine import Database
from backend.errors import BadInput
from backend.identity.access_log import PHONE, TRACK, check_reason, record_access
from backend.identity.audit import COMMAND_LINE, record
from backend.identity.people import add_person
from tests.conftest import TestBus, TestDatabase
from tests.identity.stores import open_database
from tests.live.site import Site, grants, running_site

__all__ = ["open_database"]

NUMBER = "+86 138 0000 1234"
BAD_REASONS = ("", "  ", "no", "a\0b c", "two\nlines", "\ud800\ud800\ud800", "x" * 201, " x  ")


@pytest.mark.parametrize("reason", BAD_REASONS)
def test_what_is_no_reason_is_refused(reason: str) -> None:
    with pytest.raises(BadInput, match="says why") as refused:
        check_reason(reason)
    assert refused.value.facts["code"] == "reason_needed"


@pytest.mark.parametrize("reason", ["投诉件", " case 12/7 ", "x" * 200])
def test_a_reason_is_kept_as_it_was_typed(reason: str) -> None:
    assert check_reason(reason) == reason.strip()


async def test_a_row_has_its_reason_and_one_of_the_written_actions(open_database: Database) -> None:
    async with open_database.transaction() as session:
        await record_access(session, COMMAND_LINE, TRACK, "unit:7", " 投诉件 ", points=3)
        with pytest.raises(BadInput):
            await record_access(session, COMMAND_LINE, TRACK, "unit:7", "")
        with pytest.raises(ValueError, match=r"secret\.read"):
            await record_access(session, COMMAND_LINE, "secret.read", "unit:7", "because")
    async with open_database.snapshot() as session:
        rows = [row.details for row in await session.execute(text("SELECT details FROM audit"))]
    assert rows == [{"reason": "投诉件", "points": 3}]


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    """A city with one web process."""
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


async def with_number(site: Site, login: str, body: int) -> int:
    return await site.change(lambda session: add_person(session, login, login, body, phone=NUMBER))


async def rows_about(browser: httpx.AsyncClient, object: str) -> list[dict[str, Any]]:
    answer = await browser.get("/api/v1/audit", params={"object": object, "access": True})
    assert answer.status_code == 200, answer.text
    return list(answer.json())


@pytest.mark.slow
async def test_a_whole_number_is_told_for_a_reason_and_logged(site: Site) -> None:
    mine, other = await with_number(site, "mine", site.squads[0]), await with_number(site, "other", site.squads[2])
    numberless = await site.change(lambda session: add_person(session, "numberless", "x", site.squads[0]))
    rights = grants("phone.read", "person.read", districts=site.districts[:1])
    auditor = await site.browser("auditor", grants("audit.read"))
    async with await site.browser("reader", rights) as browser, auditor:
        for reason in ("", "  ", "a\0b c", "two\nlines", "x" * 201, None):
            body = {} if reason is None else {"reason": reason}
            refused = await browser.post(f"/api/v1/people/{mine}/phone", json=body)
            assert (refused.status_code, refused.json()["code"]) == (422, "reason_needed"), reason
            assert "1234" not in refused.text
        assert await rows_about(auditor, f"person:{mine}") == []
        told = await browser.post(f"/api/v1/people/{mine}/phone", json={"reason": "an accident"})
        assert (told.status_code, told.json()) == (200, {"phone": NUMBER})
        (row,) = await rows_about(auditor, f"person:{mine}")
        assert (row["action"], row["actor_name"], row["reason"]) == (PHONE, "reader", "an accident")
        refused = await browser.post(f"/api/v1/people/{other}/phone", json={"reason": "an accident"})
        assert refused.status_code == 404
        assert await rows_about(auditor, f"person:{other}") == []
        none = await browser.post(f"/api/v1/people/{numberless}/phone", json={"reason": "an accident"})
        assert none.json() == {"phone": None}
        listed = (await browser.get("/api/v1/people", params={"search": "mine"})).json()["people"]
        assert [one["phone"] for one in listed] == ["861****1234"], "elsewhere it stays masked"


@pytest.mark.slow
async def test_a_track_is_told_for_a_reason_and_logged(site: Site) -> None:
    (unit,) = await site.add_units(1, squad=0)
    await site.change(lambda session: session.execute(text("SELECT ensure_fix_day(date '1970-01-01')")))
    path, span = f"/api/v1/units/{unit}/track", {"from": 0, "to": 1000}
    auditor = await site.browser("auditor", grants("audit.read"))
    async with await site.browser("tracker", grants("track.read")) as browser, auditor:
        for reason in ("", "no", "a\0b c", "x" * 201):
            refused = await browser.get(path, params=span | {"reason": reason})
            assert (refused.status_code, refused.json()["code"]) == (422, "reason_needed"), reason
        assert (await browser.get(path, params=span)).json()["code"] == "reason_needed"
        assert await rows_about(auditor, f"unit:{unit}") == []
        assert (await browser.get(path, params=span | {"reason": "投诉件 12"})).status_code == 200
        (row,) = await rows_about(auditor, f"unit:{unit}")
        assert (row["action"], row["actor_name"], row["reason"]) == (TRACK, "tracker", "投诉件 12")
        assert row["details"] == {"reason": "投诉件 12", "from": 0, "to": 1000, "points": 0}


@pytest.mark.slow
async def test_only_reads_are_asked_for_and_each_row_tells_its_reason(site: Site) -> None:
    person = await with_number(site, "looked.at", site.squads[0])

    async def work(session: AsyncSession) -> None:
        await record(session, COMMAND_LINE, "person.looked_at", f"person:{person}")
        await record(session, COMMAND_LINE, "grant.made", f"person:{person}", reason="a shift")
        await record(session, COMMAND_LINE, "odd.done", f"person:{person}", reason=["no", "text"])
        await record_access(session, COMMAND_LINE, PHONE, f"person:{person}", "a call")

    await site.change(work)
    async with await site.browser("auditor", grants("audit.read")) as auditor:
        assert [row["reason"] for row in await rows_about(auditor, f"person:{person}")] == ["a call"]
        answer = (await auditor.get("/api/v1/audit", params={"object": f"person:{person}"})).json()
        told = [(row["action"], row["reason"]) for row in answer]
    assert told == [
        ("phone.read", "a call"),
        ("odd.done", None),
        ("grant.made", "a shift"),
        ("person.looked_at", None),
    ]


@pytest.mark.slow
async def test_who_audits_a_part_sees_the_reads_of_its_people_and_units(site: Site) -> None:
    (mine,), (other,) = await site.add_units(1, squad=0), await site.add_units(1, squad=2)
    person, stranger = (
        await with_number(site, "of.north", site.squads[1]),
        await with_number(site, "of.south", site.squads[3]),
    )

    async def work(session: AsyncSession) -> None:
        for object in (f"unit:{mine}", f"unit:{other}"):
            await record_access(session, COMMAND_LINE, TRACK, object, "a complaint")
        for object in (f"person:{person}", f"person:{stranger}"):
            await record_access(session, COMMAND_LINE, PHONE, object, "a call")

    await site.change(work)
    seen = {f"unit:{mine}": 1, f"unit:{other}": 0, f"person:{person}": 1, f"person:{stranger}": 0}
    async with await site.browser("auditor of north", grants("audit.read", districts=site.districts[:1])) as auditor:
        assert {object: len(await rows_about(auditor, object)) for object in seen} == seen


@pytest.mark.slow
async def test_what_cannot_be_logged_is_not_told(site: Site, database: TestDatabase) -> None:
    """The row is part of the answer: where it is refused, so is the number."""
    person, (unit,) = await with_number(site, "unlogged", site.squads[0]), await site.add_units(1, squad=0)
    refuse = "ALTER TABLE audit ADD CONSTRAINT nothing_read CHECK (action NOT LIKE '%.read') NOT VALID"
    owner = database.owner_url.replace("+psycopg", "", 1)
    async with await site.browser("unlogged reader", grants("phone.read", "track.read")) as browser:
        browser.headers["Connection"] = "close"  # after an error of its own the server closes it, too
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(refuse.encode())
            try:
                phone = await browser.post(f"/api/v1/people/{person}/phone", json={"reason": "an accident"})
                span: dict[str, str | int] = {"from": 0, "to": 1000, "reason": "an accident"}
                track = await browser.get(f"/api/v1/units/{unit}/track", params=span)
            finally:
                connection.execute(b"ALTER TABLE audit DROP CONSTRAINT nothing_read")
    assert (phone.status_code, track.status_code) == (500, 500)
    assert "1234" not in phone.text
    assert "times" not in track.text
