"""Who may use whom: import-linter's contracts in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

from tests.rules.sources import ROOT


def test_imports_go_one_way() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "0 broken" in found.stdout
