"""`results.json`: the figures of each part with the machine, commit and date that they were measured on."""

import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

from backend.clock import utc_now

FILE = Path(__file__).with_name("results.json")


def machine() -> dict[str, Any]:
    """What this machine is, as far as the figures depend on it."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        platform.processor(),
    )
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
    }


def merge(part: str, figures: dict[str, float], peers: dict[str, float]) -> None:
    """Put a part's figures into the file, in place of its former ones."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    known[part] = {
        "machine": machine(),
        "commit": commit,
        "date": utc_now().date().isoformat(),
        "figures": figures,
        "peers": peers,
    }
    FILE.write_text(json.dumps(known, indent=2, ensure_ascii=False) + "\n")


def table(rows: list[tuple[str, float, str, str]]) -> None:
    """Print name, value, unit and goal in columns."""
    width = max(len(name) for name, *_ in rows) + 2
    for name, value, unit, goal in rows:
        print(f"{name:{width}}{value:>14.6g} {unit:12}{goal}")
