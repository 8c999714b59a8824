"""Questions about bodies and their areas."""

from typing import Any

from backend.geo.outline import read_outline
from backend.identity.areas import put_area
from tests.identity.questions.ground import Asked, Ground, Question, is_listed, numbers


def square(west: float, south: float, side: float) -> dict[str, Any]:
    """An area, as GeoJSON."""
    east, north = west + side, south + side
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def fresh_square() -> dict[str, Any]:
    """A small area that nobody has."""
    return square(next(numbers) / 100, 50.0, 0.01)


async def area_of(ground: Ground, where: int) -> int | None:
    """The new area of that district."""
    shape = read_outline(fresh_square())
    return await ground.site.change(lambda session: put_area(session, ground.bodies[where], shape, "test"))


async def bodies(ground: Ground, role: str, where: int) -> Asked:
    return Asked("/api/v1/bodies", holds=is_listed(ground.bodies[where]))


async def new_body(ground: Ground, role: str, where: int) -> Asked:
    name = f"body {next(numbers)}"
    return Asked("/api/v1/bodies", {"parent": ground.bodies[where], "kind": "squad", "name": name})


async def change(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/bodies/{ground.bodies[where]}", {"name_en": f"body {next(numbers)}"})


async def belongings(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/bodies/{ground.bodies[where]}/belongings")


async def areas(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/bodies/{ground.bodies[where]}/areas")


async def new_area(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/bodies/{ground.bodies[where]}/area", {"shape": fresh_square()})


async def jurisdiction(ground: Ground, role: str, where: int) -> Asked:
    await area_of(ground, where)
    body = ground.bodies[where]
    return Asked(
        "/api/v1/jurisdiction",
        holds=lambda answer: body in {one["properties"]["body"] for one in answer["features"]},
    )


async def holders(ground: Ground, role: str, where: int) -> Asked:
    return Asked("/api/v1/jurisdiction/at?longitude=1&latitude=1")


async def end(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/jurisdiction/{await area_of(ground, where)}/end", {})


BODIES: dict[str, Question] = {
    "GET /api/v1/bodies": bodies,
    "POST /api/v1/bodies": new_body,
    "PATCH /api/v1/bodies/{id}": change,
    "GET /api/v1/bodies/{id}/belongings": belongings,
    "GET /api/v1/bodies/{id}/areas": areas,
    "PUT /api/v1/bodies/{id}/area": new_area,
    "GET /api/v1/jurisdiction": jurisdiction,
    "GET /api/v1/jurisdiction/at": holders,
    "POST /api/v1/jurisdiction/{area}/end": end,
}
