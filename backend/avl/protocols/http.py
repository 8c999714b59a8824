"""What the protocols over HTTP share: requests with bounds, pipelining, keep-alive, answers in order.

A protocol tells in `messages` what a request means and in `response` what it is answered. A request may be several
frames (several devices in one body): it is answered once, after the last, by the gravest of their outcomes.
"""

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import httptools

from backend.avl.messages import Fix, Malformed, Message, Outcome

LARGEST_BODY = 65536  # unless a protocol says otherwise; bytes
LONGEST_URL = 8192
LONGEST_HEAD = 2 * LONGEST_URL  # URL and headers

# The gravest first: what was not taken must come again, whatever else is wrong.
GRAVITY = (Outcome.BUSY, Outcome.MALFORMED, Outcome.UNKNOWN_DEVICE, Outcome.STORED, Outcome.HEARD)
BUSY = "503 Service Unavailable"
BUSY_WORDS = "busy: try again later\n"


class Response(NamedTuple):
    """What a request is answered; `headers` are further lines, each with its end."""

    status: str
    body: str = ""
    headers: str = ""


@dataclass(slots=True)
class Request:
    """One HTTP request; `headers` are those that the protocol asked for, by lower-case name.

    Once its messages are read, the body is let go of and `fixes` counts those that came in it.
    """

    method: str = ""
    url: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    fixes: int = 0
    too_large: bool = False

    def document(self) -> Any:
        """The body of a POST as JSON. Raises ValueError for anything else."""
        if self.method != "POST":
            raise ValueError(f"expected POST, got {self.method}")
        return json.loads(self.body)


@dataclass(slots=True)
class _Answer:
    """What the reply to a request depends on beside its outcome."""

    request: Request
    keep_alive: bool
    last: int = 0  # its last frame
    reason: str = ""
    outcome: Outcome = Outcome.HEARD


class HttpDecoder(ABC):
    """Decoder of one HTTP connection; requests may be pipelined and are answered in order."""

    largest_body: ClassVar[int] = LARGEST_BODY
    kept_headers: ClassVar[frozenset[bytes]] = frozenset()  # lower case

    def __init__(self) -> None:
        self._request = Request()
        self._answers: dict[int, _Answer] = {}
        self._messages: list[Message] = []
        self._frame = 0
        self._broken = False
        self._unfinished = 0  # bytes since the last complete request: httptools keeps a header of any length
        self._parser: Any = httptools.HttpRequestParser(self)

    @abstractmethod
    def messages(self, request: Request, frame: int) -> list[Message]:
        """What a request means, at least one message, of this frame and those that follow it.

        ValueError, KeyError, TypeError, OverflowError and RecursionError make it malformed.
        """

    @abstractmethod
    def response(self, request: Request, outcome: Outcome, reason: str) -> Response:
        """What it is answered; `reason` tells what is wrong with a malformed one."""

    def feed(self, data: bytes) -> list[Message]:
        """The messages of the requests that these bytes complete."""
        if self._broken:
            return []
        self._unfinished += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request was answered in HTTP/1.1, which refuses the upgrade; what follows is not HTTP.
            self._broken = True
            if self._frame in self._answers:
                self._answers[self._frame].keep_alive = False
        except httptools.HttpParserError as error:
            self._break(f"expected an HTTP request, got {data[:40]!r} ({error})")
        largest = self.largest_body + LONGEST_HEAD
        if self._unfinished > largest and not self._broken:
            self._break(f"expected at most {largest} bytes of a request")
        messages, self._messages = self._messages, []
        return messages

    @property
    def unfinished(self) -> bool:
        """Whether a request has begun and is not complete."""
        return self._unfinished > 0 and not self._broken

    def reply(self, frame: int, outcome: Outcome) -> bytes:
        """The HTTP response to a request, with its last frame."""
        answer = self._answers.pop(frame)
        answer.outcome = min(answer.outcome, outcome, key=GRAVITY.index)
        if frame != answer.last:
            return b""
        status, words, headers = self.response(answer.request, answer.outcome, answer.reason)
        body = words.encode("utf-8", "backslashreplace")  # words may hold half a surrogate pair that came in JSON
        connection = "keep-alive" if answer.keep_alive else "close"
        retry = "Retry-After: 5\r\n" if status == BUSY else ""
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: {connection}\r\n{retry}{headers}\r\n"
        return head.encode() + body

    def ends(self, frame: int) -> bool:
        """Whether the client wanted the connection closed after this request, or broke it."""
        answer = self._answers.get(frame)
        return answer is not None and frame == answer.last and not answer.keep_alive

    # Callbacks of httptools.

    def on_message_begin(self) -> None:
        self._request = Request()

    def on_url(self, url: bytes) -> None:
        request = self._request
        request.too_large |= len(request.url) + len(url) > LONGEST_URL
        if not request.too_large:
            request.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in self.kept_headers:
            self._request.headers[name.decode()] = value.decode("latin-1").strip()

    def on_body(self, body: bytes) -> None:
        request = self._request
        request.too_large |= len(request.body) + len(body) > self.largest_body
        if not request.too_large:
            request.body += body

    def on_message_complete(self) -> None:
        request, self._request = self._request, Request()
        self._unfinished = 0
        if self._broken:
            return
        if request.too_large:
            self._break(f"expected at most {LONGEST_URL} bytes of URL and {self.largest_body} of body")
            return
        request.method = self._parser.get_method().decode()
        answer = _Answer(request, self._parser.should_keep_alive())
        first = self._frame + 1
        try:
            messages = self.messages(request, first)
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
            answer.reason = f"expected the field {error}" if isinstance(error, KeyError) else str(error)
            messages = [Malformed(frame=first, reason=answer.reason)]
        request.url = request.body = b""
        request.fixes = sum(isinstance(message, Fix) for message in messages)
        self._frame = answer.last = messages[-1].frame
        self._answers |= dict.fromkeys(range(first, answer.last + 1), answer)
        self._messages += messages

    def _break(self, reason: str) -> None:
        """A request that cannot be read: answered as malformed, and what follows it is not looked at."""
        self._broken = True
        self._frame += 1
        self._answers[self._frame] = _Answer(Request(), keep_alive=False, last=self._frame, reason=reason)
        self._messages.append(Malformed(frame=self._frame, reason=reason))
