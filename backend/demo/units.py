"""`liandong simulate`: units that report through the real device ports, as their trackers would."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from backend.clock import now_ms
from backend.demo.city import City
from backend.demo.driver import Driver
from backend.demo.fleet import GOOD, KINDS, SILENT, WEAK
from backend.demo.gps import Gps, Sample
from backend.demo.organisation import DemoDevice
from backend.demo.talk import Call, Way, way_of

log = logging.getLogger(__name__)

PAUSE_S = 1.0
LONGEST_GAP_S = 60.0  # after a longer one, as when the machine slept, a unit goes on from where it was
# A weak line brings every WEAK_EVERY_S what was measured WEAK_AGE_S before: such a unit is always seen as stale
# (30 to 120 s old, frontend/src/live/age.ts), never as fresh and never as lost.
WEAK_EVERY_S = 60.0
WEAK_AGE_S = 40.0
# A silent one hands in what it measured that long ago, and is not heard of again: lost from the first moment on.
SILENT_AGE_S = 1500.0
BEGAN_S = {WEAK: WEAK_AGE_S, SILENT: SILENT_AGE_S}  # before now


@dataclass(slots=True)
class Simulated:
    """One unit: its device, who drives it, its receiver. `moment` is up to when it was driven, ms since 1970."""

    device: DemoDevice
    driver: Driver
    gps: Gps
    interval_s: float
    moment: int

    def measure(self, moment: int) -> Sample:
        """Drive on to this moment and look where that is."""
        self.driver.advance(min(max(moment - self.moment, 0) / 1000, LONGEST_GAP_S))
        self.moment = moment
        return self.gps.look(self.driver)


def board(city: City, devices: list[DemoDevice], interval_s: float | None) -> list[Simulated]:
    """Put a driver into each unit; `interval_s` overrules what is usual for its kind."""
    return [_board(city, device, seed, interval_s) for seed, device in enumerate(devices)]


def _board(city: City, device: DemoDevice, seed: int, interval_s: float | None) -> Simulated:
    moment = now_ms() - round(BEGAN_S.get(device.post.line, 0.0) * 1000)
    driver = city.driver(device.post, seed, moment / 1000)
    return Simulated(device, driver, Gps(seed), interval_s or KINDS[device.post.kind].interval_s, moment)


async def simulate(units: list[Simulated], host: str, ports: Mapping[str, int]) -> None:
    """Let these units report for ever. `ports`: those that are open, as in `Settings.device_ports`.

    Raises ValueError where a unit speaks what no port is open for.
    """
    ways: dict[str, Way] = {}
    for protocol in {unit.device.protocol for unit in units}:
        way = way_of(protocol, ports)
        if way is None:
            raise ValueError(f"expected an open port for {protocol}, got {', '.join(ports) or 'none'}")
        ways[protocol] = way
    async with asyncio.TaskGroup() as tasks:
        for unit in units:
            way = ways[unit.device.protocol]
            tasks.create_task(keep_calling(unit, way, host, ports[way.port]))


async def keep_calling(unit: Simulated, way: Way, host: str, port: int) -> None:
    """One unit: connect, report, connect again when the line is cut."""
    # Not all at once, and not before every process has heard of the new devices.
    await asyncio.sleep(1 + random.uniform(0, unit.interval_s))
    talk = TALKS[unit.device.post.line]
    while True:
        try:
            reader, writer = await asyncio.open_connection(host, port)
            with contextlib.closing(writer):
                await talk(unit, await way.open(unit.device, reader, writer))
                return
        except (OSError, EOFError, TimeoutError) as error:
            log.debug("%s: %r", unit.device.identifier, error)
            await asyncio.sleep(PAUSE_S)


async def report_steadily(unit: Simulated, call: Call) -> None:
    """At every interval where it is."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        moment = now_ms()
        await call.report(unit.measure(moment), moment)
        due = max(due + unit.interval_s, loop.time())
        await asyncio.sleep(due - loop.time())


async def report_late(unit: Simulated, call: Call) -> None:
    """Seldom, and each time where it was a while ago."""
    while True:
        sample = unit.measure(unit.moment)
        await asyncio.sleep(max(unit.moment / 1000 + WEAK_AGE_S - now_ms() / 1000, 0))
        await call.report(sample, unit.moment)
        await asyncio.sleep(WEAK_EVERY_S - WEAK_AGE_S)
        unit.measure(now_ms())


async def report_once(unit: Simulated, call: Call) -> None:
    """Where it was long ago, until that is taken."""
    while not await call.report(unit.measure(unit.moment), unit.moment):
        await asyncio.sleep(PAUSE_S)


TALKS: dict[str, Callable[[Simulated, Call], Awaitable[None]]] = {
    GOOD: report_steadily,
    WEAK: report_late,
    SILENT: report_once,
}
