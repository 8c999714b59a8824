"""`make bench-identity`: what rights cost, with 5 000 people in 200 bodies.

`may_see` for each record of a frame that must be asked one by one, and for a whole squad at once; the same rule as a
filter of SQL over a day of positions; reading the organisation anew after a change; log-ins a second through the web
process, which hash on purpose for some 20 ms each.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.db.engine import Database
from backend.geo.cells import cell_of
from backend.identity.change import change
from backend.identity.devices import add_node, first_root
from backend.identity.filters import COVERED, covered
from backend.identity.passwords import make_hash
from backend.identity.registry import Organisation, read_organisation
from backend.identity.rights import Scope, may_see, verdict
from bench.results import merge, table
from tests.paths.system import System, running_system

PEOPLE, DISTRICTS, SQUADS, UNITS = 5000, 8, 191, 2000  # 200 bodies with the city
ROWS = 200_000
RECORDS = 1000
ROUNDS = 30
LOGIN_S = 8.0
PASSWORD = "Correct horse 7"
ROLES = ("dispatcher", "squad_leader", "officer", "officer", "officer", "call_taker", "collector", "leader")


async def fill(session: AsyncSession, password_hash: str) -> None:
    """Bodies, units, people with a grant each, and a day of positions."""
    root = await first_root(session) or await add_node(session, "city", "city")
    districts = [await add_node(session, f"district {n}", "district", root) for n in range(DISTRICTS)]
    squads = [await add_node(session, f"squad {n}", "squad", districts[n % DISTRICTS]) for n in range(SQUADS)]
    await session.execute(
        text(
            "INSERT INTO unit (squad, call_sign, kind, name) SELECT (CAST(:squads AS int[]))[1 + n % :count], "
            "'B' || n, 'car', 'bench' FROM generate_series(1, :units) AS n"
        ),
        {"squads": squads, "count": len(squads), "units": UNITS},
    )
    await session.execute(
        text(
            "INSERT INTO person (login, name, node, password_hash, password_set_at) SELECT 'p' || n, 'person ' || n, "
            "(CAST(:squads AS int[]))[1 + n % :count], :hash, now() FROM generate_series(1, :people) AS n"
        ),
        {"squads": squads, "count": len(squads), "people": PEOPLE, "hash": password_hash},
    )
    await session.execute(
        text(
            "INSERT INTO person_grant (person, role, scope) SELECT id, (CAST(:roles AS text[]))[1 + id % :count], "
            "jsonb_build_object('body', node) FROM person WHERE login ~ '^p[0-9]+$'"
        ),
        {"roles": list(ROLES), "count": len(ROLES)},
    )


async def positions(session: AsyncSession, squads: list[tuple[int, int, int]]) -> None:
    """Rows of one day, spread over the squads: (unit, squad, district)."""
    await session.execute(text("SELECT ensure_fix_day(CURRENT_DATE)"))
    units, bodies, districts = zip(*squads, strict=True)
    cell = cell_of(113.1, 28.2)
    await session.execute(
        text(
            """INSERT INTO fix (device, unit, fixed_at, digest, received_at, place, cell, alarms, flags, source,
                                district, squad)
               SELECT 1, (CAST(:units AS bigint[]))[1 + n % :count], date_trunc('day', now()) + n * interval '0.4 s',
                      n, now(), ST_SetSRID(ST_MakePoint(113.1, 28.2), 4326), :cell, 0, 0, 1,
                      (CAST(:districts AS int[]))[1 + n % :count], (CAST(:squads AS int[]))[1 + n % :count]
               FROM generate_series(1, :rows) AS n"""
        ),
        {
            "units": list(units),
            "squads": list(bodies),
            "districts": list(districts),
            "count": len(units),
            "cell": cell,
            "rows": ROWS,
        },
    )


def frame_costs(organisation: Organisation) -> dict[str, float]:
    """Microseconds to ask for each of a frame's records, by kind of scope; and for a squad's records together."""
    units = [unit for unit in organisation.units.values() if unit.call_sign.startswith("B")]
    dice = random.Random(1)
    records = [
        (unit.district, unit.squad, unit.number, cell_of(113.1, 28.2)) for unit in dice.choices(units, k=RECORDS)
    ]
    some = units[0]
    scopes = {
        "district": Scope(districts=frozenset((some.district,))),
        "squad": Scope(squads=frozenset((some.squad,))),
        "units": Scope(units=frozenset(unit.number for unit in units[:50])),
        "cells": Scope(cells=frozenset((cell_of(113.1, 28.2), cell_of(113.2, 28.3)))),
    }
    figures = {}
    for name, scope in scopes.items():
        took = [timed(partial(ask_each, scope, records)) for _ in range(ROUNDS)]
        figures[f"may_see_us_{name}"] = statistics.median(took) / RECORDS * 1e6
    groups = {record[:2] for record in records}
    whole = scopes["district"]
    took = [timed(lambda: [verdict(whole, *group) for group in groups]) for _ in range(ROUNDS)]
    figures["verdict_us_per_group"] = statistics.median(took) / len(groups) * 1e6
    return figures


def ask_each(scope: Scope, records: list[tuple[int, int, int, int]]) -> list[bool]:
    return [may_see(scope, *record) for record in records]


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


async def timed_async(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds."""
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


async def filter_costs(database: Database, organisation: Organisation) -> dict[str, float]:
    """Milliseconds to count a day's rows with the filter of one squad, and without any."""
    squad = next(unit.squad for unit in organisation.units.values() if unit.call_sign.startswith("B"))
    figures = {}
    for name, condition, values in (
        ("with", COVERED, covered(Scope(squads=frozenset((squad,))))),
        ("without", "true", {}),
    ):
        statement = text(f"SELECT count(*) FROM fix WHERE fixed_at >= date_trunc('day', now()) AND {condition}")

        async def ask(statement: object = statement, values: dict[str, object] = values) -> None:
            async with database.snapshot() as session:
                await session.execute(statement, values)  # type: ignore[call-overload]

        figures[f"filter_ms_{name}"] = statistics.median([await timed_async(ask) for _ in range(10)]) * 1e3
    return figures


async def logins(system: System) -> dict[str, float]:
    """Log-ins a second, eight at a time, each by somebody else."""
    took: list[float] = []
    numbers = iter(range(1, PEOPLE))
    ends = time.perf_counter() + LOGIN_S

    async def go_on(browser: httpx.AsyncClient) -> None:
        while time.perf_counter() < ends:
            began = time.perf_counter()
            body = {"login": f"p{next(numbers)}", "password": PASSWORD}
            answer = await browser.post("/api/v1/login", json=body)
            assert answer.status_code == 200, answer.text
            browser.cookies.clear()
            took.append(time.perf_counter() - began)

    async with httpx.AsyncClient(base_url=system.url, timeout=30) as browser:
        await asyncio.gather(*(go_on(browser) for _ in range(8)))
    return {"logins_per_s": len(took) / LOGIN_S, "login_p50_ms": statistics.median(took) * 1e3}


async def measure(system: System) -> dict[str, float]:
    """All figures."""
    found = system.connections()
    password_hash = await make_hash(PASSWORD)
    await change(found.database_url, found.nats_url, lambda session: fill(session, password_hash))
    database = Database(found.database_url)

    async def read() -> Organisation:
        async with database.snapshot() as session:
            return await read_organisation(session, 1)

    organisation = await read()
    units = [unit for unit in organisation.units.values() if unit.call_sign.startswith("B")]
    async with database.transaction() as session:
        await positions(session, [(unit.number, unit.squad, unit.district) for unit in units])
    figures = frame_costs(organisation)
    figures |= await filter_costs(database, organisation)
    figures["organisation_read_ms"] = statistics.median([await timed_async(read) for _ in range(5)]) * 1e3
    await database.close()
    await asyncio.sleep(3)  # every process has read the new version
    return figures | await logins(system)


def main() -> None:
    """Measure everything, print and merge."""
    with running_system(log_level="warning", attempts_per_minute="100000") as system:
        figures = asyncio.run(measure(system))
    units = {"us": "µs", "ms": "ms", "per_s": "1/s"}
    table(
        [
            (name, value, next((u for k, u in units.items() if f"_{k}" in name), ""), "")
            for name, value in figures.items()
        ]
    )
    merge("identity", {name: round(value, 4) for name, value in figures.items()}, {})


if __name__ == "__main__":
    main()
