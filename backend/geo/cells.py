"""H3 cells as integers (they fit a PostgreSQL bigint)."""

import math

import h3.api.basic_int as h3

FINE = 9  # the resolution of a position's address on the bus
EARTH_RADIUS_M = 6_371_008.8
METRES_PER_DEGREE = math.radians(1) * EARTH_RADIUS_M  # of latitude
# Of cells of resolution FINE, with room: how near two rings around a cell come, how far a corner lies from the centre.
LEAST_RING_M, FARTHEST_CORNER_M = 130.0, 300.0


def cell_of(longitude: float, latitude: float, resolution: int = FINE) -> int:
    """The cell that a WGS-84 point lies in."""
    return int(h3.latlng_to_cell(latitude, longitude, resolution))


def resolution_of(cell: int) -> int:
    """The resolution of a cell, 0 to 15."""
    return (cell >> 52) & 0xF


def parent_of(cell: int, resolution: int) -> int:
    """The cell whose index is this one's prefix. `resolution` must not be finer than the cell's own.

    Written on the bits, because it stands in the path of every position for every viewer: resolution in bits
    52-55, three bits a digit from bit 42 down, unused digits all ones (h3geo.org, "H3 index").
    """
    kept = 45 - 3 * resolution
    return (cell & ~(0xF << 52) & ~((1 << kept) - 1)) | (resolution << 52) | ((1 << kept) - 1)


def parent_bits(resolution: int) -> tuple[int, int]:
    """Two numbers that make of an index its parent's, for SQL: `index & first | second`; as `parent_of` has it."""
    unused = (1 << (45 - 3 * resolution)) - 1
    return (1 << 63) - 1 & ~(0xF << 52) & ~unused, resolution << 52 | unused


def fine_range(cell: int) -> tuple[int, int]:
    """First and last index that a cell of resolution `FINE` below this one can have; it must not be finer itself.

    Children share their parent's digits, so their indexes lie together: what SQL asks with BETWEEN.
    """
    free = 3 * (FINE - resolution_of(cell))  # bits of the digits below the cell
    unused = (1 << (45 - 3 * FINE)) - 1  # digits finer than FINE are all ones
    prefix = cell & ~(0xF << 52) & ~((1 << (free + 45 - 3 * FINE)) - 1)
    first = prefix | (FINE << 52) | unused
    return first, first | (((1 << free) - 1) << (45 - 3 * FINE))


def parse_cell(text: str) -> int:
    """A cell from its hexadecimal form. Raises ValueError when it is not a cell."""
    cell = int(text, 16)
    if not 0 < cell < 1 << 63 or not h3.is_valid_cell(cell):
        raise ValueError(f"expected an H3 cell in hexadecimal, got {text!r}")
    return cell


def distance_m(longitude1: float, latitude1: float, longitude2: float, latitude2: float) -> float:
    """Metres along the great circle between two WGS-84 points, on a sphere (haversine)."""
    phi1, phi2 = math.radians(latitude1), math.radians(latitude2)
    half_phi = (phi2 - phi1) / 2
    half_lambda = math.radians(longitude2 - longitude1) / 2
    chord = math.sin(half_phi) ** 2 + math.cos(phi1) * math.cos(phi2) * math.sin(half_lambda) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(chord)))


def cells_around(longitude: float, latitude: float, metres: float) -> list[int]:
    """The fine cells that may hold a WGS-84 point within so many metres of this one, and a few more."""
    # Metres on the ellipsoid are up to 0.6 % more than on the sphere, and less.
    reach = metres * 1.006 + FARTHEST_CORNER_M
    rings = int(reach / LEAST_RING_M) + 1
    found = []
    for cell in h3.grid_disk(cell_of(longitude, latitude), rings):
        middle_latitude, middle_longitude = h3.cell_to_latlng(cell)
        if distance_m(longitude, latitude, middle_longitude, middle_latitude) <= reach:
            found.append(int(cell))
    return found


def moved(longitude: float, latitude: float, heading: float, metres: float) -> tuple[float, float]:
    """The WGS-84 point that lies `metres` away in direction `heading` (degrees clockwise from north)."""
    angle = metres / EARTH_RADIUS_M
    bearing, phi, lam = math.radians(heading), math.radians(latitude), math.radians(longitude)
    phi2 = math.asin(math.sin(phi) * math.cos(angle) + math.cos(phi) * math.sin(angle) * math.cos(bearing))
    lam2 = lam + math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(phi), math.cos(angle) - math.sin(phi) * math.sin(phi2)
    )
    return (math.degrees(lam2) + 540) % 360 - 180, math.degrees(phi2)
