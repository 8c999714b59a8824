"""The real parts for tests: a private PostGIS cluster per session; a database and a NATS server per module.

Everything lives in folders under /tmp and ends with the session; a part also dies with this process, however
that ends.
"""

import contextlib
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from backend.avl.protocols import PROTOCOLS
from backend.bus.server import NatsServer
from backend.db.cluster import Cluster
from backend.db.migrate import upgrade
from backend.home import Home

TEMPLATE = "template_liandong"
# How long something takes is for the bench to say; on a busy machine a test may wait.
settings.register_profile("liandong", deadline=None)
settings.register_profile("fuzz", deadline=None, max_examples=20_000)  # `make fuzz`
settings.load_profile("liandong")
# Several run at the same time: each opens the device ports that it names, and no others.
NO_DEVICE_PORTS = {f"LIANDONG_{entry.port.upper()}": "0" for entry in PROTOCOLS.values() if entry.port is not None} | {
    "LIANDONG_MQTT_PORT": "0"
}
numbers = itertools.count(1)


@dataclass(frozen=True)
class TestDatabase:
    """A migrated, otherwise empty database. The URLs are SQLAlchemy's (`postgresql+psycopg://…`)."""

    __test__ = False

    name: str
    owner_url: str
    application_url: str

    @property
    def plain_url(self) -> str:
        """The application role's URL as psycopg itself reads it."""
        return self.application_url.replace("+psycopg", "", 1)


@dataclass(frozen=True)
class TestBus:
    """A running NATS server: `url` is account LIANDONG, `devices_url` account DEVICES."""

    __test__ = False

    url: str
    devices_url: str
    server: NatsServer
    process: "subprocess.Popen[bytes]"


@contextlib.contextmanager
def temporary_home() -> Iterator[Home]:
    """A data folder that the database's user can reach, unlike pytest's own temporary folders."""
    folder = Path(tempfile.mkdtemp(prefix="liandong-test-", dir="/tmp"))
    try:
        yield Home(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running(
    command: list[str], log: Path, environment: Mapping[str, str] | None = None
) -> "Iterator[subprocess.Popen[bytes]]":
    """A child process for the length of the block; killed if it does not stop within 10 s."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment or os.environ)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def running_cluster(home: Home) -> Iterator[Cluster]:
    """A cluster that is not safe against power cuts, and therefore starts in a second."""
    cluster = Cluster(home, home.embedded_port("postgres"), durable=False)
    cluster.prepare()
    with running(cluster.command(), home.path / "postgres.log", cluster.environment()) as process:
        cluster.wait_ready()
        yield cluster
        process.send_signal(signal.SIGINT)  # fast shutdown: SIGTERM would wait for open connections


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """The session's PostGIS cluster, not provisioned; most tests want `database`."""
    with temporary_home() as home, running_cluster(home) as running_one:
        yield running_one


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """The name of a database with all migrations, to copy from."""
    cluster.provision(TEMPLATE)
    upgrade(cluster.owner_url(TEMPLATE))
    return TEMPLATE


@pytest.fixture(scope="module")
def database(cluster: Cluster, template: str) -> Iterator[TestDatabase]:
    """A fresh migrated database for one test module."""
    name = f"test_{next(numbers)}"
    cluster.create_database(name, template)
    yield TestDatabase(name, cluster.owner_url(name), cluster.application_url(name))
    cluster.drop_database(name)


@pytest.fixture(scope="module")
def nats_server() -> Iterator[TestBus]:
    """A NATS server with JetStream for one test module."""
    with temporary_home() as home:
        server = NatsServer(home, home.embedded_port("nats"))
        server.prepare()
        with running(server.command(), home.path / "nats.log") as process:
            server.wait_ready()
            yield TestBus(server.url(), server.devices_url(), server, process)
