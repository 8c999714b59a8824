"""The supervisor, with real processes: what dies comes back, and nothing is left behind."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from backend.home import Home
from backend.ports import is_free
from backend.settings import Settings
from backend.up import connections
from tests.conftest import NO_DEVICE_PORTS, temporary_home

SLEEP = "import time; time.sleep(600)"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here'); time.sleep(600)"
PARENT = "import subprocess, time; subprocess.Popen(['sleep', '600']); print('here'); time.sleep(600)"
WEB = """
import http.server, os
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
port = int(os.environ["LIANDONG_PORT"]) + int(os.environ["LIANDONG_PORT_OFFSET"])
http.server.HTTPServer(("127.0.0.1", port), Page).serve_forever()
"""
# Without our own store and bus a start takes a third of a second.
ELSEWHERE = {"LIANDONG_DATABASE_URL": "postgresql://u:p@nowhere/x", "LIANDONG_NATS_URL": "nats://nowhere"}
QUICK = {"first_delay": 0.05, "settled": 0.2}


def until(is_so: Callable[[], Any], seconds: float = 15) -> Any:
    """The first true answer. Fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := is_so()):
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)
    return answer


class Running:
    """A supervisor in a process of its own."""

    def __init__(self, home: Home, plan: dict[str, Any], environment: dict[str, str]) -> None:
        self.home = home
        self.output = home.path / "output"
        own = {name: value for name, value in os.environ.items() if not name.startswith("LIANDONG_")}
        own |= {"LIANDONG_HOME": str(home.path), "LIANDONG_PORT_OFFSET": "0", **NO_DEVICE_PORTS}
        own |= {"LIANDONG_PORT": str(home.embedded_port("web")), **environment}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.supervisor", json.dumps(plan)],
                stdout=output,
                stderr=output,
                env=own,
            )

    def text(self) -> str:
        return self.output.read_text()

    def until_says(self, pattern: str) -> str:
        found: re.Match[str] = until(lambda: re.search(pattern, self.text()))
        return found.group()

    def state(self, part: str) -> str:
        parts = self.home.read_run().parts
        return parts[part].state if part in parts else ""

    def pid(self, part: str) -> int:
        """Of the part when it runs."""
        until(lambda: self.state(part) == "running")
        pid = self.home.read_run().parts[part].pid
        assert pid is not None
        return pid

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def interrupt(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=15)


@pytest.fixture
def home() -> Iterator[Home]:
    with temporary_home() as one:
        yield one


@contextlib.contextmanager
def supervisor(home: Home, plan: dict[str, Any], **environment: str) -> Iterator[Running]:
    one = Running(home, plan, environment)
    try:
        yield one
    finally:
        left = one.descendants() if one.process.poll() is None else []
        one.process.kill()
        one.process.wait()
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def all_gone(processes: list[psutil.Process]) -> bool:
    return not any(one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes)


@pytest.mark.slow
def test_everything_starts_comes_back_and_stops(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = {"processes": [["ingest", SLEEP], ["web", WEB]], "demo": [["demo-units", SLEEP]]}
    with supervisor(home, plan) as running:
        running.until_says(r"http://localhost:\d+/\n")
        running.until_says(r"http://localhost:\d+/enrol#the-token\n")
        running.pid("demo-units")

        monkeypatch.setenv("LIANDONG_HOME", str(home.path))
        assert f":{home.read_run().ports['postgres']}/liandong" in connections(Settings()).database_url

        for part in ("postgres", "nats", "web"):
            os.kill(running.pid(part), signal.SIGKILL)
            running.until_says(rf"✗ {part} … killed by SIGKILL; again in 0.2 s")
            took = running.until_says(rf"✓ {part} … back \(.*\)")
            assert float(took.split("(")[1].split(" ")[0]) < 5
            assert home.read_run().parts[part].restarts == 1

        before = running.descendants()
        assert running.interrupt() == 0
        assert all_gone(before)
        assert "stopped" in running.text()
        run = home.read_run()
        assert (run.pid, run.parts, sorted(run.ports)) == (None, {}, ["nats", "postgres", "web"])
        assert (home.path / "lock").read_text() == ""
        assert "ready to accept connections" in (home.path / "logs" / "postgres.log").read_text()


@pytest.mark.slow
def test_killed_supervisor_leaves_no_child_and_the_next_takes_over(home: Home) -> None:
    plan = {"processes": [["ingest", SLEEP], ["web", WEB]], "demo": [["demo-units", SLEEP]]}
    with supervisor(home, plan) as running:
        running.pid("demo-units")
        before = running.descendants()
        assert len(before) > 5
        running.process.kill()
        running.process.wait()
        # At once, while the old database is still going down.
        with supervisor(home, plan) as again:
            again.until_says(f"the lock of process {running.process.pid}, which is gone, was taken over")
            again.until_says("is ready")
            until(lambda: all_gone(before), 5)
            assert again.interrupt() == 0


def test_three_failures_are_a_failed_part_that_is_tried_again(home: Home) -> None:
    flag = home.path / "flag"
    code = f"import os, time\nif not os.path.exists({str(flag)!r}): raise SystemExit('no map')\ntime.sleep(600)"
    plan = {"processes": [["ingest", code], ["recorder", SLEEP]], "patience": QUICK | {"again": 0.5}}
    with supervisor(home, plan, **ELSEWHERE) as running:
        running.until_says("✗ ingest … failed 3 times within 60 s .ended with status 1: no map.")
        until(lambda: running.state("ingest") == "failed")
        assert home.read_run().parts["ingest"].last_error == "ended with status 1: no map"
        assert running.pid("recorder")
        flag.touch()
        assert running.pid("ingest")
        assert "ingest | no map" in running.text()
        assert "no map" in (home.path / "logs" / "ingest.log").read_text()
        assert running.interrupt() == 0


def test_demo_that_is_not_available_is_left_alone(home: Home) -> None:
    plan = {"demo": [["receiver", "print('no gpsd here')"], ["units", SLEEP]], "patience": QUICK}
    with supervisor(home, plan, **ELSEWHERE) as running:
        until(lambda: running.state("receiver") == "finished")
        running.pid("units")
        assert home.read_run().parts["receiver"].restarts == 0
        assert running.interrupt() == 0


def test_no_demo_where_it_is_switched_off(home: Home) -> None:
    plan = {"processes": [["ingest", SLEEP]], "demo": [["units", SLEEP]], "patience": QUICK}
    with supervisor(home, plan, **ELSEWHERE, LIANDONG_DEMO="0") as running:
        running.pid("ingest")
        running.until_says("is ready")
        assert running.interrupt() == 0
        assert "units" not in running.text()


def test_who_does_not_stop_is_killed_after_the_grace(home: Home) -> None:
    plan = {"processes": [["ingest", STUBBORN]], "patience": QUICK | {"grace": 0.5}}
    with supervisor(home, plan, **ELSEWHERE) as running:
        running.until_says(r"ingest \| here")
        before = running.descendants()
        assert running.interrupt() == 0
        assert "ingest … did not stop within" in running.text()
        assert all_gone(before)


def test_second_interrupt_kills_at_once(home: Home) -> None:
    plan = {"processes": [["ingest", STUBBORN]], "patience": QUICK}
    with supervisor(home, plan, **ELSEWHERE) as running:
        running.until_says(r"ingest \| here")
        before = running.descendants()
        running.process.send_signal(signal.SIGINT)
        running.until_says("stopping")
        begun = time.monotonic()
        assert running.interrupt() == 0
        assert time.monotonic() - begun < 3
        assert all_gone(before)


def test_what_a_child_started_ends_with_it(home: Home) -> None:
    plan = {"processes": [["media", PARENT]], "patience": QUICK}
    with supervisor(home, plan, **ELSEWHERE) as running:
        running.until_says(r"media \| here")
        grandchild = next(one for one in running.descendants() if one.name() == "sleep")
        os.kill(running.pid("media"), signal.SIGKILL)
        until(lambda: all_gone([grandchild]))
        assert running.interrupt() == 0


def test_taken_port_names_who_has_it_and_the_ways_out(home: Home) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert not is_free("127.0.0.1", port)
        with supervisor(home, {}, **ELSEWHERE, LIANDONG_OSMAND_PORT=str(port)) as running:
            assert running.process.wait(timeout=10) == 1
    words = running.text()
    assert f"Port {port} (osmand) on 127.0.0.1 is taken by" in words
    assert f"(process {os.getpid()})" in words
    assert f"LIANDONG_OSMAND_PORT={port + 1} make run" in words
    assert "LIANDONG_PORT_OFFSET=10 make run" in words


def test_port_taken_for_datagrams_only_is_found_too(home: Home) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        port = other.getsockname()[1]
        assert is_free("127.0.0.1", port)
        assert not is_free("127.0.0.1", port, socket.SOCK_DGRAM)
        with supervisor(home, {}, **ELSEWHERE, LIANDONG_NMEA_PORT=str(port)) as running:
            assert running.process.wait(timeout=10) == 1
    assert f"Port {port} (nmea) on 127.0.0.1 is taken by" in running.text()


def test_second_copy_in_the_same_folder_is_refused(home: Home) -> None:
    with supervisor(home, {"processes": [["ingest", SLEEP]], "patience": QUICK}, **ELSEWHERE) as running:
        running.pid("ingest")
        second = subprocess.run(
            [sys.executable, "-m", "tests.supervisor", "{}"],
            env=os.environ | {"LIANDONG_HOME": str(home.path)},
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        assert second.returncode == 1
        assert f"process {running.process.pid}" in second.stdout
        assert running.interrupt() == 0


@pytest.mark.slow
def test_failed_migration_ends_the_start_and_leaves_nothing(home: Home) -> None:
    with supervisor(home, {"processes": [["web", WEB]], "migration": "fails"}) as running:
        assert running.process.wait(timeout=20) == 1
        assert "no such column" in running.text()
        assert "web" not in home.read_run().parts
        assert not list(Path("/proc").glob(f"{running.process.pid}"))
    assert is_free("127.0.0.1", home.read_run().ports["postgres"])


def test_children_get_the_addresses_but_not_the_owners_password(home: Home) -> None:
    code = "import json, os, time; print(json.dumps(dict(os.environ))); time.sleep(600)"
    owner = {"LIANDONG_DATABASE_OWNER_URL": "postgresql://owner:p@nowhere/x"}
    with supervisor(home, {"processes": [["ingest", code]], "patience": QUICK}, **ELSEWHERE, **owner) as running:
        environment = json.loads(running.until_says(r"(?<=ingest \| )\{.*\}"))
        assert running.interrupt() == 0
    assert environment["LIANDONG_HOME"] == str(home.path)
    assert environment["LIANDONG_DATABASE_URL"] == "postgresql+psycopg://u:p@nowhere/x"
    assert "LIANDONG_DATABASE_OWNER_URL" not in environment


def test_a_name_that_is_no_setting_is_said(home: Home) -> None:
    with supervisor(home, {"patience": QUICK}, **ELSEWHERE, LIANDONG_PROT="1") as running:
        running.until_says("LIANDONG_PROT is no setting")
        assert running.interrupt() == 0


def test_a_command_beside_says_when_nothing_runs(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANDONG_HOME", str(home.path))
    with pytest.raises(Exception, match=r"Nothing runs in .* make run"):
        connections(Settings())
