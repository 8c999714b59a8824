"""The NATS server of the one-machine installation, in `LIANDONG_HOME/nats`.

Used by `backend/up.py`, which runs `command()` as a child, and by the tests. Accounts: LIANDONG for our
processes, DEVICES for what devices publish over MQTT (its store is bounded), SYSTEM for `doctor`.
Who is none of the three users is let in by `ingest` alone, and so nobody while there is none. Everything here is
blocking.
"""

import json
import os
import re
import shutil
import socket
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from backend.bus.callout import Issuer
from backend.home import CannotStart, Home, write_atomically

GIGABYTE = 1024**3
STORE_AT_MOST = 20 * GIGABYTE
DEVICES_AT_MOST = GIGABYTE

# `sync_interval: always`: what is acknowledged is on the disk. A reader stuck for 10 s is cut off.
CONFIGURATION = """\
server_name: liandong
listen: "127.0.0.1:{port}"
write_deadline: "10s"
jetstream {{
  store_dir: "{store}"
  sync_interval: always
  max_file_store: {store_bytes}
  max_memory_store: 268435456
}}
"""
ACCOUNTS = """\
accounts {{
  LIANDONG {{
    jetstream: enabled
    users: [{{ user: "liandong", password: "{liandong}" }}]
  }}
  DEVICES {{
    jetstream: {{ max_file: {devices_bytes}, max_memory: 67108864 }}
    users: [{{ user: "ingest", password: "{devices}" }}]
    imports: [{{ service: {{ account: SYSTEM, subject: "$SYS.REQ.SERVER.*.KICK" }}, to: "kick.*" }}]
  }}
  SYSTEM {{
    users: [{{ user: "system", password: "{system}" }}]
    exports: [{{ service: "$SYS.REQ.SERVER.*.KICK", accounts: [DEVICES] }}]
  }}
}}
system_account: SYSTEM
"""

MQTT = """\
authorization {{
  timeout: 3
  auth_callout {{ issuer: "{issuer}", account: DEVICES, auth_users: [liandong, ingest, system] }}
}}
mqtt {{
  host: {host}
  port: {port}
{tls}}}
"""
TLS = """\
  tls {{ cert_file: {certificate}, key_file: {key} }}
"""


@dataclass(frozen=True, slots=True)
class MqttPort:
    """Where MQTT clients call; with `certificate` and `key` (files, PEM) they speak TLS."""

    host: str
    port: int
    certificate: Path | None = None
    key: Path | None = None


class NatsServer:
    """One server: `prepare()`, run `command()`, `wait_ready()`, then the URLs work."""

    def __init__(self, home: Home, port: int, mqtt: MqttPort | None = None) -> None:
        self.folder = home.folder("nats")
        self.port = port
        self.mqtt = mqtt
        self._secrets = home.secrets()

    def prepare(self) -> None:
        """Write the configuration. Raises CannotStart when the program is not installed."""
        self._binary()
        text = CONFIGURATION.format(
            port=self.port, store=self.folder / "store", store_bytes=self._store_bytes()
        ) + ACCOUNTS.format(
            devices_bytes=DEVICES_AT_MOST,
            liandong=self._secrets.nats_liandong,
            devices=self._secrets.nats_devices,
            system=self._secrets.nats_system,
        )
        if self.mqtt is not None:
            text += _mqtt(self.mqtt, Issuer(self._secrets.nats_issuer))
        write_atomically(self._configuration, text)

    def command(self) -> list[str]:
        """The server in the foreground, to run as a child of this thread: it stops when this thread dies."""
        return ["setpriv", "--pdeathsig", "TERM", self._binary(), "-c", str(self._configuration)]

    def url(self) -> str:
        """For our processes: account LIANDONG."""
        return self._url("liandong", self._secrets.nats_liandong)

    def devices_url(self) -> str:
        """For `ingest` alone: account DEVICES."""
        return self._url("ingest", self._secrets.nats_devices)

    def system_url(self) -> str:
        """For `doctor`: account SYSTEM, which sees the server's own figures."""
        return self._url("system", self._secrets.nats_system)

    def is_ready(self) -> bool:
        """One log-in, 2 s at most. Raises CannotStart when another server answers on our port."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as connection:
                stream = connection.makefile("rwb")
                stream.readline()  # INFO
                login = {"user": "liandong", "pass": self._secrets.nats_liandong, "verbose": False}
                stream.write(b"CONNECT " + json.dumps(login).encode() + b"\r\nPING\r\n")
                stream.flush()
                answer = stream.readline()
        except OSError:
            return False
        if b"Authorization" in answer:
            raise CannotStart(f"Another NATS server answers on 127.0.0.1:{self.port}: it refuses our password. Stop it")
        return answer.startswith(b"PONG")

    def wait_ready(self, timeout: float = 30) -> None:
        """Seconds. Raises CannotStart when it does not answer in time."""
        deadline = time.monotonic() + timeout
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise CannotStart(f"NATS does not answer on 127.0.0.1:{self.port} after {timeout:.0f} s")
            time.sleep(0.05)

    @property
    def _configuration(self) -> Path:
        return self.folder / "nats.conf"

    def _url(self, user: str, password: str) -> str:
        return f"nats://{user}:{password}@127.0.0.1:{self.port}"

    def _store_bytes(self) -> int:
        """Half of the free disk, chosen once: below what its streams reserve, NATS drops them."""
        if self._configuration.exists():
            before = re.search(r"max_file_store: (\d+)", self._configuration.read_text())
            if before:
                return int(before[1])
        return min(shutil.disk_usage(self.folder).free // 2, STORE_AT_MOST)

    def _binary(self) -> str:
        """Beside this interpreter, where the wheel puts it; else on the path."""
        beside = Path(sys.executable).parent / "nats-server"
        found = str(beside) if beside.exists() else shutil.which("nats-server")
        if found is None:
            raise CannotStart(
                "nats-server is not installed. Install it: make run (it is in requirements.lock), "
                "or set LIANDONG_NATS_URL to a server of yours"
            )
        return found


def operators_configuration(home: Home) -> str:
    """What a server of the operator needs beside its own settings; for passwords stands what they are of."""
    accounts = ACCOUNTS.format(
        devices_bytes=DEVICES_AT_MOST,
        liandong="PASSWORD IN LIANDONG_NATS_URL",
        devices="PASSWORD IN LIANDONG_NATS_DEVICES_URL",
        system="ANOTHER PASSWORD",
    )
    return accounts + _mqtt(MqttPort("0.0.0.0", 1883), Issuer(home.secrets().nats_issuer))


def _mqtt(mqtt: MqttPort, issuer: Issuer) -> str:
    """Raises CannotStart for a certificate that is not there."""
    tls = ""
    if mqtt.certificate is not None and mqtt.key is not None:
        for file in (mqtt.certificate, mqtt.key):
            if not os.access(file, os.R_OK):
                raise CannotStart(f"The file {file} for MQTT over TLS is not readable")
        certificate, key = (json.dumps(str(file.absolute())) for file in (mqtt.certificate, mqtt.key))
        tls = TLS.format(certificate=certificate, key=key)
    return MQTT.format(issuer=issuer.public, host=json.dumps(mqtt.host), port=mqtt.port, tls=tls)
