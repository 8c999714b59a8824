"""`liandong protocols`: what can report positions, as the page `docs/protocols.md`; made of the table and its docs."""

import inspect
import sys
from argparse import Namespace

from backend.avl.protocols import PROTOCOLS, ProtocolEntry
from backend.settings import PREFIX, Settings

HEAD = """\
# Protocols

What can report positions. Made by `liandong protocols > docs/protocols.md` (`make docs`) from the table in
`backend/avl/protocols/__init__.py`: a new one is a file, a line there and a folder of fixtures.

A port is moved by its setting (0 = off), all together by `LIANDONG_PORT_OFFSET`; `LIANDONG_BIND` tells which address
they listen on. The number stands in records and rows. `liandong decode NAME` prints what a protocol makes of bytes
in hexadecimal.

| name | number | port | setting | what is typed into the client |
|---|---|---|---|---|"""


def protocols(settings: Settings, given: Namespace) -> int:
    """Print in Markdown which protocols are understood, on which ports, and how."""
    print(page())
    return 0


def page() -> str:
    """The page, with the ports as they are without settings."""
    entries = sorted(PROTOCOLS.values(), key=lambda entry: entry.number)
    return "\n".join([HEAD, *map(_row, entries), *map(_section, entries)])


def _row(entry: ProtocolEntry) -> str:
    if entry.port is None:
        return f"| {entry.name} | {entry.number} | the program calls it | | |"
    ways = [(entry.port, entry.transport)] + ([(entry.bus_port, "MQTT")] if entry.bus_port else [])
    ports = ", ".join(f"{Settings.model_fields[setting].default} ({over})" for setting, over in ways)
    settings = ", ".join(f"`{PREFIX}{setting.upper()}`" for setting, _ in ways)
    return f"| {entry.name} | {entry.number} | {ports} | {settings} | `{entry.typed}` |"


def _section(entry: ProtocolEntry) -> str:
    words = inspect.cleandoc(sys.modules[entry.decoder.__module__].__doc__ or "")
    first, _, rest = words.partition("\n")
    return f"\n## {entry.name}\n{first}\n\n```text\n{rest.strip()}\n```"
