"""`liandong up`: everything of one machine, started in order and kept running.

data folder → lock → ports → PostgreSQL and NATS (unless a URL names the operator's) → migrations
→ our processes → the link → the demo. `children.py` restarts what dies; `run.json` shows the state to
`/health` and `doctor`.
"""

import asyncio
import contextlib
import http.client
import os
import shutil
import signal
import socket
import time
import traceback
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from backend.bus.beats import ingest_name
from backend.bus.server import MqttPort, NatsServer
from backend.children import Child, Children, Part, Patience, mortal, python
from backend.clock import utc_now
from backend.console import Console
from backend.db.cluster import Cluster
from backend.home import CannotStart, Home, Run, resolve
from backend.ports import is_free, who_listens
from backend.settings import PREFIX, Settings, unknown_in_environment

Table = Sequence[tuple[str, list[str]]]

# Name and command of each process of ours, in the order of their start.
PROCESSES: Table = (
    ("ingest", python("-m", "backend", "process", "ingest")),
    ("recorder", python("-m", "backend", "process", "recorder")),
    ("worker", python("-m", "backend", "process", "worker")),
    ("web", python("-m", "backend", "process", "web")),
)
# One that ends with status 0 says "not available here" and is left alone.
DEMO_PROCESSES: Table = (
    ("demo-units", python("-m", "backend", "simulate")),
    ("demo-receiver", python("-m", "backend", "demo-receiver")),
)

STORES, OURS, DEMO = range(3)  # waves: stopped in reverse
PATIENT_WITH_WEB_S = 30


@dataclass(frozen=True, repr=False)
class Connections:
    """Where the store and the bus are, embedded or the operator's."""

    database_url: str
    owner_url: str
    nats_url: str
    nats_devices_url: str | None


@dataclass(frozen=True)
class Plan:
    """What to start; the tests start something smaller."""

    processes: Table = PROCESSES
    demo_processes: Table = DEMO_PROCESSES
    patience: Patience = field(default_factory=Patience)
    migrate: Callable[[str], None] | None = None  # None = the program's own migrations
    first_link: Callable[[Connections, Settings], Awaitable[str | None]] | None = None  # None = the program's own


def connections(settings: Settings) -> Connections:
    """For a command beside `liandong up`. Raises CannotStart where an embedded part is not running."""
    home = Home(resolve(settings.home)[0])
    embedded = settings.database_url is None or settings.nats_url is None
    run = home.read_run()
    if embedded and (run.pid is None or not Path(f"/proc/{run.pid}").exists()):
        raise CannotStart(f"Nothing runs in {home.path}. Start it: make run (or liandong up)")
    return _connections(settings, home, run.ports)


async def up(settings: Settings, plan: Plan | None = None) -> int:
    """Run until SIGINT, SIGTERM or SIGHUP; the exit status: 0, or 1 with words when it cannot start."""
    console = Console()
    try:
        path, moved = resolve(settings.home)
        home = Home(path)
        with home.lock() as taken_over:
            supervisor = _Supervisor(settings, home, console, plan or Plan())
            supervisor.heed_signals()  # before the first word: who reads it may already press Ctrl-C
            for word in (moved, taken_over, *map(_unknown, unknown_in_environment())):
                if word:
                    console.say(f"• {word}")
            return await supervisor.run()
    except CannotStart as error:
        console.say(f"✗ {error}")
        return 1
    finally:
        console.close()


class _Supervisor:
    def __init__(self, settings: Settings, home: Home, console: Console, plan: Plan) -> None:
        self._settings = settings
        self._home = home
        self._console = console
        self._plan = plan
        self._stopping = asyncio.Event()
        self._since = utc_now().isoformat(timespec="seconds")
        self._ports: dict[str, int] = {}
        self._children = Children(home.folder("logs"), console, self._note, plan.patience)

    def heed_signals(self) -> None:
        """The first asks everything to stop, the next ends it at once."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._on_signal)

    async def run(self) -> int:
        starting = asyncio.create_task(self._start())
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
            await stopping
            return 0
        except CannotStart as error:
            self._console.say(f"✗ {error}")
            return 1
        except Exception:
            self._console.say(f"✗ the start failed\n{traceback.format_exc()}")
            return 1
        finally:
            starting.cancel()
            stopping.cancel()
            await asyncio.wait({starting, stopping})
            await self._children.stop()
            self._home.change_run(_forget)
            self._console.say("stopped / 已停止")

    def _on_signal(self) -> None:
        if self._stopping.is_set():
            self._children.kill()
        else:
            self._console.say("stopping (again: at once) / 正在停止(再按一次立即停止)")
            self._stopping.set()

    async def _start(self) -> None:
        begun = time.monotonic()
        self._check_ports()
        settings = self._settings
        if settings.database_url is None:
            self._ports["postgres"] = self._home.embedded_port("postgres")
        if settings.nats_url is None:
            self._ports["nats"] = self._home.embedded_port("nats")
        found = _connections(settings, self._home, self._ports)
        await asyncio.gather(self._start_database(found), self._start_bus())
        environment = self._environment(found)
        children = {
            name: self._children.start(self._part(name, command, environment | own, OURS))
            for name, command, own in self._processes()
        }
        if "web" in children:
            await self._until_open(children["web"])
        self._print_link(time.monotonic() - begun, await (self._plan.first_link or _first_link)(found, settings))
        if settings.has_demo:
            for name, command in self._plan.demo_processes:
                self._children.start(self._part(name, command, environment, DEMO))

    async def _start_database(self, found: Connections) -> None:
        if self._settings.database_url is None:
            cluster = Cluster(self._home, self._ports["postgres"])
            await self._step("database folder", cluster.prepare)
            part = Part(
                "postgres",
                cluster.command(),
                cluster.environment(),
                wave=STORES,
                prepare=cluster.release,
                is_ready=cluster.is_ready,
                stop_signal=signal.SIGINT,  # fast shutdown; SIGTERM waits for clients to leave
                quiet=True,
            )
            await self._children.start(part).until_ready()
            await asyncio.to_thread(cluster.provision)
        migrate = self._plan.migrate or _migrate
        await self._step("migrations", lambda: migrate(found.owner_url))

    async def _start_bus(self) -> None:
        if self._settings.nats_url is None:
            server = NatsServer(self._home, self._ports["nats"], _mqtt_port(self._settings))
            server.prepare()
            part = Part("nats", server.command(), wave=STORES, is_ready=server.is_ready, quiet=True)
            await self._children.start(part).until_ready()

    async def _step(self, name: str, work: Callable[[], None]) -> None:
        begun = time.monotonic()
        await asyncio.to_thread(work)
        self._console.say(f"✓ {name} … ready ({time.monotonic() - begun:.1f} s)")

    def _processes(self) -> Iterator[tuple[str, list[str], dict[str, str]]]:
        """Name, command and environment of each; of ingest as many as are wanted."""
        for name, command in self._plan.processes:
            yield name, command, {}
            for number in range(2, self._settings.ingest_processes + 1 if name == "ingest" else 0):
                yield ingest_name(number), command, {f"{PREFIX}INGEST_NUMBER": str(number)}

    def _part(self, name: str, command: list[str], environment: dict[str, str], wave: int) -> Part:
        return Part(
            name,
            # The demo has children of its own and needs a moment to take them along.
            mortal(command, "TERM" if wave == DEMO else "KILL"),
            environment,
            wave=wave,
            is_ready=self._is_open if name == "web" else None,
            may_finish=wave == DEMO,
        )

    def _environment(self, found: Connections) -> dict[str, str]:
        """For our processes: where everything is; not the owner's password."""
        environment = dict(os.environ)
        environment.pop(f"{PREFIX}DATABASE_OWNER_URL", None)
        environment |= {
            f"{PREFIX}HOME": str(self._home.path),
            f"{PREFIX}DATABASE_URL": found.database_url,
            f"{PREFIX}NATS_URL": found.nats_url,
            f"{PREFIX}NATS_DEVICES_URL": found.nats_devices_url or "",
            f"{PREFIX}DEMO": "1" if self._settings.has_demo else "0",
            "PYTHONUNBUFFERED": "1",
        }
        return environment

    def _check_ports(self) -> None:
        if shutil.which("setpriv") is None:
            raise CannotStart("The program setpriv is missing. Install it: apt-get install util-linux")
        settings = self._settings
        wanted = [("web", settings.web_bind, settings.web_port)]
        wanted += [(name, settings.bind, port) for name, port in settings.device_ports().items()]
        if settings.nats_url is not None:  # the operator's server has that port
            wanted = [one for one in wanted if one[0] != "mqtt"]
        over_udp = settings.datagram_ports()
        for name, address, port in wanted:
            free = is_free(address, port) and (name not in over_udp or is_free(address, port, socket.SOCK_DGRAM))
            if not free:
                variable = "LIANDONG_PORT" if name == "web" else f"LIANDONG_{name.upper()}_PORT"
                holder = who_listens(port) or "another program"
                raise CannotStart(
                    f"Port {port} ({name}) on {address} is taken by {holder}. "
                    f"Stop that one, or take another port ({variable}={port + 1} make run), "
                    f"or shift all ports (LIANDONG_PORT_OFFSET={settings.port_offset + 10} make run)"
                )
            self._ports[name] = port

    def _is_open(self) -> bool:
        """One `GET /readyz`."""
        connection = http.client.HTTPConnection(self._host(), self._settings.web_port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    async def _until_open(self, web: Child) -> None:
        while not web.ready.is_set():
            try:
                await asyncio.wait_for(web.ready.wait(), PATIENT_WITH_WEB_S)
            except TimeoutError:
                self._console.say(f"• the pages are not ready yet: {self._waiting_for()}. Logs: {web.log.parent}")

    def _waiting_for(self) -> str:
        states = self._children.states().items()
        return ", ".join(f"{name} {state.state}" for name, state in states if state.state != "running") or "web"

    def _host(self) -> str:
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._settings.web_bind, self._settings.web_bind)

    def _print_link(self, seconds: float, first: str | None) -> None:
        host = self._host()
        host = "localhost" if host in ("127.0.0.1", "::1") else f"[{host}]" if ":" in host else host
        address = f"http://{host}:{self._settings.web_port}"
        administrator = (
            f"  The first administrator sets a password here, once / 首位管理员由此设置密码(一次有效):\n\n"
            f"    {address}/enrol#{first}\n\n"
            if first
            else ""
        )
        self._console.say(
            f"\n  Liandong is ready ({seconds:.1f} s). Open / 联动已就绪,请打开:\n\n    {address}/\n\n{administrator}"
            f"  Stop with Ctrl-C / 按 Ctrl-C 停止。  Data / 数据: {self._home.path}\n"
        )

    def _note(self) -> None:
        """After each change: `run.json`. A disk that is full must not end the supervisor."""

        def change(run: Run) -> None:
            run.pid, run.since = os.getpid(), self._since
            run.ports |= self._ports
            run.parts = self._children.states()

        with contextlib.suppress(OSError):
            self._home.change_run(change)


def _connections(settings: Settings, home: Home, ports: dict[str, int]) -> Connections:
    database_url, owner_url = settings.database_url, settings.database_owner_url
    nats_url, devices_url = settings.nats_url, settings.nats_devices_url
    if database_url is None:
        cluster = Cluster(home, ports["postgres"])
        database_url, owner_url = cluster.application_url(), cluster.owner_url()
    if nats_url is None:
        server = NatsServer(home, ports["nats"])
        nats_url, devices_url = server.url(), server.devices_url()
    return Connections(database_url, owner_url or database_url, nats_url, devices_url)


def _mqtt_port(settings: Settings) -> MqttPort | None:
    port = settings.device_ports().get("mqtt")
    if port is None:
        return None
    return MqttPort(settings.bind, port, settings.mqtt_tls_certificate, settings.mqtt_tls_key)


def _migrate(owner_url: str) -> None:
    """Raises CannotStart when a migration fails."""
    from backend.db.migrate import upgrade  # Alembic takes half a second to load: not before it is needed

    try:
        upgrade(owner_url)
    except Exception as error:
        raise CannotStart(f"The migrations failed: {error}\n{traceback.format_exc()}") from error


async def _first_link(found: Connections, settings: Settings) -> str | None:
    from backend.founding import first_link  # as long to load as Alembic

    return await first_link(found.database_url, found.nats_url, settings)


def _forget(run: Run) -> None:
    """Nothing runs any more; the ports stay for the next time."""
    run.pid, run.since, run.parts = None, None, {}


def _unknown(name: str) -> str:
    return f"{name} is no setting of Liandong and is ignored"
