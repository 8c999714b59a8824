"""GCJ-02, in which Chinese law wants maps drawn, and WGS-84. Applied only where a source declares its datum.

Never by place: a box around China holds Korea and half of Mongolia, and the maps of Hong Kong, Macau and Taiwan are not
shifted alike. GCJ-02 is known from its published reconstruction; what the official plug-in writes has up to a metre of
noise beside it. Constants and formula: the reconstruction by eviltransform and PRCoords, on Krassowsky's ellipsoid.
"""

from math import cos, pi, radians, sin, sqrt

HALF_AXIS_M = 6_378_245.0
ECCENTRICITY = 0.006_693_421_622_965_943_23  # squared
ROUNDS = 2  # after them the inverse is right to 0.2 mm everywhere in China


def to_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """Where GCJ-02 draws a WGS-84 point: longitude and latitude in degrees."""
    east, north = _offset(longitude - 105, latitude - 35)
    root = 1 - ECCENTRICITY * sin(radians(latitude)) ** 2
    along_meridian = HALF_AXIS_M * (1 - ECCENTRICITY) / (root * sqrt(root))
    along_parallel = HALF_AXIS_M / sqrt(root) * cos(radians(latitude))
    return longitude + east / along_parallel * 180 / pi, latitude + north / along_meridian * 180 / pi


def from_gcj02(longitude: float, latitude: float) -> tuple[float, float]:
    """The WGS-84 point that GCJ-02 draws there; the inverse of `to_gcj02` to a millimetre."""
    east, north = longitude, latitude
    for _ in range(ROUNDS + 1):
        drawn_east, drawn_north = to_gcj02(east, north)
        east, north = east + longitude - drawn_east, north + latitude - drawn_north
    return east, north


def _offset(x: float, y: float) -> tuple[float, float]:
    """Metres to east and north, for degrees from 105° E, 35° N."""

    def wave(angle: float, part: float, strength: float) -> float:
        return strength * sin(angle * pi / part)

    short = wave(6 * x, 1, 20) + wave(2 * x, 1, 20)
    root = sqrt(abs(x))
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (short + wave(x, 1, 20) + wave(x, 3, 40) + wave(x, 12, 150) + wave(x, 30, 300)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (short + wave(y, 1, 20) + wave(y, 3, 40) + wave(y, 12, 160) + wave(y, 30, 320)) * 2 / 3
    return east, north
