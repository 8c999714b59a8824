"""The first administrator: no default password, but a one-time link, printed at each start until it was used."""

from sqlalchemy.ext.asyncio import AsyncSession

from backend.demo.bodies import CITY
from backend.errors import NotFound
from backend.identity.change import change
from backend.identity.devices import add_node, first_root
from backend.identity.granting import found
from backend.identity.people import add_person, find_person, has_enrolled, make_link
from backend.settings import Settings

LOGIN = "admin"
NAMES = ("系统管理员", "System administrator")
BUREAU = ("城市管理执法局", "City Urban Management Bureau")


async def first_link(database_url: str, nats_url: str, settings: Settings) -> str | None:
    """The token of the first administrator's link; None once there is a system administrator with a password."""

    async def work(session: AsyncSession) -> str | None:
        if await has_enrolled(session):
            return None
        try:
            person = await find_person(session, LOGIN)
        except NotFound:
            root = await first_root(session)
            if root is None:
                name, name_en = CITY if settings.has_demo else BUREAU
                root = await add_node(session, name, "city", None, name_en)
            person = await add_person(session, LOGIN, NAMES[0], root, name_en=NAMES[1])
            await found(session, person)
        return await make_link(session, person, settings.enrolment_hours)

    return await change(database_url, nats_url, work)
