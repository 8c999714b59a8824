"""`liandong simulate` and `liandong demo-receiver`: the demo's units, through the program's own doors."""

import asyncio
import contextlib
import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import uvloop

from backend.clock import now_ms
from backend.demo import fleet, organisation, receiver, units
from backend.demo.city import City
from backend.demo.gps import Gps
from backend.geo.ground import ground_folders
from backend.home import Home, resolve
from backend.identity.change import change
from backend.process import allow_files
from backend.settings import Settings
from backend.up import connections

COMMAND_SEED = 1001


def arguments(parser: ArgumentParser) -> None:
    """Arguments of `simulate`."""
    parser.add_argument("--units", type=whole_number, default=fleet.WHOLE_FLEET, help=f"how many ({fleet.WHOLE_FLEET})")
    parser.add_argument("--interval", type=seconds, help="seconds between two reports of one (by kind: 5, on foot 10)")
    parser.add_argument("--protocol", choices=organisation.SPOKEN, default="osmand", help="what they speak (osmand)")
    parser.add_argument("--map", type=Path, help="folder of a built map (the one that the pages show)")
    parser.add_argument("--host", default="127.0.0.1", help="where ingest listens (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port of that protocol (as set)")


def whole_number(text: str) -> int:
    """An argument that counts something; argparse puts a ValueError into words."""
    number = int(text)
    if number < 1:
        raise ArgumentTypeError(f"expected 1 or more, got {text}")
    return number


def seconds(text: str) -> float:
    """An argument that is a time."""
    number = float(text)
    if not 0.1 <= number <= 3600:
        raise ArgumentTypeError(f"expected 0.1 to 3600 seconds, got {text}")
    return number


def simulate(settings: Settings, given: Namespace) -> int:
    """Drive simulated units over the map's streets and report through the device ports until stopped."""
    secret = Home(resolve(settings.home)[0]).secrets().demo_devices
    ports = settings.device_ports()
    if given.port:
        ports[given.protocol] = given.port
    needed = ("osmand", "jt808") if given.protocol == organisation.MIXED else (given.protocol,)
    if missing := [name for name in needed if name not in ports]:
        names = ", ".join(f"LIANDONG_{name.upper()}_PORT=0" for name in missing)
        print(f"a port is off ({names}): nothing to simulate", file=sys.stderr)
        return 0
    city = open_city(settings, given.map)
    if city is None:
        return 0
    posts = fleet.posts(city.bodies, given.units)
    if receiver.available():
        # That one is moved by demo-receiver.
        posts = [post for post in posts if post != command_car(city)]
    allow_files(len(posts))

    async def main() -> None:
        found = connections(settings)
        devices = await change(
            found.database_url,
            found.nats_url,
            lambda session: organisation.add_units(session, secret, city, posts, given.protocol),
        )
        moving = units.board(city, devices, given.interval)
        print(
            f"{len(devices)} units report to {given.host}:{', '.join(str(ports[name]) for name in needed)}", flush=True
        )
        await units.simulate(moving, given.host, ports)

    return until_interrupted(main())


def demo_receiver(settings: Settings, given: Namespace) -> int:
    """Feed the demo's command car by a real gpsd with gpsfake."""
    if not receiver.available():
        print("gpsd and gpsfake are not installed (apt-get install gpsd gpsd-clients): no gpsd in the demo")
        return 0
    city = open_city(settings, None)
    if city is None:
        return 0
    home = Home(resolve(settings.home)[0])
    port = home.embedded_port("demo-gpsd")
    car = command_car(city)

    async def main() -> None:
        found, secret = connections(settings), home.secrets().demo_devices
        await change(
            found.database_url,
            found.nats_url,
            lambda session: organisation.add_receiver(session, secret, city, car, f"127.0.0.1:{port}"),
        )
        await receiver.run(city.driver(car, COMMAND_SEED, now_ms() / 1000), Gps(COMMAND_SEED), port)

    return until_interrupted(main())


def open_city(settings: Settings, folder: Path | None) -> City | None:
    """The built map whose streets are driven; None, with words, where there is none."""
    folders = [folder] if folder else ground_folders(resolve(settings.home)[0])
    if not folders:
        print("there is no built map, so no streets to drive on: `make run` builds the demo's, or `make tiles`")
        return None
    try:
        return City(folders[0])
    except (OSError, ValueError) as error:
        print(f"the streets of the built map cannot be read: {error}")
        return None


def command_car(city: City) -> fleet.Post:
    """The unit that a real gpsd locates."""
    return next(post for post in fleet.posts(city.bodies) if post.kind == "command")


def until_interrupted(work: Coroutine[Any, Any, None]) -> int:
    """Run until SIGINT or SIGTERM, which end it in order."""

    async def watched() -> None:
        task = asyncio.ensure_future(work)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    uvloop.run(watched())
    return 0
