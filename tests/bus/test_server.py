"""The private NATS server, really running."""

import shutil
import stat
import sys
import time
from pathlib import Path

import nats
import pytest
from nats.js.api import StreamConfig

from backend.bus import server as server_module
from backend.bus.server import NatsServer
from backend.home import CannotStart, Home
from tests.conftest import TestBus, running


async def test_accounts_do_not_hear_each_other(nats_server: TestBus) -> None:
    ours = await nats.connect(nats_server.url)
    devices = await nats.connect(nats_server.devices_url)
    heard = await ours.subscribe("owntracks.>")
    await ours.flush()
    await devices.publish("owntracks.a.b", b"device")
    await devices.flush()
    await ours.publish("owntracks.x.y", b"ours")
    message = await heard.next_msg(timeout=2)
    assert message.data == b"ours"
    await ours.close()
    await devices.close()


async def test_devices_account_is_bounded(nats_server: TestBus) -> None:
    devices = await nats.connect(nats_server.devices_url)
    account = await devices.jetstream().account_info()
    assert account.limits.max_storage == server_module.DEVICES_AT_MOST
    await devices.close()


async def test_stored_messages_survive_a_kill(tmp_path: Path) -> None:
    home = Home(tmp_path)
    server = NatsServer(home, home.embedded_port("nats"))
    server.prepare()
    with running(server.command(), tmp_path / "log") as process:
        server.wait_ready()
        client = await nats.connect(server.url())
        await client.jetstream().add_stream(StreamConfig(name="fixes", subjects=["fixes.>"]))
        await client.jetstream().publish("fixes.1", b"batch")
        process.kill()
        await client.close()
    with running(server.command(), tmp_path / "log"):
        server.wait_ready()
        client = await nats.connect(server.url())
        info = await client.jetstream().stream_info("fixes")
        assert info.state.messages == 1
        await client.close()


def test_configuration_holds_passwords_so_it_is_closed(tmp_path: Path) -> None:
    NatsServer(Home(tmp_path), 1).prepare()
    assert stat.S_IMODE((tmp_path / "nats" / "nats.conf").stat().st_mode) == 0o600


def test_store_limit_is_chosen_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = NatsServer(Home(tmp_path), 1)
    server.prepare()
    before = (tmp_path / "nats" / "nats.conf").read_text()
    monkeypatch.setattr(server_module, "STORE_AT_MOST", 1024)
    server.prepare()
    assert (tmp_path / "nats" / "nats.conf").read_text() == before


def test_foreign_server_on_our_port_is_named(nats_server: TestBus, tmp_path: Path) -> None:
    other = NatsServer(Home(tmp_path), nats_server.server.port)
    with pytest.raises(CannotStart, match="refuses our password"):
        other.is_ready()


def test_nobody_answers_in_time(tmp_path: Path) -> None:
    home = Home(tmp_path)
    server = NatsServer(home, home.embedded_port("nats"))
    begun = time.monotonic()
    with pytest.raises(CannotStart, match="does not answer"):
        server.wait_ready(timeout=0.2)
    assert time.monotonic() - begun < 2


def test_missing_program_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(CannotStart, match="LIANDONG_NATS_URL"):
        NatsServer(Home(tmp_path), 1).prepare()
