"""Story: two ingests share the device ports; one is killed, and the other takes its terminals."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from backend.identity.devices import token_hash
from tests.paths.system import System, free_port, running_system, wait_until
from tests.paths.terminals import Terminal

pytestmark = pytest.mark.slow

TERMINALS = 40
CODE = "twotwotwotwotwotwo22"
PORT = free_port()


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with running_system(jt808_port=str(PORT), ingest_processes="2", log_level="warning") as running:
        yield running


def registered(system: System) -> list[Terminal]:
    with psycopg.connect(system.connections().database_url.replace("+psycopg", "")) as connection:
        connection.execute("INSERT INTO node (kind, name) VALUES ('squad', 'two')")
        connection.execute(
            "INSERT INTO unit (squad, call_sign, kind, name) SELECT (SELECT max(id) FROM node), "
            "'137' || lpad(n::text, 8, '0'), 'car', 't' FROM generate_series(1, %s) n",
            (TERMINALS,),
        )
        connection.execute(
            "INSERT INTO device (identifier, unit, protocol, token_hash) "
            "SELECT call_sign, number, 'jt808', %s FROM unit WHERE call_sign LIKE '137%%'",
            (token_hash(CODE),),
        )
    time.sleep(4)  # both have seen the new version
    return [Terminal(f"137{number:08d}", CODE, PORT) for number in range(1, TERMINALS + 1)]


def received(system: System) -> dict[str, int]:
    """By part, how many fixes it has counted."""
    parts: list[dict[str, Any]] = system.health()["parts"]
    return {
        part["name"]: part["detail"].get("received", {}).get("jt808", 0)
        for part in parts
        if part["name"].startswith("ingest")
    }


@pytest.mark.timeout(180)
def test_two_share_the_terminals_and_one_takes_those_of_the_other(system: System) -> None:
    fleet = registered(system)

    async def story() -> None:
        until = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for terminal in fleet:
                tasks.create_task(terminal.report(until, 0.3))
            await asyncio.sleep(3)
            shares = await asyncio.to_thread(wait_until, lambda: all(received(system).values()) and received(system))
            assert set(shares) == {"ingest", "ingest-2"}
            await asyncio.to_thread(system.kill, "ingest-2")
            await asyncio.sleep(3)
            until.set()

    asyncio.run(story())
    acknowledged = {(one.number, *fix) for one in fleet for fix in one.acknowledged}
    assert all(len(one.acknowledged) > 5 for one in fleet), "nobody was left without an answer"
    line = wait_until(
        lambda: found if (found := system.equation("jt808"))["pending"] == 0 else None, 60, "nothing pending"
    )
    assert line["received"] == line["stored"] + line["repeat"] + sum(line["rejected"].values())
    with psycopg.connect(system.connections().database_url.replace("+psycopg", "")) as connection:
        rows = connection.execute(
            "SELECT identifier, (extract(epoch FROM fixed_at) * 1000)::bigint, round(ST_X(place) * 1e6)::bigint "
            "FROM fix JOIN device ON device.id = fix.device"
        ).fetchall()
    assert acknowledged <= set(rows), "an acknowledged fix is missing"
    assert len(rows) == len(set(rows)), "a row twice"
