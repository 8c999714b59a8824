"""Writes the demo's bodies, units and devices, through `identity`; again and again with the same result.

Device tokens are derived from a secret of this installation, so that the demo can start again without storing them.
A unit of the brigade or of a department belongs to that body itself: its positions carry it as their squad, and 0 as
district, since these bodies stand beside the districts.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.demo.bodies import bodies_of
from backend.demo.city import City
from backend.demo.fleet import KINDS, Post
from backend.demo.people import add_people
from backend.demo.rows import body_rows, camera_rows, numbered, seat_rows, unit_rows
from backend.identity.audit import COMMAND_LINE, record
from backend.identity.devices import add_device, find_unit, ids_by_code, revoke_device, simulated_devices
from backend.identity.importing.store import import_rows

MIXED = "mixed"
MADE = re.compile(r"139[0-9]{8}|sim-[0-9]{3,}")  # identifiers of the demo
WITHOUT_RECEIVER = "osmand"  # of what gpsd would locate, on a machine that has none


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """A device of the demo, with what is typed into a client, and its unit."""

    identifier: str
    token: str
    post: Post
    protocol: str = "osmand"


def demo_token(secret: str, identifier: str) -> str:
    """The token of a demo device: the same at every start, known to nobody without the installation's secret."""
    return hmac.new(secret.encode(), identifier.encode(), hashlib.sha256).hexdigest()[:32]


async def add_squads(session: AsyncSession) -> list[int]:
    """The bodies of a map without areas; returns the ids of the squads."""
    bodies = bodies_of([], [])
    await import_rows(session, numbered(body_rows(bodies, {})), "demo")
    ids = await ids_by_code(session)
    return [ids[body.key] for body in bodies if body.kind == "squad"]


async def add_units(
    session: AsyncSession, secret: str, city: City, posts: Sequence[Post], protocol: str = MIXED
) -> list[DemoDevice]:
    """The bodies with all that hangs on them, the people, and a simulated device for each of these units.

    `protocol`: what all of them speak; MIXED: each what its kind does. A unit that had another simulated device
    before keeps only this one; what that one told stays.
    """
    await _import(session, city, posts)
    await add_people(session, city.bodies, await ids_by_code(session))
    devices: dict[int, DemoDevice] = {}
    for number, post in enumerate(posts, 1):
        spoken = spoken_by(post.kind, protocol)
        # A terminal is known by the number of its card.
        identifier = f"139{number:08d}" if spoken == "jt808" else f"sim-{number:03d}"
        token = demo_token(secret, identifier)
        unit = await find_unit(session, post.call_sign)
        # Who goes on foot carries a telephone of his own; cars and e-bikes carry the city's terminals.
        personal = post.kind == "foot"
        await add_device(session, identifier, unit, spoken, token=token, simulated=True, personal=personal)
        devices[unit] = DemoDevice(identifier, token, post, spoken)
    await _replace(session, {unit: device.identifier for unit, device in devices.items()})
    return list(devices.values())


def spoken_by(kind: str, protocol: str) -> str:
    """The protocol of a unit of this kind where the fleet speaks `protocol`."""
    if protocol != MIXED:
        return protocol
    tracker = KINDS[kind].tracker
    return WITHOUT_RECEIVER if tracker == "gpsd" else tracker


async def add_receiver(session: AsyncSession, secret: str, city: City, post: Post, address: str) -> None:
    """The command car, located by the gpsd at `address` (host:port)."""
    await _import(session, city, [post])
    token = demo_token(secret, "gpsd-001")
    unit = await find_unit(session, post.call_sign)
    await add_device(session, "gpsd-001", unit, "gpsd", address=address, token=token, simulated=True)


async def _replace(session: AsyncSession, devices: Mapping[int, str]) -> None:
    """Revoke what else the demo gave these units (number → identifier) when they spoke something else."""
    for device in await simulated_devices(session, devices):
        if MADE.fullmatch(device.identifier) and device.identifier != devices[device.unit]:
            await revoke_device(session, device)
            told = {"identifier": device.identifier, "instead": devices[device.unit]}
            await record(session, COMMAND_LINE, "device.revoked", f"device:{device.id}", **told)


async def _import(session: AsyncSession, city: City, posts: Sequence[Post]) -> None:
    """Through the door that operators use."""
    rows = [*body_rows(city.bodies, city.areas), *unit_rows(posts), *seat_rows(), *camera_rows(city.crossings)]
    await import_rows(session, numbered(rows), "demo")
