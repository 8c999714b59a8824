"""Stored fixes of one unit as columns of numbers: what is computed over a day is computed over all of it at once."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from backend.clock import to_ms
from backend.geo.cells import EARTH_RADIUS_M

Floats = npt.NDArray[np.float64]

# A row as the store sends it: PostgreSQL's own binary forms, big-endian. The time is µs since 2000.
ROW = np.dtype([("time", ">i8"), ("longitude", ">f8"), ("latitude", ">f8"), ("speed", ">f4"), ("heading", ">f4")])
PACKED = """timestamptz_send(fixed_at) || float8send(ST_X(place)) || float8send(ST_Y(place))
            || float4send(coalesce(speed, 'NaN')) || float4send(coalesce(heading, 'NaN'))"""
"""SQL of one row, of the columns of `stored_fix`."""
YEAR_2000_MS = to_ms(datetime(2000, 1, 1, tzinfo=UTC))


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """In order of time, ms since 1970; degrees WGS-84, m/s, degrees from north; NaN is unknown."""

    times: npt.NDArray[np.int64]
    longitudes: Floats
    latitudes: Floats
    speeds: Floats
    headings: Floats

    def __len__(self) -> int:
        return len(self.times)

    def at(self, chosen: Any) -> "Samples":
        """Those of a slice, of indexes or of a mask."""
        return Samples(
            self.times[chosen],
            self.longitudes[chosen],
            self.latitudes[chosen],
            self.speeds[chosen],
            self.headings[chosen],
        )


def unpack(packed: bytes) -> Samples:
    """Samples of the store's rows, one after the other."""
    rows = np.frombuffer(packed, ROW)
    samples = Samples(
        (rows["time"].astype(np.int64) + 500) // 1000 + YEAR_2000_MS,
        rows["longitude"].astype(np.float64),
        rows["latitude"].astype(np.float64),
        rows["speed"].astype(np.float64),
        rows["heading"].astype(np.float64),
    )
    # The store joins rows in the order that it read them in, and promises none.
    in_order = bool(np.all(np.diff(samples.times) >= 0))
    return samples if in_order else samples.at(np.argsort(samples.times, kind="stable"))


def metres_between(longitudes1: Any, latitudes1: Any, longitudes2: Any, latitudes2: Any) -> Floats:
    """As `geo.cells.distance_m`, of many points at once."""
    phi1, phi2 = np.radians(latitudes1), np.radians(latitudes2)
    half_lambda = np.radians(np.subtract(longitudes2, longitudes1)) / 2
    chord = np.sin((phi2 - phi1) / 2) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_lambda) ** 2
    metres: Floats = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(chord)))
    return metres
