"""The data folder: rights, secrets, run.json, free ports, and the lock."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from backend.home import EMBEDDED_PORTS, CannotStart, Home, PartState, Run, resolve

HOLD = """
import sys, time
from pathlib import Path
from backend.home import Home
with Home(Path(sys.argv[1])).lock():
    print("held", flush=True)
    time.sleep(60)
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def holder_of(path: Path) -> "subprocess.Popen[str]":
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def test_folder_and_secrets_are_closed_to_others(tmp_path: Path) -> None:
    home = Home(tmp_path / "var")
    home.secrets()
    assert mode(home.path) == (0o711 if os.geteuid() == 0 else 0o700)
    assert mode(home.path / "secrets.json") == 0o600
    assert mode(home.folder("logs")) == 0o700


def test_secrets_stay(tmp_path: Path) -> None:
    first = Home(tmp_path).secrets()
    assert Home(tmp_path).secrets() == first
    assert len(first.demo_devices) == 43
    assert first.demo_devices not in repr(first)


def test_newer_program_adds_a_secret_and_keeps_the_others(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = home.secrets()
    stored = json.loads((tmp_path / "secrets.json").read_text())
    del stored["cookie_secret"]
    (tmp_path / "secrets.json").write_text(json.dumps(stored | {"of_a_later_version": "x"}))
    second = home.secrets()
    assert second.demo_devices == first.demo_devices
    assert second.cookie_secret != first.cookie_secret
    assert json.loads((tmp_path / "secrets.json").read_text())["of_a_later_version"] == "x"


def test_unreadable_secrets_are_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text("{half")
    with pytest.raises(CannotStart, match="Restore it"):
        Home(tmp_path).secrets()


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="LIANDONG_HOME="):
        Home(tmp_path / "file" / "var")


def test_run_is_read_as_written(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.read_run() == Run()
    run = Run(
        12,
        "2026-01-01T00:00:00Z",
        {"web": 8000},
        {"web": PartState("running", "2026-01-01T00:00:01Z", 2, 13)},
    )
    home.change_run(lambda found: found.__dict__.update(run.__dict__))
    assert home.read_run() == run
    assert [one.name for one in tmp_path.iterdir()] == ["run.json"]


def test_port_is_kept_and_chosen_again_when_taken(tmp_path: Path) -> None:
    home = Home(tmp_path)
    port = home.embedded_port("postgres")
    assert port in EMBEDDED_PORTS
    assert Home(tmp_path).embedded_port("postgres") == port
    assert home.embedded_port("nats") != port
    with socket.create_server(("127.0.0.1", port)):
        assert home.embedded_port("postgres") != port


def test_lock_of_a_living_process_names_it_and_the_ways_out(tmp_path: Path) -> None:
    holder = holder_of(tmp_path)
    try:
        with pytest.raises(CannotStart) as caught, Home(tmp_path).lock():
            pass
    finally:
        holder.kill()
        holder.communicate()
    for words in (f"kill {holder.pid}", "LIANDONG_HOME=", "LIANDONG_PORT_OFFSET="):
        assert words in str(caught.value)


def test_lock_of_a_dead_process_is_taken_over_and_said(tmp_path: Path) -> None:
    holder = holder_of(tmp_path)
    holder.kill()
    holder.communicate()
    with Home(tmp_path).lock() as word:
        assert word == f"the lock of process {holder.pid}, which is gone, was taken over"
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    with Home(tmp_path).lock() as word:
        assert word is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the database as another user")
def test_root_leaves_a_closed_parent(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    used, word = resolve(closed / "liandong" / "var")
    assert used.parent == Path("/var/lib/liandong")
    assert used.name.startswith("liandong-var-")
    assert word is not None
    assert used.name in word
    assert "is closed to the database's user" in word
    assert resolve(used) == (used, None)


def test_open_parent_stays() -> None:
    assert resolve(Path("/srv/liandong/var")) == (Path("/srv/liandong/var"), None)
