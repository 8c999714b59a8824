"""What a track tells: stops, stretches without a position, how far, how long moving and how long standing.

Pure. The same definitions as the page's own (`frontend/src/track/journey.ts`): who changes one changes both.

- Longer than 2 minutes without a position, nobody knows what the unit did: such ends are never joined (a *gap*).
- A *stop*: from one fix on, all that follow lie within 30 m of it, for the asked minutes or longer. Its centre is
  their mean.
- A step counts as moved if it is no step within stops (of 2 minutes) and no slower than 0.5 m/s: slower is the
  wandering of a position that stands still.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from backend.avl.samples import Floats, Samples, metres_between

GAP_MS = 120_000
STOP_MS = 120_000
STOP_METRES = 30.0
MOVING_SPEED = 0.5
LOOK = 128  # samples at a time, then twice as many


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a unit stayed: ms since 1970, degrees WGS-84."""

    begin: int
    end: int
    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Movement:
    """Metres, and ms moving, standing, and in gaps; the three times together are the whole track's."""

    distance: float = 0.0
    moving: int = 0
    standing: int = 0
    unknown: int = 0


def one_for_each_time(samples: Samples) -> Samples:
    """Of two with the same time the later one in the list holds."""
    if len(samples) == 0:
        return samples
    return samples.at(np.append(np.diff(samples.times) > 0, True))


def stops_of(samples: Samples, least_ms: int = STOP_MS) -> list[Stop]:
    """The stops of at least so long, in order of time; they do not overlap and hold no gap."""
    samples = one_for_each_time(samples)
    breaks = np.flatnonzero(np.diff(samples.times) > GAP_MS) + 1
    ends = [0, *breaks.tolist(), len(samples)]
    pieces = [samples.at(slice(begin, end)) for begin, end in pairwise(ends)]
    return [_stop(piece.at(stay)) for piece in pieces for stay in _stays(piece, least_ms)]


def movement_of(samples: Samples) -> Movement:
    """How far and how long a unit moved. Great circles, on a sphere."""
    samples = one_for_each_time(samples)
    if len(samples) < 2:
        return Movement()
    took = np.diff(samples.times)
    metres = metres_between(
        samples.longitudes[:-1], samples.latitudes[:-1], samples.longitudes[1:], samples.latitudes[1:]
    )
    known = took <= GAP_MS
    stands = _within(samples.times, stops_of(samples))
    moves = known & ~(stands[:-1] & stands[1:]) & (metres >= MOVING_SPEED * took / 1000)
    moving, measured = int(took[moves].sum()), int(took[known].sum())
    return Movement(float(metres[moves].sum()), moving, measured - moving, int(took[~known].sum()))


def _stays(piece: Samples, least_ms: int) -> Iterator[slice]:
    """The samples of each stop of a piece without gaps."""
    ahead = np.searchsorted(piece.times, piece.times + least_ms)
    first = np.flatnonzero(ahead < len(piece))
    # Who is away when the least time is over has not stayed: most samples need no second look.
    far = _from(piece, first, ahead[first])
    index = 0
    for start in first[far <= STOP_METRES].tolist():
        if start < index:
            continue
        end = _end_of_stay(piece, start)
        if piece.times[end - 1] - piece.times[start] >= least_ms:
            yield slice(start, end)
            index = end


def _end_of_stay(piece: Samples, start: int) -> int:
    """Index of the first sample, after the one at `start`, that is farther from it than a standing unit wanders."""
    begin, look = start + 1, LOOK
    while begin < len(piece):
        end = min(begin + look, len(piece))
        away = _from(piece, start, slice(begin, end)) > STOP_METRES
        if away.any():
            return begin + int(away.argmax())
        begin, look = end, look * 2
    return len(piece)


def _from(piece: Samples, some: "int | npt.NDArray[np.int64]", others: "slice | npt.NDArray[np.int64]") -> Floats:
    return metres_between(
        piece.longitudes[some], piece.latitudes[some], piece.longitudes[others], piece.latitudes[others]
    )


def _stop(stay: Samples) -> Stop:
    first = float(stay.longitudes[0])
    # From the first one on: the 180th meridian may lie between them.
    longitude = first + float(np.mean(_shortest(stay.longitudes - first)))
    return Stop(int(stay.times[0]), int(stay.times[-1]), (longitude + 180) % 360 - 180, float(np.mean(stay.latitudes)))


def _shortest(degrees: Floats) -> Floats:
    """Within −180…180: the short way round."""
    return (degrees + 180) % 360 - 180


def _within(times: npt.NDArray[np.int64], stops: list[Stop]) -> npt.NDArray[np.bool_]:
    """Whether each time lies in a stop, ends included."""
    if not stops:
        return np.zeros(len(times), np.bool_)
    begins, ends = np.array([stop.begin for stop in stops]), np.array([stop.end for stop in stops])
    found = np.searchsorted(begins, times, side="right") - 1
    return (found >= 0) & (times <= ends[found])
