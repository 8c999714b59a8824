"""What an operator's NATS server is told to have is what a NATS server takes."""

import subprocess
from pathlib import Path

import pytest

from backend.__main__ import parser
from backend.bus.server import NatsServer
from backend.home import Home
from backend.settings import Settings


def test_a_server_takes_the_printed_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = parser().parse_args(["bus-configuration"])
    assert given.run(Settings(home=tmp_path), given) == 0
    printed = capsys.readouterr().out
    file = tmp_path / "operator.conf"
    file.write_text(
        f'server_name: ours\njetstream {{ store_dir: "{tmp_path}/store", sync_interval: always }}\n{printed}'
    )
    program = NatsServer(Home(tmp_path), 1).command()[3]
    done = subprocess.run([program, "-t", "-c", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    secrets = Home(tmp_path).secrets()
    assert not [secret for secret in vars(secrets).values() if secret in printed]
