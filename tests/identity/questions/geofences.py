"""Questions about geofences, their crossings and visits."""

from typing import Any

from sqlalchemy import text

from backend.avl.fact_rows import insert_facts
from backend.avl.facts import ENTERED, Fact
from backend.avl.geofences import Drawn, add_geofence, read_fence_shape
from backend.clock import now_ms
from backend.identity.audit import COMMAND_LINE
from tests.identity.questions.bodies import fresh_square, square
from tests.identity.questions.ground import Asked, Ground, Question, is_listed, numbers


async def fence_of(ground: Ground, where: int) -> int:
    """A fence of that district."""
    shape = read_fence_shape(fresh_square())
    drawn = Drawn(f"fence {next(numbers)}", shape, ground.bodies[where], None, None, None, "both", None, None)
    return await ground.site.change(lambda session: add_geofence(session, COMMAND_LINE, drawn))


async def crossed(ground: Ground, where: int) -> tuple[int, int, str]:
    """That district's unit has crossed a fence of it; the fence, the crossing, and the span to ask for."""
    fence, unit, moment = await fence_of(ground, where), ground.units[where], now_ms()
    district, squad = ground.site.home_of[unit]
    fact = Fact(f"test:{next(numbers)}", ENTERED, unit, 1, district, squad, moment, moment, 1.0, 1.0, 0, 0, fence)
    await ground.site.change(lambda session: insert_facts(session, [fact]))
    async with ground.site.store.snapshot() as session:
        crossing = await session.scalar(text("SELECT max(id) FROM geofence_crossing"))
    return fence, int(crossing or 0), f"from={moment - 1000}&to={moment + 1000}"


def wanted(ground: Ground, where: int) -> dict[str, Any]:
    return {"name": "fence", "body": ground.bodies[where], "shape": square(1, 1, 0.01)}


async def fences(ground: Ground, role: str, where: int) -> Asked:
    return Asked("/api/v1/geofences", holds=is_listed(await fence_of(ground, where)))


async def bodies(ground: Ground, role: str, where: int) -> Asked:
    return Asked("/api/v1/geofences/bodies", holds=is_listed(ground.bodies[where]))


async def add(ground: Ground, role: str, where: int) -> Asked:
    return Asked("/api/v1/geofences", wanted(ground, where))


async def change(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/geofences/{await fence_of(ground, where)}", wanted(ground, where))


async def delete(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/geofences/{await fence_of(ground, where)}")


async def crossings_of(ground: Ground, role: str, where: int) -> Asked:
    fence, crossing, span = await crossed(ground, where)
    return Asked(f"/api/v1/geofences/{fence}/crossings?{span}", holds=is_listed(crossing, within="rows"))


async def all_crossings(ground: Ground, role: str, where: int) -> Asked:
    _, crossing, span = await crossed(ground, where)
    return Asked(f"/api/v1/geofence-crossings?{span}", holds=is_listed(crossing, within="rows"))


async def visits(ground: Ground, role: str, where: int) -> Asked:
    fence = await fence_of(ground, where)
    return Asked(f"/api/v1/units/{ground.units[where]}/visits?geofence={fence}&from=0&to=1&reason=a+test")


GEOFENCES: dict[str, Question] = {
    "GET /api/v1/geofences": fences,
    "GET /api/v1/geofences/bodies": bodies,
    "POST /api/v1/geofences": add,
    "PUT /api/v1/geofences/{id}": change,
    "DELETE /api/v1/geofences/{id}": delete,
    "GET /api/v1/geofences/{id}/crossings": crossings_of,
    "GET /api/v1/geofence-crossings": all_crossings,
    "GET /api/v1/units/{number}/visits": visits,
}
