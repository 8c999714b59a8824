"""Writes the demo's bodies, units and devices, through `identity`; again and again with the same result.

Device tokens are derived from a secret of this installation, so that the demo can start again without storing them.
A unit of the brigade or of a department belongs to that body itself: its positions carry it as their squad, and 0 as
district, since these bodies stand beside the districts.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from backend.demo.bodies import Body, bodies_of
from backend.demo.city import City
from backend.demo.fleet import Post
from backend.demo.people import add_people
from backend.identity.devices import add_device, add_unit, ids_by_code
from backend.identity.importing.row import Row
from backend.identity.importing.store import import_rows


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """A device of the demo, with what is typed into a client, and its unit."""

    identifier: str
    token: str
    post: Post


def demo_token(secret: str, identifier: str) -> str:
    """The token of a demo device: the same at every start, known to nobody without the installation's secret."""
    return hmac.new(secret.encode(), identifier.encode(), hashlib.sha256).hexdigest()[:32]


async def add_bodies(session: AsyncSession, rows: Sequence[Row]) -> dict[str, int]:
    """The demo's organisation, through the door that operators use; code → id of all bodies."""
    await import_rows(session, list(rows), "demo")
    return await ids_by_code(session)


def rows_of(bodies: Sequence[Body], areas: Mapping[str, Mapping[str, Any]]) -> list[Row]:
    """Bodies as rows of an import. `areas`: by code, GeoJSON in WGS-84."""
    return [
        Row(
            "demo",
            line,
            {
                "code": body.key,
                "kind": body.kind,
                "name": body.name,
                "name_en": body.name_en,
                **({"parent": body.parent} if body.parent else {}),
            },
            areas.get(body.key),
            "EPSG:4326",
        )
        for line, body in enumerate(bodies, 1)
    ]


async def add_squads(session: AsyncSession) -> list[int]:
    """The bodies of a map without areas; returns the ids of the squads."""
    bodies = bodies_of([], [])
    ids = await add_bodies(session, rows_of(bodies, {}))
    return [ids[body.key] for body in bodies if body.kind == "squad"]


async def add_units(session: AsyncSession, secret: str, city: City, posts: Sequence[Post]) -> list[DemoDevice]:
    """The bodies with their areas, the people, and the units with a simulated OsmAnd device each."""
    ids = await add_bodies(session, rows_of(city.bodies, city.areas))
    await add_people(session, city.bodies, ids)
    devices = []
    for number, post in enumerate(posts, 1):
        unit = await add_unit(session, post.call_sign, ids[post.body], post.kind, post.name, post.name_en)
        identifier = f"sim-{number:03d}"
        token = demo_token(secret, identifier)
        await add_device(session, identifier, unit, "osmand", token=token, simulated=True)
        devices.append(DemoDevice(identifier, token, post))
    return devices


async def add_receiver(session: AsyncSession, secret: str, city: City, post: Post, address: str) -> None:
    """The command car, located by the gpsd at `address` (host:port)."""
    ids = await add_bodies(session, rows_of(city.bodies, city.areas))
    unit = await add_unit(session, post.call_sign, ids[post.body], post.kind, post.name, post.name_en)
    token = demo_token(secret, "gpsd-001")
    await add_device(session, "gpsd-001", unit, "gpsd", address=address, token=token, simulated=True)
