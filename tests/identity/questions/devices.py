"""Questions about devices, known and unknown, and partners' keys."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.commands import add_command
from backend.clock import now_ms
from backend.identity.audit import Actor
from backend.identity.devices import add_device, find_device
from backend.identity.keys import put_key
from backend.identity.unknown_devices import Knock, store_knocks
from tests.identity.questions.ground import Asked, Ground, Question, is_listed, numbers


async def device_of(ground: Ground, where: int) -> int:
    """The id of a device of that district's unit."""

    async def work(session: AsyncSession) -> int:
        await add_device(session, name := f"target-{next(numbers)}", ground.units[where], "osmand")
        return (await find_device(session, name)).id

    return await ground.site.change(work)


async def knock(ground: Ground) -> int:
    """The id of a device that knocks and is not known: of no district."""

    async def work(session: AsyncSession) -> int:
        await store_knocks(session, [Knock(f"stranger-{next(numbers)}", "osmand", None, None, 0, now_ms(), 1)])
        return int(await session.scalar(text("SELECT max(id) FROM unknown_device")) or 0)

    return await ground.site.change(work)


async def key_of(ground: Ground, where: int) -> int:
    """The id of a partner's key for that district."""
    grants = [{"atom": "map.read", "scope": {"body": ground.bodies[where]}}]
    id, _ = await ground.site.change(lambda session: put_key(session, f"target {next(numbers)}", grants))
    return id


async def devices(ground: Ground, role: str, where: int) -> Asked:
    device = await device_of(ground, where)
    return Asked(f"/api/v1/devices?after={device - 1}", holds=is_listed(device, within="devices"))


async def new_device(ground: Ground, role: str, where: int) -> Asked:
    made = {"identifier": f"made-{next(numbers)}", "unit": ground.units[where], "protocol": "osmand"}
    return Asked("/api/v1/devices", made)


async def unknown(ground: Ground, role: str, where: int) -> Asked:
    return Asked("/api/v1/devices/unknown", holds=is_listed(await knock(ground)))


async def adopt(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/devices/unknown/{await knock(ground)}/adopt", {"unit": ground.units[where]})


async def forget(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/devices/unknown/{await knock(ground)}")


async def keys(ground: Ground, role: str, where: int) -> Asked:
    return Asked("/api/v1/keys", holds=is_listed(await key_of(ground, where)))


async def new_key(ground: Ground, role: str, where: int) -> Asked:
    scope = {"body": ground.bodies[where]}
    return Asked("/api/v1/keys", {"name": f"made {next(numbers)}", "atoms": ["map.read"], "scope": scope})


def to_device(act: str, body: Any) -> Question:
    """Something that is done to a device."""

    async def question(ground: Ground, role: str, where: int) -> Asked:
        return Asked(f"/api/v1/devices/{await device_of(ground, where)}{act}", body)

    return question


def to_terminal(act: str, body: Any) -> Question:
    """Something that is said to a terminal, or was."""

    async def question(ground: Ground, role: str, where: int) -> Asked:
        device = await device_of(ground, where)

        async def work(session: AsyncSession) -> int:
            await session.execute(text("UPDATE device SET protocol = 'jt808' WHERE id = :id"), {"id": device})
            queued = await add_command(session, device, "hello", timedelta(hours=1), Actor("test", "test"))
            return int(queued.id)

        return Asked(f"/api/v1/devices/{device}/commands{act.format(await ground.site.change(work))}", body)

    return question


def to_key(act: str, body: Any) -> Question:
    """Something that is done to a key."""

    async def question(ground: Ground, role: str, where: int) -> Asked:
        return Asked(f"/api/v1/keys/{await key_of(ground, where)}{act}", body)

    return question


DEVICES: dict[str, Question] = {
    "GET /api/v1/devices": devices,
    "POST /api/v1/devices": new_device,
    "PATCH /api/v1/devices/{id}": to_device("", {"personal": True}),
    "POST /api/v1/devices/{id}/rotate": to_device("/rotate", {"overlap_hours": 0}),
    "POST /api/v1/devices/{id}/revoke": to_device("/revoke", {}),
    "POST /api/v1/devices/{id}/commands": to_terminal("", {"text": "come in"}),
    "GET /api/v1/devices/{id}/commands": to_terminal("", None),
    "DELETE /api/v1/devices/{id}/commands/{command}": to_terminal("/{}", None),
    "GET /api/v1/devices/unknown": unknown,
    "POST /api/v1/devices/unknown/{id}/adopt": adopt,
    "DELETE /api/v1/devices/unknown/{id}": forget,
    "GET /api/v1/keys": keys,
    "POST /api/v1/keys": new_key,
    "POST /api/v1/keys/{id}/rotate": to_key("/rotate", {"overlap_hours": 0}),
    "POST /api/v1/keys/{id}/revoke": to_key("/revoke", {}),
}
