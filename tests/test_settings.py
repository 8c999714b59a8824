"""Settings: environment over liandong.toml, and words for what is wrong."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from backend.avl.protocols import PROTOCOLS
from backend.settings import Settings, explain, unknown_in_environment

PORTS = {"osmand": 5055, "jt808": 5808, "nmea": 5140, "owntracks": 5144, "mqtt": 1883, "traccar": 5156, "field": 5170}


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No liandong.toml and no LIANDONG_ variable of the person who runs the tests."""
    for name in unknown_in_environment():
        monkeypatch.delenv(name)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"LIANDONG_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def wrong() -> str:
    with pytest.raises(ValidationError) as caught:
        Settings()
    return explain(caught.value)


def test_defaults() -> None:
    settings = Settings()
    assert (settings.web_port, settings.web_bind, settings.home) == (8000, "127.0.0.1", Path("var"))
    assert settings.device_ports() == PORTS
    assert settings.has_demo


def test_environment_beats_file(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty_folder / "liandong.toml").write_text('port = 8100\nlog_level = "debug"\n')
    monkeypatch.setenv("LIANDONG_PORT", "8200")
    settings = Settings()
    assert (settings.port, settings.log_level) == (8200, "debug")


def test_offset_shifts_every_port_but_not_a_closed_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANDONG_PORT_OFFSET", "10")
    assert Settings().web_port == 8010
    assert Settings().device_ports() == {name: port + 10 for name, port in PORTS.items()}
    monkeypatch.setenv("LIANDONG_OSMAND_PORT", "0")
    assert Settings().device_ports().keys() == PORTS.keys() - {"osmand"}


def test_every_protocol_that_is_called_has_its_port_under_its_name() -> None:
    ports = Settings().device_ports()
    assert ports.pop("mqtt") == 1883, "the bus's own, which no listener of ours opens"
    assert ports == {name: getattr(Settings(), entry.port) for name, entry in PROTOCOLS.items() if entry.port}
    over_udp = {name for name, entry in PROTOCOLS.items() if "UDP" in entry.transport}
    assert Settings().datagram_ports().keys() == over_udp


def test_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANDONG_DATABASE_URL", "")
    assert Settings().database_url is None


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_database_url_gets_the_driver(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANDONG_DATABASE_URL", f"{scheme}://u:p@db/liandong")
    assert Settings().database_url == "postgresql+psycopg://u:p@db/liandong"


@pytest.mark.parametrize(
    ("bind", "demo", "expected"),
    [("127.0.0.1", "", True), ("0.0.0.0", "", False), ("0.0.0.0", "1", True), ("127.0.0.1", "0", False)],
)
def test_demo_is_on_where_only_this_machine_can_look(
    bind: str, demo: str, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANDONG_WEB_BIND", bind)
    monkeypatch.setenv("LIANDONG_DEMO", demo)
    assert Settings().has_demo is expected


def test_bad_value_names_key_value_and_expectation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANDONG_PORT", "eight")
    monkeypatch.setenv("LIANDONG_TICK_MS", "1")
    port, tick = wrong().splitlines()
    assert port.startswith("LIANDONG_PORT = 'eight': expected a valid integer")
    assert tick.startswith("LIANDONG_TICK_MS = '1': expected greater than or equal to 20")
    assert "milliseconds" in tick


def test_unknown_key_in_file_is_named(empty_folder: Path) -> None:
    (empty_folder / "liandong.toml").write_text("prot = 8100\n")
    assert wrong().startswith("prot in liandong.toml: no such setting. Known: acknowledge_timeout_s, ")


def test_bad_value_in_file_names_the_file(empty_folder: Path) -> None:
    (empty_folder / "liandong.toml").write_text("map_zoom = 40\n")
    assert wrong().startswith("map_zoom in liandong.toml = 40: expected less than or equal to 22")


def test_no_password_on_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANDONG_DATABASE_URL", "mysql://root:secret@db/x")
    words = wrong()
    assert "secret" not in words
    assert "expected postgresql://" in words


def test_broken_file(empty_folder: Path) -> None:
    (empty_folder / "liandong.toml").write_text("port 8100\n")
    with pytest.raises(ValueError) as caught:
        Settings()
    assert explain(caught.value).startswith("liandong.toml: not readable as TOML")


TIANDITU = "https://t0.tianditu.gov.cn/vec_w/wmts?LAYER=vec&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=4f1d"


def test_own_map_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (Settings().ground_templates, Settings().ground_origins) == ((), ())
    monkeypatch.setenv("LIANDONG_GROUND_URLS", f"{TIANDITU}  {TIANDITU} http://10.0.0.1:8080/{{z}}/{{x}}/{{y}}.png")
    settings = Settings()
    assert settings.ground_templates == (TIANDITU, TIANDITU, "http://10.0.0.1:8080/{z}/{x}/{y}.png")
    assert settings.ground_origins == ("https://t0.tianditu.gov.cn", "http://10.0.0.1:8080")


@pytest.mark.parametrize(
    ("urls", "words"),
    [
        ("ftp://host/{z}/{x}/{y}", "addresses like https://host/{z}/{x}/{y}.png"),
        ("/tiles/{z}/{x}/{y}", "addresses like https://host/{z}/{x}/{y}.png"),
        ("https:///{z}/{x}/{y}", "addresses like https://host/{z}/{x}/{y}.png"),
        ("https://a;script-src/{z}/{x}/{y}", "addresses like https://host/{z}/{x}/{y}.png"),
        ("https://user:password@host/{z}/{x}/{y}", "addresses like https://host/{z}/{x}/{y}.png"),
        ("https://地图.cn/{z}/{x}/{y}", "addresses like https://host/{z}/{x}/{y}.png"),
        ("https://host:port/{z}/{x}/{y}", "addresses like https://host/{z}/{x}/{y}.png"),
        ("https://host/{z}/{x}", "{z}, {x} and {y} once each"),
        ("https://{s}.host/{z}/{x}/{y}", "addresses like https://host/{z}/{x}/{y}.png"),
        ("https://host/{z}/{x}/{y}?{r}", "{z}, {x} and {y} once each"),
        (f"{TIANDITU} https://host/", "{z}, {x} and {y} once each"),
        (TIANDITU.replace("vec_w", "vec_c"), "tiles in Web Mercator"),
    ],
)
def test_wrong_map_tiles(urls: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANDONG_GROUND_URLS", urls)
    said = wrong()
    assert said.startswith("LIANDONG_GROUND_URLS = ")
    assert f"expected {words}" in said
    assert "4f1d" not in said, "the key is nobody's business"
    assert "password" not in said


def test_bd09_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANDONG_GROUND_DATUM", "bd09")
    assert wrong().startswith("LIANDONG_GROUND_DATUM = 'bd09': expected wgs84, cgcs2000 or gcj02: tiles in bd09 have")
    monkeypatch.setenv("LIANDONG_GROUND_DATUM", "mars")
    assert wrong().startswith("LIANDONG_GROUND_DATUM = 'mars': expected 'wgs84', 'cgcs2000' or 'gcj02'")


def test_misspelt_variable_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANDONG_PROT", "8100")
    assert unknown_in_environment() == ["LIANDONG_PROT"]


@pytest.mark.parametrize("name", ["MQTT_TLS_CERTIFICATE", "MQTT_TLS_KEY"])
def test_a_certificate_and_its_key_come_together(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"LIANDONG_{name}", "/x.pem")
    assert wrong() == "mqtt_tls_certificate and mqtt_tls_key: expected both or neither"
