"""How simulated trackers talk: the real protocols, each over a kept-open connection to the real port."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from backend.demo.organisation import DemoDevice
from backend.demo.talk import jt808, nmea, osmand, owntracks
from backend.demo.talk.call import Call

Open = Callable[[DemoDevice, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[Call]]


@dataclass(frozen=True, slots=True)
class Way:
    """Where a device calls (`port` as in `Settings.device_ports`), and what it does first once it is connected."""

    port: str
    open: Open


# Several ways in the order in which they are preferred.
WAYS: dict[str, tuple[Way, ...]] = {
    "jt808": (Way("jt808", jt808.call),),
    "osmand": (Way("osmand", osmand.call),),
    "owntracks": (Way("mqtt", owntracks.call_mqtt), Way("owntracks", owntracks.call_http)),
    "nmea": (Way("nmea", nmea.call),),
}


def way_of(protocol: str, ports: Mapping[str, int]) -> Way | None:
    """The first way of this protocol whose port is open; None where all are off."""
    return next((way for way in WAYS[protocol] if way.port in ports), None)


__all__ = ["WAYS", "Call", "Way", "way_of"]
