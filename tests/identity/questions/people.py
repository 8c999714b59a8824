"""Questions about units, people, their grants and sessions, and the audit."""

from datetime import timedelta

from backend.clock import utc_now
from backend.identity.audit import COMMAND_LINE, record
from tests.identity.questions.ground import Asked, Ground, Question, is_listed, numbers


async def units(ground: Ground, role: str, where: int) -> Asked:
    return Asked("/api/v1/units", holds=is_listed(ground.units[where], "number", "units"))


async def unit(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/units/{ground.units[where]}")


async def track(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/units/{ground.units[where]}/track?from=0&to=1&reason=a+test")


async def people(ground: Ground, role: str, where: int) -> Asked:
    person = (await ground.person(where))["person"]
    return Asked(f"/api/v1/people?after={person - 1}", holds=is_listed(person, within="people"))


async def new_person(ground: Ground, role: str, where: int) -> Asked:
    return Asked("/api/v1/people", {"login": f"made.{next(numbers)}", "name": "x", "body": ground.bodies[where]})


async def sessions(ground: Ground, role: str, where: int) -> Asked:
    return Asked("/api/v1/sessions", holds=is_listed((await ground.person(where))["session"]))


async def session(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/sessions/{(await ground.person(where))['session']}")


async def grant(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/grants/{(await ground.person(where))['grant']}")


async def grants(ground: Ground, role: str, where: int) -> Asked:
    return Asked(f"/api/v1/people/{(await ground.person(where))['person']}/grants")


async def new_grant(ground: Ground, role: str, where: int) -> Asked:
    given = {"scope": {"body": ground.bodies[where]}, "role": "officer"}
    return Asked((await grants(ground, role, where)).path, given)


async def share(ground: Ground, role: str, where: int) -> Asked:
    soon = (utc_now() + timedelta(days=1)).isoformat()
    given = {"scope": {"body": ground.bodies[where]}, "atoms": ["map.read"], "until": soon}
    return Asked(f"/api/v1/people/{(await ground.person(where))['person']}/shares", given)


async def audit(ground: Ground, role: str, where: int) -> Asked:
    person = f"person:{(await ground.person(where))['person']}"
    await ground.site.change(lambda session: record(session, COMMAND_LINE, "person.looked_at", person))
    return Asked("/api/v1/audit", holds=lambda answer: person in {one["object"] for one in answer})


def to_person(act: str, body: dict[str, str] | None = None) -> Question:
    """Something that is done to somebody."""

    async def question(ground: Ground, role: str, where: int) -> Asked:
        return Asked(f"/api/v1/people/{(await ground.person(where))['person']}/{act}", body)

    return question


PEOPLE: dict[str, Question] = {
    "GET /api/v1/units": units,
    "GET /api/v1/units/{number}": unit,
    "GET /api/v1/units/{number}/track": track,
    "GET /api/v1/people": people,
    "POST /api/v1/people": new_person,
    **{
        f"POST /api/v1/people/{{id}}/{act}": to_person(act)
        for act in ("link", "disable", "enable", "reset-factor", "unlock")
    },
    "POST /api/v1/people/{id}/phone": to_person("phone", {"reason": "a test"}),
    "GET /api/v1/people/{id}/grants": grants,
    "POST /api/v1/people/{id}/grants": new_grant,
    "POST /api/v1/people/{id}/shares": share,
    "DELETE /api/v1/grants/{id}": grant,
    "GET /api/v1/sessions": sessions,
    "DELETE /api/v1/sessions/{id}": session,
    "GET /api/v1/audit": audit,
}
