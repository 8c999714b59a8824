"""`liandong decode`: what a protocol makes of bytes, for whoever has a device that is not understood."""

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict

from backend.avl.protocols import PROTOCOLS
from backend.settings import Settings


def arguments(parser: ArgumentParser) -> None:
    """The command's arguments."""
    parser.add_argument("protocol", choices=sorted(PROTOCOLS))


def decode(settings: Settings, given: Namespace) -> int:
    """Print what a protocol makes of bytes given in hexadecimal, a JSON line per message."""
    decoder = PROTOCOLS[given.protocol].decoder()
    for line in sys.stdin:
        try:
            data = bytes.fromhex(line.strip())
        except ValueError as error:
            print(f"expected bytes in hexadecimal, got {line.strip()[:60]!r} ({error})", file=sys.stderr)
            return 1
        for message in decoder.feed(data):
            print(json.dumps({"message": type(message).__name__, **asdict(message)}, ensure_ascii=False))
    return 0
