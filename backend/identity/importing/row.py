"""One row of a file, whatever the file's format."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.errors import BadInput

MOST_ERRORS = 50


@dataclass(frozen=True, slots=True)
class Row:
    """What one line of a CSV or one feature of a GeoJSON says.

    `values`: by column, without those that are empty; `geometry`: GeoJSON in the coordinates of `crs`; `line`: where it
    begins in `file`, from 1.
    """

    file: str
    line: int
    values: Mapping[str, str]
    geometry: Mapping[str, Any] | None = None
    crs: str | None = None

    @property
    def what(self) -> str:
        """Which kind of thing it is about."""
        return self.values.get("what", "body")

    @property
    def code(self) -> str:
        """Its name within the files."""
        return self.values.get("code", "")


@dataclass(slots=True)
class Findings:
    """What was wrong, by file and line; an import that found anything is not done."""

    lines: list[str] = field(default_factory=list)

    def note(self, row: Row, words: str) -> None:
        """Something is wrong with a row."""
        self.lines.append(f"{row.file}:{row.line}: {words}")

    def check(self) -> None:
        """Raises BadInput with all that was noted, the first MOST_ERRORS in words."""
        if not self.lines:
            return
        shown = self.lines[:MOST_ERRORS]
        left = len(self.lines) - len(shown)
        more = [f"… and {left} more"] if left else []
        raise BadInput("\n".join([*shown, *more, "nothing was imported"]), code="import_refused", errors=shown)
