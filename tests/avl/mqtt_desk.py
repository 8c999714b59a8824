"""What the tests of MQTT work at: a server with its MQTT port, an ingest with that door open, their streams."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from backend.avl.batch import Batch, StoredFix, decode
from backend.avl.mqtt.door import Door
from backend.bus.callout import SUBJECT
from backend.bus.connection import Bus
from backend.bus.devices import MESSAGES
from backend.clock import now_ms
from tests.avl.makers import Rig, device, running_ingest
from tests.bus.servers import KillableServer
from tests.bus.servers import connected as connected_bus

START = now_ms() // 1000 * 1000 - 60_000
MINE = device("s.1:a", protocol="owntracks")  # a dot is another thing in a topic than in a subject
OTHER = device("other", 2, protocol="owntracks")
TOPIC = "owntracks/s.1:a/phone"


def location(second: int = 0, **told: object) -> bytes:
    """A location of 36 km/h, so many seconds after START."""
    fields = {"_type": "location", "lat": 28.2, "lon": 113.1, "tst": START // 1000 + second, "vel": 36}
    return json.dumps(fields | told).encode()


async def stored_batches(rig: Rig) -> list[Batch]:
    """What is in the stream `fixes`, once everything is."""
    assert await rig.batches.drain(8)
    stream = rig.bus.jetstream
    count = (await stream.stream_info("fixes")).state.messages
    return [decode((await stream.get_msg("fixes", seq=one + 1)).data or b"") for one in range(count)]


async def stored_fixes(rig: Rig, count: int) -> list[StoredFix]:
    """The stored fixes, once there are so many. Raises TimeoutError."""
    async with asyncio.timeout(15):
        while True:
            fixes = [fix for batch in await stored_batches(rig) for fix in batch.fixes]
            if len(fixes) >= count:
                return fixes
            await asyncio.sleep(0.02)


@dataclass
class Desk:
    """A server, an ingest, and what is in the streams."""

    server: KillableServer
    rig: Rig
    devices: Bus

    @property
    def port(self) -> int:
        return self.server.mqtt_port

    async def batches(self) -> list[Batch]:
        """What is in the stream `fixes`, once everything is."""
        return await stored_batches(self.rig)

    async def stored(self, count: int) -> list[StoredFix]:
        """The stored fixes, once there are so many. Raises TimeoutError."""
        return await stored_fixes(self.rig, count)

    async def counted(self) -> tuple[int, int, dict[str, int]]:
        """Received, repeats, and rejected by reason, of OwnTracks."""
        received, repeat, rejected = 0, 0, dict[str, int]()
        for batch in await self.batches():
            counts = batch.counts.get("owntracks")
            if counts is not None:
                received, repeat = received + counts.received, repeat + counts.repeat
                for reason, count in counts.rejected.items():
                    rejected[reason] = rejected.get(reason, 0) + count
        return received, repeat, rejected

    async def kept(self) -> int:
        """How many messages the bus keeps for ingest."""
        return (await self.devices.jetstream.stream_info(MESSAGES)).state.messages

    async def forgotten(self) -> None:
        """Wait until the bus keeps none. Raises TimeoutError."""
        await eventually(self.kept, 0)


async def eventually(ask: Callable[[], object], expected: object, timeout: float = 10) -> None:
    """Wait until the answer is this one. Raises TimeoutError."""
    async with asyncio.timeout(timeout):
        while await ask() != expected:  # type: ignore[misc]
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def open_desk(server: KillableServer, *, batches: bool = True, door: bool = True) -> AsyncIterator[Desk]:
    async with running_ingest(server.url, batches=batches) as rig, connected_bus(server.devices_url) as devices:
        rig.know(MINE, OTHER)
        desk = Desk(server, rig, devices)
        if door:
            await open_door(desk)
        try:
            yield desk
        finally:
            if devices.away_since is None:
                for stream in await devices.jetstream.streams_info():
                    if stream.config.name == MESSAGES:
                        await devices.jetstream.purge_stream(MESSAGES)


async def open_door(desk: Desk) -> None:
    """Let clients in, and wait until they are."""
    rig, server = desk.rig, desk.server
    rig.process.start(Door(server.devices_url, rig.ingest, rig.process.registry, server.mqtt_secret).run())
    await until_open(desk.devices)


async def until_open(devices: Bus) -> None:
    """Wait until somebody answers who may log in. Raises TimeoutError."""

    async def answered() -> bool:
        told = await devices.request("$SYS.REQ.ACCOUNT.PING.CONNZ", b'{"subscriptions": true}')
        connections = json.loads(told)["data"]["connections"]
        return any(SUBJECT in one.get("subscriptions_list", ()) for one in connections)

    await eventually(answered, True)
