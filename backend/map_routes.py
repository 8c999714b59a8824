"""Routes of the map: what it is drawn on, areas, places by name, a point in words. All need the right `map.read`."""

import asyncio
import gzip
import re
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel

from backend.errors import NotFound
from backend.geo.areas import Areas
from backend.geo.ground import Ground, Manifest
from backend.geo.places import Place, Places, Street
from backend.geo.tiles import TileArchive
from backend.identity.access import Requires
from backend.identity.jurisdiction import Jurisdiction
from backend.settings import Settings

router = APIRouter(dependencies=[Depends(Requires("map.read"))])

MVT = "application/vnd.mapbox-vector-tile"
FOR_EVER = "private, max-age=31536000, immutable"
ASK_AGAIN = "private, no-cache"
NUMBER = re.compile(r"[0-9]{1,9}")

Longitude = Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)]
Latitude = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)]


class GroundOut(BaseModel):
    """What the map is drawn on. `bounds` are west, south, east, north in degrees WGS-84; `tile_size` in pixels."""

    kind: Literal["vector", "raster", "none"]
    name: str = ""
    name_en: str | None = None
    tiles: list[str] = []
    minzoom: int = 0
    maxzoom: int = 0
    tile_size: int = 512
    bounds: tuple[float, float, float, float] | None = None
    attribution: str = ""
    characters: str = ""
    datum: Literal["wgs84", "gcj02"] = "wgs84"
    coastal: bool = False


class PlacesOut(BaseModel):
    """Places that were found, best first."""

    places: list[Place]


class AreaName(BaseModel):
    """An area that holds a point."""

    kind: str
    code: str
    name: str
    name_en: str | None


class WhereOut(BaseModel):
    """A point in words: its street, the nearest one that crosses it, the areas that hold it."""

    street: Street | None
    crossing: Street | None
    areas: list[AreaName]


@router.get("/api/v1/ground")
async def ground(request: Request) -> GroundOut:
    """What the map is drawn on: the operator's own source, else the built tiles, else nothing."""
    settings: Settings = request.app.state.settings
    open_one: Ground = request.app.state.ground
    manifest, tiles = open_one.manifest, open_one.tiles
    if settings.ground_templates:
        return own_ground(settings, manifest)
    if manifest is None or tiles is None:
        return GroundOut(kind="none")
    return GroundOut(
        kind="vector",
        name=manifest.name,
        name_en=manifest.name_en,
        tiles=[f"/tiles/{{z}}/{{x}}/{{y}}?v={manifest.version}"],
        minzoom=tiles.minzoom,
        maxzoom=tiles.maxzoom,
        bounds=manifest.bounds,
        attribution=manifest.attribution,
        characters=manifest.characters,
        coastal=manifest.coastal,
    )


def own_ground(settings: Settings, built: Manifest | None) -> GroundOut:
    """The operator's own tiles; areas and places stay those of the built map, and so does its name."""
    return GroundOut(
        kind="raster",
        name=built.name if built else "",
        name_en=built.name_en if built else None,
        tiles=list(settings.ground_templates),
        maxzoom=settings.ground_maxzoom,
        tile_size=settings.ground_tile_size,
        attribution=settings.ground_attribution,
        characters=built.characters if built else "",
        # CGCS2000 and WGS-84 differ by centimetres.
        datum="gcj02" if settings.ground_datum == "gcj02" else "wgs84",
    )


@router.get("/tiles/{zoom}/{x}/{y}", include_in_schema=False)
async def tile(request: Request, zoom: str, x: str, y: str, v: str = "") -> Response:
    """A vector tile (MVT). 204 where it holds nothing. An address with the right `v` may be kept for ever."""
    open_one: Ground = request.app.state.ground
    archive, manifest = open_one.tiles, open_one.manifest
    if archive is None or manifest is None:
        raise NotFound("no map is built: run `make run`, or make tiles OSM=city.osm.pbf")
    address = read_address(archive, zoom, x, y)
    tag = f"{manifest.version}-{'-'.join(map(str, address))}"
    return packed(request, archive.get(*address), MVT, tag, FOR_EVER if v == manifest.version else ASK_AGAIN)


@router.get("/api/v1/areas/{kind}")
async def areas(request: Request, kind: Literal["district", "squad", "grid"]) -> Response:
    """All areas of a kind as a GeoJSON FeatureCollection: the organisation's, else the built map's; perhaps none."""
    collection = (await areas_of(request)).collection(kind)
    return packed(request, collection.packed, "application/geo+json", collection.digest, ASK_AGAIN)


@router.get("/api/v1/places")
async def places(
    request: Request,
    q: Annotated[str, Query(max_length=100)],
    longitude: Longitude | None = None,
    latitude: Latitude | None = None,
    limit: Annotated[int, Query(ge=1, le=20)] = 10,
) -> PlacesOut:
    """Places by name, English name, pinyin or its first letters; near a point the nearer ones come first."""
    book: Places | None = request.app.state.ground.places
    if book is None:
        return PlacesOut(places=[])
    near = (longitude, latitude) if longitude is not None and latitude is not None else None
    return PlacesOut(places=await asyncio.to_thread(book.search, q, near, limit))


@router.get("/api/v1/where")
async def where(request: Request, longitude: Longitude, latitude: Latitude) -> WhereOut:
    """A point in words."""
    open_one: Ground = request.app.state.ground
    found = await asyncio.to_thread(open_one.places.nearest_street, longitude, latitude) if open_one.places else None
    street, crossing = found or (None, None)
    holding = [
        AreaName(kind=area.kind, code=area.code, name=area.name, name_en=area.name_en)
        for area in (await areas_of(request)).holding(longitude, latitude)
    ]
    return WhereOut(street=street, crossing=crossing, areas=holding)


async def areas_of(request: Request) -> Areas:
    """The areas of this moment."""
    jurisdiction: Jurisdiction = request.app.state.jurisdiction
    return await jurisdiction.current()


def read_address(archive: TileArchive, *words: str) -> tuple[int, int, int]:
    """Zoom, column and row. Raises NotFound for what is no number, outside the archive's zooms or the world."""
    if not all(NUMBER.fullmatch(word) for word in words):
        raise NotFound("a tile is named by three numbers: /tiles/zoom/column/row")
    zoom, x, y = map(int, words)
    least, greatest = archive.minzoom, archive.maxzoom
    if not least <= zoom <= greatest:
        raise NotFound(f"tiles have zooms {least} to {greatest}", minzoom=least, maxzoom=greatest)
    if x >> zoom or y >> zoom:
        raise NotFound(f"at zoom {zoom} columns and rows are 0 to {(1 << zoom) - 1}")
    return zoom, x, y


def packed(request: Request, content: bytes | None, kind: str, tag: str, control: str) -> Response:
    """An answer from gzip-compressed bytes, for those who take gzip and those who do not; 304 for who has it.

    None is 204. The entity tag is a strong one: it tells the two forms apart.
    """
    as_it_is = takes_gzip(request.headers.get("accept-encoding", ""))
    etag = f'"{tag}-{"gzip" if as_it_is else "plain"}"'
    headers = {"Cache-Control": control, "ETag": etag, "Vary": "Accept-Encoding"}
    if is_known(request.headers.get("if-none-match", ""), etag):
        return Response(status_code=304, headers=headers)
    if content is None:
        return Response(status_code=204, headers=headers)
    if as_it_is:
        return Response(content, media_type=kind, headers={**headers, "Content-Encoding": "gzip"})
    return Response(gzip.decompress(content), media_type=kind, headers=headers)


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header allows gzip (RFC 9110 §12.5.3)."""
    weights = {}
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        weights[coding.strip()] = weight.strip().removeprefix("q=").strip("0.") != "" if weight else True
    return weights.get("gzip", weights.get("*", False))


def is_known(known: str, etag: str) -> bool:
    """Whether an If-None-Match header names this entity tag (RFC 9110 §13.1.2)."""
    return known.strip() == "*" or etag in (one.strip().removeprefix("W/") for one in known.split(","))
