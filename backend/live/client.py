"""One browser: what it looks at, one queue of what must arrive, one slot for positions, one sender.

A slow reader never makes others wait: while a frame is still under way, the units that changed are remembered, and
their newest positions go out when it is through. Texts are not dropped; too many of them end the connection, and
the client resumes.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from backend.clock import now_ms
from backend.identity.rights import Rights, Scope
from backend.live.board import Board, Entry
from backend.live.changes import Changes, allowed, visible
from backend.live.frames import CHANGES, RESUME, SNAPSHOT, frame
from backend.live.interest import Interest

MOST_TEXTS = 10_000
STALLED_S = 10.0
RESUME_MARGIN_MS = 5_000

TOO_SLOW = 4409
STALLED = 4410
RESTARTED = 1012
REVOKED = 4401


class Client:
    """The state of one socket. Only the event loop touches it; `run` is its sender.

    `atom`: what lets a position of the board be seen; `clock`: the time (ms since 1970) that frames bear.
    """

    def __init__(
        self,
        websocket: WebSocket,
        board: Board,
        holder: str,
        rights: Rights,
        session: int | None,
        atom: str = "position.read",
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self.holder = holder  # as in `Organisation.viewers`
        self.session = session
        self.rights = rights
        self.interest = Interest()
        self.followed: frozenset[int] = frozenset()
        self.topics: frozenset[str] = frozenset()
        self.every = 200
        self.said = 0  # the last event number that this client knows of
        self.close_code: int | None = None
        self.ended = asyncio.Event()  # set with `close_code`
        self.topics_due: set[str] = set()  # whose snapshot is to be sent
        self.topics_wanted = asyncio.Event()
        self._websocket = websocket
        self._board = board
        self._atom = atom
        self._clock = clock
        self._texts: deque[str] = deque()
        self._frame: bytes | None = None
        self._owed: set[int] = set()
        # Who was shown between two ticks, until the next one: that tick's changes began before they were shown.
        self._shown_since: set[int] = set()
        self._has_snapshot = False  # whether one was taken since the last tick
        self._wake = asyncio.Event()
        self._sending_since: float | None = None

    @property
    def scope(self) -> Scope:
        """Where this client may see positions."""
        return self.rights.scope(self._atom)

    @property
    def behind(self) -> bool:
        """Whether an earlier frame has not gone out yet."""
        return self._frame is not None or bool(self._owed)

    def say(self, message: dict[str, Any]) -> None:
        """Queue a message that must arrive."""
        self.say_text(orjson.dumps(message).decode())

    def say_text(self, text: str) -> None:
        """Queue a text that must arrive; too many waiting end the connection."""
        if self.close_code is not None:
            return
        if len(self._texts) >= MOST_TEXTS:
            self.close(TOO_SLOW)
            return
        self._texts.append(text)
        self._wake.set()

    def tick(self, changes: Changes) -> None:
        """Take this tick's changes: as a frame, or on account when an earlier one is still under way."""
        if self.close_code is not None:
            return
        if self.followed:
            cut = changes.cut_with_followed(self.scope, self.interest, self.followed)
        else:
            cut = changes.cut(self.scope, self.interest)
        # After a snapshot the browser shows that and nothing else; who left the view before is none of its business.
        left = changes.among(self._shown_since) | (set() if self._has_snapshot else set(cut.gone))
        self._shown_since, self._has_snapshot = set(), False
        if self.behind:
            touched = changes.touched(self.scope, self.interest, self.followed)
            self._owed |= (touched - set(cut.gone)) | left
            return
        gone = sorted(unit for unit in left if not self._shown(unit))
        if gone:
            self.say({"type": "gone", "units": gone})
        if cut.count:
            self._frame = self._made(CHANGES, cut.count, cut.records)
            self._wake.set()

    def want_topics(self, names: frozenset[str]) -> None:
        """Let these topics' snapshots be sent, by the one who does that (`Hub.send_topics`)."""
        self.topics_due |= names
        self.topics_wanted.set()

    def look(self, interest: Interest) -> None:
        """Look at something else from now on; the answer is everything in view."""
        self.interest = interest
        self.snapshot()

    def snapshot(self) -> None:
        """Everything in view and followed, in place of whatever still waits."""
        in_view = self._in_view()
        records = [entry.record for entry in in_view.values()]
        self._put(self._made(SNAPSHOT, len(records), b"".join(records)), in_view)

    def resume(self, interest: Interest, since: int) -> None:
        """Everything in view that was heard since `since` (ms, the server's clock) − 5 s, and who is in view."""
        self.interest = interest
        in_view = self._in_view()
        records = [e.record for e in in_view.values() if e.heard >= since - RESUME_MARGIN_MS]
        self._put(self._made(RESUME, len(records), b"".join(records), list(in_view)), in_view)

    def change_rights(self, rights: Rights) -> None:
        """See with other rights from now on: what is lost is told as gone, what is won comes with a snapshot.

        The topics are told anew: their rows were cut to the old rights.
        """
        before = set(self._in_view())
        self.rights = rights
        lost = before - set(self._in_view())
        if lost:
            self.say({"type": "gone", "units": sorted(lost)})
        self.snapshot()
        self.want_topics(self.topics)

    def close(self, code: int) -> None:
        """End the connection with this code; nothing more is sent."""
        if self.close_code is None:
            self.close_code = code
            self.ended.set()
            self._texts.clear()
            self._frame = None
            self._owed.clear()
            self._wake.set()

    def stalled(self, now: float) -> bool:
        """Whether one message has been under way for too long."""
        return self._sending_since is not None and now - self._sending_since > STALLED_S

    async def run(self) -> None:
        """Send what is queued until the connection ends."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._send_all()
                if self.close_code is not None:
                    await self._websocket.close(self.close_code)
                    return
        except WebSocketDisconnect:
            return

    async def _send_all(self) -> None:
        while self.close_code is None and (self._texts or self._frame is not None or self._owed):
            self._sending_since = time.monotonic()
            if self._texts:
                await self._websocket.send_text(self._texts.popleft())
            elif self._frame is not None:
                data = self._frame
                await self._websocket.send_bytes(data)
                if self._frame is data:  # else a snapshot took its place meanwhile
                    self._frame = None
            else:
                self._settle_owed()
            self._sending_since = None

    def _settle_owed(self) -> None:
        """Make a frame of the newest positions that are owed."""
        owed, self._owed = self._owed, set()
        records, gone = [], []
        for unit in owed:
            if self._shown(unit):
                self._shown_since.add(unit)
                records.append(self._board.entries[unit].record)
            else:
                gone.append(unit)
        if gone:
            self.say({"type": "gone", "units": gone})
        if records:
            self._frame = self._made(CHANGES, len(records), b"".join(records))

    def _made(self, kind: int, count: int, records: bytes, units: list[int] | None = None) -> bytes:
        return frame(kind, self.interest.look, count, records, units, self._clock())

    def _put(self, data: bytes, in_view: dict[int, Entry]) -> None:
        if self.close_code is not None:
            return
        self._frame = data
        self._shown_since, self._has_snapshot = set(in_view), True
        self._owed.clear()
        self._wake.set()

    def in_view(self) -> list[int]:
        """The units in view or followed that may be seen."""
        return sorted(self._in_view())

    def _shown(self, unit: int) -> bool:
        """Whether the unit is on the board, in view or followed, and may be seen."""
        entry = self._board.entries.get(unit)
        if entry is None:
            return False
        place = entry.place
        if unit in self.followed:
            return allowed(self.scope, place, unit)
        return visible(self.scope, self.interest, place, unit)

    def _in_view(self) -> dict[int, Entry]:
        """By unit number, what is in view or followed and may be seen."""
        scope, found = self.scope, self._board.within(self.interest.cells)
        if not scope.everything:  # else nothing to ask ten thousand times
            found = [entry for entry in found if allowed(scope, entry.place, entry.unit)]
        entries = {entry.unit: entry for entry in found}
        for unit in self.followed:
            entry = self._board.entries.get(unit)
            if entry is not None and allowed(scope, entry.place, unit):
                entries[unit] = entry
        return entries
