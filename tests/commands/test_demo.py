"""`liandong simulate` and `demo-receiver` where there is nothing to drive on: words, and status 0 for `up`."""

from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import msgpack
import pytest

from backend.commands import demo
from backend.demo import receiver
from backend.geo import ground
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


def test_with_the_port_off(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    assert simulate(settings.model_copy(update={"osmand_port": 0})) == 0
    assert "LIANDONG_OSMAND_PORT" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--units", "0"], ["--units", "-3"], ["--interval", "0"], ["--interval", "nan"]])
def test_numbers_that_mean_nothing_are_refused(settings: Settings, words: list[str]) -> None:
    with pytest.raises(SystemExit):
        simulate(settings, *words)
