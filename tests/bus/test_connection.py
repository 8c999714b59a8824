"""The connection to a real server, which is killed and comes back."""

import asyncio
import functools
import signal

import nats.errors
import pytest
from nats.aio.msg import Msg

from backend.bus.connection import Bus
from backend.clock import now_ms
from tests.bus.servers import connected, killable_server, until
from tests.conftest import TestBus


async def test_what_is_said_is_heard_in_order(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as speaker, connected(nats_server.url) as listener:
        heard: list[Msg] = []
        await listener.subscribe("story.*", heard.append)
        await listener.flush()
        for number in range(1000):
            assert await speaker.publish(f"story.{number % 3}", str(number).encode(), reply="answer.here")
        await until(lambda: len(heard) == 1000)
    assert [int(message.data) for message in heard] == list(range(1000))
    assert (heard[1].subject, heard[1].reply) == ("story.1", "answer.here")
    assert speaker.dropped == 0


@pytest.mark.parametrize("echo", [True, False])
async def test_echo_is_a_choice(nats_server: TestBus, echo: bool) -> None:
    async with connected(nats_server.url, echo=echo) as bus, connected(nats_server.url) as other:
        heard: list[bytes] = []
        await bus.subscribe("echo", lambda message: heard.append(message.data))
        await bus.flush()
        await bus.publish("echo", b"own")
        await bus.flush()
        await other.publish("echo", b"other")
        await until(lambda: b"other" in heard)
    assert heard == ([b"own", b"other"] if echo else [b"other"])


async def test_a_callback_that_fails_does_not_end_the_subscription(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus:
        heard: list[bytes] = []

        def callback(message: Msg) -> None:
            if message.data == b"bad":
                raise ValueError("bad")
            heard.append(message.data)

        await bus.subscribe("mixed", callback)
        for data in (b"1", b"bad", b"2"):
            await bus.publish("mixed", data)
        await until(lambda: heard == [b"1", b"2"])


async def test_before_the_first_connection_it_is_away() -> None:
    bus = Bus("test")
    assert bus.away_since is not None
    assert not await bus.publish("a", b"")
    assert bus.dropped == 1
    await bus.close()


async def test_connect_waits_for_a_server_that_comes_later() -> None:
    async with killable_server() as server:
        server.kill()
        bus = Bus("early")
        connecting = asyncio.create_task(bus.connect(server.url))
        await asyncio.sleep(0.4)
        assert not connecting.done()
        assert bus.away_since is not None
        await server.start()
        await asyncio.wait_for(connecting, 10)
        assert bus.away_since is None
        await bus.close()


async def test_wrong_password_ends_it(nats_server: TestBus) -> None:
    user, _, place = nats_server.url.rpartition("@")
    bus = Bus("stranger")
    with pytest.raises(nats.errors.AuthorizationError):
        await asyncio.wait_for(bus.connect(f"{user}x@{place}"), 5)
    await bus.close()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["killed", "stopped in order"])
async def test_server_goes_and_comes_back(how: signal.Signals) -> None:
    async with killable_server() as server, connected(server.url) as bus:
        heard: list[bytes] = []
        returns: list[int | None] = []

        async def failing() -> None:
            raise ValueError("one callback's mistake is not the others'")

        async def returned() -> None:
            returns.append(bus.away_since)
            await bus.flush()  # asks the server and waits for its answer: must not block the connection
            returns.append(bus.away_since)

        bus.on_return(failing)
        bus.on_return(returned)
        await bus.subscribe("news", lambda message: heard.append(message.data))
        for life in (1, 2):
            before = now_ms()
            server.kill(how)
            await until(lambda: bus.away_since is not None)
            assert bus.away_since is not None
            assert before <= bus.away_since <= now_ms()
            since = bus.away_since
            assert not await bus.publish("news", b"lost")
            assert bus.dropped == life
            await asyncio.sleep(0.3)  # some tries to come back
            assert bus.away_since == since, "it is the moment it went, not of the last try"
            await server.start()
            await until(lambda: bus.away_since is None)
            await until(functools.partial(lambda life: len(returns) == 2 * life, life))
            assert await bus.publish("news", b"%d" % life)
            await until(functools.partial(lambda life: heard[-1:] == [b"%d" % life], life))
        assert heard == [b"1", b"2"]
        assert returns == [None] * 4


async def test_closed_bus_drops(nats_server: TestBus) -> None:
    async with connected(nats_server.url) as bus:
        await bus.close()
        assert not await bus.publish("a", b"")
        assert bus.dropped == 1


async def test_closed_while_away_with_something_unsaid() -> None:
    """As at the end of a process whose bus died first."""
    async with killable_server() as server:
        bus = Bus("last")
        await bus.connect(server.url)
        server.kill()
        await until(lambda: bus.away_since is not None)
        with pytest.raises((TimeoutError, nats.errors.Error)):
            await bus.jetstream.publish("fixes.a", b"batch", timeout=0.05)
        await bus.close()
