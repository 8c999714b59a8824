"""`liandong simulate` and `demo-receiver` where there is nothing to drive on: words, and status 0 for `up`."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest

from backend.bus.server import NatsServer
from backend.commands import demo
from backend.demo import fleet, receiver
from backend.demo.bodies import bodies_of
from backend.demo.organisation import DemoDevice
from backend.geo import ground
from backend.home import Home
from backend.settings import Settings
from tests.conftest import temporary_home
from tests.demo.networks import town


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """An empty data folder, and no demo city."""
    monkeypatch.setattr(ground, "DEMO_CITY", tmp_path / "no-city")
    with temporary_home() as home:
        yield Settings(home=home.path)


def simulate(settings: Settings, *words: str) -> int:
    parser = ArgumentParser()
    demo.arguments(parser)
    return demo.simulate(settings, parser.parse_args(words))


def test_without_a_built_map(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(settings) == 0
    assert "no built map" in capsys.readouterr().out
    if receiver.available():
        assert demo.demo_receiver(settings, ArgumentParser().parse_args([])) == 0
        assert "make run" in capsys.readouterr().out


def test_a_map_of_another_version(settings: Settings, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "roads.msgpack").write_bytes(msgpack.packb(town() | {"version": 9}))
    assert simulate(settings, "--map", str(tmp_path)) == 0
    assert "expected version 1 of liandong-roads, got 9" in capsys.readouterr().out


def test_the_operators_own_map_goes_before_the_demo_city(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city, own = tmp_path / "city", settings.home / "map"
    monkeypatch.setattr(ground, "DEMO_CITY", city)
    for folder, roads in ((city, msgpack.packb(town())), (own, b"")):
        folder.mkdir()
        (folder / "manifest.json").write_text("{}")
        (folder / "roads.msgpack").write_bytes(roads)
    assert demo.open_city(settings, None) is None, "it cannot be read, and is not passed over in silence"
    (own / "manifest.json").unlink()
    opened = demo.open_city(settings, None)
    assert opened is not None
    assert len(opened.streets.edges) > 200


@pytest.mark.parametrize(
    ("words", "off", "told"),
    [
        ([], ["osmand"], "(LIANDONG_OSMAND_PORT=0)"),
        ([], ["jt808", "osmand"], "(LIANDONG_JT808_PORT=0, LIANDONG_OSMAND_PORT=0)"),
        ([], ["mqtt", "owntracks"], "(LIANDONG_MQTT_PORT=0 and LIANDONG_OWNTRACKS_PORT=0)"),
        (["--protocol", "nmea"], ["nmea"], "(LIANDONG_NMEA_PORT=0)"),
    ],
)
def test_with_the_port_off(
    settings: Settings, capsys: pytest.CaptureFixture[str], words: list[str], off: list[str], told: str
) -> None:
    assert simulate(settings.model_copy(update={f"{name}_port": 0 for name in off}), *words) == 0
    assert f"a port is off {told}: nothing to simulate" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--protocol", "jt808"], ["--protocol", "owntracks", "--port", "99"], []])
def test_with_a_port_off_that_is_not_needed(
    settings: Settings, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    off = {"nmea_port": 0, "mqtt_port": 0} | ({"osmand_port": 0, "owntracks_port": 0} if words else {})
    assert simulate(settings.model_copy(update=off), *words) == 0
    assert capsys.readouterr().err == ""


def test_a_port_goes_with_one_protocol(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(settings, "--port", "5055") == 2
    assert "--port goes with one --protocol, not with mixed" in capsys.readouterr().err


def test_telephones_use_mqtt_where_it_is_the_own_bus_in_the_clear(settings: Settings) -> None:
    home = Home(settings.home)
    home.change_run(lambda run: run.ports.update(nats=4333))
    own = NatsServer(home, 4333).url()
    for url, certificate, expected in (
        (None, None, True),
        (own, None, True),
        (own, Path("c.pem"), False),
        ("nats://bus.example:4222", None, False),
    ):
        changed = settings.model_copy(update={"nats_url": url, "mqtt_tls_certificate": certificate})
        ports = demo.open_ports(changed, home)
        assert ("mqtt" in ports) == expected
        assert ports["owntracks"] == settings.owntracks_port


def test_help_says_how_often_and_in_which_protocol(capsys: pytest.CaptureFixture[str]) -> None:
    parser = ArgumentParser()
    demo.arguments(parser)
    told = " ".join(parser.format_help().split())
    assert "--protocol {jt808,osmand,owntracks,nmea,mixed}" in told
    assert "by kind: 5, on foot 10" in told


def test_what_is_simulated_is_told_with_its_ports() -> None:
    posts = fleet.posts(bodies_of([], []), 3)
    spoken = ("jt808", "owntracks", "jt808")
    devices = [DemoDevice("d", "t", post, protocol) for post, protocol in zip(posts, spoken, strict=True)]
    assert (
        demo.summary(devices, {"jt808": 5808, "owntracks": 5144})
        == "2 jt808 (jt808 5808), 1 owntracks (owntracks 5144)"
    )


@pytest.mark.parametrize("words", [["--units", "0"], ["--units", "-3"], ["--interval", "0"], ["--interval", "nan"]])
def test_numbers_that_mean_nothing_are_refused(settings: Settings, words: list[str]) -> None:
    with pytest.raises(SystemExit):
        simulate(settings, *words)
