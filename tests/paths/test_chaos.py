"""Story: the database is away for a minute under load, then every part is killed; `make chaos`."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from backend.identity.devices import token_hash
from tests.paths.system import System, free_port, running_system, wait_until
from tests.paths.terminals import Terminal

pytestmark = [pytest.mark.slow, pytest.mark.chaos]

TERMINALS = 400
INTERVAL_S = 0.5
DATABASE_AWAY_S = 60.0
CODE = "chaoschaoschaoschaos"


PORT = free_port()


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with running_system(jt808_port=str(PORT), log_level="warning") as running:
        yield running


def terminals(system: System) -> list[Terminal]:
    """Registered, one unit each."""
    with store(system) as connection:
        connection.execute("INSERT INTO node (kind, name) VALUES ('squad', 'chaos')")
        connection.execute(
            "INSERT INTO unit (squad, call_sign, kind, name) SELECT (SELECT max(id) FROM node), "
            "'139' || lpad(n::text, 8, '0'), 'car', 'c' FROM generate_series(1, %s) n",
            (TERMINALS,),
        )
        connection.execute(
            "INSERT INTO device (identifier, unit, protocol, token_hash) "
            "SELECT call_sign, number, 'jt808', %s FROM unit WHERE call_sign LIKE '139%%'",
            (token_hash(CODE),),
        )
    return [Terminal(f"139{number:08d}", CODE, PORT) for number in range(1, TERMINALS + 1)]


def store(system: System) -> psycopg.Connection[Any]:
    return psycopg.connect(system.connections().database_url.replace("+psycopg", ""))


def keep_down(system: System, part: str, seconds: float) -> None:
    """kill -9 a part as often as the supervisor starts it, then wait until it runs."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        pid = system.parts()[part]["pid"]
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
    wait_until(lambda: system.parts()[part]["state"] == "running", 120, f"{part} to be back")


async def through(fleet: list[Terminal], system: System) -> None:
    """Report while the parts go, one after the other."""
    until = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        for terminal in fleet:
            tasks.create_task(terminal.report(until, INTERVAL_S))
        await asyncio.sleep(5)
        before = sum(len(terminal.acknowledged) for terminal in fleet)
        await asyncio.to_thread(keep_down, system, "postgres", DATABASE_AWAY_S)
        meanwhile = sum(len(terminal.acknowledged) for terminal in fleet) - before
        assert meanwhile > TERMINALS * DATABASE_AWAY_S / INTERVAL_S / 4, "they were answered without the database"
        for part in ("ingest", "recorder", "nats"):
            await asyncio.sleep(5)
            await asyncio.to_thread(system.kill, part)
        await asyncio.sleep(10)
        until.set()


def settled(system: System) -> dict[str, Any] | None:
    """The equation's line once nothing is pending."""
    try:
        line = system.equation("jt808")
    except Exception:
        return None
    return line if line["pending"] == 0 else None


@pytest.mark.timeout(600)
def test_nothing_acknowledged_is_lost_whatever_is_killed(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    fleet = terminals(system)
    time.sleep(4)  # ingest has seen the new version
    asyncio.run(through(fleet, system))

    line = wait_until(lambda: settled(system), 120, "an equation without anything pending")
    assert line["received"] == line["stored"] + line["repeat"] + sum(line["rejected"].values())
    acknowledged = {(one.number, *fix) for one in fleet for fix in one.acknowledged}
    with store(system) as connection:
        rows = connection.execute(
            "SELECT identifier, (extract(epoch FROM fixed_at) * 1000)::bigint, round(ST_X(place) * 1e6)::bigint "
            "FROM fix JOIN device ON device.id = fix.device"
        ).fetchall()
    missing = acknowledged - set(rows)
    assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged fixes are missing"
    assert len(rows) == len(set(rows)), "a row twice"
    assert line["stored"] == len(rows)
    again = sum(one.again for one in fleet)
    told = f"{len(acknowledged)} acknowledged, {len(rows)} stored, {line['repeat']} repeats, {again} tries again"
    with capsys.disabled():
        sys.stdout.write(f"\n{told}\n")
