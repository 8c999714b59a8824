"""Fewer points of a track that look the same at a zoom: Douglas-Peucker (1973), half a pixel of the map off at most.

Pure. A pixel is MapLibre's: at zoom 0 the world is one square of 512. Kept in any case are the first and the last
point, both ends of every stop and of every gap, and one point in each 2 minutes: so what the points tell of stops and
gaps stays as it was.
"""

import numpy as np
import numpy.typing as npt
import shapely

from backend.avl.journey import GAP_MS, stops_of
from backend.avl.samples import Floats, Samples

TOLERANCE = 0.5
WORLD = 512.0
NORTHERNMOST = 85.0511287798  # of Web Mercator's square, degrees


def pixels(samples: Samples, zoom: float) -> Floats:
    """Where the points are on the map of this zoom: rows of x and y. Going on beyond the 180th meridian."""
    longitudes = np.unwrap(samples.longitudes, period=360)
    phi = np.radians(np.clip(samples.latitudes, -NORTHERNMOST, NORTHERNMOST))
    y = np.arcsinh(np.tan(phi)) / (2 * np.pi)
    placed: Floats = np.column_stack((longitudes / 360, y)) * WORLD * 2.0**zoom
    return placed


def simplified(samples: Samples, zoom: float) -> npt.NDArray[np.int64]:
    """Indexes of the points that stay: no other lies farther than TOLERANCE from the line through them."""
    if len(samples) <= 2:
        return np.arange(len(samples))
    kept = _fixed(samples)
    ends = np.flatnonzero(kept)
    # Each run from one fixed point to the next is simplified for itself; both have the point between them.
    counts = np.diff(ends) + 1
    runs = np.repeat(np.arange(len(counts)), counts)
    points = np.arange(len(samples) + len(counts) - 1) - runs
    # The height is the index: it comes back with the points that stay.
    lines = shapely.linestrings(np.column_stack((pixels(samples, zoom)[points], points)), indices=runs)
    left = shapely.simplify(lines, TOLERANCE, preserve_topology=False)
    kept[shapely.get_coordinates(left, include_z=True)[:, 2].astype(np.int64)] = True
    return np.flatnonzero(kept)


def _fixed(samples: Samples) -> npt.NDArray[np.bool_]:
    times = samples.times
    fixed = np.zeros(len(samples), np.bool_)
    fixed[[0, -1]] = True
    for stop in stops_of(samples):
        fixed[np.searchsorted(times, stop.begin, side="right") - 1] = True
        fixed[np.searchsorted(times, stop.end, side="right") - 1] = True
    index = 0
    while index < len(samples) - 1:
        later = int(np.searchsorted(times, times[index] + GAP_MS, side="right")) - 1
        index = max(later, index + 1)
        fixed[index] = True
    return fixed
