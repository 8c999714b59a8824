"""One connection of JT/T 808: bytes → messages, outcomes → replies.

Understood are 0x0100, 0x0102, 0x0002, 0x0003, 0x0109, 0x0200, 0x0201, 0x0704, fragments of all, and of what makers do
beside the standard frames between E7, sentences in brackets, 0x5501 and 0x5502, an IMEI as number.

A terminal registers once (0x0100) and gets a code, authenticates with it on each connection (0x0102), then reports. A
gateway may speak for many terminals on one connection: each frame says for whom, and what authenticated it is kept.
Every frame is answered; one that was not taken is not, so that the terminal sends it again.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from backend.avl.messages import GIVEN_GCJ02, Alarm, Fix, Heartbeat, Login, Malformed, Message, Outcome, Receipt
from backend.avl.protocols.jt808 import messages as jt
from backend.avl.protocols.jt808.compact import read_compact
from backend.avl.protocols.jt808.frame import BadFrame, Frame, read_frame, write_frame
from backend.avl.protocols.jt808.location import Location, read_location
from backend.avl.protocols.jt808.splitter import Sentence, Splitter
from backend.clock import now_ms
from backend.geo.datum import from_gcj02

MOST_TERMINALS = 1_000  # of one connection
MOST_FRAGMENTS = 64
MOST_ASSEMBLING = 4
MOST_ERRORS = 20  # in a row: this speaks something else

RESULTS = {
    Outcome.STORED: jt.DONE,
    Outcome.HEARD: jt.DONE,
    Outcome.UNKNOWN_DEVICE: jt.FAILED,
    Outcome.MALFORMED: jt.BAD_MESSAGE,
}
# Said by terminals, and nothing that we keep.
IGNORED = (jt.LOG_OUT, 0x0104, 0x0107, 0x0302, 0x0500, 0x0700, 0x0702, 0x0800, 0x0805, 0x0900)


class _Answer(NamedTuple):
    """What is sent when a frame is settled well: a general reply unless a body is given."""

    frame: Frame
    message: int = jt.PLATFORM_REPLY
    body: bytes | None = None
    result: int | None = None


class Jt808:
    """Decoder of one connection. Before it is equipped it knows no secret and tolerates nothing."""

    def __init__(self) -> None:
        self._secret = b""
        self._tolerates: Callable[[str], bool] = lambda phone: False
        self._splitter = Splitter()
        self._codes: OrderedDict[str, str] = OrderedDict()  # by number, what it authenticated with
        self._are_2019: dict[str, bool] = {}  # those of them
        self._speaker: str | None = None
        self._answers: dict[int, _Answer | bytes | None] = {}  # bytes: as they are
        self._assembling: OrderedDict[tuple[str, int, int], dict[int, bytes]] = OrderedDict()
        self._number = 0
        self._serial = 0
        self._errors = 0

    def equip(self, secret: bytes, tolerates: Callable[[str], bool]) -> None:
        """Give it the installation's secret, and of a number whether that terminal's checksum may be wrong."""
        self._secret, self._tolerates = secret, tolerates

    def feed(self, data: bytes) -> list[Message]:
        """The messages of the frames that these bytes complete."""
        found: list[Message] = []
        for escaped in self._splitter.feed(data):
            self._number += 1
            if isinstance(escaped, Sentence):
                self._answers[self._number] = jt.sentence_reply(escaped, now_ms())
                found.append(Heartbeat(frame=self._number))
                continue
            try:
                frame = self._read(escaped)
                self._answers[self._number] = _Answer(frame)
                found += self._messages(frame)
                self._errors = 0
            except ValueError as error:  # BadFrame is one
                self._errors += 1
                self._answers.setdefault(self._number, None)
                found.append(Malformed(frame=self._number, reason=str(error)))
        return found

    @property
    def unfinished(self) -> bool:
        """Whether a frame has begun and has no end yet."""
        return self._splitter.unfinished

    def reply(self, frame: int, outcome: Outcome) -> bytes:
        """The platform's answer; nothing for what cannot be answered, and for what is to be sent again."""
        answer = self._answers.pop(frame, None)
        if answer is None or outcome is Outcome.BUSY:
            return b""
        if isinstance(answer, bytes):
            return answer
        body = answer.body
        if body is None or outcome not in (Outcome.STORED, Outcome.HEARD):
            result = RESULTS[outcome] if answer.result is None else answer.result
            if answer.message == jt.COMPACT_REPLY:
                return self._write(answer.frame, jt.COMPACT_REPLY, jt.compact_reply(answer.frame, result))
            return self._write(answer.frame, jt.PLATFORM_REPLY, jt.general_reply(answer.frame, result))
        return self._write(answer.frame, answer.message, body)

    def check_text(self, words: str) -> None:
        """Raises ValueError for words that a terminal cannot be sent."""
        jt.text(words)

    def text(self, identifier: str, words: str) -> tuple[int, bytes]:
        """0x8300 for a terminal that has authenticated here; it answers with the frame's serial number."""
        is_2019 = self._are_2019.get(identifier, False)
        body = jt.text(words, is_2019=is_2019)
        self._serial = (self._serial + 1) & 0xFFFF
        return self._serial, write_frame(Frame(jt.TEXT, identifier, self._serial, body, is_2019))

    def ends(self, frame: int) -> bool:
        """Whether this is no terminal: nothing but errors."""
        return self._errors >= MOST_ERRORS

    def _read(self, escaped: bytes | None) -> Frame:
        if escaped is None:
            raise BadFrame("a frame that does not end")
        try:
            return read_frame(escaped)
        except BadFrame as error:
            if not str(error).startswith("checksum"):
                raise
            frame = read_frame(escaped, tolerate_checksum=True)
            if not self._tolerates(frame.phone):
                raise
            return frame

    def _messages(self, frame: Frame) -> list[Message]:
        number = self._number
        if frame.fragments > 1:
            whole = self._assemble(frame)
            if whole is None:
                return [Heartbeat(frame=number)]
            frame = whole
        if frame.message == jt.REGISTER:
            code = jt.code_of(self._secret, frame.phone, jt.read_registration(frame).terminal)
            self._answers[number] = _Answer(frame, jt.REGISTERED, jt.registered(frame, code))
            return [Heartbeat(frame=number)]
        if frame.message == jt.AUTHENTICATE:
            self._keep_code(frame, jt.read_authentication(frame))
            self._speaker = None
            return [self._login(frame.phone), Heartbeat(frame=number)]
        reports = self._reports(frame)  # first: of what cannot be read nothing is kept, nor who said it
        return [*self._speaks(frame.phone), *reports]

    def _reports(self, frame: Frame) -> list[Message]:
        """What is said by whoever speaks."""
        number = self._number
        if frame.message in (jt.LOCATION, jt.QUERIED_LOCATION):
            # The answer to a question begins with that question's serial number.
            return [self._fix(frame.body[2 if frame.message == jt.QUERIED_LOCATION else 0 :])]
        if frame.message == jt.BATCH:
            return [self._fix(body) for body in jt.split_batch(frame.body)] or [Heartbeat(frame=number)]
        if frame.message in (jt.COMPACT, jt.COMPACT_BACK_FILL):
            self._answers[number] = _Answer(frame, jt.COMPACT_REPLY) if frame.wants_answer else None
            return [self._located(read_compact(frame.body))]
        if frame.message == jt.GENERAL_REPLY:
            self._answers[number] = None  # an answer is not answered
            serial, message, result = jt.read_receipt(frame)
            return [
                Receipt(frame=number, number=serial, answer=result) if message == jt.TEXT else Heartbeat(frame=number)
            ]
        if frame.message == jt.TIME_REQUEST:
            self._answers[number] = _Answer(frame, jt.TIME_REPLY, jt.time_reply(now_ms()))
        elif frame.message != jt.HEARTBEAT and frame.message not in IGNORED:
            self._answers[number] = _Answer(frame, result=jt.UNSUPPORTED)
        return [Heartbeat(frame=number)]

    def _fix(self, body: bytes) -> Message:
        return self._located(read_location(body))

    def _located(self, report: Location) -> Message:
        if report.place is None:
            if report.alarms:
                return Alarm(frame=self._number, alarms=report.alarms, at=report.fixed_at)
            return Heartbeat(frame=self._number)
        longitude, latitude, attributes = *report.place, report.attributes
        if report.datum == "gcj02" and report.place != (0, 0):  # which is no place, and must be known as such
            attributes = {**attributes, GIVEN_GCJ02: [longitude, latitude]}
            longitude, latitude = from_gcj02(longitude, latitude)
        return Fix(
            frame=self._number,
            fixed_at=report.fixed_at,
            longitude=longitude,
            latitude=latitude,
            speed=report.speed,
            heading=report.heading,
            altitude=report.altitude,
            alarms=report.alarms,
            attributes=attributes,
        )

    def _speaks(self, phone: str) -> list[Message]:
        """A log-in, where another one than before speaks; one that has not authenticated is unknown."""
        return [] if phone == self._speaker else [self._login(phone)]

    def _login(self, phone: str) -> Message:
        self._speaker = phone
        return Login(frame=self._number, identifier=phone, token=self._codes.get(phone, ""))

    def _keep_code(self, frame: Frame, code: str) -> None:
        self._codes[frame.phone], self._are_2019[frame.phone] = code, frame.is_2019
        self._codes.move_to_end(frame.phone)
        if len(self._codes) > MOST_TERMINALS:
            del self._are_2019[self._codes.popitem(last=False)[0]]

    def _assemble(self, frame: Frame) -> Frame | None:
        """The whole message once its last fragment is there. Raises BadFrame for more than there may be."""
        if frame.fragments > MOST_FRAGMENTS:
            raise BadFrame(f"expected at most {MOST_FRAGMENTS} fragments, got {frame.fragments}")
        # Fragments of one message have serial numbers in a row.
        key = (frame.phone, frame.message, (frame.serial - frame.number) & 0xFFFF)
        parts = self._assembling.setdefault(key, {})
        parts[frame.number] = frame.body
        if len(self._assembling) > MOST_ASSEMBLING:
            self._assembling.popitem(last=False)
        if len(parts) < frame.fragments:
            return None
        self._assembling.pop(key, None)
        body = b"".join(parts[number] for number in sorted(parts))
        return frame._replace(body=body, fragments=1, number=1)

    def _write(self, to: Frame, message: int, body: bytes) -> bytes:
        self._serial = (self._serial + 1) & 0xFFFF
        return write_frame(Frame(message, to.phone, self._serial, body, to.is_2019, alternative=to.alternative))
