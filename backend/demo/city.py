"""The city that the demo's units drive in: its streets, and which of them are whose home area.

Read from the folder of a built map: `roads.msgpack`, and where they are there `areas.geojson` and `names.sqlite`.
"""

import json
import logging
import random
import sqlite3
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import mapping, shape

from backend.demo.bodies import CITY_CODE, SQUADS, Body, District, SquadArea, bodies_of
from backend.demo.driver import Driver
from backend.demo.fleet import Post
from backend.demo.profiles import PROFILES, Profile
from backend.demo.route import Router
from backend.demo.streets import METRES_PER_DEGREE, load_streets

log = logging.getLogger(__name__)

AREAS = ("district", "squad")
CROSSINGS = "SELECT name, name_en, longitude, latitude FROM place WHERE kind = 'crossing' ORDER BY name, longitude"
SHORTEST_GOAL_M = 15.0
FEWEST_GOALS = 4
WALK_M = 600.0
BESIDE_M = 150.0
# Places that draw foot patrols: by name, but not the streets called after them.
BUSY = ("夜市", "市场", "步行街", "广场", "车站")
BUSY_PLACES = (
    "SELECT longitude, latitude FROM place WHERE kind NOT IN ('street', 'crossing', 'address') AND name LIKE ?"
)


class City:
    """One built map. Raises OSError or ValueError when its street graph or its areas cannot be read."""

    def __init__(self, folder: Path) -> None:
        self.streets = load_streets(folder / "roads.msgpack")
        self._folder = folder
        self._features = _features(folder / "areas.geojson")
        self._middles = self.streets.middles()
        self._routers: dict[int, Router] = {}
        self._homes: dict[tuple[int, str], list[int]] = {}

    @cached_property
    def bodies(self) -> list[Body]:
        """The bureau of this city."""
        districts = [District(*_words(one, "code", "name", "name_en")) for one in self._of_kind("district")]
        areas = [SquadArea(*_words(one, "code", "district", "name", "name_en")) for one in self._of_kind("squad")]
        known = {one.code for one in districts}
        return bodies_of(districts, [one if one.district in known else _without_district(one) for one in areas])

    @cached_property
    def areas(self) -> dict[str, dict[str, Any]]:
        """By code, the areas of districts and squads, and that of the city, which is all of them: GeoJSON, WGS-84."""
        found = {str(one["properties"]["code"]): one["geometry"] for kind in AREAS for one in self._of_kind(kind)}
        if not found:
            return {}
        return found | {CITY_CODE: mapping(shapely.union_all([shape(geometry) for geometry in found.values()]))}

    def driver(self, post: Post, seed: int, moment: float) -> Driver:
        """A driver for this unit, somewhere in its home area, from this moment (seconds since 1970) on."""
        router = self.router(PROFILES[post.kind])
        home = self.home(router, post.body)
        if post.kind == "foot":
            home = self._walk(home, seed)
        return Driver(router, home, seed, moment)

    def router(self, profile: Profile) -> Router:
        """Routes for a profile, prepared once."""
        if profile.mode not in self._routers:
            self._routers[profile.mode] = Router(self.streets, profile)
        return self._routers[profile.mode]

    def home(self, router: Router, body: str) -> list[int]:
        """Edges that units of this body patrol: a squad's in its area, another body's in the whole city."""
        mode = router.profile.mode
        if (mode, "") not in self._homes:
            self._homes |= {(mode, key): edges for key, edges in self._homes_of(router).items()}
        return self._homes.get((mode, body)) or self._homes[mode, ""]

    def _homes_of(self, router: Router) -> dict[str, list[int]]:
        """Squad → its edges; "" → those of the whole city."""
        lengths = self.streets.edges.lengths
        edges = np.array([edge for edge in router.core if lengths[edge] >= SHORTEST_GOAL_M] or router.core)
        longitudes, latitudes = (values[edges] for values in self._middles)
        homes: dict[str, list[int]] = {}
        squads = [body.key for body in self.bodies if body.kind == "squad"]
        polygons = {str(one["properties"]["code"]): shape(one["geometry"]) for one in self._of_kind("squad")}
        if not polygons:
            homes = dict(zip(squads, _divided(edges, longitudes, latitudes), strict=True))
            return homes | {"": edges.tolist()}
        for key in squads:
            inside = edges[shapely.contains_xy(polygons[key], longitudes, latitudes)].tolist()
            if len(inside) >= FEWEST_GOALS:
                homes[key] = inside
            else:
                log.warning("the area %s has %d streets for %s", key, len(inside), router.profile.mode)
        everywhere = sorted({edge for home in homes.values() for edge in home})
        return homes | {"": everywhere or edges.tolist()}

    def _walk(self, home: list[int], seed: int) -> list[int]:
        """The part of a home area within reach of a busy place, or of any corner where there is none."""
        edges = np.array(home)
        longitudes, latitudes = (values[edges] for values in self._middles)
        chance = random.Random(seed)

        def away(longitude: float, latitude: float) -> npt.NDArray[np.float64]:
            east = (longitudes - longitude) * np.cos(np.radians(latitude))
            metres: npt.NDArray[np.float64] = np.hypot(east, latitudes - latitude) * METRES_PER_DEGREE
            return metres

        near = [place for place in self._busy if away(*place).min() < BESIDE_M]
        corner = chance.randrange(len(home))
        middle = chance.choice(near) if near else (longitudes[corner], latitudes[corner])
        within: list[int] = edges[away(*middle) < WALK_M].tolist()
        return within

    @cached_property
    def _busy(self) -> list[tuple[float, float]]:
        found = [row for word in BUSY for row in self._named(BUSY_PLACES, f"%{word}%")]
        return sorted({(longitude, latitude) for longitude, latitude in found})

    @cached_property
    def crossings(self) -> list[tuple[str, str, str | None, float, float]]:
        """Where the cameras stand: squad's code, names, degrees; those nearest the middle of each squad's area."""
        known = self._named(CROSSINGS)
        if not known:
            return []
        points = shapely.points([(longitude, latitude) for _, _, longitude, latitude in known])
        found = []
        for number, one in enumerate(self._of_kind("squad")):
            area = shape(one["geometry"])
            middle = area.representative_point()
            inside = [index for index, is_inside in enumerate(shapely.contains(area, points)) if is_inside]
            inside.sort(key=lambda index: float(middle.distance(points[index])))
            found += [(str(one["properties"]["code"]), *known[index]) for index in inside[: 2 if number % 2 else 1]]
        return found

    def _named(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        """Rows of the map's names; none where it has none."""
        file = self._folder / "names.sqlite"
        if not file.is_file():
            return []
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            return connection.execute(statement, values).fetchall()
        finally:
            connection.close()

    def _of_kind(self, kind: str) -> list[dict[str, Any]]:
        found = [one for one in self._features if one["properties"].get("kind") == kind]
        return sorted(found, key=lambda one: str(one["properties"]["code"]))


def _features(file: Path) -> list[dict[str, Any]]:
    if not file.is_file():
        return []
    try:
        features: list[dict[str, Any]] = json.loads(file.read_text())["features"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file}: expected GeoJSON with features: {error!r}") from error
    return features


def _words(feature: dict[str, Any], *keys: str) -> list[str]:
    return [str(feature["properties"].get(key) or "") for key in keys]


def _without_district(area: SquadArea) -> SquadArea:
    return SquadArea(area.code, "", area.name, area.name_en)


def _divided(
    edges: npt.NDArray[np.int_], longitudes: npt.NDArray[np.float64], latitudes: npt.NDArray[np.float64]
) -> list[list[int]]:
    """The edges in sixteen parts of equal size: four strips from west to east, each in four from south to north."""
    strips = np.array_split(np.argsort(longitudes, kind="stable"), 4)
    parts = [part for strip in strips for part in np.array_split(strip[np.argsort(latitudes[strip], kind="stable")], 4)]
    assert len(parts) == SQUADS
    return [edges[part].tolist() for part in parts]
