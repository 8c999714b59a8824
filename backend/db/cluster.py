"""The private PostgreSQL + PostGIS cluster in `LIANDONG_HOME/postgres`, for one machine.

Used by `backend/up.py`, which runs `command()` as a child, and by the tests. Everything here is blocking.
It listens on a loopback port only, never on a Unix socket (whose path may be 107 bytes at most).
"""

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql

from backend.home import CannotStart, Home, database_account

INSTALLED = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")
INSTALL_COMMAND = "apt-get install postgresql-postgis"
OWNER = "liandong_owner"
APPLICATION = "liandong"
DATABASE = "liandong"
HELP_AFTER_S = 3  # how long processes of an earlier run may take to leave by themselves

# For a machine of 2 to 8 GB that also runs everything else. Time zone UTC: all times inside are UTC.
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# A test's cluster outlives kill -9 of its processes, not a power cut.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# In the new database, by its superuser. All may run again and again.
GRANTS = f"""
CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
ALTER SCHEMA public OWNER TO {OWNER};
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO {APPLICATION};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT USAGE ON SCHEMAS TO {APPLICATION};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APPLICATION};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT USAGE, SELECT ON SEQUENCES TO {APPLICATION};
ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT EXECUTE ON FUNCTIONS TO {APPLICATION};
"""


class Cluster:
    """One cluster: `prepare()`, run `command()`, `wait_ready()`, `provision()`, then the two URLs work."""

    def __init__(self, home: Home, port: int, *, durable: bool = True) -> None:
        self.folder = home.path / "postgres"
        self.data = self.folder / "data"
        self.port = port
        self.durable = durable
        self._secrets = home.secrets()
        self._account = database_account()

    def prepare(self) -> None:
        """Make the cluster if there is none; check the one that is there.

        Raises CannotStart: PostGIS is not installed; the data are of another version or user, or damaged.
        """
        self._check_owner(self.folder)
        binaries = self._binaries()
        self.folder.mkdir(exist_ok=True)
        if self._account is not None:
            os.chown(self.folder, self._account.pw_uid, self._account.pw_gid)
        self.folder.chmod(0o700)
        if self.data.exists():
            self._check_data()
        else:
            self._initialise(binaries)

    def command(self) -> list[str]:
        """The server in the foreground, to run as a child of this thread: stops (fast) when that dies."""
        settings = SERVER_SETTINGS | ({} if self.durable else NOT_DURABLE) | {"port": str(self.port)}
        server = [str(self._binaries() / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            server += ["-c", f"{name}={value}"]
        return [*self._as_account(), *server]

    def environment(self) -> dict[str, str]:
        """What `command()` needs around it; nothing of ours, no PG* variable of the user's."""
        return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}

    def release(self, timeout: float = 30) -> None:
        """Wait until nothing of an earlier run works in the data folder, helping after a while; seconds.

        A server whose supervisor was killed is stopping by itself; the children of a server that was killed
        hold its shared memory until they notice. Raises CannotStart when they outlive the timeout.
        """
        begun = time.monotonic()
        while holders := self._holders():
            waited = time.monotonic() - begun
            if waited > timeout:
                raise CannotStart(
                    f"Processes of an earlier database work in {self.data}: {', '.join(map(str, holders))}. "
                    f"Stop them (kill -INT {holders[0]}) and start again"
                )
            if waited > HELP_AFTER_S:
                # A living server ends its children itself; without one they are told to leave at once.
                server = self._server_pid()
                if server in holders:
                    _signal(server, signal.SIGINT)
                else:
                    for pid in holders:
                        _signal(pid, signal.SIGQUIT)
            time.sleep(0.1)
        # Nobody works there, so the file is stale; its number may by now belong to any process of ours,
        # which PostgreSQL would take for the server (in a container that is the rule).
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def is_ready(self) -> bool:
        """One attempt, 2 s at most. Raises CannotStart when the server does not know our password."""
        try:
            self._connect("postgres", connect_timeout=2).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise CannotStart(
                    f"The database in {self.folder} was made with other passwords than secrets.json has. "
                    f"Restore secrets.json beside it, or move {self.folder} away to begin with an empty one"
                ) from error
            return False
        return True

    def wait_ready(self, timeout: float = 60) -> None:
        """Seconds. Raises CannotStart when it does not answer in time."""
        _until(self.is_ready, timeout, f"PostgreSQL does not answer on 127.0.0.1:{self.port}")

    def provision(self, database: str = DATABASE) -> None:
        """Roles, database, extensions and rights; changes nothing that is right already.

        Raises CannotStart when the locale cannot search Chinese text.
        """
        with self._connect("postgres") as connection:
            for role, password in (
                (OWNER, self._secrets.database_owner),
                (APPLICATION, self._secrets.database_application),
            ):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
                connection.execute(
                    sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
                )
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if not known:
            self.create_database(database)
        with self._connect(database) as connection:
            connection.execute(GRANTS)
            _assert_chinese_search(connection)

    def create_database(self, name: str, template: str | None = None) -> None:
        """A database of the owner role: a copy of `template` (nobody may be connected to it), else empty."""
        source = (
            sql.SQL("TEMPLATE {}").format(sql.Identifier(template))
            if template
            else sql.SQL("TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
        )
        names = {"name": sql.Identifier(name), "owner": sql.Identifier(OWNER), "source": source}
        application = sql.Identifier(APPLICATION)
        with self._connect("postgres") as connection:
            connection.execute(sql.SQL("CREATE DATABASE {name} OWNER {owner} {source}").format(**names))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(names["name"]))
            connection.execute(
                sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(names["name"], application)
            )

    def drop_database(self, name: str) -> None:
        """Also when someone is still connected, or it is not there."""
        with self._connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def owner_url(self, database: str = DATABASE) -> str:
        """For migrations."""
        return self._url(OWNER, self._secrets.database_owner, database)

    def application_url(self, database: str = DATABASE) -> str:
        """For everything else."""
        return self._url(APPLICATION, self._secrets.database_application, database)

    def _url(self, role: str, password: str, database: str) -> str:
        return f"postgresql+psycopg://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def _connect(self, database: str, connect_timeout: int = 10) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=self._secrets.database_superuser,
            dbname=database,
            connect_timeout=connect_timeout,
            autocommit=True,
        )

    def _binaries(self) -> Path:
        """The version that made the data; for new data the newest installed one that has PostGIS."""
        versions = installed_versions()
        if not versions:
            raise CannotStart(f"PostgreSQL with PostGIS is not installed. Install it: {INSTALL_COMMAND}")
        marker = self.data / "PG_VERSION"
        version = int(marker.read_text()) if marker.exists() else versions[-1]
        if version not in versions:
            raise CannotStart(
                f"The database in {self.data} was made by PostgreSQL {version}; with PostGIS there is only "
                f"{', '.join(map(str, versions))}. Install the old one (apt-get install "
                f"postgresql-{version}-postgis-3), or move {self.folder} away to begin with an empty database"
            )
        return INSTALLED / str(version) / "bin"

    def _check_owner(self, folder: Path) -> None:
        wanted = self._account.pw_uid if self._account else os.geteuid()
        if folder.exists() and (found := folder.stat().st_uid) not in (wanted, os.geteuid()):
            raise CannotStart(
                f"{folder} belongs to user number {found}, the database would run as {wanted}. "
                f"Give it over (chown -R {wanted} {self.folder}), or choose another LIANDONG_HOME"
            )

    def _check_data(self) -> None:
        self._check_owner(self.data)
        missing = [name for name in ("PG_VERSION", "global/pg_control", "pg_wal") if not (self.data / name).exists()]
        if missing:
            raise CannotStart(
                f"{self.data} is not a whole PostgreSQL cluster: no {', '.join(missing)}. Restore it from a "
                f"backup, or move {self.folder} away to begin with an empty database"
            )

    def _initialise(self, binaries: Path) -> None:
        """Into a folder beside, renamed when whole: an interrupted start leaves nothing like data."""
        new = self.folder / "data.new"
        password_file = self.folder / "password.new"
        shutil.rmtree(new, ignore_errors=True)
        password_file.unlink(missing_ok=True)
        descriptor = os.open(password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w") as handle:
            handle.write(self._secrets.database_superuser)
        if self._account is not None:
            os.chown(password_file, self._account.pw_uid, self._account.pw_gid)
        command = [str(binaries / "initdb"), "-D", str(new), "-U", "postgres", f"--pwfile={password_file}"]
        command += [
            "--auth-host=scram-sha-256",
            "--auth-local=scram-sha-256",
            "--locale=C.UTF-8",
            "-E",
            "UTF8",
        ]
        command += [] if self.durable else ["--no-sync"]
        try:
            done = subprocess.run(
                [*self._as_account(), *command],
                env=self.environment(),
                cwd=self.folder,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            password_file.unlink()
        if done.returncode != 0:
            raise CannotStart(f"initdb failed in {self.folder}:\n{done.stdout}{done.stderr}".rstrip())
        new.rename(self.data)

    def _as_account(self) -> list[str]:
        """Words before a command: die with the parent, and as root become the database's user."""
        setpriv = ["setpriv", "--pdeathsig", "INT"]
        if self._account is not None:
            setpriv += [
                f"--reuid={self._account.pw_uid}",
                f"--regid={self._account.pw_gid}",
                "--clear-groups",
            ]
        return setpriv

    def _server_pid(self) -> int:
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return 0

    def _holders(self) -> list[int]:
        """Processes whose working directory is the data folder: the server and its children."""
        found = []
        data = str(self.data.resolve())
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.readlink(entry / "cwd") == data:
                    found.append(int(entry.name))
            except OSError:  # gone meanwhile, or another user's
                continue
        return sorted(found)


def installed_versions() -> list[int]:
    """Major versions of PostgreSQL on this machine that have PostGIS and pg_trgm, oldest first."""
    found = [int(one.name) for one in INSTALLED.glob("*") if re.fullmatch(r"\d+", one.name)]
    return sorted(
        version
        for version in found
        if (INSTALLED / str(version) / "bin/postgres").exists()
        and (EXTENSIONS / str(version) / "extension/postgis.control").exists()
        and (EXTENSIONS / str(version) / "extension/pg_trgm.control").exists()
    )


def _assert_chinese_search(connection: psycopg.Connection) -> None:
    """Under locale C the trigram search of Chinese finds nothing, silently; better not to start."""
    row = connection.execute("SELECT show_trgm('中文') <> '{}'").fetchone()
    if row is None or not row[0]:
        raise CannotStart(
            "The database cannot search Chinese text: its locale must be a UTF-8 one (C.UTF-8), not C. "
            "Move the database's folder away to begin with an empty one"
        )


def _until(is_ready: Callable[[], bool], timeout: float, failure: str) -> None:
    deadline = time.monotonic() + timeout
    while not is_ready():
        if time.monotonic() > deadline:
            raise CannotStart(f"{failure} after {timeout:.0f} s")
        time.sleep(0.05)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
