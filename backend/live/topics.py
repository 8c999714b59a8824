"""Topics of events: what a browser may subscribe to, under which atom, and what is true now."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.db.events import StoredEvent
from backend.identity.atoms import ATOMS
from backend.identity.registry import Organisation
from backend.identity.rights import Rights, may_see


@dataclass(frozen=True, slots=True)
class Placed:
    """A row of a topic's snapshot with the place that decides who may see it; 0 is the whole city.

    `about`: the body that it is a complaint about: hidden from that body. `cell`: of resolution 9; 0 is none.
    """

    row: dict[str, Any]
    district: int = 0
    squad: int = 0
    unit: int = 0
    about: int | None = None
    cell: int = 0


Snapshot = Callable[[AsyncSession, Organisation], Awaitable[list[Placed]]]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic; `snapshot` reads what is true in the session's unchanging state."""

    name: str
    atom: str
    snapshot: Snapshot


def check(topics: tuple[Topic, ...]) -> dict[str, Topic]:
    """The topics by name. Raises ValueError for one whose atom does not exist: it must not start."""
    for topic in topics:
        if topic.atom not in ATOMS:
            raise ValueError(f"topic {topic.name} has the unknown atom {topic.atom!r}")
    return {topic.name: topic for topic in topics}


def may_hear(rights: Rights, atom: str, event: StoredEvent) -> bool:
    """Whether an event of a topic with this atom may be told."""
    placed = Placed({}, event.district or 0, event.squad or 0, event.unit or 0, event.about, event.cell or 0)
    return may_read(rights, atom, placed)


def may_read(rights: Rights, atom: str, placed: Placed) -> bool:
    """Whether a row of a topic with this atom may be read."""
    scope = rights.scope(atom)
    return not rights.hides(placed.about) and may_see(scope, placed.district, placed.squad, placed.unit, placed.cell)
