"""The OwnTracks app, over MQTT with quality of service 1, or over HTTP."""

import asyncio
import base64
import json
from dataclasses import dataclass

from backend.demo.gps import Sample
from backend.demo.organisation import DemoDevice
from backend.demo.talk.call import Call
from backend.demo.talk.http import is_taken
from backend.demo.talk.mqtt import Publisher

KILOMETRES_PER_HOUR = 3.6


def location(sample: Sample, moment: int) -> bytes:
    """The app's message: whole seconds, metres, km/h and degrees."""
    told = {
        "_type": "location",
        "lat": round(sample.latitude, 7),
        "lon": round(sample.longitude, 7),
        "tst": moment // 1000,
        "acc": round(sample.accuracy),
        "vel": round(sample.speed * KILOMETRES_PER_HOUR),
        "cog": round(sample.heading) % 360,
        "t": "t",
    }
    return json.dumps(told, separators=(",", ":")).encode()


@dataclass(slots=True)
class MqttCall:
    """An app that is let in by an MQTT server."""

    device: DemoDevice
    publisher: Publisher

    async def report(self, sample: Sample, moment: int) -> bool:
        """A fix on the device's own topic. MQTT knows no refusal: who is not wanted is cut off."""
        await self.publisher.publish(f"owntracks/{self.device.identifier}/phone", location(sample, moment))
        return True


@dataclass(slots=True)
class HttpCall:
    """An app that posts."""

    device: DemoDevice
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def report(self, sample: Sample, moment: int) -> bool:
        """A fix as the body of a request."""
        body = location(sample, moment)
        key = base64.b64encode(f"{self.device.identifier}:{self.device.token}".encode()).decode()
        head = (
            f"POST / HTTP/1.1\r\nHost: liandong\r\nAuthorization: Basic {key}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return await is_taken(self.device.identifier, head.encode() + body, self.reader, self.writer)


async def call_mqtt(device: DemoDevice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Call:
    """Log in. Raises EOFError where it is not let in: it calls again."""
    publisher = Publisher(reader, writer)
    # The server wants letters and digits.
    client = "".join(sign for sign in device.identifier if sign.isalnum())
    await publisher.connect(client, device.identifier, device.token)
    return MqttCall(device, publisher)


async def call_http(device: DemoDevice, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Call:
    """Nothing is said before the first fix."""
    return HttpCall(device, reader, writer)
