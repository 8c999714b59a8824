"""What needs two people: nobody alone, nothing twice, and nothing of it half."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from backend.clock import now_ms
from backend.identity.approvals import KINDS, Kind, wire
from backend.identity.granting import end_grant, in_force
from backend.identity.keys import add_key
from backend.identity.people import set_disabled
from backend.identity.rights import parse_grants
from tests.conftest import TestBus, TestDatabase
from tests.identity.askers import Somebody, audited, legal_hold, somebody
from tests.live.site import Site, grants, running_site

pytestmark = pytest.mark.slow


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web()
        yield running_one


@pytest_asyncio.fixture(scope="module")
async def asker(site: Site) -> Somebody:
    return await somebody(site, "asker", "leader")


@pytest_asyncio.fixture(scope="module")
async def decider(site: Site) -> Somebody:
    return await somebody(site, "decider", "auditor")


async def settings(somebody: Somebody) -> dict[str, int]:
    found: dict[str, int] = (await somebody.get("/audit/settings")).json()
    return found


async def listed(somebody: Somebody, id: int) -> dict[str, Any] | None:
    rows = (await somebody.get("/approvals?state=all")).json()
    return next((row for row in rows if row["id"] == id), None)


async def test_one_asks_another_approves_and_it_is_done(site: Site, asker: Somebody, decider: Somebody) -> None:
    id = await asker.ask("audit_settings", anchor_hours=6)
    before = await settings(asker)
    assert before["anchor_hours"] != 6
    row = await listed(asker, id)
    assert row is not None
    assert (row["state"], row["own"], row["may_decide"], row["asked_by_name"]) == ("open", True, False, "asker")
    assert row["expires_at"] - row["asked_at"] == pytest.approx(72 * 3_600_000, abs=5000)
    assert (await listed(decider, id) or {})["may_decide"] is True
    answer = await decider.post(f"/approvals/{id}/approve", reason="so be it")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"result": {"anchor_hours": 6, "reason_signs": before["reason_signs"]}}
    assert await settings(decider) == answer.json()["result"]
    assert await audited(site, f"approval:{id}") == [
        (f"person:{asker.id}", "approval.asked"),
        (f"person:{decider.id}", "approval.approved"),
        (f"person:{decider.id}", "approval.done"),
    ]
    done = await listed(asker, id)
    assert done is not None
    assert (done["state"], done["decided_by_name"], done["decided_reason"]) == ("approved", "decider", "so be it")
    assert id not in {row["id"] for row in (await asker.get("/approvals")).json()}, "it is open no more"


async def test_a_reason_to_approve_may_be_left_out_with_the_body(asker: Somebody, decider: Somebody) -> None:
    id = await asker.ask("audit_settings", anchor_hours=8)
    path = f"{decider.site.web.url}/api/v1/approvals/{id}/approve"
    async with httpx.AsyncClient(headers=decider.headers) as browser:
        answer = await browser.post(path)
    assert answer.status_code == 200, answer.text
    assert (await listed(asker, id) or {})["decided_reason"] is None


async def test_nobody_decides_on_his_own(asker: Somebody) -> None:
    id = await asker.ask("audit_settings", anchor_hours=7)
    for answer in (
        await asker.post(f"/approvals/{id}/approve"),
        await asker.post(f"/approvals/{id}/refuse", reason="no, no"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "own_request")
    assert (await settings(asker))["anchor_hours"] != 7


async def test_two_at_once_do_it_once(site: Site, asker: Somebody, decider: Somebody) -> None:
    (unit,) = await site.add_units(1, 0)
    other = await somebody(site, "another decider", "security_administrator")
    for _ in range(5):
        hold = await legal_hold(site, unit)
        id = await asker.ask("evidence_deletion", hold=hold)
        who = (decider, other, decider, other)
        answers = await asyncio.gather(*(one.post(f"/approvals/{id}/approve") for one in who))
        assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
        assert [action for _, action in await audited(site, f"hold:{hold}")] == ["hold.made", "hold.ended"]
        assert [action for _, action in await audited(site, f"approval:{id}")].count("approval.done") == 1


@pytest.mark.parametrize("how", ["approve", "refuse", "withdraw"])
async def test_what_was_decided_stays_so(asker: Somebody, decider: Somebody, how: str) -> None:
    id = await asker.ask("audit_settings", reason_signs=4)
    who = asker if how == "withdraw" else decider
    body = {"reason": "that is it"} if how != "withdraw" else {}
    assert (await who.post(f"/approvals/{id}/{how}", **body)).status_code in (200, 204)
    for answer in (
        await decider.post(f"/approvals/{id}/approve"),
        await decider.post(f"/approvals/{id}/refuse", reason="once more"),
        await asker.post(f"/approvals/{id}/withdraw"),
    ):
        assert answer.status_code == 409, answer.text


async def test_a_request_is_open_for_three_days(site: Site, asker: Somebody, decider: Somebody) -> None:
    id = await asker.ask("audit_settings", anchor_hours=9)
    async with site.store.transaction() as session:
        expire = text("UPDATE approval SET expires_at = now() - interval '1 second' WHERE id = :id")
        await session.execute(expire, {"id": id})
    answer = await decider.post(f"/approvals/{id}/approve")
    assert (answer.status_code, answer.json()["got"]) == (409, "expired")
    row = await listed(decider, id)
    assert row is not None
    assert (row["state"], row["may_decide"]) == ("expired", False)
    assert (await settings(asker))["anchor_hours"] != 9


async def test_only_who_asked_withdraws(asker: Somebody, decider: Somebody) -> None:
    id = await asker.ask("audit_settings", anchor_hours=10)
    assert (await decider.post(f"/approvals/{id}/withdraw")).status_code == 404
    assert (await asker.post(f"/approvals/{id}/withdraw")).status_code == 204


@pytest.mark.parametrize("reason", ["", "  ab  ", "x" * 201])
async def test_a_reason_is_asked_for(asker: Somebody, decider: Somebody, reason: str) -> None:
    answer = await asker.post("/approvals", kind="audit_settings", payload={"anchor_hours": 5}, reason=reason)
    assert (answer.status_code, answer.json()["code"]) == (422, "reason_needed")
    id = await asker.ask("audit_settings", anchor_hours=11)
    answer = await decider.post(f"/approvals/{id}/refuse", reason=reason)
    assert (answer.status_code, answer.json()["code"]) == (422, "reason_needed")


DAY = 86_400_000
BAD: list[tuple[str, Any]] = [
    ("audit_settings", {}),
    ("audit_settings", {"anchor_hours": 0}),
    ("audit_settings", {"anchor_hours": 25}),
    ("audit_settings", {"anchor_hours": "6"}),
    ("audit_settings", {"reason_signs": 2}),
    ("audit_settings", {"reason_signs": 51}),
    ("audit_settings", {"anchor_hours": 6, "more": 1}),
    ("purge", {}),
    ("purge", {"before": -1}),
    ("purge", {"before": now_ms() + DAY}),
    ("purge", {"before": 1e3}),
    ("purge", {"before": 10**30}),
    ("evidence_deletion", {"hold": "1"}),
    ("evidence_deletion", {"hold": 10**12}),
    ("bulk_export", {"body": 1, "from": 0}),
    ("bulk_export", {"body": 1, "from": 0, "to": 31 * DAY + 1}),
    ("bulk_export", {"body": 1, "from": 5, "to": 5}),
    ("bulk_export", {"body": 99999, "from": 0, "to": 5}),
    ("bulk_export", {"body": 1, "begin": 0, "end": 5}),
    ("drop_everything", {}),
]


@pytest.mark.parametrize(("kind", "payload"), BAD)
async def test_a_bad_payload_is_refused_in_words(asker: Somebody, kind: str, payload: dict[str, Any]) -> None:
    answer = await asker.post("/approvals", kind=kind, payload=payload, reason="because")
    assert answer.status_code == 422, answer.text
    assert answer.json()["title"] == "Bad input"


async def test_what_is_not_there_cannot_be_asked_for(asker: Somebody) -> None:
    answer = await asker.post("/approvals", kind="evidence_deletion", payload={"hold": 10**9}, reason="because")
    assert answer.status_code == 404


async def test_the_payload_is_looked_at_again(site: Site, asker: Somebody, decider: Somebody) -> None:
    """Two ask for the end of one hold: when the first was approved the other one has nothing to do any more."""
    (unit,) = await site.add_units(1, 0)
    hold = await legal_hold(site, unit)
    first, second = [await asker.ask("evidence_deletion", hold=hold) for _ in range(2)]
    assert (await decider.post(f"/approvals/{first}/approve")).status_code == 200
    answer = await decider.post(f"/approvals/{second}/approve")
    assert answer.status_code == 409, answer.text
    assert (await listed(asker, second) or {})["state"] == "open", "nothing of it happened"
    assert [action for _, action in await audited(site, f"approval:{second}")] == ["approval.asked"]


@pytest.mark.parametrize("how", ["without the role", "disabled"])
async def test_who_asked_must_still_be_one_who_may(site: Site, decider: Somebody, how: str) -> None:
    leaver = await somebody(site, f"leaver {how}", "leader")
    id = await leaver.ask("audit_settings", anchor_hours=13)

    async def work(session: Any) -> None:
        if how == "disabled":
            await set_disabled(session, leaver.id, True)
            return
        for held in await in_force(session, person=leaver.id):
            await end_grant(session, held.id)

    await site.change(work)
    await site.known()
    answer = await decider.post(f"/approvals/{id}/approve")
    assert answer.status_code == 409, answer.text
    assert (await settings(decider))["anchor_hours"] != 13


@pytest.mark.parametrize("role", ["dispatcher", "shift_supervisor", "fleet_manager", "wallboard"])
async def test_other_roles_neither_ask_nor_decide(site: Site, asker: Somebody, role: str) -> None:
    one = await somebody(site, f"a {role}", role)
    id = await asker.ask("audit_settings", anchor_hours=14)
    for answer in (
        await one.post("/approvals", kind="purge", payload={"before": 0}, reason="because"),
        await one.post(f"/approvals/{id}/approve"),
        await one.post(f"/approvals/{id}/refuse", reason="because"),
        await one.get("/approvals"),
        await one.get("/audit/settings"),
    ):
        assert answer.status_code == 403


async def test_the_system_administrator_asks_and_does_not_decide(site: Site, asker: Somebody) -> None:
    system = await somebody(site, "system", "system_administrator")
    id = await asker.ask("audit_settings", anchor_hours=15)
    assert (await system.post(f"/approvals/{id}/approve")).status_code == 403
    assert (await listed(system, id) or {})["may_decide"] is False
    await system.ask("audit_settings", anchor_hours=15)


async def test_a_district_asks_and_decides_for_itself_only(site: Site, asker: Somebody) -> None:
    (north,), (south,) = await site.add_units(1, 0), await site.add_units(1, 2)
    leader = await somebody(site, "northern leader", "leader", {"body": site.districts[0]})
    auditor = await somebody(site, "northern auditor", "auditor", {"body": site.districts[0]})
    own, other, both = [await legal_hold(site, *units) for units in ((north,), (south,), (north, south))]
    allowed = await leader.ask("evidence_deletion", hold=own)
    for kind, payload in (
        ("evidence_deletion", {"hold": other}),
        ("evidence_deletion", {"hold": both}),
        ("purge", {"before": 0}),
        ("audit_settings", {"anchor_hours": 3}),
        ("bulk_export", {"body": site.districts[1], "from": 0, "to": 5}),
        ("bulk_export", {"body": site.city, "from": 0, "to": 5}),
    ):
        answer = await leader.post("/approvals", kind=kind, payload=payload, reason="because")
        assert (answer.status_code, answer.json()["code"]) == (403, "needs"), (kind, payload)
    far = await asker.ask("evidence_deletion", hold=both)
    assert await listed(auditor, far) is None
    assert (await auditor.post(f"/approvals/{far}/approve")).status_code == 404
    assert (await auditor.post(f"/approvals/{far}/refuse", reason="because")).status_code == 404
    assert (await listed(auditor, allowed) or {})["may_decide"] is True
    assert (await auditor.post(f"/approvals/{allowed}/approve")).status_code == 200


async def test_a_key_neither_asks_nor_decides(site: Site, asker: Somebody) -> None:
    everything = parse_grants(grants("approval.ask", "approval.decide", "approval.read"))
    key = await site.change(lambda session: add_key(session, "partner", everything))
    await site.known()
    id = await asker.ask("audit_settings", anchor_hours=16)
    partner = Somebody(site, "partner", 0, {"Authorization": f"Bearer {key}"})
    for answer in (
        await partner.post("/approvals", kind="purge", payload={"before": 0}, reason="because"),
        await partner.post(f"/approvals/{id}/approve"),
    ):
        assert answer.status_code == 403, answer.text


async def test_another_sites_page_asks_for_nothing(asker: Somebody) -> None:
    stolen = Somebody(asker.site, asker.name, asker.id, {"Cookie": asker.headers["Cookie"]})
    answer = await stolen.post("/approvals", kind="purge", payload={"before": 0}, reason="because")
    assert answer.status_code == 403


def test_the_kinds_are_wired_whole_or_the_program_does_not_start() -> None:
    async def nothing(*_: Any) -> dict[str, Any]:
        return {}

    kinds = [Kind(name, nothing, nothing) for name in KINDS]
    assert list(wire(kinds)) == list(KINDS)
    for wrong in (kinds[1:], [*kinds, kinds[0]], [*kinds[1:], Kind("other", nothing, nothing)]):
        with pytest.raises(ValueError, match="expected the kinds"):
            wire(wrong)
