"""Takes what devices say: announced at once if it is a unit's newest, collected into a batch, answered when durable."""

import asyncio
from collections import deque

from backend.avl.batches import Batches
from backend.avl.facts import alarm_fact
from backend.avl.fences import Fences
from backend.avl.knocks import Knocks
from backend.avl.latest import Latest
from backend.avl.limits import Limits
from backend.avl.messages import Alarm, Fix, Login, Malformed, Message, Outcome, Receipt
from backend.avl.messenger import Messenger
from backend.avl.passage import Knowledge, Passage
from backend.avl.pipeline import DAY_MS, run
from backend.avl.protocols import ProtocolEntry
from backend.avl.sessions import Session
from backend.avl.sources import precedence_of
from backend.avl.speakers import Speakers
from backend.bus.subjects import Address, position_subject
from backend.clock import now_ms
from backend.process import Process

MOST_ANNOUNCED = 100_000
GATHER_S = 0.005  # what comes within this time is written to the bus at once: fewer calls of the system


def can_wait(protocol: ProtocolEntry, session: Session) -> bool:
    """Whether a device is slowed down by not reading its socket; others are told to come again, or not heard."""
    return protocol.transport != "HTTP" and not session.datagram


class Ingest:
    """What listeners and receivers hand their messages to."""

    def __init__(self, process: Process) -> None:
        settings = process.settings
        self._bus = process.bus
        self.speakers = Speakers(round(settings.source_fresh_s * 1000))
        self.latest = Latest(process.bus, self.speakers)
        self.fences = Fences(self.latest.position)
        self.latest.on_heard(self.fences.heard_elsewhere)
        self.knocks = Knocks(process.registry)
        self.limits = Limits(settings)
        self.messenger = Messenger(process.registry, settings.command_reply_s)
        self.batches = Batches(
            process.bus,
            linger_s=settings.batch_linger_ms / 1000,
            largest=settings.batch_fixes,
            unacknowledged_bytes=settings.unacknowledged_bytes,
        )
        self._known = Knowledge(
            retention_ms=settings.retention_days * DAY_MS,
            future_limit_ms=round(settings.future_limit_s * 1000),
            newest=self.latest.moments,
            thin_ms=round(settings.thin_stationary_s * 1000),
            speakers=self.speakers,
            fences=self.fences,
        )
        self._announced: deque[tuple[str, bytes]] = deque(maxlen=MOST_ANNOUNCED)
        self._something = asyncio.Event()

    def take(self, protocol: ProtocolEntry, session: Session, messages: list[Message]) -> Outcome | None:
        """Take the messages of one frame. None: it will be settled by `batches.when_stored`."""
        outcome: Outcome | None = Outcome.HEARD
        taken = 0
        for message in messages:
            if isinstance(message, Fix | Alarm):
                if self.batches.full or (taken == 0 and self._is_over_rate(protocol, session)):
                    return Outcome.BUSY
                if isinstance(message, Fix):
                    known = self._take_fix(protocol, session, message)
                else:
                    known = self._take_alarm(session, message)
                if not known:
                    return Outcome.UNKNOWN_DEVICE
                outcome, taken = None, taken + 1
            elif isinstance(message, Login):
                if not session.login(message):
                    self._refused_login(protocol, session, message)
                    self.batches.received(protocol.name).reject("unknown_device")
                    return Outcome.UNKNOWN_DEVICE
            elif isinstance(message, Malformed):
                self.batches.received(protocol.name).reject("malformed")
                return Outcome.MALFORMED
            elif isinstance(message, Receipt) and (device := session.device) is not None:
                self.messenger.answered(device.id, message.number, message.answer)
        if taken and (device := session.device) is not None:
            self._spend(protocol, session, device.id, taken)
        return outcome

    def turn_away(self, protocol: ProtocolEntry, messages: list[Message]) -> None:
        """Count the fixes of a frame for which there is no room, and whose device cannot be asked to come again."""
        for message in messages:
            if isinstance(message, Fix):
                self.batches.received(protocol.name).reject("busy")

    def _is_over_rate(self, protocol: ProtocolEntry, session: Session) -> bool:
        """Whether a device has sent more than its share; one that can wait has it taken, and is read later."""
        device = session.device
        if can_wait(protocol, session) or device is None or self.limits.rates.allows(device.id):
            return False
        self.limits.turned_away["device_rate"] += 1
        return True

    def _spend(self, protocol: ProtocolEntry, session: Session, device: int, fixes: int) -> None:
        """Count what was taken against the device's share."""
        rests_until = self.limits.rates.spend(device, fixes)
        if can_wait(protocol, session):
            session.rests_until = max(session.rests_until, rests_until)

    def _refused_login(self, protocol: ProtocolEntry, session: Session, login: Login) -> None:
        """Remember a stranger, so that he can be adopted, and a wrong token, so that nobody can guess."""
        self.knocks.note(protocol.name, login, session.address)
        if session.wrong_token is not None and session.address and not session.datagram:
            self.limits.wrong_tokens.note(session.address, session.wrong_token)

    def _take_fix(self, protocol: ProtocolEntry, session: Session, fix: Fix) -> bool:
        """Send a fix through the steps and into the batch; False when nobody knows whose it is."""
        counts = self.batches.received(protocol.name)
        device = session.device
        if device is None:
            counts.reject("unknown_device")
            return False
        passage = Passage(fix, device, protocol.number, now_ms())
        stop = run(passage, self._known)
        if stop is not None:
            if stop.reason is None:
                counts.repeat += 1
            else:
                counts.reject(stop.reason)
            return True
        stored = passage.stored()
        if passage.store:
            self.batches.add(stored)
        else:
            counts.reject("thinned")
        for fact in passage.facts:
            self.batches.state(fact)
        if passage.announce:
            subject = position_subject(Address(stored.district, stored.squad, stored.cell, stored.unit))
            record = stored.record(precedence_of(device))
            self.latest.note(stored.unit, stored.moment, subject, record)
            self._announced.append((subject, record))
            self._something.set()
        return True

    def _take_alarm(self, session: Session, alarm: Alarm) -> bool:
        """State an alarm that came without a position; False when nobody knows whose it is."""
        device, moment = session.device, now_ms()
        if device is None:
            return False
        if device.unit.on_duty or not device.personal:
            at = moment if alarm.at is None else min(alarm.at, moment)
            self.batches.state(alarm_fact(device, at, moment, None, 0, alarm.alarms))
        return True

    async def announce(self) -> None:
        """Say new positions on the bus for ever: one that comes alone at once, those of a flood a moment later."""
        while True:
            await self._something.wait()
            self._something.clear()
            while self._announced:
                subject, record = self._announced.popleft()
                await self._bus.publish(subject, record)
            await asyncio.sleep(GATHER_S)
