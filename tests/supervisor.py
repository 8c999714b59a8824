"""`liandong up` with a table of small processes, as a program of its own: what the tests of `up` start.

The plan is JSON on the command line: {"processes": [[name, python code], …], "demo": […], "patience": {…}}.
"""

import asyncio
import json
import sys

from backend.children import Patience, python
from backend.settings import Settings
from backend.up import Plan, up


def failing_migration(_: str) -> None:
    raise RuntimeError("no such column")


def main() -> int:
    """Read the plan, run it until a signal."""
    asked = json.loads(sys.argv[1])

    def table(name: str) -> list[tuple[str, list[str]]]:
        return [(part, python("-c", code)) for part, code in asked.get(name, [])]

    migrate = failing_migration if asked.get("migration") == "fails" else lambda _: None

    async def first_link(*_: object) -> str:
        return "the-token"

    patience = Patience(**asked.get("patience", {}))
    plan = Plan(table("processes"), table("demo"), patience, migrate, first_link)
    return asyncio.run(up(Settings(), plan))


if __name__ == "__main__":
    sys.exit(main())
