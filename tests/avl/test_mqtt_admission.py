"""Who may connect to the MQTT port, what he may do there, and when he must leave: real clients, a real server."""

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
import pytest_asyncio

from backend.avl.mqtt import admission
from backend.avl.mqtt.door import Door
from backend.bus.callout import Issuer
from backend.bus.devices import connected
from backend.bus.server import MqttPort, NatsServer
from backend.clock import now_ms
from backend.identity.devices import token_hash
from tests.avl.makers import TOKEN, device, running_ingest
from tests.avl.mqtt_desk import MINE, OTHER, START, TOPIC, location, open_desk, until_open
from tests.avl.phone import Phone, calling
from tests.bus.servers import KillableServer, killable_server
from tests.bus.servers import connected as connected_bus
from tests.conftest import running, temporary_home


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def server() -> AsyncIterator[KillableServer]:
    async with killable_server(mqtt=True) as running_one:
        yield running_one


async def test_who_is_not_known_or_shows_a_wrong_token_is_not_let_in(server: KillableServer) -> None:
    async with open_desk(server) as desk:
        desk.rig.know(MINE, OTHER, device("car", 3, protocol="osmand"))
        for user, password in (
            (MINE.identifier, "wrong"),
            ("car", TOKEN),
            ("stranger", "t" * 16),
            ("", ""),
            ("a*", ""),
        ):
            phone = Phone(user, password, client="x")
            assert await phone.connect(desk.port) in ("Not authorized", "Bad user name or password"), user
            await phone.close()
        (knock,) = desk.rig.ingest.knocks.heard.values()
        assert (knock.identifier, knock.protocol, knock.address) == ("stranger", "owntracks", "127.0.0.1")
        assert knock.hash == token_hash("t" * 16)


async def test_nobody_is_let_in_while_no_ingest_is_there(server: KillableServer) -> None:
    async with open_desk(server, door=False) as desk:
        phone = Phone(MINE.identifier, TOKEN)
        assert await phone.connect(desk.port) == "Not authorized"
        await phone.close()


@pytest.mark.parametrize("version", [mqtt.MQTTv31, mqtt.MQTTv5])
async def test_another_version_of_mqtt_is_not_spoken(server: KillableServer, version: int) -> None:
    async with open_desk(server) as desk:
        phone = Phone(MINE.identifier, TOKEN, version=version)
        connecting = asyncio.create_task(phone.connect(desk.port))
        await asyncio.wait_for(phone.ended.wait(), 5)
        assert not phone.connected.done() or phone.connected.result() == "Unsupported protocol version"
        connecting.cancel()
        await phone.close()


async def test_the_device_token_opens_no_other_port_of_the_bus(server: KillableServer) -> None:
    async with open_desk(server):
        address = server.url.rpartition("@")[2]
        with pytest.raises(Exception, match=r"Authorization|authorization"):
            async with connected_bus(f"nats://{OTHER.identifier}:{TOKEN}@{address}"):
                pass


async def test_nobody_speaks_for_another_or_reads_anything(server: KillableServer) -> None:
    topics = (TOPIC, "owntracks/+/+", "#", "$MQTT/msgs/#", "$SYS/#", "owntracks/other/phone/cmd", "_INBOX/#")
    async with (
        open_desk(server) as desk,
        calling(OTHER.identifier, TOKEN, desk.port) as spy,
        calling(MINE.identifier, TOKEN, desk.port) as phone,
    ):
        for topic in topics:
            assert not await spy.subscribe(topic), topic
        for topic in (TOPIC, "owntracks/s/1:a/phone", "kick/x", "$JS/API/STREAM/PURGE/$MQTT_msgs", "fixes/x"):
            await spy.tell(topic, location(1))  # dropped by the bus, though MQTT has no way to say so
        await phone.tell(TOPIC, location(2))
        await spy.tell("owntracks/other/phone", location(3))
        assert {(fix.device, fix.fixed_at - START) for fix in await desk.stored(2)} == {(1, 2000), (2, 3000)}
        assert spy.heard == phone.heard == []


async def test_a_revoked_device_is_thrown_out_and_what_it_left_is_not_taken(server: KillableServer) -> None:
    async with open_desk(server) as desk, calling(OTHER.identifier, TOKEN, desk.port) as other:
        async with calling(MINE.identifier, TOKEN, desk.port) as phone:
            registry = desk.rig.process.registry
            registry.current = replace(registry.current, devices={OTHER.identifier: OTHER})  # nobody looks yet
            await phone.tell(TOPIC, location())
            await desk.forgotten()
            assert await desk.counted() == (1, 0, {"unknown_device": 1})
            desk.rig.know(OTHER)
            await asyncio.wait_for(phone.ended.wait(), 5)
        assert not other.ended.is_set()
        await other.tell("owntracks/other/phone", location())
        assert [fix.device for fix in await desk.stored(1)] == [2]


async def test_a_former_token_ends_with_its_overlap(server: KillableServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "LOOK_S", 0.2)
    rotated = replace(MINE, token_hash=token_hash("new"), former_hash=MINE.token_hash, former_until=now_ms() + 4000)
    async with open_desk(server) as desk:
        async with calling(MINE.identifier, TOKEN, desk.port, client="before") as before:
            desk.rig.know(OTHER, rotated)
            async with (
                calling(MINE.identifier, TOKEN, desk.port, client="former") as former,
                calling(MINE.identifier, "new", desk.port, client="newer") as newer,
            ):
                await former.tell(TOPIC, location())
                assert not before.ended.is_set()
                await asyncio.wait_for(asyncio.gather(before.ended.wait(), former.ended.wait()), 8)
                assert now_ms() >= rotated.former_until - 1000
                await newer.tell(TOPIC, location(1))
                assert len(await desk.stored(2)) == 2
        phone = Phone(MINE.identifier, TOKEN)
        assert await phone.connect(desk.port) == "Not authorized"
        await phone.close()


async def test_connections_of_a_former_ingest_are_known_to_the_next(server: KillableServer) -> None:
    """Who may stay is read from the server's list, not remembered."""
    async with open_desk(server) as desk, calling(MINE.identifier, TOKEN, desk.port) as phone:
        (one,) = [one async for one in connected(desk.devices) if one.name.startswith(MINE.identifier)]
        assert TOKEN not in one.name
        async with open_desk(server):
            desk.rig.know(OTHER)
            await asyncio.wait_for(phone.ended.wait(), 5)


async def test_over_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    made += ["-subj", "/CN=l", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)  # noqa: ASYNC221 - it takes a moment
    with temporary_home() as home:
        port = MqttPort("127.0.0.1", home.embedded_port("mqtt"), certificate, key)
        nats_server = NatsServer(home, home.embedded_port("nats"), port)
        nats_server.prepare()
        with running(nats_server.command(), home.path / "nats.log"):
            nats_server.wait_ready()
            async with running_ingest(nats_server.url()) as rig:
                rig.know(MINE)
                secret = home.secrets().nats_issuer
                rig.process.start(Door(nats_server.devices_url(), rig.ingest, rig.process.registry, secret).run())
                async with connected_bus(nats_server.devices_url()) as devices:
                    await until_open(devices)
                phone = Phone(MINE.identifier, TOKEN)
                trusted = ssl.create_default_context(cafile=str(certificate))
                assert await phone.connect(port.port, trusted) == "Success"
                await phone.tell(TOPIC, location())
                await phone.close()


async def test_an_answer_under_another_key_opens_nothing(server: KillableServer) -> None:
    async with running_ingest(server.url) as rig:
        rig.know(MINE)
        rig.process.start(Door(server.devices_url, rig.ingest, rig.process.registry, "another secret").run())
        async with connected_bus(server.devices_url) as devices:
            await until_open(devices)
        phone = Phone(MINE.identifier, TOKEN)
        assert await phone.connect(server.mqtt_port) == "Not authorized"
        await phone.close()
    assert Issuer("another secret").public != Issuer(server.mqtt_secret).public
