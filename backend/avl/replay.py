"""A replay: a clock that runs 1 to 60 times as fast, a board that is filled from the store, and one browser before it.

Board, changes and client are those of the live socket; only where the positions come from and what time it is differ.
The clock never runs ahead of what is read, and no more than one page is read in a tick: so however much there is to be
shown, the live viewers of the same process are not delayed, and a replay holds little in memory.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable

from starlette.websockets import WebSocket

from backend.avl.history import Current
from backend.avl.replay_rows import REMEMBERED_MS, ReplayRows, Step
from backend.avl.replay_wanted import WantedReplay
from backend.db.engine import Database, is_away
from backend.identity.access import Viewer
from backend.live.board import Board
from backend.live.changes import Changes
from backend.live.client import REVOKED, STALLED, Client

TICK_MS = 200
AHEAD_MS = 2_000  # of the viewer's time
MOST_WAITING = 5_000  # positions that are read and not shown yet
KEEP_S, SIGN_OF_LIFE_S = 0.25, 5.0
RETRY_S = 1.0
ATOM = "track.read"


class ReplayClock:
    """What time it is in a replay, ms since 1970. `seconds`: a clock that runs evenly."""

    def __init__(self, wanted: WantedReplay, seconds: Callable[[], float] = time.monotonic) -> None:
        self.begin, self.end = wanted.begin, wanted.end
        self.time = float(wanted.at)
        self.speed = wanted.speed
        self.is_playing = wanted.is_playing
        self._seconds = seconds
        self._heard = seconds()

    @property
    def state(self) -> str:
        """`playing`, `paused` or `ended`."""
        if self.time >= self.end:
            return "ended"
        return "playing" if self.is_playing else "paused"

    def advance(self, limit: int) -> None:
        """Go on by what has passed since the last call, not beyond `limit` (ms)."""
        now = self._seconds()
        passed, self._heard = now - self._heard, now
        if self.is_playing:
            self.time = max(self.time, min(self.time + passed * 1000 * self.speed, limit, self.end))

    def change(self, *, speed: float | None = None, is_playing: bool | None = None) -> None:
        """Run otherwise from now on."""
        self._heard = self._seconds()
        self.speed = self.speed if speed is None else speed
        self.is_playing = self.is_playing if is_playing is None else is_playing

    def set(self, moment: int) -> None:
        """Be at a moment (ms)."""
        self.time = float(moment)
        self._heard = self._seconds()


class Replay:
    """One browser's replay. `run` shows it, `keep` watches what must hold also while the store does not answer.

    `current`: the organisation at each moment, and what the viewer may then; at first he may see something.
    """

    def __init__(
        self,
        websocket: WebSocket,
        viewer: Viewer,
        wanted: WantedReplay,
        database: Database,
        current: Current,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        organisation, rights = current()
        assert rights is not None
        self.clock = ReplayClock(wanted, seconds)
        self.board = Board()
        self.client = Client(
            websocket, self.board, viewer.holder, rights, viewer.session, ATOM, lambda: int(self.clock.time)
        )
        self.client.interest, self.client.followed, self.client.every = wanted.interest, wanted.followed, wanted.every
        self.waiting: deque[Step] = deque()
        self._rows = ReplayRows(wanted, organisation, rights)
        self._journal = self.board.journal()
        self._database = database
        self._current = current
        self._organisation = organisation
        self._is_placed = False
        self._turn = 0  # raised when what was read is not to be shown any more
        self._ticks = 0

    # What the browser asks for

    def play(self) -> None:
        """Go on; from the beginning where it has ended."""
        if self.clock.state == "ended":
            self.seek(self.clock.begin)
        self.clock.change(is_playing=True)
        self.tell()

    def pause(self) -> None:
        """Stand still."""
        self.clock.change(is_playing=False)
        self.tell()

    def seek(self, moment: int) -> None:
        """Go on from a moment (ms) of the span."""
        self.clock.set(moment)
        self._start_over()
        self.tell()

    def run_at(self, speed: float) -> None:
        """Go on so many times as fast as it was."""
        self.clock.change(speed=speed)
        self.tell()

    def tell(self) -> None:
        """Say what time it is, how fast it passes, and whether it does."""
        clock = self.clock
        self.client.say({"type": "replay", "time": int(clock.time), "speed": clock.speed, "state": clock.state})

    # What goes on by itself

    async def run(self) -> None:
        """Show the replay, for ever; while the store is away time stands still."""
        while True:
            await asyncio.sleep(TICK_MS / 1000)
            try:
                await self.step()
            except Exception as error:
                if not is_away(error):
                    raise
                await asyncio.sleep(RETRY_S)
                self.clock.change()

    async def keep(self) -> None:
        """Rights, a browser that takes nothing, the time each second, signs of life; for ever."""
        count = 0
        while True:
            await asyncio.sleep(KEEP_S)
            count += 1
            self.check_rights()
            if self.client.stalled(time.monotonic()):
                self.client.close(STALLED)
            if count % round(1 / KEEP_S) == 0 and self.clock.state == "playing":
                self.tell()
            if count % round(SIGN_OF_LIFE_S / KEEP_S) == 0:
                self.client.say({"type": "alive", "time": int(self.clock.time), "event": 0})

    async def step(self) -> None:
        """One tick: read on where little is left, let time pass, show what has come by then."""
        self._ticks += 1
        if not self._is_placed:
            await self._place()
            return
        await self._read_on()
        if not self._is_placed:
            return  # sought, or seen with other rights, while the store was asked
        before = self.clock.state
        self.clock.advance(self._rows.until)
        if self.clock.state != before:
            self.tell()
        if self._ticks % (self.client.every // TICK_MS) == 0 or self.clock.state != before:
            self._show()

    def check_rights(self) -> None:
        """Nobody sees a moment longer what he may not."""
        organisation, rights = self._current()
        if organisation is self._organisation:
            return
        if organisation.version != self._organisation.version:
            self.client.say({"type": "registry", "version": organisation.version})
        self._organisation = organisation
        if rights is None or not rights.holds(ATOM):
            self.client.close(REVOKED)
            return
        is_other = self._rows.allow(organisation, rights)
        if is_other:
            before = self.client.in_view()
            for entry in list(self.board.entries.values()):
                if not self._rows.allows(entry.record):
                    self.board.remove(entry.unit)
            if lost := [unit for unit in before if unit not in self.board.entries]:
                self.client.say({"type": "gone", "units": lost})
            self._start_over()
        if rights != self.client.rights:
            self.client.change_rights(rights)

    def _start_over(self) -> None:
        self._turn += 1
        self._is_placed = False
        self.waiting.clear()

    async def _place(self) -> None:
        """Fill the board with what is to be seen at this moment, and show that instead of what was."""
        turn = self._turn
        async with self._database.snapshot() as session:
            steps = await self._rows.place(session, int(self.clock.time))
        if turn != self._turn:
            return
        # Of two positions a browser keeps the newer one: after a step back in time it must have lost it before.
        if gone := self.client.in_view():
            self.client.say({"type": "gone", "units": gone})
        for unit in list(self.board.entries):
            self.board.remove(unit)
        for step in steps:
            self.board.put(step.address, step.record, step.time)
        self._journal.clear()
        self._is_placed = True
        self.clock.change()
        self.client.snapshot()
        self.tell()

    async def _read_on(self) -> None:
        clock, turn = self.clock, self._turn
        ahead = min(clock.end, int(clock.time + AHEAD_MS * clock.speed))
        if self._rows.until >= ahead or len(self.waiting) >= MOST_WAITING:
            return
        until = min(clock.end, int(self._rows.until + AHEAD_MS * clock.speed))
        async with self._database.snapshot() as session:
            steps = await self._rows.read(session, until, self.client.every * clock.speed)
        if turn == self._turn:
            self.waiting.extend(steps)

    def _show(self) -> None:
        while self.waiting and self.waiting[0].time <= self.clock.time:
            step = self.waiting.popleft()
            if step.seen:
                self.board.put(step.address, step.record, step.time)
            else:
                self.board.remove(step.address.unit)
        oldest = self.clock.time - REMEMBERED_MS
        for unit in [entry.unit for entry in self.board.entries.values() if entry.time < oldest]:
            self.board.remove(unit)
        if self._journal:
            changes = Changes(self.board, self._journal)
            self._journal.clear()
            self.client.tick(changes)
