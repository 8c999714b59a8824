"""The one table of settings: environment `LIANDONG_<NAME>` over `liandong.toml` in the working directory.

Every process reads it once at start; nothing else in the program looks at the environment.
"""

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

PREFIX = "LIANDONG_"
TOML = Path("liandong.toml")
LOOPBACK = ("localhost", "::1")

HOST = re.compile(r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]+)?")  # what can stand in a security policy

Port = Annotated[int, Field(ge=1, le=65535)]
PortOrOff = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0)]


def _postgres_url(url: str | None) -> str | None:
    """SQLAlchemy wants the driver in the scheme; people write `postgres://` and `postgresql://`."""
    if url is None:
        return None
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        raise ValueError("expected postgresql://user:password@host:port/database")
    return f"postgresql+psycopg://{rest}"


def _nats_url(url: str | None) -> str | None:
    if url is not None and not re.match(r"(nats|tls|ws|wss)://", url):
        raise ValueError("expected nats://user:password@host:port (several: with commas between)")
    return url


def _mqtt_url(url: str | None) -> str | None:
    parts = urlsplit(url or "mqtt://none")
    try:
        right = (
            parts.scheme in ("mqtt", "mqtts") and bool(parts.hostname) and parts.path in ("", "/") and parts.port != 0
        )
    except ValueError:  # the port is no number
        right = False
    if not right:
        raise ValueError("expected mqtt://user:password@host:port or mqtts://…")
    return url


def _mqtt_pattern(pattern: str) -> str:
    levels = pattern.split("/")
    levels = levels[2:] if levels[0] == "$share" else levels
    misplaced = "#" in levels[:-1] or any(len(level) > 1 and ("+" in level or "#" in level) for level in levels)
    if "+" not in levels or misplaced:
        raise ValueError("expected a topic with a + in place of the identifier, like owntracks/+/+")
    return pattern


def _tile_urls(urls: str) -> str:
    """Addresses whose origin can stand in the content security policy, and that leave nothing but the tile open."""
    for url in urls.split():
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not HOST.fullmatch(parts.netloc):
            raise ValueError("expected addresses like https://host/{z}/{x}/{y}.png, several with spaces between")
        if sorted(re.findall(r"\{.*?\}", url)) != ["{x}", "{y}", "{z}"]:
            raise ValueError("expected {z}, {x} and {y} once each in every address, and no other {…}")
        if re.search(r"TILEMATRIXSET=c\b|_c/wmts", url, re.I):
            raise ValueError("expected tiles in Web Mercator (TILEMATRIXSET=w, …_w/wmts), not in degrees")
    return urls


def _datum(datum: object) -> object:
    if datum == "bd09":
        raise ValueError("expected wgs84, cgcs2000 or gcj02: tiles in bd09 have a grid of their own")
    return datum


PostgresUrl = Annotated[str | None, AfterValidator(_postgres_url)]
NatsUrl = Annotated[str | None, AfterValidator(_nats_url)]
MqttUrl = Annotated[str | None, AfterValidator(_mqtt_url)]
MqttPattern = Annotated[str, AfterValidator(_mqtt_pattern)]
TileUrls = Annotated[str, AfterValidator(_tile_urls)]
Datum = Annotated[Literal["wgs84", "cgcs2000", "gcj02"], BeforeValidator(_datum)]


class Settings(BaseSettings):
    """A value that is not set keeps the default beside it; `explain` puts a wrong one into words."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", toml_file=TOML, frozen=True
    )

    # Where the program lives
    home: Path = Field(Path("var"), description="data folder: database, bus, files, logs, secrets")
    port: Port = Field(8000, description="TCP port of the web pages and the API")
    web_bind: str = Field("127.0.0.1", description="address on which the web port listens (0.0.0.0 = all)")
    bind: str = Field("127.0.0.1", description="address on which the device ports listen (0.0.0.0 = all)")
    port_offset: int = Field(
        0,
        ge=0,
        le=50000,
        description="added to the web port and all device ports: several copies side by side",
    )
    database_url: PostgresUrl = Field(
        None, description="PostGIS of the operator, application role (not set = embedded)"
    )
    database_owner_url: PostgresUrl = Field(
        None, description="PostGIS of the operator, the role that owns the tables, for migrations"
    )
    nats_url: NatsUrl = Field(None, description="NATS of the operator, account LIANDONG (not set = embedded)")
    nats_devices_url: NatsUrl = Field(None, description="NATS of the operator, account DEVICES (not set = embedded)")
    demo: bool | None = Field(
        None, description="simulated units of the demo city (not set = yes if web_bind is loopback)"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="least level logged")

    # Positions
    osmand_port: PortOrOff = Field(5055, description="HTTP port for OsmAnd and Traccar clients (0 = off)")
    jt808_port: PortOrOff = Field(5808, description="TCP port for JT/T 808 terminals (0 = off)")
    nmea_port: PortOrOff = Field(5140, description="TCP and UDP port for NMEA 0183 sentences (0 = off)")
    owntracks_port: PortOrOff = Field(5144, description="HTTP port for OwnTracks apps (0 = off)")
    mqtt_port: PortOrOff = Field(1883, description="MQTT port of the embedded bus, for OwnTracks apps (0 = off)")
    mqtt_tls_certificate: Path | None = Field(
        None, description="certificate (PEM) with which the MQTT port speaks TLS (not set = in the clear)"
    )
    mqtt_tls_key: Path | None = Field(None, description="its private key (PEM)")
    mqtt_broker_url: MqttUrl = Field(
        None,
        description="MQTT broker of yours whose OwnTracks messages are taken, mqtt:// or mqtts:// (not set = none)",
    )
    mqtt_broker_topic: MqttPattern = Field(
        "owntracks/+/+", description="what is subscribed to there; the first + stands for the device's identifier"
    )
    mqtt_broker_client: str = Field(
        "liandong", pattern="^[A-Za-z0-9-]{1,60}$", description="our client id there, another one for each ingest"
    )
    traccar_port: PortOrOff = Field(5156, description="HTTP port for what a Traccar server forwards as JSON (0 = off)")
    field_port: PortOrOff = Field(5170, description="HTTP port for the field page's batches (0 = off)")
    source_fresh_s: Seconds = Field(
        30, description="a device silent for longer leaves its unit to the next best one (above the report interval)"
    )
    ingest_processes: int = Field(
        1, ge=1, le=16, description="processes that share the device ports of this machine, and their work"
    )
    ingest_number: int = Field(1, ge=1, le=16, description="which of them a process is; `liandong up` sets it")
    thin_stationary_s: float = Field(
        0, ge=0, le=3600, description="of a device that stands still one fix in this time is stored, seconds (0 = all)"
    )
    connections: int = Field(20_000, ge=1, description="open connections of devices at most")
    connections_per_address: int = Field(
        5000, ge=1, description="of these from one address (a carrier's gateway may stand for a whole fleet)"
    )
    newcomers: int = Field(2000, ge=1, description="connections that have not logged in yet, at most")
    newcomers_per_address: int = Field(200, ge=1, description="of these from one address")
    login_s: Seconds = Field(30, description="a connection that has not logged in by then is closed, seconds")
    message_s: Seconds = Field(
        30, description="a message that is not complete by then ends its connection (and a second for each kB), seconds"
    )
    keep_alive_s: int = Field(
        60, ge=1, le=32_767, description="after so much silence a device is asked whether it is still there, seconds"
    )
    device_fixes_per_s: float = Field(
        100, gt=0, description="fixes that a device may send in the long run, per second; beyond, it has to wait"
    )
    device_burst: int = Field(5000, ge=1, description="fixes that it may send at once, e.g. kept ones")
    wrong_tokens_per_minute: int = Field(
        30,
        ge=1,
        description="different wrong tokens from one address in a minute; beyond, it is locked",
    )
    wrong_tokens_lock_s: Seconds = Field(
        60, description="how long no new connection is taken from a locked address, seconds"
    )
    command_reply_s: Seconds = Field(
        30, description="how long a device may take to answer a message before it is sent again, seconds"
    )
    batch_linger_ms: int = Field(10, ge=0, le=1000, description="how long a batch waits for more fixes, milliseconds")
    batch_fixes: int = Field(3000, ge=1, le=5000, description="fixes in a stored batch at most")
    unacknowledged_bytes: int = Field(
        64 * 1024 * 1024, ge=1024 * 1024, description="received but not yet stored, bytes; then sockets wait"
    )
    acknowledge_timeout_s: Seconds = Field(15, description="how long a device waits for its acknowledgement, seconds")
    retention_days: int = Field(90, ge=1, le=3660, description="how long positions are kept as points, days")
    retention_hour: int = Field(
        3, ge=0, le=23, description="when days past that are coarsened and let go of, hour of the machine's own clock"
    )
    future_limit_s: Seconds = Field(
        86400, description="a fix later than now by more than this is refused as impossible, seconds"
    )
    fixes_max_bytes: int = Field(
        4 * 1024**3, ge=1024 * 1024, description="size of the stream between ingest and recorder, bytes"
    )
    offline_after_s: Seconds = Field(120, description="a unit silent for longer is offline, seconds")

    # People
    password_length: int = Field(10, ge=8, le=100, description="least length of a password")
    password_days: int = Field(90, ge=0, le=3650, description="a password older than this is renewed, days (0 = never)")
    failures_allowed: int = Field(5, ge=1, le=100, description="wrong passwords in a row until the account is locked")
    lock_minutes: float = Field(15, gt=0, description="how long it stays locked, minutes")
    attempts_per_minute: int = Field(30, ge=1, description="log-ins tried from one address in a minute at most")
    idle_minutes: float = Field(30, gt=0, description="a session without a sign of its person ends after, minutes")
    session_hours: float = Field(14, gt=0, description="a session ends after this in any case, hours")
    enrolment_hours: float = Field(72, gt=0, description="how long a one-time link opens, hours")
    second_factor_roles: str = Field(
        "", description="roles that need a second factor besides the three administrators', commas between"
    )

    # The map
    tick_ms: int = Field(200, ge=20, le=10000, description="how often the live socket sends positions, milliseconds")
    map_longitude: float | None = Field(
        None, ge=-180, le=180, description="middle of the first view, degrees east (not set = of the built map)"
    )
    map_latitude: float | None = Field(
        None, ge=-85, le=85, description="middle of the first view, degrees north (not set = of the built map)"
    )
    map_zoom: float | None = Field(
        None, ge=0, le=22, description="zoom of the first view, 0 (the world) to 22 (not set = of the built map)"
    )
    ground_urls: TileUrls = Field(
        "", description="own map tiles instead of the built ones: XYZ or WMTS addresses, lowest first, spaces between"
    )
    ground_datum: Datum = Field("wgs84", description="datum in which the own map tiles are drawn")
    ground_attribution: str = Field("", max_length=300, description="whose map it is, shown in the map's corner")
    ground_maxzoom: int = Field(18, ge=1, le=24, description="greatest zoom of the own map tiles")
    ground_tile_size: Literal[256, 512] = Field(256, description="edge of the own map tiles, pixels")

    @property
    def web_port(self) -> int:
        """The port that the web process really opens, offset included."""
        return self.port + self.port_offset

    @property
    def is_local(self) -> bool:
        """Whether the pages can be opened from this machine only."""
        return self.web_bind in LOOPBACK or self.web_bind.startswith("127.")

    @property
    def has_demo(self) -> bool:
        return self.is_local if self.demo is None else self.demo

    @property
    def ground_templates(self) -> tuple[str, ...]:
        """The addresses of `ground_urls`, the lowest first."""
        return tuple(self.ground_urls.split())

    @property
    def ground_origins(self) -> tuple[str, ...]:
        """Scheme, host and port of the own map tiles, each once: what a page may fetch besides our own."""
        parts = [urlsplit(url) for url in self.ground_templates]
        return tuple(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in parts))

    def device_ports(self) -> dict[str, int]:
        """Name → port really opened, offset included; a port of 0 (off) is left out."""
        ports = {
            "osmand": self.osmand_port,
            "jt808": self.jt808_port,
            "nmea": self.nmea_port,
            "owntracks": self.owntracks_port,
            "mqtt": self.mqtt_port,
            "traccar": self.traccar_port,
            "field": self.field_port,
        }
        return {name: port + self.port_offset for name, port in ports.items() if port}

    def datagram_ports(self) -> dict[str, int]:
        """Those of the device ports that are open for UDP, too."""
        return {name: port for name, port in self.device_ports().items() if name == "nmea"}

    @model_validator(mode="after")
    def _whole(self) -> Self:
        """What needs a second setting has it."""
        if (self.mqtt_tls_certificate is None) != (self.mqtt_tls_key is None):
            raise ValueError("mqtt_tls_certificate and mqtt_tls_key: expected both or neither")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def unknown_in_environment() -> list[str]:
    """Names that begin with our prefix but are no setting: most likely misspelt."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    return sorted(name for name in os.environ if name.upper().startswith(PREFIX) and name.upper() not in known)


def explain(error: Exception) -> str:
    """What is wrong with the settings: the key, the value, what was expected; a line for each."""
    if isinstance(error, tomllib.TOMLDecodeError):
        return f"{TOML}: not readable as TOML: {error}"
    if not isinstance(error, ValidationError):
        return str(error)
    return "\n".join(_explain_one(dict(one)) for one in error.errors())


def _explain_one(one: dict[str, Any]) -> str:
    if not one["loc"]:  # of several settings together
        return str(one["msg"]).removeprefix("Value error, ")
    name = str(one["loc"][0])
    field = Settings.model_fields.get(name)
    if field is None:
        return f"{name} in {TOML}: no such setting. Known: {', '.join(sorted(Settings.model_fields))}"
    environment = PREFIX + name.upper()
    place = environment if os.environ.get(environment) else f"{name} in {TOML}"
    value = re.sub(r"(://[^:/@]*):[^@]*@", r"\1:…@", repr(one["input"]))  # no password on a screen, and no key
    value = re.sub(r"(?i)([?&](?:tk|ak|key|token|access_token)=)[^&\s'\"]+", r"\1…", value)
    expected = re.sub(r"^(Value error, expected|Input should be) ", "", str(one["msg"]))
    return f"{place} = {value}: expected {expected} ({field.description})"
