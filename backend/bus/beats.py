"""Who is alive: each process says so once a second on `beat.<part>`; a `Watch` knows who fell silent and when."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from nats.aio.msg import Msg

from backend.bus.connection import Bus
from backend.bus.subjects import beat_subject
from backend.clock import now_ms

BEAT_S = 1.0
SILENCE_MS = 3_500  # three beats missed
STARTING_MS = 10_000  # a part that was never heard is given this long after our own start

__all__ = ["BEAT_S", "Beat", "PartState", "Watch", "beat_subject", "encode_beat"]


@dataclass(frozen=True, slots=True)
class Beat:
    """One sign of life. Times in ms since 1970; `database_away_since` is as this process sees it."""

    part: str
    pid: int
    began: int
    database_away_since: int | None
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PartState:
    """`state` is ok or away, `since` ms; `detail` is what the part last said of itself."""

    name: str
    state: str
    since: int
    detail: dict[str, Any]

    def public(self) -> dict[str, Any]:
        """What every viewer may know."""
        return {"name": self.name, "state": self.state, "since": self.since}


def ingest_name(number: int) -> str:
    """The part that this one of the ingest processes is."""
    return "ingest" if number == 1 else f"ingest-{number}"


def encode_beat(beat: Beat) -> bytes:
    """The beat as JSON."""
    return orjson.dumps(asdict(beat))


class Watch:
    """The state of every part, as this process hears it.

    `database_away_since` and the bus are judged by this process's own connections.
    """

    def __init__(self, bus: Bus, parts: tuple[str, ...], database_away_since: Callable[[], int | None]) -> None:
        self._bus = bus
        self.parts = parts
        self._database_away_since = database_away_since
        self._began = now_ms()
        self._heard: dict[str, tuple[int, Beat]] = {}
        self._states: dict[str, PartState] = {}

    async def listen(self) -> None:
        """Hear the beats of all parts from now on."""
        await self._bus.subscribe(beat_subject("*"), self._beat)

    def _beat(self, message: Msg) -> None:
        beat = Beat(**orjson.loads(message.data))
        self._heard[beat.part] = (now_ms(), beat)

    def look(self) -> list[PartState]:
        """The state of every part now; `since` holds still while a state does."""
        now = now_ms()
        # The bus before the parts: a part is given time since the bus came back.
        self._note(self._own("database", self._database_away_since()))
        self._note(self._own("bus", self._bus.away_since))
        for part in self.parts:
            self._note(self._heard_part(part, now))
        return list(self._states.values())

    def _note(self, state: PartState) -> None:
        known = self._states.get(state.name)
        if known is not None and known.state == state.state:
            state = PartState(state.name, state.state, known.since, state.detail)
        self._states[state.name] = state

    def _own(self, name: str, away_since: int | None) -> PartState:
        if away_since is None:
            return PartState(name, "ok", now_ms(), {})
        return PartState(name, "away", away_since, {})

    def _heard_part(self, part: str, now: int) -> PartState:
        if self._bus.away_since is not None and part in self._states:
            # Nothing is heard while the bus is away: that says nothing about the others.
            return self._states[part]
        returned = self._states["bus"].since
        heard, beat = self._heard.get(part, (self._began, None))
        patience = SILENCE_MS if beat is not None else STARTING_MS
        if now - max(heard, returned) > patience:
            return PartState(part, "away", heard, beat.detail if beat else {})
        if beat is None:
            return PartState(part, "ok", self._began, {})
        return PartState(part, "ok", now, {"pid": beat.pid, "began": beat.began, **beat.detail})
