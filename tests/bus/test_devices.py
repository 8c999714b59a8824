"""The account DEVICES: what nats-server keeps there for MQTT, and how subjects spell topics."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from nats.js.api import StreamConfig

from backend.bus.devices import MESSAGES, ensure_devices, streams, subject_identifier, topic_subject
from backend.bus.server import MqttPort, NatsServer
from backend.home import CannotStart
from tests.avl.makers import TOKEN
from tests.avl.mqtt_desk import MINE, TOPIC, eventually, location, open_desk
from tests.avl.phone import calling
from tests.bus.servers import KillableServer, killable_server
from tests.bus.servers import connected as connected_bus
from tests.conftest import temporary_home


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def server() -> AsyncIterator[KillableServer]:
    async with killable_server(mqtt=True) as running_one:
        yield running_one


async def test_a_retained_position_is_let_go_of(server: KillableServer) -> None:
    async with open_desk(server) as desk, calling(MINE.identifier, TOKEN, desk.port) as phone:
        await phone.tell(TOPIC, location(), retain=True)

        async def retained() -> int:
            return (await desk.devices.jetstream.stream_info("$MQTT_rmsgs")).state.messages

        await eventually(retained, 0, 4)


async def test_the_streams_of_the_account_are_bounded(server: KillableServer) -> None:
    """The server makes streams for MQTT itself; it goes on with ours, and no other is there."""
    async with open_desk(server) as desk, calling(MINE.identifier, TOKEN, desk.port) as phone:
        await phone.tell(TOPIC, location(), 2)
        found = {one.config.name: one.config for one in await desk.devices.jetstream.streams_info()}
        assert found.keys() == {one.name for one in streams()}
        assert all((one.max_bytes or 0) > 0 for one in found.values())
        assert sum(one.max_bytes or 0 for one in found.values()) < 1024**3


async def test_a_stream_that_was_there_keeps_its_bounds(server: KillableServer) -> None:
    async with connected_bus(server.devices_url) as bus:
        await bus.jetstream.delete_stream(MESSAGES)
        await bus.jetstream.add_stream(StreamConfig(MESSAGES, subjects=["$MQTT.msgs.>"], max_bytes=5000))
        await ensure_devices(bus)
        assert (await bus.jetstream.stream_info(MESSAGES)).config.max_bytes == 5000
        await bus.jetstream.delete_stream(MESSAGES)


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    with temporary_home() as home, pytest.raises(CannotStart, match=r"gone\.pem"):
        NatsServer(home, 1, MqttPort("127.0.0.1", 2, tmp_path / "gone.pem", tmp_path / "gone.pem")).prepare()


@pytest.mark.parametrize("identifier", ["phone", "s.1:a", "a..b", ".a.", "A-_9"])
def test_an_identifier_comes_back_from_its_subject(identifier: str) -> None:
    subject = topic_subject(identifier).removesuffix(">") + "device"
    assert subject_identifier(subject) == subject_identifier("$MQTT.msgs." + subject) == identifier


@pytest.mark.parametrize("subject", ["owntracks", "other.phone.x", "$MQTT.msgs.other.phone", ""])
def test_another_subject_names_nobody(subject: str) -> None:
    assert subject_identifier(subject) == ""
