"""HTTP answers as a strict client reads them."""

import re


def parsed(reply: bytes) -> tuple[int, dict[str, str], bytes]:
    """Status, headers, body; asserts that the body is as long as was said."""
    head, _, body = reply.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    assert re.match(r"HTTP/1\.1 \d{3} [A-Z]", first)
    assert int(headers["content-length"]) == len(body)
    return int(first.split()[1]), headers, body


def post(body: bytes, *headers: str, method: str = "POST") -> bytes:
    """A request with this body."""
    lines = [f"{method} / HTTP/1.1", "Host: h", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body
