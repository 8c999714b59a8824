"""received = stored + repeat + rejected (by reason) + pending, per source.

Stored, repeat and rejected are sums that the recorder commits with the rows. Received is what each ingest counted:
cumulative in the newest batch of its incarnation, in the stream if one still waits there, else as committed. What
was received and not committed is pending; with an empty stream it must be nothing.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

from nats.errors import Error as NatsError
from nats.js.errors import NotFoundError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.batch import decode
from backend.bus.connection import Bus
from backend.bus.subjects import FIXES, batch_subject


@dataclass(slots=True)
class Line:
    """The equation of one source, counted in fixes."""

    source: str
    received: int = 0
    stored: int = 0
    repeat: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    pending: int = 0

    @property
    def balances(self) -> bool:
        """Whether everything received is accounted for."""
        return self.received == self.stored + self.repeat + sum(self.rejected.values()) + self.pending

    def public(self) -> dict[str, Any]:
        """The line as `/health` shows it."""
        return asdict(self)


async def waiting(bus: Bus) -> dict[str, dict[str, int]]:
    """Cumulative counts of the newest waiting batch of each incarnation; empty when the bus is away."""
    found: dict[str, dict[str, int]] = {}
    if bus.away_since is not None:
        return found  # at once: `/health` is looked at when something is away
    try:
        info = await bus.jetstream.stream_info(FIXES, subjects_filter=f"{FIXES}.>")
        for subject in info.state.subjects or {}:
            incarnation = subject.rpartition(".")[2]
            try:
                message = await bus.jetstream.get_msg(FIXES, subject=batch_subject(incarnation), direct=True)
            except NotFoundError:
                continue  # recorded between the two questions
            try:
                found[incarnation] = decode(message.data or b"").cumulative
            except ValueError:
                continue  # not a batch: the recorder will set it aside
    except (NatsError, TimeoutError):
        return {}
    return found


async def read(session: AsyncSession, waiting_counts: dict[str, dict[str, int]]) -> list[Line]:
    """The equation of every source. `waiting_counts` must have been read before the session's snapshot began.

    In this order a batch that is recorded in between is in both and counted once: the larger cumulative holds.
    """
    lines: dict[str, Line] = {}
    cumulative: dict[tuple[str, str], int] = {}
    for row in await session.execute(text("SELECT * FROM fix_tally")):
        line = lines.setdefault(row.source, Line(row.source))
        line.stored += row.stored
        line.repeat += row.repeat
        for reason, count in row.rejected.items():
            line.rejected[reason] = line.rejected.get(reason, 0) + count
        line.pending -= row.received
        cumulative[row.incarnation, row.source] = row.cumulative
    for incarnation, counts in waiting_counts.items():
        for source, count in counts.items():
            key = (incarnation, source)
            cumulative[key] = max(cumulative.get(key, 0), count)
    for (_, source), count in cumulative.items():
        line = lines.setdefault(source, Line(source))
        line.received += count
        line.pending += count
    return sorted(lines.values(), key=lambda line: line.source)
