"""The forms of a file of tracks, written part by part: GeoJSON (RFC 7946), GPX 1.1, CSV."""

import re
import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol
from xml.sax.saxutils import escape

import orjson
from sqlalchemy import Row

from backend.avl.export import COLUMNS, MARK, csv_cells, csv_lines, iso
from backend.avl.journey import GAP_MS
from backend.identity.registry import KnownUnit

Format = Literal["geojson", "gpx", "csv"]
CHUNK = 1 << 16
IN_MEMORY = 1 << 18  # bytes of times; more go to a file without a name

TRACKPOINT = "http://www.garmin.com/xmlschemas/TrackPointExtension/v2"
GPX_HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="Liandong" xmlns="http://www.topografix.com/GPX/1/1" xmlns:gpxtpx="{TRACKPOINT}">
"""
# All that XML 1.0 (§2.2) cannot hold.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class TrackFile(Protocol):
    """A form. For each unit `start`, `points` for each page, `end`; before all of them `head`, after them `tail`."""

    media_type: str

    def head(self) -> str:
        """What stands at the top."""

    def start(self, unit: KnownUnit, *, alone: bool) -> str:
        """A unit's track begins. `alone`: it is one point only."""

    def points(self, unit: KnownUnit, rows: Sequence[Row[Any]]) -> str:
        """Its next fixes, in order of time; at least one."""

    def end(self) -> Iterator[str]:
        """The unit's track is complete."""

    def tail(self) -> str:
        """What stands at the bottom."""

    def close(self) -> None:
        """Let go of what it held, whether the file is complete or not."""


class GeoJson:
    """A FeatureCollection: of each unit one LineString (of a single fix a Point), with `coordTimes` among the rest."""

    media_type = "application/geo+json"

    def __init__(self) -> None:
        self._is_first, self._has_points, self._alone = True, False, False
        self._unit: KnownUnit | None = None
        # The times stand behind all points, and there may be millions of them.
        self._times = tempfile.SpooledTemporaryFile[bytes](IN_MEMORY)

    def head(self) -> str:
        return '{"type":"FeatureCollection","features":[\n'

    def start(self, unit: KnownUnit, *, alone: bool) -> str:
        comma = "" if self._is_first else ",\n"
        self._is_first, self._has_points, self._unit, self._alone = False, False, unit, alone
        kind = '"Point","coordinates":' if alone else '"LineString","coordinates":['
        return f'{comma}{{"type":"Feature","geometry":{{"type":{kind}'

    def points(self, unit: KnownUnit, rows: Sequence[Row[Any]]) -> str:
        comma = "," if self._has_points else ""
        self._has_points = True
        self._times.write((comma + ",".join(f'"{iso(row.fixed_at)}"' for row in rows)).encode())
        return comma + ",".join(f"[{row.longitude:.7f},{row.latitude:.7f}]" for row in rows)

    def end(self) -> Iterator[str]:
        assert self._unit is not None
        known = {"unit": self._unit.number, "call_sign": self._unit.call_sign, "name": self._unit.name}
        closing = "" if self._alone else "]"
        yield f'{closing}}},"properties":{orjson.dumps(known).decode()[:-1]},"coordTimes":['
        self._times.seek(0)
        while part := self._times.read(CHUNK):
            yield part.decode()
        self._times.seek(0)
        self._times.truncate()
        yield "]}}"

    def tail(self) -> str:
        return "\n]}\n"

    def close(self) -> None:
        self._times.close()


class Gpx:
    """GPX 1.1: of each unit one `trk`, a new `trkseg` after 2 minutes without a fix.

    Speed (m/s) and course (degrees) are in Garmin's TrackPointExtension v2, which most readers know.
    """

    media_type = "application/gpx+xml"

    def __init__(self) -> None:
        self._last: datetime | None = None

    def head(self) -> str:
        return GPX_HEAD

    def start(self, unit: KnownUnit, *, alone: bool) -> str:
        self._last = None
        name, call_sign = (escape(NOT_XML.sub("", words)) for words in (unit.name, unit.call_sign))
        return f"<trk><name>{call_sign}</name><desc>{name}</desc><number>{unit.number}</number><trkseg>\n"

    def points(self, unit: KnownUnit, rows: Sequence[Row[Any]]) -> str:
        written = []
        for row in rows:
            if self._last is not None and row.fixed_at - self._last > timedelta(milliseconds=GAP_MS):
                written.append("</trkseg><trkseg>\n")
            self._last = row.fixed_at
            written.append(_point(row))
        return "".join(written)

    def end(self) -> Iterator[str]:
        yield "</trkseg></trk>\n"

    def tail(self) -> str:
        return "</gpx>\n"

    def close(self) -> None: ...


class Csv:
    """The columns of an export; what a spreadsheet takes for a formula is marked as text."""

    media_type = "text/csv; charset=utf-8"

    def head(self) -> str:
        return MARK + csv_lines([list(COLUMNS)])

    def start(self, unit: KnownUnit, *, alone: bool) -> str:
        return ""

    def points(self, unit: KnownUnit, rows: Sequence[Row[Any]]) -> str:
        return csv_lines([csv_cells(unit, row) for row in rows])

    def end(self) -> Iterator[str]:
        yield from ()

    def tail(self) -> str:
        return ""

    def close(self) -> None: ...


def track_form(name: Format) -> TrackFile:
    """The form of this name, for one file."""
    forms: dict[Format, type[GeoJson] | type[Gpx] | type[Csv]] = {"geojson": GeoJson, "gpx": Gpx, "csv": Csv}
    return forms[name]()


def _point(row: Row[Any]) -> str:
    # Its longitudes end before 180, and its courses before 360.
    longitude = round(row.longitude, 7)
    longitude = longitude if longitude < 180 else longitude - 360
    height = "" if row.altitude is None else f"<ele>{row.altitude:.2f}</ele>"
    speed = "" if row.speed is None else f"<gpxtpx:speed>{row.speed:.2f}</gpxtpx:speed>"
    course = "" if row.heading is None else f"<gpxtpx:course>{round(row.heading, 2) % 360:.2f}</gpxtpx:course>"
    more = speed + course
    if more:
        more = f"<extensions><gpxtpx:TrackPointExtension>{more}</gpxtpx:TrackPointExtension></extensions>"
    at = f'lat="{row.latitude:.7f}" lon="{longitude:.7f}"'
    return f"<trkpt {at}>{height}<time>{iso(row.fixed_at)}</time>{more}</trkpt>\n"
