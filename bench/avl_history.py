"""`make bench-history`: a day of one unit at 1 Hz among ROWS rows of the day before (10 000 000; `ROWS=…`).

The first byte of its raw track and its simplified track, over HTTP from the whole program; who was near a place. The
rows come in order of time, as the recorder writes them; the day is put in order by `worker`'s own function before, and
each figure is taken without that, too.
"""

import asyncio
import os
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.clustering import order_day
from backend.clock import to_ms
from backend.db.engine import Database
from backend.geo.cells import cell_of
from backend.identity.change import change
from backend.identity.devices import add_node, add_unit, first_root
from bench.results import merge, table
from tests.avl.replaying import hello, watching_replay
from tests.paths.system import System, running_system

ROWS = int(os.environ.get("ROWS", "10000000"))
DAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
SECONDS = 86_400
WEST, SOUTH, DEGREES = 113.0, 28.1, 0.25  # the others drive in a square of some 25 km
ROUNDS = 15
REPLAYED_S = 10
COPY = b"""COPY fix (device, unit, fixed_at, digest, received_at, place, cell, speed, heading, alarms, flags, source,
                  district, squad) FROM STDIN"""


def line(unit: int, second: float, longitude: float, latitude: float, bodies: tuple[int, int]) -> tuple[object, ...]:
    """A row of COPY."""
    moment = DAY + timedelta(seconds=second)
    place = f"SRID=4326;POINT({longitude:.7f} {latitude:.7f})"
    cell = cell_of(longitude, latitude)
    return (unit, unit, moment, unit, moment, place, cell, 8.0, 90.0, 0, 0, 1, *bodies)


def at(unit: int, second: float) -> tuple[float, float]:
    """Where a unit is: up and down the streets of a grid, each at its own place and pace."""
    driven = second * (6 + unit % 7) / 98_000  # degrees
    street, along = divmod(driven + unit * 0.037, DEGREES)
    across = (street * 0.004 + unit * 0.0113) % DEGREES
    wander = 2e-5 * ((second * 7919 + unit) % 13 - 6) / 6
    return WEST + along, SOUTH + across + wander


async def fill(url: str, unit: int, others: list[int], bodies: tuple[int, int]) -> None:
    """The unit at 1 Hz, all others together with the rest of the rows, in order of time."""
    each = max(0, ROWS - SECONDS) / SECONDS  # rows a second
    written = 0
    async with await psycopg.AsyncConnection.connect(url) as connection, connection.cursor() as cursor:
        await cursor.execute(b"SET statement_timeout = 0")
        await cursor.execute("SELECT ensure_fix_day(%s)", [DAY.date()])
        async with cursor.copy(COPY) as copy:
            for second in range(SECONDS):
                await copy.write_row(line(unit, second, *at(unit, second), bodies))
                while written < (second + 1) * each:
                    other = others[written % len(others)]
                    moment = min(written / each, SECONDS - 0.001)
                    await copy.write_row(line(other, moment, *at(other, moment), bodies))
                    written += 1


async def timed(work: Callable[[], Awaitable[object]], rounds: int = ROUNDS) -> float:
    """Milliseconds, the median; the first ones warm it up."""
    took = []
    for turn in range(rounds + 3):
        began = time.perf_counter()
        await work()
        if turn >= 3:
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


@asynccontextmanager
async def streamed(browser: httpx.AsyncClient, path: str) -> AsyncIterator[httpx.Response]:
    """An answer that is not read yet."""
    async with browser.stream("GET", path) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield answer


async def first_fix(browser: httpx.AsyncClient, path: str) -> None:
    """Until the first fix is here: the head of a file comes before anything was looked for."""
    received = b""
    async with streamed(browser, path) as answer:
        async for part in answer.aiter_bytes():
            received += part
            if b'"coordinates":[[' in received:
                return
    raise AssertionError("the track is empty")


async def replayed(system: System, unit: int) -> dict[str, float]:
    """A replay of all units in 25 km² at 60×: until the first snapshot, and how fast it really goes."""
    longitude, latitude = at(unit, 43_200)
    area = f"{longitude - 0.025:.6f},{latitude - 0.022:.6f},{longitude + 0.025:.6f},{latitude + 0.022:.6f}"
    message = hello(DAY + timedelta(seconds=43_200), 7200, area=area, speed=60)
    began = time.perf_counter()
    async with watching_replay(system.live_url, message, system.cookie) as watcher:
        first = time.perf_counter() - began
        assert watcher.positions, watcher.messages
        since, begun = time.perf_counter(), watcher.marks[-1]["time"]
        await asyncio.sleep(REPLAYED_S)
        await watcher.until(lambda: watcher.marks[-1]["time"] > begun)
        speed = (watcher.marks[-1]["time"] - begun) / 1000 / (time.perf_counter() - since)
    return {"replay_first_snapshot_ms": first * 1000, "replay_speed_of_60": speed}


async def questions(system: System, unit: int, suffix: str) -> dict[str, float]:
    """All figures of the day as it lies now."""
    span = f"from={to_ms(DAY)}&to={to_ms(DAY) + SECONDS * 1000 - 1}&reason=bench"
    raw, whole = f"/api/v1/tracks?unit={unit}&{span}", f"/api/v1/units/{unit}/track?{span}&zoom=13"
    longitude, latitude = at(unit, 43_200)
    hour = f"from={to_ms(DAY) + 39_600_000}&to={to_ms(DAY) + 46_800_000}&reason=bench"
    near = f"/api/v1/presence-at?longitude={longitude:.6f}&latitude={latitude:.6f}&metres=300&{hour}"
    figures: dict[str, float] = {}
    async with httpx.AsyncClient(base_url=system.url, cookies=system.cookies, timeout=120) as browser:

        async def first_byte() -> None:
            async with streamed(browser, raw) as answer:
                await anext(answer.aiter_bytes())

        async def get(path: str) -> httpx.Response:
            answer = await browser.get(path)
            assert answer.status_code == 200, answer.text
            return answer

        figures["track_first_byte_ms"] = await timed(first_byte)
        figures["track_first_fix_ms"] = await timed(lambda: first_fix(browser, raw))
        figures["track_simplified_ms"] = await timed(lambda: get(whole))
        figures["who_was_here_ms"] = await timed(lambda: get(near))
        began = time.perf_counter()
        features = (await get(raw)).json()["features"]
        figures["track_whole_file_ms"] = (time.perf_counter() - began) * 1000
        assert len(features[0]["geometry"]["coordinates"]) == SECONDS
        simplified = (await get(whole)).json()
        assert simplified["stored"] == SECONDS
        figures["simplified_points"] = len(simplified["times"])
        figures["who_was_here_units"] = len((await get(near)).json())
    return {f"{name}{suffix}": value for name, value in figures.items()}


async def measure(system: System) -> dict[str, float]:
    """All figures, as the rows came and in order."""
    found = system.connections()

    async def found_city(session: AsyncSession) -> tuple[list[int], tuple[int, int]]:
        root = await first_root(session) or await add_node(session, "city", "city")
        district = await add_node(session, "district", "district", root)
        squad = await add_node(session, "squad", "squad", district)
        units = [await add_unit(session, f"H{n}", squad, "car", "bench") for n in range(121)]
        return units, (district, squad)

    units, bodies = await change(found.database_url, found.nats_url, found_city)
    await fill(found.database_url.replace("+psycopg", "", 1), units[0], units[1:], bodies)
    database = Database(found.database_url)
    async with database.transaction() as session:
        await session.execute(text("SET LOCAL statement_timeout = 0"))
        figures: dict[str, float] = {"rows": await session.scalar(text("SELECT count(*) FROM fix")) or 0}
    figures |= await questions(system, units[0], "_as_it_came")
    began = time.perf_counter()
    assert await order_day(database, DAY.date())
    figures["order_day_s"] = time.perf_counter() - began
    figures |= await questions(system, units[0], "")
    figures |= await replayed(system, units[0])
    await database.close()
    return figures


def main() -> None:
    """Measure everything, print and merge."""
    with running_system(log_level="warning") as system:
        figures = asyncio.run(measure(system))
    goals = {"track_first_byte_ms": "≤ 50", "track_simplified_ms": "≤ 400", "who_was_here_ms": "≤ 200"}
    units = {"_ms": "ms", "_s": "s"}
    table(
        [
            (name, value, next((unit for end, unit in units.items() if name.endswith(end)), ""), goals.get(name, ""))
            for name, value in figures.items()
        ]
    )
    merge("history", {name: round(value, 2) for name, value in figures.items()}, {})


if __name__ == "__main__":
    main()
