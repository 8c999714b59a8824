"""The demo city, generated once for all its tests."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiles.demo.extract import City, read_city
from tiles.demo import generate


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The city generated here, and at the same time in another process that orders its sets otherwise."""
    here, there = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("there")
    command = [sys.executable, "-m", "tiles.demo", str(there)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONHASHSEED": "7"}, stdout=subprocess.DEVNULL) as other:
        generate(here)
        assert other.wait(120) == 0
    return here, there


@pytest.fixture(scope="session")
def city(folders: tuple[Path, Path]) -> City:
    """The city as its files tell it."""
    return read_city(folders[0])
