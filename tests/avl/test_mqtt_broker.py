"""A broker of the operator: a second NATS server that speaks MQTT, with users of its own and no callout."""

import asyncio
import contextlib
import json
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backend.avl.mqtt.broker import Broker, identifier_of
from backend.bus.server import NatsServer
from backend.home import Home
from backend.settings import Settings
from tests.avl.makers import Rig, device, free_port, running_ingest
from tests.avl.mqtt_desk import START, location, stored_fixes
from tests.avl.phone import Phone
from tests.bus.servers import killable_server, until
from tests.conftest import TestBus

CONFIGURATION = """
server_name: broker
listen: "127.0.0.1:{nats}"
jetstream {{ store_dir: {store}, sync_interval: always }}
mqtt {{ listen: "127.0.0.1:{mqtt}", ack_wait: "5s" }}
authorization {{ users: [{{ user: us, password: "p:w@/" }}, {{ user: phone, password: p }}] }}
"""
KNOWN = (device("car", protocol="owntracks"), device("bike", 2, protocol="owntracks"))


class OutsideBroker:
    """The operator's: `kill` is `kill -9`."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"mqtt://us:p%3Aw%40%2F@127.0.0.1:{self.port}"
        file = folder / "broker.conf"
        store = json.dumps(str(folder / "store"))
        file.write_text(CONFIGURATION.format(nats=free_port(), mqtt=self.port, store=store))
        self._command = [*NatsServer(Home(folder), 1).command()[:4], "-c", str(file)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(10)

    async def publish(self, *messages: tuple[str, bytes], qos: int = 1) -> None:
        """As a device does; each message is acknowledged by the broker."""
        async with asyncio.timeout(15):
            while True:
                phone = Phone("phone", "p", client=f"publisher{qos}")
                with contextlib.suppress(OSError):
                    if await phone.connect(self.port) == "Success":
                        break
                await asyncio.sleep(0.05)
        for topic, payload in messages:
            await phone.tell(topic, payload, qos)
        await phone.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[OutsideBroker]:
    made = OutsideBroker(tmp_path)
    made.start()
    yield made
    made.kill()


@contextlib.asynccontextmanager
async def following(url: str, broker: OutsideBroker, *, batches: bool = True) -> AsyncIterator[Rig]:
    """An ingest that is the broker's client."""
    async with running_ingest(url, batches=batches, mqtt_broker_url=broker.url) as rig:
        rig.know(*KNOWN)
        client = Broker(rig.ingest, rig.process.registry, rig.process.settings)
        rig.process.start(client.run())
        await until(lambda: client.away_since is None, 15)
        yield rig


def at(second: int) -> int:
    return START + 1000 * second


async def test_what_the_broker_has_is_stored(nats_server: TestBus, broker: OutsideBroker) -> None:
    async with following(nats_server.url, broker) as rig:
        await broker.publish(("owntracks/car/a", location()), ("owntracks/bike/b", location(1)))
        await broker.publish(("owntracks/car/a", location(2)), qos=0)
        fixes = {(fix.device, fix.source, fix.fixed_at) for fix in await stored_fixes(rig, 3)}
        assert fixes == {(1, 5, at(0)), (2, 5, at(1)), (1, 5, at(2))}


async def test_who_is_not_known_is_counted_and_can_be_adopted(nats_server: TestBus, broker: OutsideBroker) -> None:
    async with following(nats_server.url, broker) as rig:
        rig.know(*KNOWN, device("osm", 3, protocol="osmand"))
        await broker.publish(
            ("owntracks/stranger/a", location()),
            ("owntracks/osm/a", location()),
            ("owntracks/car/a", b"no json"),
            ("owntracks/car/a", location()),
        )
        assert [fix.device for fix in await stored_fixes(rig, 1)] == [1]
        await until(lambda: rig.batches.cumulative.get("owntracks") == 4)
        (knock,) = rig.ingest.knocks.heard.values()
        assert (knock.identifier, knock.hash, knock.address) == ("stranger", None, None)


async def test_what_is_not_stored_is_not_acknowledged(nats_server: TestBus, broker: OutsideBroker) -> None:
    """An ingest that ends before it could store leaves everything to the next one, and each fix once."""
    async with following(nats_server.url, broker, batches=False) as rig:
        await broker.publish(*(("owntracks/car/a", location(second)) for second in range(30)))
        await until(lambda: rig.batches.cumulative.get("owntracks"))
    async with following(nats_server.url, broker) as rig:
        assert sorted(fix.fixed_at for fix in await stored_fixes(rig, 30)) == [at(second) for second in range(30)]
    async with following(nats_server.url, broker) as rig:
        await asyncio.sleep(6)  # longer than the broker waits for an acknowledgement
        assert rig.batches.cumulative == {}, "nothing comes a second time"


async def test_what_came_while_no_ingest_was_there_is_taken_later(nats_server: TestBus, broker: OutsideBroker) -> None:
    async with following(nats_server.url, broker):
        pass
    await broker.publish(("owntracks/car/a", location()))
    async with following(nats_server.url, broker) as rig:
        assert [fix.fixed_at for fix in await stored_fixes(rig, 1)] == [at(0)]


async def test_what_finds_no_room_waits(nats_server: TestBus, broker: OutsideBroker) -> None:
    async with following(nats_server.url, broker) as rig:
        room, rig.batches._most_fixes = rig.batches._most_fixes, 0
        await broker.publish(*(("owntracks/car/a", location(second)) for second in range(3)))
        await asyncio.sleep(0.5)
        assert rig.batches.cumulative == {}
        rig.batches._most_fixes = room
        assert len(await stored_fixes(rig, 3)) == 3


@pytest.mark.slow
async def test_a_killed_broker_is_found_again(nats_server: TestBus, broker: OutsideBroker) -> None:
    async with following(nats_server.url, broker) as rig:
        await broker.publish(("owntracks/car/a", location()))
        await stored_fixes(rig, 1)
        broker.kill()
        broker.start()
        await broker.publish(("owntracks/car/a", location(1)))
        assert [fix.fixed_at for fix in await stored_fixes(rig, 2)] == [at(0), at(1)]


@pytest.mark.slow
async def test_while_the_bus_is_away_the_broker_keeps_it(broker: OutsideBroker) -> None:
    async with killable_server() as server, following(server.url, broker) as rig:
        server.kill()
        await broker.publish(*(("owntracks/car/a", location(second)) for second in range(10)))
        await until(lambda: rig.batches.cumulative.get("owntracks"))
        await server.start()
        assert {fix.fixed_at for fix in await stored_fixes(rig, 10)} == {at(second) for second in range(10)}


@pytest.mark.parametrize(
    ("pattern", "topic", "expected"),
    [
        ("owntracks/+/+", "owntracks/car/x", "car"),
        ("owntracks/+/+", "owntracks/a.b:1/x", "a.b:1"),
        ("$share/liandong/owntracks/+/#", "owntracks/car/x/event", "car"),
        ("fleet/+/position", "fleet/7/position", "7"),
        ("fleet/x/+", "fleet", ""),
    ],
)
def test_the_first_plus_is_who_speaks(pattern: str, topic: str, expected: str) -> None:
    assert identifier_of(topic, pattern) == expected
    assert Settings(mqtt_broker_topic=pattern).mqtt_broker_topic == pattern


@pytest.mark.parametrize(
    "wrong",
    [
        {"mqtt_broker_url": "http://x"},
        {"mqtt_broker_url": "mqtt://"},
        {"mqtt_broker_url": "mqtt://x:y"},
        {"mqtt_broker_topic": "owntracks/#"},
        {"mqtt_broker_topic": "owntracks/+a/+"},
        {"mqtt_broker_topic": "#/+"},
        {"mqtt_broker_client": ""},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        Settings(**wrong)  # type: ignore[arg-type]
