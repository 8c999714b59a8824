"""What the rules read: the program's files, parsed once."""

import ast
import functools
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BACKEND = ROOT / "backend"
# Statements that write; the table's name is the first group.
WRITES = re.compile(r"\b(?:insert\s+into|update(?:\s+only)?|delete\s+from|truncate(?:\s+table)?|copy)\s+(\w+)", re.I)


@dataclass(frozen=True)
class Source:
    """A Python file of the backend; `name` is its path from the root."""

    name: str
    text: str
    tree: ast.Module

    def calls(self) -> Iterator[ast.Call]:
        """Every call in it."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def written_tables(self) -> set[str]:
        """Tables that SQL in its strings writes."""
        strings = [node.value for node in ast.walk(self.tree) if isinstance(node, ast.Constant)]
        return {name.lower() for each in strings if isinstance(each, str) for name in WRITES.findall(each)}


@functools.cache
def sources() -> tuple[Source, ...]:
    """All Python files of the backend."""
    found = []
    for file in sorted(BACKEND.rglob("*.py")):
        text = file.read_text()
        found.append(Source(str(file.relative_to(ROOT)), text, ast.parse(text)))
    assert len(found) > 40, "the backend was found"
    return tuple(found)


@functools.cache
def repository_files() -> tuple[Path, ...]:
    """What is or would be committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())
