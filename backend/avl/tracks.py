"""Where a unit has been: its stored fixes over a span of time, as far as the viewer may see them."""

import asyncio
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.avl.samples import PACKED, Samples, unpack
from backend.avl.seen import TOLD
from backend.avl.simplify import simplified
from backend.clock import from_ms, to_ms
from backend.errors import BadInput
from backend.identity.filters import COVERED, covered
from backend.identity.rights import Scope

LONGEST_MS = 24 * 3600 * 1000
MOST_POINTS = 20_000

# Thinned in the store: the web process must not stand still over a hundred thousand rows of a talkative device.
STATEMENT = text(
    f"""
    WITH seen AS (
        SELECT fixed_at, ST_X(place) AS longitude, ST_Y(place) AS latitude, speed, heading,
               row_number() OVER (ORDER BY fixed_at, received_at) - 1 AS place_in_row, count(*) OVER () AS stored
        FROM stored_fix
        WHERE unit = :unit AND fixed_at BETWEEN :begin AND :end AND {COVERED}
            AND {TOLD} AND (:off_duty OR flags & 8 = 0)
    )
    SELECT * FROM seen
    WHERE place_in_row % ceil(stored / CAST(:most AS numeric)) = 0 OR place_in_row = stored - 1
    ORDER BY place_in_row
    """
)
# As one value of bytes: a day at 1 Hz is read in a fifth of the time that its rows would take.
ALL = text(
    f"""
    SELECT string_agg(packed, '') FROM (
        SELECT {PACKED} AS packed FROM stored_fix
        WHERE unit = :unit AND fixed_at BETWEEN :begin AND :end AND {COVERED}
            AND {TOLD} AND (:off_duty OR flags & 8 = 0)
        ORDER BY fixed_at, received_at
    ) AS seen
    """
)


class Track(BaseModel):
    """A unit's fixes in order of time: ms since 1970, degrees WGS-84, m/s, degrees from north; null is unknown.

    `stored` is how many there are; beyond `MOST_POINTS` only every second, third … of them is in the lists. Simplified,
    the lists hold those that make the line, however many that are.
    """

    unit: int
    begin: int = Field(serialization_alias="from")
    end: int = Field(serialization_alias="to")
    stored: int
    times: list[int]
    longitudes: list[float]
    latitudes: list[float]
    speeds: list[float | None]
    headings: list[float | None]


def check_span(begin: int, end: int) -> None:
    """Raises BadInput for a span that is empty or longer than a day."""
    if not 0 < end - begin <= LONGEST_MS:
        raise BadInput(
            f"expected a span of at most 24 hours that ends after it begins, got {(end - begin) / 3_600_000:.1f} hours",
            begin=begin,
            end=end,
        )


async def read_track(
    session: AsyncSession, scope: Scope, unit: int, begin: int, end: int, *, off_duty: bool = False
) -> Track:
    """The track between two moments (ms, both inside). `off_duty`: also what was measured off duty."""
    values: dict[str, Any] = {
        "unit": unit,
        "begin": from_ms(begin),
        "end": from_ms(end),
        "most": MOST_POINTS,
        "off_duty": off_duty,
    }
    rows = (await session.execute(STATEMENT, values | covered(scope))).all()
    return Track(
        unit=unit,
        begin=begin,
        end=end,
        stored=rows[0].stored if rows else 0,
        times=[to_ms(row.fixed_at) for row in rows],
        longitudes=[row.longitude for row in rows],
        latitudes=[row.latitude for row in rows],
        speeds=[row.speed for row in rows],
        headings=[row.heading for row in rows],
    )


async def read_samples(
    session: AsyncSession, scope: Scope, unit: int, begin: int, end: int, *, off_duty: bool = False
) -> Samples:
    """All fixes between two moments (ms, both inside) as columns. `off_duty`: also what was measured off duty."""
    values = {"unit": unit, "begin": from_ms(begin), "end": from_ms(end), "off_duty": off_duty}
    return unpack(await session.scalar(ALL, values | covered(scope)) or b"")


async def simplify_track(samples: Samples, unit: int, begin: int, end: int, zoom: float) -> Track:
    """The track as it looks at this zoom of the map, half a pixel off at most."""
    # Some 30 ms for a day at 1 Hz, in which other people's clicks are answered.
    line = samples.at(await asyncio.to_thread(simplified, samples, zoom))
    return Track(
        unit=unit,
        begin=begin,
        end=end,
        stored=len(samples),
        times=line.times.tolist(),
        longitudes=line.longitudes.tolist(),
        latitudes=line.latitudes.tolist(),
        speeds=_told(line.speeds),
        headings=_told(line.headings),
    )


def _told(column: npt.NDArray[np.float64]) -> list[float | None]:
    """The store has them as `real`, of 7 digits; NaN is unknown."""
    return [None if number != number else round(number, 4) for number in column.tolist()]
