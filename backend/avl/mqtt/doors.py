"""What ingest runs for MQTT, as the settings ask for it."""

from collections.abc import Coroutine

from backend.avl.ingest import Ingest
from backend.avl.mqtt.broker import Broker
from backend.avl.mqtt.door import Door
from backend.identity.registry import Registry
from backend.settings import Settings


class Mqtt:
    """The door to the bus's own port, and the connection to a broker of the operator; either may be off."""

    def __init__(self, ingest: Ingest, registry: Registry, settings: Settings, secret: str) -> None:
        url = settings.nats_devices_url if settings.mqtt_port else None
        self._door = Door(url, ingest, registry, secret) if url is not None else None
        calls_out = settings.mqtt_broker_url is not None and settings.ingest_number == 1  # one session at the broker
        self._broker = Broker(ingest, registry, settings) if calls_out else None

    def work(self) -> list[Coroutine[None, None, None]]:
        """To run for ever."""
        return [one.run() for one in (self._door, self._broker) if one is not None]

    def detail(self) -> dict[str, str]:
        """How it stands with each, for `/health`."""
        found = {}
        if self._door is not None:
            found["port"] = "open" if self._door.is_open else "shut"
        if self._broker is not None:
            found["broker"] = "connected" if self._broker.away_since is None else "away"
        return found
