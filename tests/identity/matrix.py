"""How the table of rights is read and asked: every route and topic, every role, in the own district and in another.

Each cell of `rights.csv` is one of: `-` refused for both, `own` for one's own part of the tree only, `both` where no
part is asked for (the ground map), `public` and `signed in` for what needs no atom.
"""

import csv
from pathlib import Path

import httpx

from backend.identity.roles import ROLES
from tests.identity.questions import QUESTIONS, Asked, Ground

FILE = Path(__file__).with_name("rights.csv")
REFUSED = (401, 403)
# Routes that are about nothing of anybody's: what stands in their path and query.
FILLED = {"{zoom}/{x}/{y}": "0/0/0", "{kind}": "grid", "{path:path}": "x.js", "{name}": "x.ico"}
ASKED = {"/api/v1/places": "?q=a", "/api/v1/where": "?longitude=1&latitude=1"}


def read_table() -> dict[str, dict[str, str]]:
    """Route or topic → role → cell."""
    with FILE.open(newline="") as file:
        return {row.pop("what"): row for row in csv.DictReader(file)}


def write_table(table: dict[str, dict[str, str]]) -> None:
    """The same, written down."""
    with FILE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["what", *ROLES])
        writer.writerows([what, *(cells[role] for role in ROLES)] for what, cells in sorted(table.items()))


async def ask(browser: httpx.AsyncClient, ground: Ground, role: str, what: str, where: int) -> bool:
    """Whether this role may do this there. A 404 for something that is there is a refusal, too."""
    method, _, path = what.partition(" ")
    question = QUESTIONS.get(what)
    asked = await question(ground, role, where) if question else Asked(filled(path) + ASKED.get(path, ""))
    answer = await browser.request(method, asked.path, json=asked.body, headers=ground.headers[role])
    assert answer.status_code < 500, (what, answer.text)
    if answer.status_code == 422:
        # Of a unit that is not his somebody is told that there is none. All else would say nothing of rights.
        assert answer.json()["code"] == "no_unit", (what, answer.text)
        return False
    if answer.status_code in REFUSED or (answer.status_code == 404 and question is not None):
        return False
    return asked.holds(answer.json()) if asked.holds is not None else True


def filled(path: str) -> str:
    """A path without names in braces; a new one that is about something needs a question."""
    for name, value in FILLED.items():
        path = path.replace(name, value)
    assert "{" not in path, f"{path}: add a question to tests/identity/questions"
    return path
