"""Collects fixes into batches and brings each into the durable stream; only then the devices are answered.

What the fixes of a batch made known (`facts.py`) is stated before the batch is stored.

One batch is under way at a time, so batches are stored in the order of their numbers, and under load a batch grows
by itself to what came in while the last one was being stored, up to `largest` fixes and to what the bus carries in a
message: where the answers come late, more must go with each.
"""

import asyncio
import contextlib
import logging
import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from nats.errors import Error as NatsError

from backend.avl.batch import Batch, Counts, StoredFix, encode
from backend.avl.facts import Fact, encode_fact
from backend.bus.connection import Bus
from backend.bus.subjects import FACTS, FIXES, batch_subject

log = logging.getLogger(__name__)

STORE_TIMEOUT_S = 5.0  # a flood of fixes may keep us from hearing the answer for seconds
RETRY_S = 0.1
LONGEST_RETRY_S = 2.0
FIX_BYTES = 200  # what a fix takes in memory and in a batch, about
MOST_BYTES = 700_000  # of a batch, about; NATS carries 1 MB


@dataclass(slots=True)
class _Open:
    """What is being collected for a batch. `cumulative` is set when it is closed."""

    fixes: list[StoredFix] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    counts: dict[str, Counts] = field(default_factory=dict)
    waiting: list[Callable[[], None]] = field(default_factory=list)
    cumulative: dict[str, int] = field(default_factory=dict)
    bytes: int = 0

    @property
    def weight(self) -> int:
        """What it takes of the room for unacknowledged fixes; who waits for a repetition's answer takes room, too."""
        return max(len(self.fixes), len(self.waiting)) + len(self.facts)


class Batches:
    """The way into the durable stream. `incarnation` names this life of this process."""

    def __init__(self, bus: Bus, *, linger_s: float, largest: int, unacknowledged_bytes: int) -> None:
        self.incarnation = secrets.token_hex(8)
        self.cumulative: dict[str, int] = {}
        self.refused_since: str | None = None
        self._bus = bus
        self._linger_s = linger_s
        self._largest = largest
        self._most_fixes = unacknowledged_bytes // FIX_BYTES
        self._open = _Open()
        self._closed: deque[_Open] = deque()  # full ones, oldest first, the one under way included
        self._closed_fixes = 0
        self._number = 0
        self._filled = asyncio.Event()
        self._large = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def full(self) -> bool:
        """Whether so much waits to be stored that nothing more is taken."""
        return self._closed_fixes + self._open.weight >= self._most_fixes

    def counts(self, source: str) -> Counts:
        """The counts of the batch that is being collected; also marks that there is something to store."""
        if len(self._open.fixes) >= self._largest or self._open.bytes >= MOST_BYTES:
            self._close()
        self._wake()
        counts = self._open.counts.get(source)
        if counts is None:
            counts = self._open.counts[source] = Counts()
        return counts

    def received(self, source: str) -> Counts:
        """Count one received message or fix; the caller says in the returned counts when it gives no row."""
        counts = self.counts(source)
        counts.received += 1
        self.cumulative[source] = self.cumulative.get(source, 0) + 1
        return counts

    def add(self, fix: StoredFix) -> None:
        """Put a fix into the batch that is being collected."""
        taken = self._open
        taken.fixes.append(fix)
        taken.bytes += FIX_BYTES if not fix.attributes else FIX_BYTES + len(repr(fix.attributes))
        if len(taken.fixes) >= self._largest or taken.bytes >= MOST_BYTES:
            self._large.set()

    def state(self, fact: Fact) -> None:
        """State a fact with the batch that is being collected, which has the fix that brought it."""
        self._wake()
        self._open.facts.append(fact)

    def when_stored(self, callback: Callable[[], None]) -> None:
        """Call this once everything taken so far is durable."""
        self._open.waiting.append(callback)

    async def run(self) -> None:
        """Store batch after batch for ever."""
        while True:
            await self._filled.wait()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._large.wait(), self._linger_s)
            await self._store_next()

    async def drain(self, timeout_s: float) -> bool:
        """Wait until everything taken is stored, e.g. before the process ends; False when it took too long."""
        try:
            await asyncio.wait_for(self._idle.wait(), timeout_s)
        except TimeoutError:
            return False
        return True

    def _wake(self) -> None:
        """There is something to store."""
        self._filled.set()
        self._idle.clear()

    async def _store_next(self) -> None:
        if not self._closed:
            self._close()
            self._filled.clear()
            self._large.clear()
        taken = self._closed[0]
        for fact in taken.facts:
            await self._keep(FACTS, fact.subject, encode_fact(fact), fact.id)
        if taken.counts:
            self._number += 1
            batch = Batch(self.incarnation, self._number, taken.counts, taken.cumulative, taken.fixes)
            await self._keep(FIXES, batch_subject(self.incarnation), encode(batch), batch.message_id)
        self._closed.popleft()
        self._closed_fixes -= taken.weight
        if not self._filled.is_set():
            self._idle.set()
        for callback in taken.waiting:
            callback()

    def _close(self) -> None:
        """Nothing more goes into the batch that is being collected."""
        self._open.cumulative = dict(self.cumulative)
        self._closed.append(self._open)
        self._closed_fixes += self._open.weight
        self._open = _Open()

    async def _keep(self, stream: str, subject: str, payload: bytes, message_id: str) -> None:
        """Try until the stream has it, each time under the same message id."""
        pause = RETRY_S
        while True:
            try:
                await self._bus.jetstream.publish(
                    subject, payload, timeout=STORE_TIMEOUT_S, stream=stream, headers={"Nats-Msg-Id": message_id}
                )
            except (NatsError, TimeoutError, OSError) as error:
                if self.refused_since is None:
                    log.warning("%s not stored (%r), trying on", message_id, error)
                self.refused_since = str(error) or type(error).__name__
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_RETRY_S)
                continue
            if self.refused_since is not None:
                log.warning("%s stored again", message_id)
            self.refused_since = None
            return
