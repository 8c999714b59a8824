"""One device's connection: bytes in, replies out in order, and an end for whoever only holds a place."""

import asyncio
import functools
import time
from collections import deque
from itertools import groupby
from typing import cast

from backend.avl.ingest import Ingest
from backend.avl.messages import Login, Message, Outcome
from backend.avl.protocols import Commandable, Holding, ProtocolEntry
from backend.avl.protocols.jt808.decoder import Jt808
from backend.avl.sessions import Session
from backend.avl.turns import Turns
from backend.identity.registry import Registry
from backend.settings import Settings

MOST_UNSETTLED = 64  # frames of one connection that wait for their answer before its socket is no longer read
IDLE_S = 300.0
SLOWEST = 1000  # bytes/s: a long message over a bad network has as much longer to come


def by_frame(messages: list[Message]) -> list[list[Message]]:
    """The messages of each frame."""
    if len(messages) == 1:
        return [messages]
    return [list(group) for _, group in groupby(messages, key=lambda message: message.frame)]


class Door:
    """What all connections of this process share. `secret`: from it a terminal that registers gets its code."""

    def __init__(self, ingest: Ingest, registry: Registry, settings: Settings, secret: bytes) -> None:
        self.ingest = ingest
        self.registry = registry
        self.settings = settings
        self.secret = secret
        self.connections: set[DeviceConnection] = set()
        self.turns = Turns()

    def tolerates(self, identifier: str) -> bool:
        """Whether a device is known to send wrong checksums."""
        device = self.registry.current.devices.get(identifier)
        return device is not None and device.tolerates_checksum


class DeviceConnection(asyncio.Protocol):
    """One device's connection. Replies go out in the order of the frames, whatever is settled first."""

    def __init__(self, door: Door, protocol: ProtocolEntry) -> None:
        self.address = ""
        self.came = time.monotonic()
        self._door = door
        self._limits = door.ingest.limits
        self._protocol = protocol
        self._decoder = protocol.decoder()
        if isinstance(self._decoder, Jt808):
            self._decoder.equip(door.secret, door.tolerates)
        self._session = Session(protocol.name, door.registry)
        self._transport: asyncio.Transport | None = None
        self._unsettled: deque[tuple[int, float]] = deque()  # frame, monotonic time (s) when it came
        self._outcomes: dict[int, Outcome] = {}
        self._untaken: list[list[Message]] = []  # frames that found no room, of a device that cannot be told so
        self._can_be_told = isinstance(self._decoder, Commandable)
        self._is_known = False  # it has logged in, once at least
        self._last_heard = self.came
        self._begun: float | None = None  # when the message began of which only a part has come
        self._begun_bytes = 0
        self._pausing = False  # it has sent more than its share
        self._is_paused = False  # for that or another reason its socket is not read

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass
        self.address = self._session.address = (transport.get_extra_info("peername") or ("",))[0]
        reason = self._limits.admit(self)
        if reason is None:
            self._door.connections.add(self)
        else:
            self.turn_away(reason)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        self._leave()
        self._door.turns.put(self, None)  # after what it said before

    def pause_writing(self) -> None:
        """Answers pile up because nobody reads them: not a client of ours, and memory is not endless."""
        self.turn_away("unread_answers")

    def data_received(self, data: bytes) -> None:
        self._door.turns.put(self, data)

    def hold(self) -> None:
        """Read no more until the next turn."""
        if self._transport is not None and not self._is_paused and not self._transport.is_closing():
            self._is_paused = True
            self._transport.pause_reading()

    def turn(self, data: bytes | None) -> None:
        """Take what was read; None: the connection is closed."""
        if data is None:
            self._ended()
            return
        self._last_heard = now = time.monotonic()
        messages = self._decoder.feed(data)
        if not self._decoder.unfinished:
            self._begun, self._begun_bytes = None, 0
        elif self._begun is None or messages:
            self._begun, self._begun_bytes = now, len(data)
        else:
            self._begun_bytes += len(data)
        self._take(by_frame(messages))

    def sweep(self, now: float) -> None:
        """Tell a device to come again when its fixes could not be stored in time; end what only holds a place."""
        settings = self._door.settings
        for frame in [frame for frame, came in self._unsettled if now - came > settings.acknowledge_timeout_s]:
            self._settle(frame, Outcome.BUSY)
        if self._untaken:
            self._take([])
        elif self._pausing:
            if self._begun is not None:
                self._begun = now  # what we do not read cannot come
            self._last_heard = now
            self._steer()
        elif not self._unsettled and now - self._last_heard > IDLE_S:
            self._limits.turned_away["idle"] += 1
            self.close()
        elif self._begun is not None and now - self._begun > settings.message_s + self._begun_bytes / SLOWEST:
            self.turn_away("unfinished")
        elif not self._is_known and now - self.came > settings.login_s + self._begun_bytes / SLOWEST:
            self.turn_away("no_login")

    def close(self) -> None:
        """Close after what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    def turn_away(self, reason: str) -> None:
        """Cut it off at once, counted under this reason."""
        self._limits.turned_away[reason] += 1
        self._leave()
        if self._transport is not None:
            self._transport.abort()

    def send_text(self, identifier: str, words: str) -> int | None:
        """Send words to a device that has logged in here; the number of its answer, None when this line is closed."""
        if self._transport is None or self._transport.is_closing() or not isinstance(self._decoder, Commandable):
            return None
        number, data = self._decoder.text(identifier, words)
        self._transport.write(data)
        return number

    def _ended(self) -> None:
        if isinstance(self._decoder, Holding):
            self._take(by_frame(self._decoder.rest()))
        for frame in self._untaken:
            self._door.ingest.turn_away(self._protocol, frame)

    def _leave(self) -> None:
        if self._can_be_told:
            self._door.ingest.messenger.gone(self)
        if self in self._door.connections:
            self._door.connections.discard(self)
            self._limits.leave(self)

    def _take(self, frames: list[list[Message]]) -> None:
        """Hand frames to ingest. A device that cannot be asked to come again waits for room, and so does its socket."""
        frames, self._untaken = self._untaken + frames, []
        now, ingest = time.monotonic(), self._door.ingest
        for place, messages in enumerate(frames):
            frame = messages[0].frame
            outcome = ingest.take(self._protocol, self._session, messages)
            if outcome is Outcome.BUSY and not self._protocol.answers:
                self._untaken = frames[place:]
                break
            self._unsettled.append((frame, now))
            if outcome is None:
                ingest.batches.when_stored(functools.partial(self._settle, frame, Outcome.STORED))
            else:
                self._settle(frame, outcome)
            if not self._may_go_on(messages[0]):
                return
        self._steer()

    def _may_go_on(self, first: Message) -> bool:
        """Who has logged in is no newcomer; who shows a wrong token after too many of his address is cut off."""
        session = self._session
        if session.wrong_token is not None and self._limits.wrong_tokens.locked(self.address):
            self.turn_away("wrong_tokens")
            return False
        if not self._is_known and session.device is not None:
            self._is_known = True
            self._limits.know(self)
        listens = self._can_be_told and isinstance(first, Login) and self._transport is not None
        if listens and (device := session.device) is not None:
            self._door.ingest.messenger.here(device.id, device.identifier, self)
        return True

    def _steer(self) -> None:
        """Read on or not: not while too much waits, nor while the device has sent more than its share."""
        if self._transport is None or self._transport.is_closing():
            return
        rests = self._session.rests_until > self._last_heard and self._session.rests_until > time.monotonic()
        if rests and not self._pausing:
            self._limits.turned_away["device_rate"] += 1
        self._pausing = rests
        if rests or self._untaken or len(self._unsettled) > MOST_UNSETTLED:
            if not self._is_paused:
                self._is_paused = True
                self._transport.pause_reading()
        elif self._is_paused and not self._unsettled:
            self._is_paused = False
            self._transport.resume_reading()

    def _settle(self, frame: int, outcome: Outcome) -> None:
        """Note a frame's outcome and send every reply that is due now."""
        if not self._unsettled or frame < self._unsettled[0][0]:
            return  # answered as busy before, and stored after all
        self._outcomes.setdefault(frame, outcome)
        while self._unsettled and (due := self._unsettled[0][0]) in self._outcomes:
            self._unsettled.popleft()
            ends = self._decoder.ends(due)
            reply = self._decoder.reply(due, self._outcomes.pop(due))
            if self._transport is not None and not self._transport.is_closing():
                if reply:
                    self._transport.write(reply)
                if ends:
                    self._transport.close()
        if self._is_paused and not self._unsettled and not self._untaken:
            self._steer()
