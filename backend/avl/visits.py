"""Visits of one unit to one geofence, out of its stored track: so a fence drawn later has a past, too.

In at the first fix inside the shape, out at the first one more than `LEAVE_METRES` outside of it, as `fencing.py` has
it. Between two fixes nobody knows: inside before and after is one visit, and `unknown` says how much of it lies in gaps
of over 2 minutes.
"""

import asyncio

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field
from shapely.geometry import MultiPolygon
from sqlalchemy import text

from backend.avl.fence_shape import LEAVE_METRES, WORST_ACCURACY, FenceShape
from backend.avl.journey import GAP_MS
from backend.avl.samples import PACKED, Samples, unpack
from backend.clock import from_ms
from backend.db.engine import Database
from backend.errors import BadInput
from backend.identity.filters import COVERED, covered
from backend.identity.rights import Scope

Sides = npt.NDArray[np.int8]

NO_TIMES, NO_SIDES = np.zeros(0, np.int64), np.zeros(0, np.int8)
DAY_MS = 24 * 3600 * 1000
LONGEST_MS = 31 * DAY_MS
# What the steps of ingest would not let cross does not count here.
STATEMENT = text(
    f"""SELECT string_agg(packed, '') FROM (
        SELECT {PACKED} AS packed FROM stored_fix
        WHERE unit = :unit AND fixed_at >= :begin AND fixed_at < :end AND {COVERED}
          AND flags & 32 = 0 AND (:off_duty OR flags & 8 = 0) AND (accuracy IS NULL OR accuracy <= {WORST_ACCURACY})
        ORDER BY fixed_at, received_at) AS seen"""
)


class Visit(BaseModel):
    """From the first fix inside to the first outside, ms since 1970.

    `enter` null: the unit was inside at its first fix; `leave` null: still at its last. `seen_from` and `seen_to`:
    the first and last fix inside. `unknown`: ms of it without a position for over 2 minutes.
    """

    enter: int | None
    leave: int | None
    seen_from: int
    seen_to: int
    duration: int
    unknown: int


class VisitsOut(BaseModel):
    """The visits of a unit to a geofence between two moments (ms since 1970), in order of time."""

    unit: int
    geofence: int
    begin: int = Field(serialization_alias="from")
    end: int = Field(serialization_alias="to")
    fixes: int
    visits: list[Visit]


def check_span(begin: int, end: int) -> None:
    """Raises BadInput for a span that is empty or longer than 31 days."""
    if not 0 < end - begin <= LONGEST_MS:
        raise BadInput("expected a span of at most 31 days that ends after it begins", begin=begin, end=end)


async def read_visits(
    database: Database, scope: Scope, unit: int, shape: MultiPolygon, begin: int, end: int, *, off_duty: bool
) -> tuple[list[Visit], int]:
    """The visits between two moments (ms, both inside), and how many fixes were looked at. Read day by day."""
    fence = FenceShape(shape)
    times, sides = [NO_TIMES], [NO_SIDES]
    for start in range(begin, end + 1, DAY_MS):
        values = {"unit": unit, "begin": from_ms(start), "end": from_ms(min(start + DAY_MS, end + 1))}
        async with database.snapshot() as session:
            packed = await session.scalar(STATEMENT, values | covered(scope) | {"off_duty": off_duty})
        samples = unpack(packed or b"")
        times.append(samples.times)
        sides.append(await asyncio.to_thread(sides_of, fence, samples))
    joined = np.concatenate(times)
    return visits_of(joined, np.concatenate(sides)), len(joined)


def sides_of(fence: FenceShape, samples: Samples) -> Sides:
    """Of each sample: 1 inside, -1 outside, 0 so near outside that it may as well be in."""
    metres = fence.metres_from(samples.longitudes, samples.latitudes)
    return np.where(metres == 0, 1, np.where(metres > LEAVE_METRES, -1, 0)).astype(np.int8)


def visits_of(times: npt.NDArray[np.int64], sides: Sides) -> list[Visit]:
    """The visits of a track in order of time (ms) with its `sides_of`."""
    if len(times) == 0:
        return []
    # What lies at the border counts to what was before.
    known = np.maximum.accumulate(np.where(sides != 0, np.arange(len(sides)), 0))
    inside = np.concatenate(([False], sides[known] == 1, [False]))
    borders = np.flatnonzero(np.diff(inside.astype(np.int8)))
    took = np.diff(times)
    gaps = np.concatenate(([0], np.cumsum(np.where(took > GAP_MS, took, 0))))
    visits = []
    for first, after in zip(borders[::2].tolist(), borders[1::2].tolist(), strict=True):
        last = min(after, len(times) - 1)  # the fix that is outside, if there is one
        visits.append(
            Visit(
                enter=int(times[first]) if first > 0 else None,
                leave=int(times[after]) if after < len(times) else None,
                seen_from=int(times[first]),
                seen_to=int(times[after - 1]),
                duration=int(times[last] - times[first]),
                unknown=int(gaps[last] - gaps[first]),
            )
        )
    return visits
