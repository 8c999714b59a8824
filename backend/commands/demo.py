"""`liandong simulate` and `liandong demo-receiver`: the demo's units, through the program's own doors."""

import asyncio
import contextlib
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Coroutine
from typing import Any

from backend.demo import organisation, receiver, units, wander
from backend.home import Home, resolve
from backend.identity.change import change
from backend.settings import Settings
from backend.up import connections

CAR_SEED = 1001
CAR_RADIUS_M = 3_000.0


def arguments(parser: ArgumentParser) -> None:
    """Arguments of `simulate`."""
    parser.add_argument("--units", type=int, default=40, help="how many (40)")
    parser.add_argument("--interval", type=float, default=5.0, help="seconds between two reports of one (5)")
    parser.add_argument("--host", default="127.0.0.1", help="where ingest listens (127.0.0.1)")
    parser.add_argument("--port", type=int, help="OsmAnd port (as set)")


def simulate(settings: Settings, given: Namespace) -> int:
    """Drive simulated units through the OsmAnd port until stopped."""
    secret = Home(resolve(settings.home)[0]).secrets().access_key
    port = given.port or settings.device_ports().get("osmand")
    if port is None:
        print("the OsmAnd port is off (LIANDONG_OSMAND_PORT=0): nothing to simulate", file=sys.stderr)
        return 0

    async def main() -> None:
        found = connections(settings)
        devices = await change(
            found.database_url, found.nats_url, lambda session: organisation.add_units(session, secret, given.units)
        )
        print(f"{len(devices)} units report to {given.host}:{port} every {given.interval:g} s", flush=True)
        centre = (settings.map_longitude, settings.map_latitude)
        await units.simulate(devices, given.host, port, centre, given.interval)

    return until_interrupted(main())


def demo_receiver(settings: Settings, given: Namespace) -> int:
    """Feed the demo's command car by a real gpsd with gpsfake."""
    if not receiver.available():
        print("gpsd and gpsfake are not installed (apt-get install gpsd gpsd-clients): no command car")
        return 0
    home = Home(resolve(settings.home)[0])
    port = home.embedded_port("demo-gpsd")
    car = wander.spread("command", (settings.map_longitude, settings.map_latitude), CAR_SEED, CAR_RADIUS_M)

    async def main() -> None:
        found, secret = connections(settings), home.secrets().access_key
        await change(
            found.database_url,
            found.nats_url,
            lambda session: organisation.add_receiver(session, secret, f"127.0.0.1:{port}"),
        )
        await receiver.run(car, port)

    return until_interrupted(main())


def until_interrupted(work: Coroutine[Any, Any, None]) -> int:
    """Run until SIGINT or SIGTERM, which end it in order."""

    async def watched() -> None:
        task = asyncio.ensure_future(work)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(watched())
    return 0
