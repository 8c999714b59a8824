"""The street graph that `make tiles` writes (`roads.msgpack`, described in `tiles/roads.py`), in memory."""

import math
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgpack
import numpy as np
import numpy.typing as npt

FORMAT = "liandong-roads"
VERSION = 1
DRIVE, RIDE, WALK = 1, 2, 4
METRES_PER_DEGREE = math.radians(6_371_008.8)  # of latitude

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Edges:
    """One list for each property, one element for each directed edge."""

    origins: list[int]
    targets: list[int]
    lengths: list[float]  # m
    classes: list[str]
    limits: list[float]  # m/s
    modes: list[int]  # bits of DRIVE, RIDE, WALK
    names: list[int]
    reverses: list[int]  # the edge back, -1 = none
    first_headings: list[float]  # degrees from north where the edge begins …
    last_headings: list[float]  # … and where it ends
    shapes: list[int]
    points: list[int]

    def __len__(self) -> int:
        return len(self.origins)


@dataclass(frozen=True, slots=True)
class Streets:
    """Junctions, the edges between them, and where vehicles must not turn. Longitude and latitude in degrees."""

    longitudes: list[float]
    latitudes: list[float]
    lights: list[bool]
    names: list[tuple[str, str]]
    edges: Edges
    forbidden: set[tuple[int, int]]
    shape_longitudes: npt.NDArray[np.float64]
    shape_latitudes: npt.NDArray[np.float64]
    leaving: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for edge, node in enumerate(self.edges.origins):
            self.leaving[node].append(edge)

    def shape(self, edge: int) -> list[Point]:
        """The line of an edge, from junction to junction."""
        part = slice(self.edges.shapes[edge], self.edges.shapes[edge] + self.edges.points[edge])
        return list(zip(self.shape_longitudes[part].tolist(), self.shape_latitudes[part].tolist(), strict=True))

    def middles(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """A point in the middle of each edge's line: longitudes, latitudes."""
        middle = np.array(self.edges.shapes) + (np.array(self.edges.points) - 1) // 2
        return (
            (self.shape_longitudes[middle] + self.shape_longitudes[middle + 1]) / 2,
            (self.shape_latitudes[middle] + self.shape_latitudes[middle + 1]) / 2,
        )


def load_streets(file: Path) -> Streets:
    """Read the street graph. Raises ValueError when it is not one of this version, OSError when it is not there."""
    try:
        return parse_streets(file.read_bytes())
    except ValueError as error:
        raise ValueError(f"{file}: {error}. Build the map again: make tiles") from error


def parse_streets(data: bytes) -> Streets:
    """The street graph from the bytes of its file. Raises ValueError when they are not of this version."""
    try:
        found = msgpack.unpackb(data)
    except (ValueError, msgpack.UnpackException) as error:
        raise ValueError(f"expected a street graph in msgpack, got {len(data)} other bytes ({error})") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"expected the format {FORMAT}, got {str(found)[:40]}")
    if found.get("version") != VERSION:
        raise ValueError(f"expected version {VERSION} of {FORMAT}, got {found.get('version')}")
    try:
        return _streets(found)
    except (KeyError, IndexError, TypeError) as error:
        raise ValueError(f"this {FORMAT} is not whole: {error!r}") from error


def _streets(found: dict[str, Any]) -> Streets:
    longitudes, latitudes = _angles(found["shape"])
    node_longitudes, node_latitudes = _angles(found["nodes"])
    turns = np.frombuffer(found["forbidden"], "<i4").reshape(-1, 3).tolist()
    return Streets(
        node_longitudes.tolist(),
        node_latitudes.tolist(),
        [light == 1 for light in found["nodes"]["signal"]],
        [(name, name_en) for name, name_en in found["names"]],
        _edges(found["edges"], found["classes"], longitudes, latitudes),
        {(arriving, leaving) for arriving, _, leaving in turns},
        longitudes,
        latitudes,
    )


def _edges(
    found: dict[str, bytes],
    classes: list[str],
    longitudes: npt.NDArray[np.float64],
    latitudes: npt.NDArray[np.float64],
) -> Edges:
    starts, points = np.frombuffer(found["shape"], "<i4"), np.frombuffer(found["points"], "<i4")
    last = starts + points - 1

    def headings(one: npt.NDArray[np.int32], other: npt.NDArray[np.int32]) -> list[float]:
        east = (longitudes[other] - longitudes[one]) * np.cos(np.radians(latitudes[one]))
        degrees: list[float] = (np.degrees(np.arctan2(east, latitudes[other] - latitudes[one])) % 360).tolist()
        return degrees

    return Edges(
        np.frombuffer(found["from"], "<i4").tolist(),
        np.frombuffer(found["to"], "<i4").tolist(),
        np.frombuffer(found["length"], "<f4").tolist(),
        [classes[number] for number in found["class"]],
        np.frombuffer(found["limit"], "<f4").tolist(),
        list(found["modes"]),
        np.frombuffer(found["name"], "<i4").tolist(),
        np.frombuffer(found["reverse"], "<i4").tolist(),
        headings(starts, starts + 1),
        headings(last - 1, last),
        starts.tolist(),
        points.tolist(),
    )


def _angles(found: dict[str, bytes]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    return np.frombuffer(found["longitude"], "<i4") / 1e7, np.frombuffer(found["latitude"], "<i4") / 1e7


def turn_between(heading: float, other: float) -> float:
    """Degrees from one heading to another, -180 … 180: positive to the right."""
    return (other - heading + 540) % 360 - 180


def metres_between(one: Point, other: Point) -> float:
    """Metres between two near points (degrees), on a plane that touches there; good to 1e-5 within a city."""
    east = (other[0] - one[0]) * math.cos(math.radians((one[1] + other[1]) / 2))
    return math.hypot(east, other[1] - one[1]) * METRES_PER_DEGREE
