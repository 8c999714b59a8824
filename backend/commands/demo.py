"""`liandong simulate` and `liandong demo-receiver`: the demo's units, through the program's own doors."""

import asyncio
import contextlib
import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any

import uvloop

from backend.bus.server import NatsServer
from backend.clock import now_ms
from backend.demo import fleet, organisation, receiver, units
from backend.demo.city import City
from backend.demo.gps import Gps
from backend.demo.talk import WAYS, way_of
from backend.geo.ground import ground_folders
from backend.home import Home, resolve
from backend.identity.change import change
from backend.process import allow_files
from backend.settings import Settings
from backend.up import connections

COMMAND_SEED = 1001
SPOKEN = (*WAYS, organisation.MIXED)


def arguments(parser: ArgumentParser) -> None:
    """Arguments of `simulate`."""
    parser.add_argument("--units", type=whole_number, default=fleet.WHOLE_FLEET, help=f"how many ({fleet.WHOLE_FLEET})")
    parser.add_argument("--interval", type=seconds, help="seconds between two reports of one (by kind: 5, on foot 10)")
    parser.add_argument(
        "--protocol",
        choices=SPOKEN,
        default=organisation.MIXED,
        help="what they speak; mixed: cars JT/T 808, e-bikes OsmAnd, on foot OwnTracks (mixed)",
    )
    parser.add_argument("--map", type=Path, help="folder of a built map (the one that the pages show)")
    parser.add_argument("--host", default="127.0.0.1", help="where ingest listens (127.0.0.1)")
    parser.add_argument("--port", type=int, help="port of that one protocol (as set); OwnTracks: of MQTT")


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
    home = Home(resolve(settings.home)[0])
    ports = open_ports(settings, home)
    if given.port and given.protocol == organisation.MIXED:
        print("--port goes with one --protocol, not with mixed", file=sys.stderr)
        return 2
    if given.port:
        ports[WAYS[given.protocol][0].port] = given.port
    if missing := missing_ports(given.protocol, ports):
        print(f"a port is off ({', '.join(missing)}): nothing to simulate", file=sys.stderr)
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
            lambda session: organisation.add_units(session, home.secrets().demo_devices, city, posts, given.protocol),
        )
        moving = units.board(city, devices, given.interval)
        print(f"{len(devices)} units report to {given.host}: {summary(devices, ports)}", flush=True)
        await units.simulate(moving, given.host, ports)

    return until_interrupted(main())


def open_ports(settings: Settings, home: Home) -> dict[str, int]:
    """The device ports by name; MQTT's only if our own bus has it and speaks in the clear: else apps use HTTP."""
    ports = settings.device_ports()
    own_bus = NatsServer(home, home.read_run().ports.get("nats", 0)).url()
    if settings.mqtt_tls_certificate is not None or settings.nats_url not in (None, own_bus):
        ports.pop("mqtt", None)
    return ports


def missing_ports(protocol: str, ports: Mapping[str, int]) -> list[str]:
    """The settings that are off and without which the fleet cannot speak this."""
    spoken = {organisation.spoken_by(kind, protocol) for kind in fleet.KINDS}
    missing = [WAYS[one] for one in sorted(spoken) if way_of(one, ports) is None]
    return [" and ".join(f"LIANDONG_{way.port.upper()}_PORT=0" for way in ways) for ways in missing]


def summary(devices: Sequence[organisation.DemoDevice], ports: Mapping[str, int]) -> str:
    """How many speak what, and to which port."""
    spoken = Counter(one.protocol for one in devices)
    ways = {name: way for name in spoken if (way := way_of(name, ports)) is not None}
    return ", ".join(f"{spoken[name]} {name} ({way.port} {ports[way.port]})" for name, way in ways.items())


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
