"""Questions about where units were: files of tracks, stops, who was near a place."""

from sqlalchemy import text

from backend.avl.rows import insert_fixes
from backend.clock import now_ms
from tests.avl.makers import stored_fix
from tests.identity.questions.ground import Asked, Ground, Question, is_listed

PLACE = (113.1, 28.2)


async def was_there(ground: Ground, where: int) -> dict[str, int]:
    """That district's unit was at PLACE just now; returns the span to ask for."""
    unit, moment = ground.units[where], now_ms()
    district, squad = ground.site.home_of[unit]
    fix = stored_fix(moment, longitude=PLACE[0], latitude=PLACE[1], unit=unit, device=unit)
    async with ground.site.store.transaction() as session:
        await session.execute(text("SELECT ensure_fix_day(CAST(to_timestamp(:at) AS date))"), {"at": moment / 1000})
        await insert_fixes(session, [fix._replace(district=district, squad=squad)])
    return {"from": moment - 1000, "to": moment + 1000}


async def track(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/tracks?unit={ground.units[where]}&from=0&to=1&reason=a+test&format=csv")


async def tracks_in(ground: Ground, role: str, where: int) -> Asked:
    unit, span = ground.units[where], await was_there(ground, where)
    circle = {"longitude": PLACE[0], "latitude": PLACE[1], "metres": 10}

    def holds(answer: dict[str, list[dict[str, dict[str, int]]]]) -> bool:
        return unit in {feature["properties"]["unit"] for feature in answer["features"]}

    return Asked("/api/v1/tracks", span | {"circle": circle, "reason": "a test"}, holds)


async def stops(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/units/{ground.units[where]}/stops?from=0&to=1&reason=a+test")


async def nearby(ground: Ground, role: str, where: int) -> Asked:
    span = await was_there(ground, where)
    place = f"longitude={PLACE[0]}&latitude={PLACE[1]}&metres=10&from={span['from']}&to={span['to']}"
    return Asked(f"/api/v1/presence-at?{place}&reason=a+test", holds=is_listed(ground.units[where], "unit"))


HISTORY: dict[str, Question] = {
    "GET /api/v1/tracks": track,
    "POST /api/v1/tracks": tracks_in,
    "GET /api/v1/units/{number}/stops": stops,
    "GET /api/v1/presence-at": nearby,
}
