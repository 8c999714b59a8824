"""One request after the other on a kept-open connection."""

import asyncio
import logging

from backend.demo.talk.call import ANSWER_S, send

log = logging.getLogger(__name__)


async def is_taken(who: str, request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
    """Send a request and wait for its answer; whether that is 200. Raises EOFError, OSError or TimeoutError."""
    send(request, reader, writer)
    async with asyncio.timeout(ANSWER_S):
        head = await reader.readuntil(b"\r\n\r\n")
        status, _, rest = head.partition(b"\r\n")
        lines = (line for line in rest.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        body = await reader.readexactly(next((int(line[15:]) for line in lines), 0))
    if b" 200 " in status:
        return True
    log.warning("%s: %s %s", who, status.decode(), body.decode().strip())
    return False
