"""Approval by two: what nobody may do alone is asked for by one and approved by another, and done in that moment.

Each kind checks its payload when it is asked for and again when it is approved, and does its act in the transaction
that approves it. What checks and acts are is handed in from outside (`app.py`): identity knows no subject.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from pydantic import BaseModel, ValidationError
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.clock import utc_now
from backend.errors import BadInput, Forbidden, NotFound, Refusal
from backend.identity.audit import Actor, record
from backend.identity.granting import read_tree
from backend.identity.grants import covers, read_scope
from backend.identity.rights import NOTHING, Rights
from backend.identity.tree import Tree

KINDS = ("purge", "evidence_deletion", "bulk_export", "audit_settings")
OPEN_FOR = timedelta(hours=72)
SHORTEST_REASON, LONGEST_REASON = 3, 200
SHOWN = 200
LOOKED_AT = 5000  # of the whole city, for those of one part of it

FIELDS = """approval.id, kind, payload, concerns, reason, asked_by, asker.name AS asked_by_name, asked_at, expires_at,
    CASE WHEN state = 'open' AND expires_at <= now() THEN 'expired' ELSE state END AS state,
    decider.name AS decided_by_name, decided_at, decided_reason, result"""
TABLES = (
    """approval JOIN person AS asker ON asker.id = asked_by LEFT JOIN person AS decider ON decider.id = decided_by"""
)
LIST = text(
    f"""SELECT {FIELDS} FROM {TABLES}
        WHERE :everything OR (state = 'open' AND expires_at > now()) ORDER BY approval.id DESC LIMIT {LOOKED_AT}"""
)
FIND = text(f"SELECT {FIELDS} FROM {TABLES} WHERE approval.id = :id FOR UPDATE OF approval")
ASK = text(
    """INSERT INTO approval (kind, payload, concerns, reason, asked_by, expires_at)
       VALUES (:kind, CAST(:payload AS jsonb), CAST(:concerns AS jsonb), :reason, :by, :expires) RETURNING id"""
)
DECIDE = text(
    """UPDATE approval SET state = :state, decided_by = :by, decided_at = now(), decided_reason = :reason
       WHERE id = :id"""
)


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for, and what whoever asked may at this moment."""

    payload: Mapping[str, Any]
    rights: Rights


@dataclass(frozen=True, slots=True)
class Approved:
    """A request that this transaction has approved: its id, by whom, and what was asked for."""

    id: int
    actor: Actor
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """One thing that needs two people.

    `check` gives what the request concerns, as the scope of a grant (`{"everything": true}`, `{"body": 3}`, …): who
    asks and who decides must hold their atoms for all of it. Raises BadInput, NotFound, Forbidden. `act` does it and
    tells what became of it.
    """

    name: str
    check: Callable[[AsyncSession, Request], Awaitable[dict[str, Any]]]
    act: Callable[[AsyncSession, Approved], Awaitable[dict[str, Any]]]


def wire(kinds: Iterable[Kind]) -> dict[str, Kind]:
    """The kinds by name. Raises ValueError unless they are those of `KINDS`, each once."""
    given = list(kinds)
    if sorted(kind.name for kind in given) != sorted(KINDS):
        raise ValueError(f"expected the kinds {KINDS}, got {[kind.name for kind in given]}")
    return {kind.name: kind for kind in given}


def parse[Payload: BaseModel](model: type[Payload], payload: Mapping[str, Any]) -> Payload:
    """A payload as its kind describes it. Raises BadInput."""
    try:
        return model.model_validate(payload, strict=True)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc'])) or 'payload'}: {one['msg']}" for one in error.errors()]
        expected = [field.alias or name for name, field in model.model_fields.items()]
        raise BadInput("; ".join(wrong), expected=expected, got=sorted(map(str, payload))) from error


@dataclass(frozen=True, slots=True)
class Ground:
    """The organisation as this transaction sees it."""

    tree: Tree
    units: dict[int, int]

    def allows(self, rights: Rights, atom: str, concerns: Mapping[str, Any]) -> bool:
        """Whether an atom is held for all that a request concerns; never for what concerns nothing any more."""
        try:
            scope = read_scope(concerns, self.tree, self.units)
        except BadInput:  # a body that is gone
            return rights.scope(atom).everything
        return scope != NOTHING and covers(rights.scope(atom), scope, self.tree, self.units)


async def ask(
    session: AsyncSession,
    kinds: Mapping[str, Kind],
    actor: Actor,
    person: int,
    request: Request,
    kind: str,
    reason: str,
) -> int:
    """Ask for something; returns the request's id. Raises BadInput, NotFound, Forbidden."""
    reason = checked_reason(reason)
    if kind not in kinds:
        raise BadInput(f"unknown kind {kind!r}", expected=sorted(kinds), got=kind)
    concerns = await kinds[kind].check(session, request)
    ground = Ground(*await read_tree(session))
    if not ground.allows(request.rights, "approval.ask", concerns):
        raise Forbidden("this needs the right approval.ask for all that it concerns", code="needs", atom="approval.ask")
    values = {"kind": kind, "payload": _json(request.payload), "concerns": _json(concerns), "reason": reason}
    moments = {"by": person, "expires": utc_now() + OPEN_FOR}
    made: int = (await session.execute(ASK, values | moments)).scalar_one()
    told = {"kind": kind, "payload": dict(request.payload), "reason": reason}
    await record(session, actor, "approval.asked", f"approval:{made}", **told)
    return made


async def approve(
    session: AsyncSession,
    kinds: Mapping[str, Kind],
    actor: Actor,
    person: int,
    rights: Rights,
    id: int,
    reason: str | None,
    rights_of: Callable[[int], Rights],
) -> dict[str, Any]:
    """Approve what another one asked for, and do it; returns what became of it.

    `rights_of`: what a person may at this moment. Raises NotFound, Forbidden, Refusal, and what the check raises.
    """
    row, ground = await _deciding(session, person, rights, id)
    kind = kinds[row.kind]
    asker = rights_of(row.asked_by)
    if not asker.holds("approval.ask"):
        raise Refusal("who asked for this may ask for it no more", asked_by=row.asked_by)
    concerns = await kind.check(session, Request(row.payload, asker))
    if not ground.allows(asker, "approval.ask", concerns):
        raise Refusal("who asked for this may ask for it no more", asked_by=row.asked_by)
    if not ground.allows(rights, "approval.decide", concerns):
        raise Forbidden("this needs approval.decide for all that it concerns", code="needs", atom="approval.decide")
    await _decide(session, id, "approved", person, reason)
    told = {"kind": row.kind, "asked_by": f"person:{row.asked_by}"}
    await record(session, actor, "approval.approved", f"approval:{id}", **told, reason=reason)
    result = await kind.act(session, Approved(id, actor, row.payload))
    note = text("UPDATE approval SET result = CAST(:result AS jsonb) WHERE id = :id")
    await session.execute(note, {"result": _json(result), "id": id})
    await record(session, actor, "approval.done", f"approval:{id}", **told, payload=row.payload, result=result)
    return result


async def refuse(session: AsyncSession, actor: Actor, person: int, rights: Rights, id: int, reason: str) -> None:
    """Refuse what another one asked for. Raises BadInput, NotFound, Forbidden, Refusal."""
    reason = checked_reason(reason)
    row, _ = await _deciding(session, person, rights, id)
    await _decide(session, id, "refused", person, reason)
    told = {"kind": row.kind, "asked_by": f"person:{row.asked_by}", "reason": reason}
    await record(session, actor, "approval.refused", f"approval:{id}", **told)


async def withdraw(session: AsyncSession, actor: Actor, person: int, id: int) -> None:
    """Take back what one asked for oneself. Raises NotFound for what another one asked for, Refusal."""
    row = await _found(session, id)
    if row.asked_by != person:
        raise NotFound(f"there is no request {id}", approval=id)
    _check_open(row)
    await _decide(session, id, "withdrawn", person, None)
    await record(session, actor, "approval.withdrawn", f"approval:{id}", kind=row.kind)


async def read_approvals(
    session: AsyncSession, person: int | None, rights: Rights, *, everything: bool
) -> list[dict[str, Any]]:
    """The requests that are one's own or concern one's own part, the newest first; the open ones, or all."""
    rows = (await session.execute(LIST, {"everything": everything})).all()
    ground = Ground(*await read_tree(session))
    found: list[dict[str, Any]] = []
    for row in rows:
        own = row.asked_by == person
        if not own and not ground.allows(rights, "approval.read", row.concerns):
            continue
        if len(found) == SHOWN:
            break
        may = row.state == "open" and not own and ground.allows(rights, "approval.decide", row.concerns)
        found.append({**row._mapping, "own": own, "may_decide": may})
    return found


async def find_approved(session: AsyncSession, id: int, kind: str, person: int) -> tuple[dict[str, Any], datetime]:
    """Payload of what somebody asked for himself and another approved, and when that was. Raises NotFound."""
    row = await _found(session, id)
    if (row.kind, row.state, row.asked_by) != (kind, "approved", person):
        raise NotFound(f"there is no approved {kind} {id} of yours", approval=id)
    return row.payload, row.decided_at


async def _deciding(session: AsyncSession, person: int, rights: Rights, id: int) -> tuple[Row[Any], Ground]:
    """An open request, locked, that this person may decide on."""
    row = await _found(session, id)
    ground = Ground(*await read_tree(session))
    if row.asked_by == person:
        raise Forbidden("nobody decides on what he asked for himself", code="own_request", approval=id)
    if not ground.allows(rights, "approval.decide", row.concerns):
        raise NotFound(f"there is no request {id}", approval=id)
    _check_open(row)
    return row, ground


async def _found(session: AsyncSession, id: int) -> Row[Any]:
    row = (await session.execute(FIND, {"id": id})).one_or_none()
    if row is None:
        raise NotFound(f"there is no request {id}", approval=id)
    return row


async def _decide(session: AsyncSession, id: int, state: str, person: int, reason: str | None) -> None:
    await session.execute(DECIDE, {"id": id, "state": state, "by": person, "reason": reason})


def _check_open(row: Row[Any]) -> None:
    if row.state != "open":
        raise Refusal(f"request {row.id} is {row.state}", expected="an open one", got=row.state)


def checked_reason(reason: str) -> str:
    """A reason without blanks around it. Raises BadInput for one that says nothing, or too much."""
    reason = reason.strip()
    if not SHORTEST_REASON <= len(reason) <= LONGEST_REASON:
        expected = f"{SHORTEST_REASON} to {LONGEST_REASON} signs"
        raise BadInput("a reason is needed", code="reason_needed", expected=expected, got=len(reason))
    return reason


def _json(value: Mapping[str, Any]) -> str:
    return orjson.dumps(dict(value)).decode()
