"""Files → rows: CSV (RFC 4180, first line names the columns) and GeoJSON."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from backend.errors import BadInput
from backend.identity.importing.geojson import read_features
from backend.identity.importing.kinds import COLUMNS
from backend.identity.importing.row import Findings, Row

LARGEST_BYTES = 200 * 1024 * 1024
# Excel writes the first or, in China, the second.
ENCODINGS = ("utf-8-sig", "gb18030")
EPSG = re.compile(r"(?:urn:ogc:def:crs:)?EPSG:{1,2}(?:[0-9.]*:)?([0-9]{4,6})", re.I)
CRS84 = re.compile(r"(?:urn:ogc:def:crs:)?OGC:[0-9.]*:?CRS84", re.I)


def read_rows(files: Iterable[Path], crs: str | None, findings: Findings) -> list[Row]:
    """The rows of all files. `crs`: of the files that name none of their own. Raises BadInput for one not readable."""
    rows: list[Row] = []
    for file in files:
        try:
            if file.stat().st_size > LARGEST_BYTES:
                raise BadInput(f"a file has at most {LARGEST_BYTES >> 20} MiB")
            text = decode(file.read_bytes())
            found = _geojson(file.name, text, crs) if text.lstrip().startswith("{") else _csv(file.name, text, crs)
        except OSError as error:
            raise BadInput(f"{file}: cannot be read: {error.strerror}") from error
        except BadInput as error:
            raise BadInput(f"{file}:{error.detail}") from error
        rows += found
        _check_crs(found, findings)
    return rows


def decode(content: bytes) -> str:
    """Text in UTF-8, or as Excel saves it in China. Raises BadInput."""
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("1: expected text in UTF-8 or GB 18030")


def srid_of(crs: str) -> int | None:
    """The EPSG code that a name stands for, longitude first; None for what is not known. CRS84 is EPSG:4326."""
    if CRS84.fullmatch(crs.strip()):
        return 4326
    found = EPSG.fullmatch(crs.strip())
    return int(found[1]) if found else None


def _csv(name: str, text: str, crs: str | None) -> list[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows = []
    try:
        header = [column.strip() for column in next(reader, [])]
        _check_header(header)
        begins = reader.line_num + 1
        for fields in reader:
            values = [value.strip() for value in fields]
            if any(values):
                if len(values) > len(header):
                    raise BadInput(f"{begins}: {len(header)} columns are named, but here are {len(values)} values")
                filled = dict(zip(header, values, strict=False))
                rows.append(Row(name, begins, {column: value for column, value in filled.items() if value}, crs=crs))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(f"{reader.line_num}: this is no CSV: {error}") from error
    return rows


def _check_header(header: Sequence[str]) -> None:
    unknown = [column for column in header if column not in COLUMNS]
    if not header or unknown or len(set(header)) != len(header):
        got = ", ".join(header)[:200] or "nothing"
        raise BadInput(f"1: the first line names the columns, each once, of {', '.join(COLUMNS)}; got {got}")


def _geojson(name: str, text: str, crs: str | None) -> list[Row]:
    said, features = read_features(text)
    return [_feature(name, line, feature, said or crs) for line, feature in features]


def _feature(name: str, line: int, feature: Any, crs: str | None) -> Row:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise BadInput(f"{line}: expected a feature with properties")
    # Programs add properties of their own; only those that we know are read.
    values = {
        key: str(value).strip() for key, value in properties.items() if key in COLUMNS and value not in (None, "")
    }
    geometry = feature.get("geometry")
    if geometry is not None and not isinstance(geometry, dict):
        raise BadInput(f"{line}: expected a geometry that is an object or null")
    return Row(name, line, values, geometry, crs)


def _check_crs(rows: Sequence[Row], findings: Findings) -> None:
    """A place without a named coordinate system is a place somewhere else: in China, half a kilometre away."""
    for row in rows:
        if row.geometry is None and "longitude" not in row.values:
            continue
        if row.crs is None:
            words = "no coordinate system is named: say --crs EPSG:4326 (WGS-84), EPSG:4490 (CGCS2000) or what it is"
        elif srid_of(row.crs) is None:
            words = f"expected a coordinate system by its EPSG number, such as EPSG:4490, got {row.crs!r}"
        else:
            continue
        findings.note(row, words)
        return  # once for a file
