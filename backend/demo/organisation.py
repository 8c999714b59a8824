"""The demo's bureau: two districts with two squads each, and their units and devices.

Device tokens are derived from a secret of this installation, so that the demo can start again without storing them.
"""

import hashlib
import hmac
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.devices import add_device, add_node, add_unit

CITY = ("联动市城市管理执法局", "Liandong City Urban Management Bureau")
DISTRICTS = (
    (
        "江东区城管执法局",
        "Jiangdong District Bureau",
        (("江东一中队", "Jiangdong Squad 1"), ("江东二中队", "Jiangdong Squad 2")),
    ),
    (
        "江西区城管执法局",
        "Jiangxi District Bureau",
        (("江西一中队", "Jiangxi Squad 1"), ("江西二中队", "Jiangxi Squad 2")),
    ),
)
KINDS = (("car", "巡逻车", "Patrol car"), ("e_bike", "电动车组", "E-bike patrol"), ("foot", "步巡组", "Foot patrol"))


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """A device of the demo with what is typed into a client."""

    identifier: str
    token: str
    kind: str


def demo_token(secret: str, identifier: str) -> str:
    """The token of a demo device: the same at every start, known to nobody without the installation's secret."""
    return hmac.new(secret.encode(), identifier.encode(), hashlib.sha256).hexdigest()[:32]


async def add_squads(session: AsyncSession) -> list[int]:
    """The demo's bodies; returns the ids of the squads."""
    city = await add_node(session, CITY[0], "city", name_en=CITY[1])
    squads = []
    for name, name_en, names in DISTRICTS:
        district = await add_node(session, name, "district", city, name_en)
        squads += [await add_node(session, zh, "squad", district, en) for zh, en in names]
    return squads


async def add_units(session: AsyncSession, secret: str, count: int) -> list[DemoDevice]:
    """`count` simulated units with a device each, spread over the squads."""
    squads = await add_squads(session)
    devices = []
    for index in range(count):
        kind, name, name_en = KINDS[index % len(KINDS)]
        number = f"{index + 1:03d}"
        unit = await add_unit(
            session, f"S{number}", squads[index % len(squads)], kind, f"{name}{number}", f"{name_en} {number}"
        )
        identifier = f"sim-{number}"
        token = demo_token(secret, identifier)
        await add_device(session, identifier, unit, "osmand", token=token, simulated=True)
        devices.append(DemoDevice(identifier, token, kind))
    return devices


async def add_receiver(session: AsyncSession, secret: str, address: str) -> None:
    """The command car, located by the gpsd at `address` (host:port)."""
    squads = await add_squads(session)
    unit = await add_unit(session, "C001", squads[0], "command", "指挥车001", "Command car 001")
    token = demo_token(secret, "gpsd-001")
    await add_device(session, "gpsd-001", unit, "gpsd", address=address, token=token, simulated=True)
