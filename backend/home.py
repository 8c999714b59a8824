"""The data folder `LIANDONG_HOME`: who may read it, its secrets, `run.json`, and the lock of who runs.

Below the embedded database and bus, which live in it; above nothing. A folder has one supervisor at a time.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import random
import secrets
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from backend.ports import is_free

ROOT_HOME = Path("/var/lib/liandong")
DATABASE_USER = "postgres"
# Below the kernel's range for outgoing connections: there, any connection could sit on our port at a restart.
EMBEDDED_PORTS = range(20000, 30000)


class CannotStart(Exception):
    """Why the program does not start: what was expected, what there is, and the way out."""


def resolve(path: Path) -> tuple[Path, str | None]:
    """The folder that is really used, and a sentence to print if it is not the one that was asked for.

    As root the database runs as another user, who must be able to walk to its folder; a home below a closed
    folder (`/root`) therefore moves to /var/lib/liandong.
    """
    asked = path.expanduser().resolve()
    if os.geteuid() != 0:
        return asked, None
    closed = [parent for parent in asked.parents if parent.exists() and not parent.stat().st_mode & stat.S_IXOTH]
    if not closed:
        return asked, None
    digest = hashlib.sha256(str(asked).encode()).hexdigest()[:6]
    used = ROOT_HOME / f"{asked.parent.name}-{asked.name}-{digest}"
    return used, f"data are in {used}: {closed[-1]} is closed to the database's user ({DATABASE_USER})"


@dataclass(frozen=True, repr=False)
class Secrets:
    """Made once per data folder. All are safe inside a URL and inside quotes."""

    database_superuser: str
    database_owner: str
    database_application: str
    nats_liandong: str
    nats_devices: str
    nats_system: str
    nats_issuer: str
    demo_devices: str
    cookie_secret: str
    terminals: str

    @classmethod
    def generate(cls, known: dict[str, str] | None = None) -> "Secrets":
        """New secrets of 32 random bytes each, but the known ones stay."""
        made = {one.name: secrets.token_urlsafe(32) for one in fields(cls)}
        return cls(**(made | {name: value for name, value in (known or {}).items() if name in made}))


@dataclass
class PartState:
    """One row of the supervisor's table, as `/health` and `liandong doctor` read it."""

    state: str
    since: str
    restarts: int = 0
    pid: int | None = None
    last_error: str | None = None


@dataclass
class Run:
    """`run.json`: what runs here, or ran here last. The ports outlive the run."""

    pid: int | None = None
    since: str | None = None
    ports: dict[str, int] = field(default_factory=dict)
    parts: dict[str, PartState] = field(default_factory=dict)


class Home:
    """One data folder. Making the object makes the folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        # As root the database's user passes through here to its own folder: entry, no listing.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            for folder in reversed([one for one in (self.path, *self.path.parents) if not one.exists()]):
                folder.mkdir()
                folder.chmod(0o755)  # whatever the umask says
            self.path.chmod(mode)
        except OSError as error:
            raise CannotStart(
                f"The data folder {self.path} cannot be used: {error.strerror}. "
                "Choose another one: LIANDONG_HOME=/path/to/folder"
            ) from error

    def folder(self, name: str) -> Path:
        """A subfolder that only its owner can enter."""
        folder = self.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def secrets(self) -> Secrets:
        """The secrets of this folder, made at the first call; a newer program adds the ones it needs."""
        file = self.path / "secrets.json"
        with self._exclusive():
            known = self._read_json(file) if file.exists() else {}
            made = Secrets.generate(known)
            if asdict(made) != known:
                write_atomically(file, json.dumps(asdict(made) | known, indent=2) + "\n")
        return made

    def read_run(self) -> Run:
        """The last state written; an empty one where nothing ever ran."""
        file = self.path / "run.json"
        if not file.exists():
            return Run()
        found = self._read_json(file)
        parts = {name: PartState(**part) for name, part in found.get("parts", {}).items()}
        return Run(found.get("pid"), found.get("since"), found.get("ports", {}), parts)

    def change_run(self, change: Callable[[Run], None]) -> None:
        """Read `run.json`, change it, write it, alone: the supervisor and a demo's child may both want to."""
        with self._exclusive():
            run = self.read_run()
            change(run)
            write_atomically(self.path / "run.json", json.dumps(asdict(run), indent=2) + "\n")

    def embedded_port(self, name: str) -> int:
        """A loopback port for an embedded part: the one of last time if it is free, else a new one, noted."""
        run = self.read_run()
        port = run.ports.get(name)
        if port is None or not is_free("127.0.0.1", port):
            taken = set(run.ports.values())
            candidates = random.sample(EMBEDDED_PORTS, 200)
            port = next(one for one in candidates if one not in taken and is_free("127.0.0.1", one))
            self.change_run(lambda run: run.ports.update({name: port}))
        return port

    @contextlib.contextmanager
    def lock(self) -> Iterator[str | None]:
        """Hold this folder; yields a sentence to print if a dead process had left it locked.

        Raises CannotStart while a living process holds it. The kernel drops the lock with its holder.
        """
        file = self.path / "lock"
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CannotStart(self._held_by(os.pread(descriptor, 32, 0).decode().strip())) from None
            before = os.pread(descriptor, 32, 0).decode().strip()
            _overwrite(descriptor, f"{os.getpid()}\n")
            try:
                yield f"the lock of process {before}, which is gone, was taken over" if before else None
            finally:
                _overwrite(descriptor, "")
        finally:
            os.close(descriptor)

    def _held_by(self, pid: str) -> str:
        return (
            f"Liandong runs already in {self.path} (process {pid or 'unknown'}). "
            f"Stop that one (kill {pid or 'PID'}), or start a second copy beside it: "
            "LIANDONG_HOME=./var2 LIANDONG_PORT_OFFSET=10 make run"
        )

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Two commands that start at once must not each make their own secrets."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _read_json(self, file: Path) -> dict[str, Any]:
        try:
            found = json.loads(file.read_text())
        except (OSError, ValueError) as error:
            raise CannotStart(f"{file} is not readable: {error}. Restore it, or move {self.path} away") from error
        if not isinstance(found, dict):
            raise CannotStart(f"{file}: expected a JSON object. Restore it, or move {self.path} away")
        return found


def write_atomically(file: Path, text: str) -> None:
    """Replace a file, readable by its owner only, so that no reader and no power cut sees half of it."""
    new = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    new.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def database_account() -> pwd.struct_passwd | None:
    """The account the database must run as when we are root (PostgreSQL refuses root); None otherwise.

    Raises CannotStart if there is none.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(DATABASE_USER)
    except KeyError:
        raise CannotStart(
            f"As root the database runs as the user {DATABASE_USER}, whom PostgreSQL's package makes. "
            "Install it: apt-get install postgresql-postgis"
        ) from None


def _overwrite(descriptor: int, text: str) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, text.encode(), 0)
