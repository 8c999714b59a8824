"""Who was within so many metres of a place between two moments: found by cells, proved by distance on the ellipsoid."""

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.areas import CENTRE, IN_CIRCLE, Circle, area_of_circle
from backend.avl.seen import SEEN_IN, seen_in
from backend.clock import to_ms
from backend.errors import BadInput
from backend.identity.registry import Organisation
from backend.identity.rights import Rights

MOST_METRES = 2000
LONGEST_MS = 24 * 3600 * 1000

STATEMENT = text(
    f"""SELECT unit, min(fixed_at) AS first, max(fixed_at) AS last, count(*) AS fixes,
               min(ST_Distance(place::geography, {CENTRE})) AS nearest
        FROM stored_fix WHERE {SEEN_IN} AND {IN_CIRCLE} GROUP BY unit ORDER BY first, unit"""
)


class Nearby(BaseModel):
    """A unit that was there: ms since 1970 of its first and last fix within the circle, how many there are, and how
    near the nearest came, in metres. In between it may have been elsewhere."""

    unit: int
    call_sign: str
    name: str
    name_en: str | None
    body: int
    first: int
    last: int
    nearest: float
    fixes: int


def check_nearby(metres: float, begin: int, end: int) -> None:
    """Raises BadInput for a circle that is too large, a span that is empty or longer than a day."""
    if not 0 < metres <= MOST_METRES:
        raise BadInput(f"expected a radius of at most {MOST_METRES} m", expected=f"0 to {MOST_METRES}", got=metres)
    if not 0 < end - begin <= LONGEST_MS:
        raise BadInput("expected a span of at most 24 hours that ends after it begins", begin=begin, end=end)


async def read_nearby(
    session: AsyncSession, organisation: Organisation, rights: Rights, circle: Circle, begin: int, end: int
) -> list[Nearby]:
    """The units that were in the circle (both moments inside), as far as `track.read` covers their fixes there.

    What was measured off duty counts for units under `fleet.read` only. Who came first stands first.
    """
    area = area_of_circle(circle)
    rows = await session.execute(STATEMENT, area.values | seen_in(organisation, rights, area.cells, begin, end))
    return [
        Nearby(
            unit=row.unit,
            call_sign=organisation.units[row.unit].call_sign,
            name=organisation.units[row.unit].name,
            name_en=organisation.units[row.unit].name_en,
            body=organisation.units[row.unit].body,
            first=to_ms(row.first),
            last=to_ms(row.last),
            nearest=round(row.nearest, 1),
            fixes=row.fixes,
        )
        for row in rows
    ]
