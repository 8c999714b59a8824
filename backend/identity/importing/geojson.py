"""GeoJSON (RFC 7946) whose features know the line on which they begin, so that an error can name it."""

import json
from collections.abc import Iterator
from json import JSONDecodeError, JSONDecoder
from typing import Any

from backend.errors import BadInput

BLANK = " \t\r\n"


def read_features(text: str) -> tuple[str | None, list[tuple[int, Any]]]:
    """The name of the coordinate system that the file states (None: none), and line and value of each feature.

    Raises BadInput, with the line, for what is no FeatureCollection.
    """
    try:
        whole = json.loads(text)
    except JSONDecodeError as error:
        raise BadInput(f"{error.lineno}: this is no JSON: {error.msg}") from error
    except RecursionError as error:
        raise BadInput("1: this is no GeoJSON: it is nested too deeply") from error
    if not isinstance(whole, dict) or not isinstance(whole.get("features"), list):
        raise BadInput('1: expected a GeoJSON FeatureCollection: an object with a list "features"')
    return _crs_of(whole.get("crs")), list(_features(text))


def _crs_of(said: Any) -> str | None:
    """The name in the `crs` member of the older GeoJSON (2008, 3.1), which most programs still write."""
    try:
        return str(said["properties"]["name"])
    except (TypeError, KeyError):
        return None


def _features(text: str) -> Iterator[tuple[int, Any]]:
    """Walks once more over what is known to be good JSON, from value to value, counting lines."""
    decoder = JSONDecoder()
    at = _after(text, text.index("{") + 1)
    while text[at] != "}":
        name, at = decoder.raw_decode(text, at)
        at = _after(text, _after(text, at) + 1)  # beyond the colon
        if name != "features" or text[at] != "[":
            _, at = decoder.raw_decode(text, at)
        else:
            at = _after(text, at + 1)
            line, counted = 1, 0
            while text[at] != "]":
                line += text.count("\n", counted, at)
                counted = at
                value, at = decoder.raw_decode(text, at)
                yield line, value
                at = _after(text, at, ",")
            at += 1
        at = _after(text, at, ",")


def _after(text: str, at: int, also: str = "") -> int:
    """The next place that holds no blank."""
    while text[at] in BLANK + also:
        at += 1
    return at
