"""The areas that the map shows: those of the organisation, else, kind by kind, those of the built map."""

import asyncio
from typing import Any

from backend.clock import utc_now
from backend.db.engine import Database, is_away
from backend.geo.areas import KINDS, Areas
from backend.identity.areas import present_areas
from backend.identity.registry import Registry


class Jurisdiction:
    """Keeps one version of them; read anew when the organisation's is another. One per web process."""

    def __init__(self, database: Database, registry: Registry, built: Areas) -> None:
        self._database = database
        self._registry = registry
        self._built = built
        self._areas = built
        self._features: list[dict[str, Any]] = []
        self._true_of: object = None
        self._reading = asyncio.Lock()

    async def current(self) -> Areas:
        """The areas in force now; the last known ones while the database is away."""
        async with self._reading:
            # A version that was read anew because an area begins or ends has the same number, and is another object.
            organisation = self._registry.current
            if self._true_of is not organisation:
                try:
                    async with self._database.snapshot() as session:
                        features = await present_areas(session, utc_now())
                except Exception as error:
                    if not is_away(error):
                        raise
                    return self._areas
                if features != self._features:  # most versions change something else, and shapes take long to prepare
                    self._areas = await asyncio.to_thread(joined, features, self._built)
                    self._features = features
                self._true_of = organisation
            return self._areas


def joined(features: list[dict[str, Any]], built: Areas) -> Areas:
    """The organisation's areas, called as the built map calls the place of that code; its other kinds as built."""
    places = {(one["properties"]["kind"], str(one["properties"]["code"])): one["properties"] for one in built.features}
    own = []
    for one in features:
        said = one["properties"]
        if said["kind"] not in KINDS:
            continue
        place = places.get((said["kind"], said["code"]), said)
        # 老城区 rather than 老城区城市管理执法局: a map names places.
        names = {"name": place["name"], "name_en": place.get("name_en"), "code": said["code"] or ""}
        own.append({**one, "properties": {**said, **names}})
    told = {one["properties"]["kind"] for one in own}
    return Areas([*own, *(one for one in built.features if one["properties"]["kind"] not in told)])
