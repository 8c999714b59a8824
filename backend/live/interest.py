"""What a client looks at, as it says it. Bad input is answered with what was expected and what came."""

from dataclasses import dataclass
from typing import Any, TypeGuard

from backend.errors import BadInput
from backend.geo.cells import parse_cell, resolution_of

COARSEST, FINEST = 4, 8
MOST_CELLS = 64
MOST_FOLLOWED = 64
INTERVALS_MS = (200, 1000, 5000)


@dataclass(frozen=True, slots=True)
class Interest:
    """Cells of one resolution; `look` is the client's number for it, echoed in frames."""

    look: int = 0
    resolution: int = FINEST
    cells: frozenset[int] = frozenset()


def parse_look(message: dict[str, Any]) -> Interest:
    """Read a `look`. Raises BadInput."""
    look, resolution, cells = message.get("look"), message.get("resolution"), message.get("cells")
    if not _whole(look, 0, 0xFFFF):
        raise BadInput("bad look number", expected="0 to 65535", got=look)
    if not _whole(resolution, COARSEST, FINEST):
        raise BadInput("bad resolution", expected=f"{COARSEST} to {FINEST}", got=resolution)
    if not isinstance(cells, list) or len(cells) > MOST_CELLS:
        got = f"{len(cells)} cells" if isinstance(cells, list) else cells
        raise BadInput("too many cells or none", expected=f"a list of at most {MOST_CELLS} cells", got=got)
    return Interest(look, resolution, frozenset(_cell(cell, resolution) for cell in cells))


def parse_follow(message: dict[str, Any]) -> frozenset[int]:
    """Read the followed units. Raises BadInput."""
    units = message.get("units")
    if not isinstance(units, list) or len(units) > MOST_FOLLOWED:
        raise BadInput("bad list of units", expected=f"a list of at most {MOST_FOLLOWED} unit numbers", got=units)
    if not all(_whole(unit, 0, 0xFFFFFFFF) for unit in units):
        raise BadInput("bad unit number", expected="0 to 4294967295", got=units)
    return frozenset(units)


def parse_every(message: dict[str, Any]) -> int:
    """Read how often positions may come, ms. Raises BadInput."""
    milliseconds = message.get("milliseconds")
    if milliseconds not in INTERVALS_MS:
        raise BadInput("bad interval", expected=list(INTERVALS_MS), got=milliseconds)
    return int(milliseconds)


def parse_topics(message: dict[str, Any], known: frozenset[str]) -> frozenset[str]:
    """Read the topics. Raises BadInput for one that there is not."""
    topics = message.get("topics")
    if not isinstance(topics, list) or not all(isinstance(topic, str) for topic in topics):
        raise BadInput("bad list of topics", expected=sorted(known), got=topics)
    if unknown := set(topics) - known:
        raise BadInput(f"unknown topic {sorted(unknown)}", expected=sorted(known), got=topics)
    return frozenset(topics)


def _whole(value: Any, least: int, most: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _cell(text: Any, resolution: int) -> int:
    try:
        cell = parse_cell(text)
    except (ValueError, TypeError, OverflowError) as error:  # h3 takes 64 bits
        raise BadInput("bad cell", expected="an H3 cell in hexadecimal", got=text) from error
    if resolution_of(cell) != resolution:
        raise BadInput("cell of another resolution", expected=resolution, got=resolution_of(cell))
    return cell
