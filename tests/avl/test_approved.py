"""Purge, end of evidence and export, over HTTP with two people against a real store."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from backend.avl import export as export_module
from backend.avl.approved import BulkExport
from backend.avl.export import COLUMNS, FORMULA, MARK, export, harmless
from backend.avl.retention import first_kept, run_once
from backend.clock import to_ms, utc_now
from backend.errors import Forbidden
from backend.identity.granting import end_grant, in_force, put_grant
from backend.identity.registry import read_organisation
from backend.identity.rights import EVERYTHING, NOTHING, Rights, Scope
from tests.avl.test_retention import put
from tests.conftest import TestBus, TestDatabase
from tests.identity.askers import Somebody, audited, legal_hold, somebody
from tests.live.site import Site, running_site

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
HOUR = timedelta(hours=1)


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


@pytest_asyncio.fixture(scope="module")
async def leader(site: Site) -> Somebody:
    return await somebody(site, "leader", "leader")


@pytest_asyncio.fixture(scope="module")
async def auditor(site: Site) -> Somebody:
    return await somebody(site, "auditor", "auditor")


async def settle_bodies(site: Site, *units: int) -> None:
    """Fixes of these units say the bodies that the units belong to."""
    async with site.store.transaction() as session:
        for unit in units:
            district, squad = site.home_of[unit]
            change = text("UPDATE fix SET district = :district, squad = :squad WHERE unit = :unit")
            await session.execute(change, {"district": district, "squad": squad, "unit": unit})


async def one(site: Site, statement: str, **values: Any) -> Any:
    async with site.store.snapshot() as session:
        return await session.scalar(text(statement), values)


async def allowed(leader: Somebody, auditor: Somebody, kind: str, **payload: Any) -> tuple[int, dict[str, Any]]:
    id = await leader.ask(kind, **payload)
    answer = await auditor.post(f"/approvals/{id}/approve")
    assert answer.status_code == 200, answer.text
    return id, answer.json()["result"]


# Purge and holds


@pytest.mark.slow
async def test_a_purge_lets_go_of_whole_days_but_of_nothing_that_is_held(
    site: Site, leader: Somebody, auditor: Somebody
) -> None:
    held, free = await site.add_units(2, 0)
    for back in (5, 4, 3):
        await put(site.store, held, TODAY - timedelta(days=back) + HOUR, 10)
        await put(site.store, free, TODAY - timedelta(days=back) + HOUR, 10)
    await put(site.store, free, TODAY, 1)
    span = {"from": to_ms(TODAY - timedelta(days=5)), "to": to_ms(TODAY - timedelta(days=3))}
    answer = await leader.post("/holds", subject="lawsuit 7", units=[held], reason="court order", **span)
    assert answer.status_code == 201, answer.text
    hold = answer.json()["id"]
    before = to_ms(TODAY - timedelta(days=3) + 12 * HOUR)  # the day of that moment has not wholly passed by then
    _, result = await allowed(leader, auditor, "purge", before=before)
    assert result == {"days": 2, "kept": 20, "coarsened": 20}
    assert await one(site, "SELECT count(*) FROM fix") == 21
    state = (await leader.get("/retention")).json()
    assert (state["raw_days_kept"], state["kept_fixes"], state["raw_days"]) == (2, 20, 90)
    assert state["oldest_raw"] == to_ms(TODAY - timedelta(days=3))
    (shown,) = [row for row in state["holds"] if row["id"] == hold]
    assert (shown["from"], shown["to"], shown["ended_at"]) == (span["from"], span["to"], None)
    assert [unit["number"] for unit in shown["units"]] == [held]
    released = await audited(site, f"day:{TODAY - timedelta(days=4):%Y-%m-%d}")
    assert released == [(f"person:{auditor.id}", "positions.released")]

    _, result = await allowed(leader, auditor, "evidence_deletion", hold=hold)
    assert result == {"hold": hold}
    await run_once(site.store, first_kept(90, utc_now()))
    state = (await leader.get("/retention")).json()
    assert (state["kept_fixes"], state["raw_days_kept"]) == (0, 2)
    assert await one(site, "SELECT sum(fixes) FROM coarse_fix") == 40
    assert state["last_run"] is not None
    again = await leader.post("/approvals", kind="evidence_deletion", payload={"hold": hold}, reason="again")
    assert again.status_code == 409


@pytest.mark.slow
async def test_a_purge_waits_for_whoever_lets_go_just_now(site: Site, leader: Somebody, auditor: Somebody) -> None:
    id = await leader.ask("purge", before=0)
    async with site.store.transaction() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(5808004)"))
        answer = await auditor.post(f"/approvals/{id}/approve")
    assert answer.status_code == 409, answer.text
    assert await one(site, "SELECT state FROM approval WHERE id = :id", id=id) == "open"
    assert (await auditor.post(f"/approvals/{id}/approve")).status_code == 200


@pytest.mark.slow
async def test_a_hold_is_put_where_one_may_and_on_what_is_there(site: Site, leader: Somebody) -> None:
    (north,), (south,) = await site.add_units(1, 0), await site.add_units(1, 2)
    northern = await somebody(site, "northern leader", "leader", {"body": site.districts[0]})
    good: dict[str, Any] = {"subject": "x", "units": [north], "from": 0, "to": 5, "reason": "because"}
    assert (await northern.post("/holds", **good)).status_code == 201
    for bad, status in (
        ({"units": [south]}, 404),
        ({"units": [north, south]}, 404),
        ({"units": [10**6]}, 404),
        ({"units": []}, 422),
        ({"from": 5}, 422),
        ({"to": 10**15}, 422),
        ({"reason": "  "}, 422),
        ({"subject": ""}, 422),
        ({"kind": "case"}, 422),
    ):
        answer = await northern.post("/holds", **(good | bad))
        assert answer.status_code in (status, 422), (bad, answer.text)
    assert (await northern.post("/holds", **(good | {"reason": " "}))).json()["code"] == "reason_needed"
    both = await legal_hold(site, north, south)
    assert both not in {row["id"] for row in (await northern.get("/retention")).json()["holds"]}
    assert both in {row["id"] for row in (await leader.get("/retention")).json()["holds"]}


# Export


def read(body: str) -> list[dict[str, str]]:
    assert body.startswith(MARK)
    return list(csv.DictReader(io.StringIO(body.removeprefix(MARK))))


@pytest.mark.slow
async def test_an_export_holds_what_one_may_see_of_the_body(site: Site, leader: Somebody, auditor: Somebody) -> None:
    first, second = (await site.add_units(1, 0))[0], (await site.add_units(1, 1))[0]
    start = TODAY - timedelta(days=1)
    for unit in (first, second):
        await put(site.store, unit, start + HOUR, 10)
        await put(site.store, unit, start + 2 * HOUR, 3, flags=8)
    await put(site.store, first, start + 3 * HOUR, 4)
    await settle_bodies(site, first, second)
    async with site.store.transaction() as session:  # when it belonged to another body
        elsewhere = text("UPDATE fix SET district = 0, squad = :squad WHERE unit = :unit AND fixed_at >= :since")
        await session.execute(elsewhere, {"squad": site.squads[2], "unit": first, "since": start + 3 * HOUR})
    squad_leader = await somebody(site, "squad leader", "squad_leader", {"body": site.squads[0]})

    async def share(session: Any) -> None:
        await put_grant(session, squad_leader.id, {"everything": True}, atoms=("approval.ask",))

    await site.change(share)
    await site.known()
    span = {"from": to_ms(start), "to": to_ms(start) + 86_399_999}
    id = await squad_leader.ask("bulk_export", body=site.districts[0], **span)
    assert (await squad_leader.get(f"/approvals/{id}/export")).status_code == 404, "nobody has approved it"
    assert (await auditor.post(f"/approvals/{id}/approve")).status_code == 200
    answer = await squad_leader.get(f"/approvals/{id}/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="tracks-{id}.csv"'
    rows = read(answer.text)
    assert len(rows) == 10, "his squad's alone, on duty, as it belonged there"
    assert {row["unit"] for row in rows} == {str(first)}
    assert rows[0]["time"] == f"{start:%Y-%m-%d}T01:00:00.000Z"
    assert (rows[1]["longitude"], rows[1]["latitude"], rows[1]["speed"]) == ("113.1003000", "28.2000000", "3.00")
    assert [action for _, action in await audited(site, f"body:{site.districts[0]}")] == ["track.exported"]
    assert (await squad_leader.get(f"/approvals/{id}/export")).status_code == 200
    assert len(await audited(site, f"body:{site.districts[0]}")) == 2, "each time"

    for other in (leader, auditor):
        assert (await other.get(f"/approvals/{id}/export")).status_code in (403, 404)

    async def take(session: Any) -> None:
        for held in await in_force(session, person=squad_leader.id):
            if held.role is not None:
                await end_grant(session, held.id)

    await site.change(take)
    await site.known()
    assert (await squad_leader.get(f"/approvals/{id}/export")).status_code == 403


@pytest.mark.slow
async def test_an_export_of_kept_fixes_for_a_day_only(site: Site, leader: Somebody, auditor: Somebody) -> None:
    (unit,) = await site.add_units(1, 3)
    start = TODAY - timedelta(days=3)
    await put(site.store, unit, start + HOUR, 6)
    await settle_bodies(site, unit)
    await legal_hold(site, unit, begin=to_ms(start), end=to_ms(start + timedelta(days=1)))
    await allowed(leader, auditor, "purge", before=to_ms(start + timedelta(days=1)))
    span = {"from": to_ms(start), "to": to_ms(start + timedelta(days=1))}
    id, result = await allowed(leader, auditor, "bulk_export", body=site.squads[3], **span)
    assert result["fetch_until"] == pytest.approx(to_ms(utc_now()) + 86_400_000, abs=10_000)
    assert len(read((await leader.get(f"/approvals/{id}/export")).text)) == 6
    async with site.store.transaction() as session:
        late = text("UPDATE approval SET decided_at = now() - interval '24 hours 1 second' WHERE id = :id")
        await session.execute(late, {"id": id})
    assert (await leader.get(f"/approvals/{id}/export")).status_code == 409


@pytest.mark.slow
async def test_pages_join_without_a_gap_and_a_right_that_ends_cuts_off(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    (unit,) = await site.add_units(1, 2)
    start = TODAY - timedelta(days=2)
    await put(site.store, unit, start + 23 * HOUR, 100)  # into the next day's partition
    async with site.store.transaction() as session:  # of another device, at the same moments
        twice = "INSERT INTO fix SELECT (jsonb_populate_record(fix, '{\"device\": 999}')).* FROM fix WHERE unit = :unit"
        await session.execute(text(twice), {"unit": unit})
    await settle_bodies(site, unit)
    monkeypatch.setattr(export_module, "PAGE", 7)
    paged = str(export_module.READ).replace("LIMIT 5000", "LIMIT 7")
    monkeypatch.setattr(export_module, "READ", text(paged))
    async with site.store.snapshot() as session:
        organisation = await read_organisation(session, 1)
    rights = Rights(frozenset({("track.read", EVERYTHING)}))
    wanted = BulkExport.model_validate(
        {"body": site.squads[2], "from": to_ms(start), "to": to_ms(start) + 3 * 86_400_000}
    )
    body = "".join([part async for part in export(site.store, wanted, lambda: (organisation, rights))])
    rows = read(body)
    assert len(rows) == 200
    assert [row["time"] for row in rows] == sorted(row["time"] for row in rows)
    assert len({(row["time"], row["longitude"]) for row in rows}) == 100

    given_rights = iter([rights] * 4)
    with pytest.raises(Forbidden):
        async for _ in export(site.store, wanted, lambda: (organisation, next(given_rights, None))):
            pass
    nowhere = Rights(frozenset({("track.read", Scope(squads=frozenset({site.squads[0]})))}))
    assert read("".join([part async for part in export(site.store, wanted, lambda: (organisation, nowhere))])) == []
    assert Scope() == NOTHING


@given(st.text(st.sampled_from("=+-@ \t\r\n,\"';A1中＝"), max_size=6))
def test_no_cell_is_a_formula(cell: str) -> None:
    kept = harmless(cell)
    assert not kept.lstrip(" ").startswith(FORMULA)
    assert kept in (cell, f"'{cell}")
    written = io.StringIO()
    csv.writer(written).writerow([kept])
    assert next(csv.reader(io.StringIO(written.getvalue(), newline=""))) == [kept]


@pytest.mark.slow
async def test_a_wicked_name_is_harmless_in_the_file(site: Site, leader: Somebody, auditor: Somebody) -> None:
    (unit,) = await site.add_units(1, 3)
    start = TODAY - timedelta(days=1)
    await put(site.store, unit, start + HOUR, 1)
    await settle_bodies(site, unit)
    wicked = text("UPDATE unit SET name = '=HYPERLINK(\"http://x\")', call_sign = '@SUM(1)' WHERE number = :unit")
    await site.change(lambda session: session.execute(wicked, {"unit": unit}))
    await site.known()
    id, _ = await allowed(
        leader, auditor, "bulk_export", body=site.squads[3], **{"from": to_ms(start), "to": to_ms(TODAY)}
    )
    (row,) = [row for row in read((await leader.get(f"/approvals/{id}/export")).text) if row["unit"] == str(unit)]
    assert (row["call_sign"], row["name"]) == ("'@SUM(1)", '\'=HYPERLINK("http://x")')
    assert tuple(row) == COLUMNS
