"""`make bench-wall`: what the map wall costs a browser, with 120, 1 000 and 5 000 units that all move.

Chromium draws 1920 × 1080 without a graphics card (SwiftShader): the intervals between frames are those of the slowest
PC there can be, the drawing times are the main thread's. `city`: zoom 12.3, every unit in view, none in a bubble;
`street`: zoom 16.3. Each unit reports every 5 s by the OsmAnd port, from a process of its own.
`python -m bench.wall --minutes 10 --seconds 10`: the length of the memory part, and of each other measurement.
"""

import argparse
import asyncio
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from playwright.sync_api import Browser, CDPSession, Page
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.change import change
from backend.identity.devices import add_device, add_node, add_unit
from bench.position import Load, percentile
from bench.results import merge, table
from tests.e2e.browser import chromium, until, wall_page
from tests.paths.system import System, running_system

COUNTS = (120, 1000, 5000)
MEMORY_COUNT = 1000
REPORT_EVERY_S = 5.0
CITY_ZOOM = 12.3
STEPS_TO_STREET = 4
RADIUS_DEGREES = 0.058  # 6.5 km: the height of the screen at that zoom
TOKEN = "wallwallwallwallwallwall"
KINDS = ("car", "e_bike", "foot", "car", "e_bike", "foot", "car", "e_bike", "foot", "command")
FEWEST_FRAMES = 5
SETTLE_S = 12.0  # each unit has reported twice, and moves
Spot = tuple[str, float, float]


def register(system: System, count: int) -> list[Spot]:
    """Units of all kinds with a device each, in four districts of four squads; returns what `bench.load` drives."""

    async def work(session: AsyncSession) -> None:
        city = await add_node(session, "bench", "city")
        districts = [await add_node(session, f"d{number}", "district", city) for number in range(4)]
        squads = [
            await add_node(session, f"s{number}", "squad", district) for district in districts for number in range(4)
        ]
        for number in range(count):
            squad, kind = squads[number % len(squads)], KINDS[number % len(KINDS)]
            unit = await add_unit(session, f"W{number:04}", squad, kind, f"wall {number}")
            await add_device(session, f"w{number}", unit, "osmand", token=TOKEN, simulated=True)

    found = system.connections()
    asyncio.run(change(found.database_url, found.nats_url, work))
    time.sleep(4)  # every process has seen the new version
    middle = httpx.get(f"{system.url}/api/v1/session", cookies=system.cookies).json()["map"]
    return [(f"w{number}-{TOKEN}", *spot(number, middle)) for number in range(count)]


def spot(number: int, middle: dict[str, float]) -> tuple[float, float]:
    """Over a disc around the middle of the map, denser towards it, degrees; any first units of the list do so too."""
    angle, away = number * 2.39996, RADIUS_DEGREES * ((number * 0.618034) % 1)
    return middle["longitude"] + away * math.cos(angle), middle["latitude"] + away * math.sin(angle)


@contextmanager
def moving(system: System, units: list[Spot]) -> Iterator[None]:
    """These units report as long as the block lasts, each every 5 s."""
    running = Load(system, units, max(8, len(units) // 10), REPORT_EVERY_S, 3600)
    try:
        yield
    finally:
        running.stop()


def drawn(page: Page) -> int:
    """How many units are on the map."""
    return int(page.evaluate("window.__liandong?.frames().drawn && Object.keys(window.__liandong.drawn()).length") or 0)


def open_wall(browser: Browser, system: System) -> Any:
    """The wall on a full HD screen."""
    return wall_page(browser, system.url, system.cookies, width=1920, height=1080, locale="en")


def frame_figures(page: Page, seconds: float, name: str) -> dict[str, float]:
    """Intervals between frames and drawing times over so many seconds, or until there are enough of them, ms."""
    before = page.evaluate("window.__liandong.frames()")

    def since() -> tuple[int, int]:
        now = page.evaluate("window.__liandong.frames()")
        return now["passed"] - before["passed"], now["drawn"] - before["drawn"]

    began = time.perf_counter()
    page.wait_for_timeout(seconds * 1000)
    until(page, lambda: min(since()) >= FEWEST_FRAMES, 120)
    took = time.perf_counter() - began
    passed, painted = since()
    after = page.evaluate("window.__liandong.frames()")
    print(f"{name}: {passed} frames, {painted} drawn in {took:.1f} s", flush=True)
    intervals, draws = sorted(after["intervals"][-passed:]), sorted(after["draws"][-painted:])
    return {
        f"frame_p50_ms_{name}": percentile(intervals, 0.5),
        f"frame_p95_ms_{name}": percentile(intervals, 0.95),
        f"draw_p50_ms_{name}": percentile(draws, 0.5),
        f"draw_p95_ms_{name}": percentile(draws, 0.95),
        f"draws_per_s_{name}": painted / took,
    }


def frames(system: System, browser: Browser, units: list[Spot], seconds: float) -> dict[str, float]:
    """Frames with all these units under way: the whole city in view, and a few streets."""
    with moving(system, units), open_wall(browser, system) as page:
        until(page, lambda: drawn(page) >= len(units) * 0.95, 60)
        page.wait_for_timeout(SETTLE_S * 1000)
        figures = frame_figures(page, seconds, str(len(units)))
        for _ in range(STEPS_TO_STREET):
            page.keyboard.press("+")
            page.wait_for_timeout(600)
        page.wait_for_timeout(4000)
        return figures | frame_figures(page, seconds, f"{len(units)}_street")


def first_load(system: System, browser: Browser, units: list[Spot]) -> dict[str, float]:
    """From the link to the first unit on the map with an empty cache: time, and bytes of all answers until then."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="en")
    context.add_cookies([{"name": name, "value": value, "url": system.url} for name, value in system.cookies.items()])
    page = context.new_page()
    sizes: list[float] = []
    network = context.new_cdp_session(page)
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    network.send("Network.enable")
    with moving(system, units):
        time.sleep(SETTLE_S)
        began = time.perf_counter()
        page.goto(f"{system.url}/wall", wait_until="commit")
        while drawn(page) == 0:
            page.wait_for_timeout(20)
        figures = {"first_units_ms": (time.perf_counter() - began) * 1000, "first_load_bytes": sum(sizes)}
    context.close()
    return figures


def heap(session: CDPSession) -> float:
    """Bytes of JavaScript objects that are still needed."""
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize"))


def memory(system: System, browser: Browser, units: list[Spot], minutes: float) -> dict[str, float]:
    """Growth of the heap while all these units move, after a minute to warm up, and what a frame leaves as garbage."""
    with open_wall(browser, system) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        with moving(system, units):
            until(page, lambda: drawn(page) >= len(units) * 0.95, 60)
            page.wait_for_timeout(60_000)
            first = heap(session)
            page.wait_for_timeout(minutes * 60_000)
            last = heap(session)
        garbage = frame_garbage(system, page, session, units)
    print(f"heap {first / 1e6:.1f} MB, {minutes:g} min later {last / 1e6:.1f} MB", flush=True)
    return {"heap_mb": last / 1e6, "heap_growth_mb_10min": (last - first) / 1e6 * 10 / minutes, **garbage}


def frame_garbage(system: System, page: Page, session: CDPSession, units: list[Spot]) -> dict[str, float]:
    """Bytes allocated per frame while units glide and no fix comes: reporting every 10 s they glide on for as long."""
    Load(system, units, len(units) // 10, 10, 25).result()
    before = page.evaluate("window.__liandong.frames()")["passed"]
    every = {"includeObjectsCollectedByMajorGC": True, "includeObjectsCollectedByMinorGC": True}
    session.send("HeapProfiler.startSampling", {"samplingInterval": 512, **every})
    page.wait_for_timeout(7000)
    profile = session.send("HeapProfiler.stopSampling")["profile"]["head"]
    passed = page.evaluate("window.__liandong.frames()")["passed"] - before
    assert passed > 0, "the units glide"
    return {"garbage_bytes_per_frame": allocated(profile, "tick") / passed}


def allocated(node: dict[str, Any], name: str, inside: bool = False) -> float:
    """Bytes of a sampling profile that functions of this name and what they call have allocated."""
    inside = inside or node["callFrame"]["functionName"].endswith(name)
    own = float(node["selfSize"]) if inside else 0.0
    return own + sum(allocated(child, name, inside) for child in node["children"])


def main() -> None:
    """Measure everything, print and merge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10, help="length of the memory part (10)")
    parser.add_argument("--seconds", type=float, default=10, help="length of each other measurement (10)")
    given = parser.parse_args()
    figures: dict[str, float] = {}
    with running_system(log_level="warning", map_zoom=str(CITY_ZOOM)) as system:
        units = register(system, max(COUNTS))
        with chromium() as browser:
            figures |= first_load(system, browser, units[: COUNTS[0]])
            for count in COUNTS:
                figures |= frames(system, browser, units[:count], given.seconds)
                if count == MEMORY_COUNT:
                    figures |= memory(system, browser, units[:count], given.minutes)
    table([(name, value, unit_of(name), "") for name, value in figures.items()])
    merge("wall", {name: round(value, 3) for name, value in figures.items()}, {})


def unit_of(name: str) -> str:
    """The unit that a figure's name tells."""
    return next((unit for unit in ("ms", "mb", "bytes", "per_s") if f"_{unit}" in name), "")


if __name__ == "__main__":
    main()
