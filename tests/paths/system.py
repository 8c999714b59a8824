"""The whole program as `liandong up` runs it: real PostGIS, NATS and processes, in a folder of its own."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncSession

from backend.identity.change import change
from backend.identity.devices import add_node, first_root
from backend.identity.sessions import COOKIE
from backend.settings import Settings
from backend.up import Connections, connections
from tests.conftest import NO_DEVICE_PORTS
from tests.identity.signing import signed_in

PARTS = ("ingest", "recorder", "worker", "web")


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(happened: Callable[[], Any], timeout: float = 30, what: str = "") -> Any:
    """Poll until the function gives something true, and return it. Raises TimeoutError with the last answer."""
    ends = time.monotonic() + timeout
    while True:
        found = happened()
        if found:
            return found
        if time.monotonic() > ends:
            raise TimeoutError(f"waited {timeout} s for {what or happened}, last: {found!r}")
        time.sleep(0.05)


@dataclass
class System:
    """A running `liandong up`."""

    home: Path
    port: int
    osmand_port: int
    process: "subprocess.Popen[bytes]"
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def live_url(self) -> str:
        """Where the live socket is."""
        return f"ws://127.0.0.1:{self.port}/live"

    @property
    def cookie(self) -> str:
        """The operator's cookie as a header's value."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def connections(self) -> Connections:
        """Where store and bus are."""
        return connections(Settings(home=self.home))

    def run(self, *arguments: str) -> str:
        """Run a command of the program beside it and return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "backend", *arguments],
            env=os.environ | {"LIANDONG_HOME": str(self.home)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout.strip()

    def parts(self) -> dict[str, dict[str, Any]]:
        """The supervisor's table."""
        parts: dict[str, dict[str, Any]] = json.loads((self.home / "run.json").read_text())["parts"]
        return parts

    def kill(self, part: str) -> None:
        """kill -9 a part and wait until the supervisor has started another one."""
        pid = self.parts()[part]["pid"]
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: self._lives(part, pid), 30, f"another {part}")

    def _lives(self, part: str, not_pid: int) -> bool:
        state = self.parts()[part]
        return state["state"] == "running" and state["pid"] not in (None, not_pid)

    def enter(self) -> None:
        """Be a shift supervisor of the whole city who has signed in."""

        async def work(session: AsyncSession) -> str:
            root = await first_root(session) or await add_node(session, "市局", "city")
            return await signed_in(session, "operator", root, "shift_supervisor")

        found = self.connections()
        self.cookies = {COOKIE: asyncio.run(change(found.database_url, found.nats_url, work))}
        wait_until(lambda: httpx.get(f"{self.url}/api/v1/session", cookies=self.cookies).status_code == 200, 10)

    def health(self) -> dict[str, Any]:
        """What /health tells."""
        answer = httpx.get(f"{self.url}/health", cookies=self.cookies, headers={"Accept": "application/json"})
        answer.raise_for_status()
        health: dict[str, Any] = answer.json()
        return health

    def equation(self, source: str) -> dict[str, Any]:
        """The equation of one source; an empty one while nothing was received or the database is away."""
        lines = self.health()["equation"] or []
        return next((line for line in lines if line["source"] == source), {"received": 0, "pending": -1})


@contextlib.contextmanager
def running_system(**settings: str) -> Iterator[System]:
    """Start the program and stop it at the end; `settings` are further environment variables without prefix."""
    home = Path(tempfile.mkdtemp(prefix="liandong-system-", dir="/tmp"))
    port, osmand_port = free_port(), free_port()
    environment = os.environ | {
        **NO_DEVICE_PORTS,
        "LIANDONG_HOME": str(home),
        "LIANDONG_PORT": str(port),
        "LIANDONG_OSMAND_PORT": str(osmand_port),
        "LIANDONG_DEMO": "0",
        **{f"LIANDONG_{name.upper()}": value for name, value in settings.items()},
    }
    log = (home / "up.log").open("wb")
    process = subprocess.Popen([sys.executable, "-m", "backend", "up"], env=environment, stdout=log, stderr=log)
    system = System(home, port, osmand_port, process)
    try:
        wait_until(lambda: _ready(system), 60, "readyz")
        system.enter()
        yield system
    except BaseException:
        sys.stderr.write((home / "up.log").read_text()[-8000:])
        raise
    finally:
        log.close()
        process.terminate()
        try:
            process.wait(20)
        finally:
            process.kill()
            shutil.rmtree(home, ignore_errors=True)


def _ready(system: System) -> bool:
    assert system.process.poll() is None, (system.home / "up.log").read_text()
    try:
        return httpx.get(f"{system.url}/readyz").status_code == 200
    except httpx.TransportError:
        return False
