"""The account DEVICES: what MQTT clients publish, kept until ingest has stored it; who is connected there.

nats-server answers a publish of QoS 1 (PUBACK) once `$MQTT_msgs` has it, but that stream keeps only what somebody
wants. So the stream and its consumer are made before anybody is let in. The server makes the other streams itself if
they are not there, without bounds: all are made here, bounded.
"""

import asyncio
import hashlib
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from nats.errors import Error as NatsError
from nats.js.api import AckPolicy, ConsumerConfig, DiscardPolicy, RetentionPolicy, StorageType, StreamConfig
from nats.js.errors import NotFoundError

from backend.bus.connection import Bus

log = logging.getLogger(__name__)

ACCOUNT = "DEVICES"
MESSAGES = "$MQTT_msgs"
CONSUMER = "ingest"
PREFIX = "owntracks."
STORED_PREFIX = "$MQTT.msgs."
PUBLISHED_QOS = "Nmqtt-Pub"  # the header in which nats-server tells the quality of service of a publish
LARGEST_MESSAGE = 128 * 1024
UNACKNOWLEDGED = 2000
ACKNOWLEDGE_WAIT_S = 10  # what an ingest that was killed had taken comes to another one after this
MEGABYTE = 1024 * 1024
CONNECTIONS_A_PAGE = 1024

# What the configuration of the server imports from the system account; devices may not publish there.
KICK = "kick"


def streams() -> list[StreamConfig]:
    """Those of MQTT in nats-server, within the account's 1 GB.

    A retained message is kept for a second only: it would be the last position of somebody who may have gone off duty.
    Sessions are refused when there is no more room, not forgotten: the server does not take one back that it knows.
    """
    file = StorageType.FILE
    new = DiscardPolicy.NEW
    return [
        StreamConfig(
            MESSAGES,
            subjects=[STORED_PREFIX + ">"],
            retention=RetentionPolicy.INTEREST,
            discard=new,
            storage=file,
            max_bytes=512 * MEGABYTE,
            max_msg_size=LARGEST_MESSAGE,
        ),
        StreamConfig(
            "$MQTT_rmsgs",
            subjects=["$MQTT.rmsgs.>"],
            storage=StorageType.MEMORY,
            max_msgs_per_subject=1,
            max_bytes=16 * MEGABYTE,
            max_age=1,
        ),
        StreamConfig(
            "$MQTT_sess",
            subjects=["$MQTT.sess.>"],
            storage=file,
            discard=new,
            max_msgs_per_subject=1,
            max_bytes=16 * MEGABYTE,
        ),
        StreamConfig(
            "$MQTT_qos2in",
            subjects=["$MQTT.qos2.in.>"],
            storage=file,
            discard=new,
            max_msgs_per_subject=1,
            max_bytes=128 * MEGABYTE,
            max_msg_size=LARGEST_MESSAGE,
        ),
        StreamConfig(
            "$MQTT_out",
            subjects=["$MQTT.out.>"],
            storage=file,
            retention=RetentionPolicy.INTEREST,
            max_bytes=16 * MEGABYTE,
        ),
    ]


async def ensure_devices(bus: Bus) -> None:
    """Make the streams and the consumer that are missing; tried until the bus has its durable side up."""
    while True:
        try:
            for config in streams():
                try:
                    await bus.jetstream.stream_info(config.name or "")
                except NotFoundError:
                    await bus.jetstream.add_stream(config)
            await bus.jetstream.add_consumer(
                MESSAGES,
                ConsumerConfig(
                    durable_name=CONSUMER,
                    filter_subject=f"{STORED_PREFIX}{PREFIX}>",
                    ack_policy=AckPolicy.EXPLICIT,
                    ack_wait=ACKNOWLEDGE_WAIT_S,
                    max_ack_pending=UNACKNOWLEDGED,
                ),
            )
            return
        except (NatsError, TimeoutError) as error:
            log.warning("the account %s is not ready (%r), trying again", ACCOUNT, error)
            await asyncio.sleep(1)


def topic_subject(identifier: str) -> str:
    """What the device of this identifier may publish to. Of an MQTT topic, `/` becomes `.` and `.` becomes `//`."""
    return f"{PREFIX}{identifier.replace('.', '//')}.>"


def subject_identifier(subject: str) -> str:
    """Whose a publish on this subject is; empty when it names nobody."""
    topic = subject.removeprefix(STORED_PREFIX)
    if not topic.startswith(PREFIX):
        return ""
    return topic.removeprefix(PREFIX).partition(".")[0].replace("//", ".")


def connection_name(identifier: str, token_hash: bytes) -> str:
    """What the server calls a connection: whose it is, and by which token it came, which nobody can read from it."""
    return f"{identifier}#{hashlib.sha256(token_hash).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Connected:
    """An open MQTT connection: on which server, under which number there, by which `connection_name`."""

    server: str
    number: int
    name: str


async def connected(bus: Bus) -> AsyncIterator[Connected]:
    """The MQTT connections of the account on the server that answers first. Raises what the bus raises."""
    offset = 0
    while True:
        question = {"auth": True, "limit": CONNECTIONS_A_PAGE, "offset": offset}
        answer = await bus.request("$SYS.REQ.ACCOUNT.PING.CONNZ", json.dumps(question).encode())
        told: dict[str, Any] = json.loads(answer)["data"]
        for one in told["connections"]:
            if one.get("type") == "mqtt":
                yield Connected(told["server_id"], one["cid"], one.get("authorized_user", ""))
        offset += CONNECTIONS_A_PAGE
        if offset >= told["total"]:
            return


async def kick(bus: Bus, one: Connected) -> None:
    """End a connection. Raises what the bus raises, e.g. where the system account exports no such thing."""
    await bus.request(f"{KICK}.{one.server}", json.dumps({"cid": one.number}).encode())
