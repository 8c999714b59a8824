"""What is sent to devices, kept until it is delivered or has expired; each change of its state is an event.

queued → sent → delivered or refused (the device's own answer); queued or sent → expired; queued → cancelled. A sent one
that is not answered is queued again, so it may reach a device twice, and never not at all before it expires.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.protocols import PROTOCOLS, Commandable
from backend.clock import to_ms, utc_now
from backend.db.events import Event, append
from backend.errors import BadInput, Refusal
from backend.identity.audit import Actor
from backend.identity.registry import Organisation
from backend.live.topics import Placed

TOPIC = "device.command"
MOST_OPEN = 100  # of one device
MOST_LISTED = 100
COLUMNS = """id, device, kind, payload, created_by_name, created_at, expires_at, state, sent_at, settled_at, attempts,
    answer"""
MOMENTS = ("created_at", "expires_at", "sent_at", "settled_at")
OPEN = "state IN ('queued', 'sent')"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command that is to be sent."""

    id: int
    device: int
    kind: str
    payload: str


def check_command(protocol: str, payload: str) -> None:
    """Raises Refusal where the protocol knows no messages, BadInput for words that it cannot carry."""
    decoder = PROTOCOLS[protocol].decoder()
    if not isinstance(decoder, Commandable):
        raise Refusal(
            f"this device's protocol ({protocol}) knows no messages", code="protocol_has_no_messages", protocol=protocol
        )
    try:
        decoder.check_text(payload)
    except ValueError as error:
        raise BadInput(str(error), code="text_bad") from error


async def add_command(session: AsyncSession, device: int, payload: str, lasting: timedelta, actor: Actor) -> Row[Any]:
    """Queue words for a device. Raises Refusal while too many wait for it."""
    count = text(f"SELECT count(*) FROM device_command WHERE device = :device AND {OPEN}")
    if (await session.execute(count, {"device": device})).scalar_one() >= MOST_OPEN:
        raise Refusal(f"{MOST_OPEN} messages wait for this device already", code="too_many_messages", most=MOST_OPEN)
    added = text(
        f"""INSERT INTO device_command (device, kind, payload, created_by, created_by_name, expires_at)
            VALUES (:device, 'text', :payload, :holder, :name, :until) RETURNING {COLUMNS}"""
    )
    values = {"holder": actor.holder, "name": actor.name, "until": utc_now() + lasting}
    return (await session.execute(added, {"device": device, "payload": payload} | values)).one()


async def commands_of(session: AsyncSession, device: int) -> list[Row[Any]]:
    """The newest commands to a device, the newest first."""
    found = text(f"SELECT {COLUMNS} FROM device_command WHERE device = :device ORDER BY id DESC LIMIT {MOST_LISTED}")
    return list(await session.execute(found, {"device": device}))


async def cancel_command(session: AsyncSession, device: int, id: int) -> Row[Any] | None:
    """Take back what was not sent yet; None where there is nothing such."""
    taken = text(
        f"""UPDATE device_command SET state = 'cancelled', settled_at = now()
            WHERE id = :id AND device = :device AND state = 'queued' RETURNING {COLUMNS}"""
    )
    return (await session.execute(taken, {"id": id, "device": device})).one_or_none()


async def devices_waited_for(session: AsyncSession) -> set[int]:
    """The devices for which a command waits."""
    return set(await session.scalars(text(f"SELECT DISTINCT device FROM device_command WHERE {OPEN}")))


async def next_command(session: AsyncSession, device: int) -> Waiting | None:
    """The oldest command that waits for a device and has not expired."""
    found = text(
        f"""SELECT id, device, kind, payload FROM device_command
            WHERE device = :device AND {OPEN} AND expires_at > now() ORDER BY id LIMIT 1"""
    )
    row = (await session.execute(found, {"device": device})).one_or_none()
    return None if row is None else Waiting(row.id, row.device, row.kind, row.payload)


async def mark_sent(session: AsyncSession, id: int) -> Row[Any] | None:
    """It is about to go out; None where it is not open any more, and must not."""
    sent = text(
        f"""UPDATE device_command SET state = 'sent', sent_at = now(), attempts = attempts + 1
            WHERE id = :id AND {OPEN} AND expires_at > now() RETURNING {COLUMNS}"""
    )
    return (await session.execute(sent, {"id": id})).one_or_none()


async def mark_answered(session: AsyncSession, id: int, answer: int) -> Row[Any] | None:
    """The device has answered: 0 is yes, all else is no."""
    answered = text(
        f"""UPDATE device_command SET state = CASE :answer WHEN 0 THEN 'delivered' ELSE 'refused' END,
                   settled_at = now(), answer = :answer
            WHERE id = :id AND state IN ('queued', 'sent', 'expired') RETURNING {COLUMNS}"""
    )
    return (await session.execute(answered, {"id": id, "answer": answer})).one_or_none()


async def mark_queued(session: AsyncSession, id: int) -> Row[Any] | None:
    """It was sent and not answered: it waits for the next log-in."""
    queued = text(f"UPDATE device_command SET state = 'queued' WHERE id = :id AND state = 'sent' RETURNING {COLUMNS}")
    return (await session.execute(queued, {"id": id})).one_or_none()


async def expire_commands(session: AsyncSession) -> list[Row[Any]]:
    """Settle those whose time is over."""
    over = text(
        f"""UPDATE device_command SET state = 'expired', settled_at = now()
            WHERE {OPEN} AND expires_at <= now() RETURNING {COLUMNS}"""
    )
    return list(await session.execute(over))


def tell(session: AsyncSession, organisation: Organisation, row: Row[Any]) -> None:
    """Let people hear of a command's state: an event of this transaction."""
    placed = _placed(organisation, row)
    append(
        session,
        Event(
            topic=TOPIC,
            kind=f"command.{row.state}",
            district=placed.district or None,
            squad=placed.squad or None,
            unit=placed.unit or None,
            payload=placed.row,
        ),
    )


async def open_commands(session: AsyncSession, organisation: Organisation) -> list[Placed]:
    """For the topic's snapshot: what waits or was sent."""
    found = text(f"SELECT {COLUMNS} FROM device_command WHERE {OPEN} ORDER BY id")
    return [_placed(organisation, row) for row in await session.execute(found)]


def public(row: Row[Any]) -> dict[str, Any]:
    """A command as it is told; moments as ms since 1970."""
    return {
        name: to_ms(value) if name in MOMENTS and value is not None else value for name, value in row._mapping.items()
    }


def _placed(organisation: Organisation, row: Row[Any]) -> Placed:
    """Without its words: they are for whoever asks for the list."""
    told = {name: value for name, value in public(row).items() if name != "payload"}
    device = organisation.device_of_id(row.device)
    if device is None:
        return Placed(told)
    unit = device.unit
    return Placed(told | {"unit": unit.number}, unit.district, unit.squad, unit.number)
