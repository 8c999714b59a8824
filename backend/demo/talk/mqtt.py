"""A client of MQTT 3.1.1 that publishes with quality of service 1, one message after the other, in the event loop.

A client library has a thread for each connection; hundreds of units shall fit into one process.
(docs.oasis-open.org/mqtt/mqtt/v3.1.1)
"""

import asyncio
import struct

from backend.demo.talk.call import ANSWER_S, send

CONNECT, CONNACK, PUBLISH, PUBACK = 0x10, 0x20, 0x32, 0x40  # type and flags; PUBLISH of quality of service 1
LEVEL = 4
USER, PASSWORD, CLEAN = 0x80, 0x40, 0x02
KEEP_ALIVE_S = 7200  # longer than a unit is ever silent, so that it need not ping
MOST_REMAINING = 268_435_455


def text(words: str) -> bytes:
    """A string with its length before it."""
    encoded = words.encode()
    return struct.pack(">H", len(encoded)) + encoded


def packet(kind: int, body: bytes) -> bytes:
    """A control packet: its first byte, the length of the rest in groups of seven bits, the rest."""
    if len(body) > MOST_REMAINING:
        raise ValueError(f"expected at most {MOST_REMAINING} bytes, got {len(body)}")
    length, left = bytearray(), len(body)
    while left > 0x7F:
        length.append(left & 0x7F | 0x80)
        left >>= 7
    length.append(left)
    return bytes([kind]) + bytes(length) + body


class Publisher:
    """A connection to a server; every method raises EOFError, OSError or TimeoutError on a cut line."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._number = 0

    async def connect(self, client: str, user: str, password: str) -> None:
        """Log in, with a session that ends with the connection. Raises EOFError where the server refuses."""
        head = text("MQTT") + struct.pack(">BBH", LEVEL, USER | PASSWORD | CLEAN, KEEP_ALIVE_S)
        login = packet(CONNECT, head + text(client) + text(user) + text(password))
        send(login, self._reader, self._writer)
        answer = await self._answer(CONNACK)
        if answer[1:2] != b"\0":
            raise EOFError(f"the MQTT server refuses {user}: code {answer[1:2].hex()}")

    async def publish(self, topic: str, payload: bytes) -> None:
        """Publish and wait until the server has it for good."""
        self._number = self._number % 0xFFFF + 1
        number = struct.pack(">H", self._number)
        send(packet(PUBLISH, text(topic) + number + payload), self._reader, self._writer)
        while await self._answer(PUBACK) != number:
            pass

    async def _answer(self, kind: int) -> bytes:
        """The body of the next packet of this kind; others are read over."""
        async with asyncio.timeout(ANSWER_S):
            while True:
                (found,) = await self._reader.readexactly(1)
                body = await self._reader.readexactly(await self._length())
                if found & 0xF0 == kind:
                    return body

    async def _length(self) -> int:
        length = 0
        for shift in (0, 7, 14, 21):
            (group,) = await self._reader.readexactly(1)
            length |= (group & 0x7F) << shift
            if group < 0x80:
                return length
        raise EOFError("expected the length of an MQTT packet, got something else")
