"""The demo's organisation as rows of an import: the same as an operator's files would say."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from backend.demo.bodies import CITY_CODE, Body
from backend.demo.fleet import Post
from backend.identity.importing.row import Row

Geometry = Mapping[str, Any]  # GeoJSON in WGS-84
SEATS = 6
DRIVEN = ("car", "command")


def body_rows(bodies: Iterable[Body], areas: Mapping[str, Geometry]) -> list[Row]:
    """Bodies with their areas: by code."""
    return [
        _row(
            "body",
            body.key,
            areas.get(body.key),
            parent=body.parent,
            kind=body.kind,
            name=body.name,
            name_en=body.name_en,
        )
        for body in bodies
    ]


def unit_rows(posts: Iterable[Post]) -> list[Row]:
    """Units, and a vehicle for each that drives one."""
    posts = list(posts)
    units = [
        _row("unit", post.call_sign, parent=post.body, kind=post.kind, name=post.name, name_en=post.name_en)
        for post in posts
    ]
    driving = [post for post in posts if post.kind in DRIVEN]
    vehicles = [
        _row("vehicle", f"联A·{post.call_sign}", parent=post.body, kind=post.kind, unit=post.call_sign)
        for post in driving
    ]
    return units + vehicles


def seat_rows() -> list[Row]:
    """The call seats of the city's command centre."""
    return [
        _row("seat", str(8000 + number), parent=CITY_CODE, name=f"{number} 号座席", name_en=f"Seat {number}")
        for number in range(1, SEATS + 1)
    ]


def camera_rows(crossings: Sequence[tuple[str, str, str | None, float, float]]) -> list[Row]:
    """A camera at each crossing: code of the squad, names, degrees WGS-84."""
    return [
        _row(
            "camera",
            f"cam-{number:02d}",
            {"type": "Point", "coordinates": [longitude, latitude]},
            parent=squad,
            name=name,
            name_en=name_en,
        )
        for number, (squad, name, name_en, longitude, latitude) in enumerate(crossings, 1)
    ]


def numbered(rows: Iterable[Row]) -> list[Row]:
    """The rows as lines of one file."""
    return [replace(row, line=line) for line, row in enumerate(rows, 1)]


def _row(what: str, code: str, geometry: Geometry | None = None, **values: str | None) -> Row:
    said = {column: value for column, value in values.items() if value}
    return Row("demo", 0, {"what": what, "code": code, **said}, geometry, "EPSG:4326")
