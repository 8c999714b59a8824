"""The access log: who read personal data of whom, and why. Its rows are rows of the audit, sealed like the others.

What was asked for is handed out after the transaction with its row was committed, and not without.
"""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.errors import BadInput
from backend.identity.audit import Actor, record
from backend.identity.audit_settings import read_settings

TRACK, EXPORT, REPLAY, PLACE, FLEET, PARTNER, PHONE, RECORDING, CAMERA = ACCESSES = (
    "track.read",
    "track.exported",
    "track.replayed",
    "place.read",
    "fleet.read",
    "partner.read",
    "phone.read",
    "recording.read",
    "camera.read",
)
"""The actions of its rows: by these they are known from the others."""

SHORTEST_REASON, LONGEST_REASON = 3, 200


def check_reason(reason: str, shortest: int = SHORTEST_REASON) -> str:
    """The reason without the blanks around it. `shortest`: signs that it has at least. Raises BadInput."""
    reason = reason.strip()
    if not (shortest <= len(reason) <= LONGEST_REASON and reason.isprintable()):
        raise BadInput(
            "who reads personal data says why",
            code="reason_needed",
            expected=f"a reason of {shortest} to {LONGEST_REASON} signs on one line",
            signs=shortest,
            got=f"{len(reason)} signs",
        )
    return reason


async def record_access(
    session: AsyncSession, actor: Actor, action: str, object: str, reason: str, **details: Any
) -> None:
    """Append a row: who reads (`action` is one of `ACCESSES`) what of `object`, e.g. `unit:7`. Raises BadInput."""
    if action not in ACCESSES:
        raise ValueError(f"expected one of {ACCESSES}, got {action!r}")
    shortest = (await read_settings(session)).reason_signs
    await record(session, actor, action, object, reason=check_reason(reason, shortest), **details)
