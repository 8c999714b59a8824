"""The parts of the system: which there are, and the events that tell when one went away or came back."""

import asyncio
import logging
from collections import deque

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.bus.beats import PartState, Watch, ingest_name
from backend.clock import from_ms, now_ms, to_ms
from backend.db.engine import Database, is_away
from backend.db.events import Event, append
from backend.identity.registry import Organisation
from backend.live.topics import Placed
from backend.settings import Settings

log = logging.getLogger(__name__)

TOPIC = "system.part"
OWN = "worker"
LOOK_S = 1.0
SIGN_OF_LIFE_S = 5
LOST_MS = 12_000  # without a sign of life for longer, this process itself had been away
MOST_WAITING = 1_000


def processes(settings: Settings) -> tuple[str, ...]:
    """The processes that beat; database and bus are judged by each process's own connection."""
    ingests = (ingest_name(number) for number in range(1, settings.ingest_processes + 1))
    return (*ingests, "recorder", "worker", "web")


class PartTeller:
    """Tells of parts that go and come, in `worker`. What happens while the store is away is told when it is back."""

    def __init__(self, watch: Watch, database: Database) -> None:
        self._watch = watch
        self._database = database
        self._known: dict[str, str] = {}
        self._waiting: deque[PartState] = deque(maxlen=MOST_WAITING)

    async def start(self) -> None:
        """Learn the last known states; say so if this process itself had been away."""
        await self._watch.listen()
        async with self._database.transaction() as session:
            for row in await session.execute(text("SELECT part, state, seen_at FROM part_state")):
                self._known[row.part] = row.state
                if row.part == OWN and row.seen_at is not None and now_ms() - to_ms(row.seen_at) > LOST_MS:
                    await store(session, PartState(OWN, "away", to_ms(row.seen_at), {}))
                    self._known[OWN] = "away"

    async def run(self) -> None:
        """Look once a second, for ever."""
        count = 0
        while True:
            for part in self._watch.look():
                if part.state == "ok" and part.name in self._watch.parts and not part.detail:
                    continue  # not heard yet, so not known to be back
                if part.state != self._known.get(part.name, "ok"):
                    self._waiting.append(part)
                self._known[part.name] = part.state
            try:
                await self._store_waiting()
                if count % SIGN_OF_LIFE_S == 0:
                    await self._sign_of_life()
            except Exception as error:
                if not is_away(error):
                    raise
            count += 1
            await asyncio.sleep(LOOK_S)

    async def _store_waiting(self) -> None:
        while self._waiting:
            async with self._database.transaction() as session:
                await store(session, self._waiting[0])
            self._waiting.popleft()

    async def _sign_of_life(self) -> None:
        async with self._database.transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO part_state (part, state, since, seen_at) VALUES (:part, 'ok', now(), now()) "
                    "ON CONFLICT (part) DO UPDATE SET seen_at = now()"
                ),
                {"part": OWN},
            )


async def store(session: AsyncSession, part: PartState) -> None:
    """Store a part's new state with its event."""
    await session.execute(
        text(
            "INSERT INTO part_state (part, state, since) VALUES (:part, :state, :since) "
            "ON CONFLICT (part) DO UPDATE SET state = excluded.state, since = excluded.since"
        ),
        {"part": part.name, "state": part.state, "since": from_ms(part.since)},
    )
    kind = "part.away" if part.state == "away" else "part.back"
    append(session, Event(topic=TOPIC, kind=kind, time=part.since, payload={"part": part.name, "since": part.since}))


async def snapshot(session: AsyncSession, organisation: Organisation) -> list[Placed]:
    """The stored state of every part that ever changed."""
    rows = await session.execute(text("SELECT part, state, since FROM part_state ORDER BY part"))
    return [Placed({"part": row.part, "state": row.state, "since": to_ms(row.since)}) for row in rows]
