"""`/live/replay` on a real socket of a real `web` process, line by line of docs/live-protocol.md."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from backend.avl.replay_socket import MOST_REPLAYS
from backend.clock import now_ms, to_ms
from tests.avl.replaying import Watcher, drive, hello, watching_replay
from tests.avl.test_history import TODAY, rows_of
from tests.conftest import TestBus, TestDatabase
from tests.live.site import WIDE, Site, grants, running_site, watching

START = TODAY - timedelta(hours=1)
RIGHTS_S = 2.5
HELLO_S = 1.5
GRANTS = grants("track.read", "position.read", "unit.read")


@pytest_asyncio.fixture(scope="module")
async def site(database: TestDatabase, nats_server: TestBus) -> AsyncIterator[Site]:
    async with running_site(database, nats_server) as running_one:
        await running_one.start_web(patch=f"import backend.avl.replay_socket as module; module.HELLO_S = {HELLO_S}")
        yield running_one


@contextlib.asynccontextmanager
async def raw(site: Site, cookie: str | None = None, **headers: str) -> AsyncIterator[ClientConnection]:
    given = {**headers, "Cookie": cookie if cookie is not None else await site.cookie("watcher", GRANTS)}
    async with connect(f"{site.web.live}/replay", additional_headers=given, compression=None) as socket:
        yield socket


@contextlib.asynccontextmanager
async def replaying(site: Site, message: dict[str, Any], cookie: str | None = None) -> AsyncIterator[Watcher]:
    cookie = cookie if cookie is not None else await site.cookie("watcher", GRANTS)
    async with watching_replay(site.web.live, message, cookie) as watcher:
        yield watcher


async def refusal(socket: ClientConnection) -> tuple[dict[str, Any], int | None]:
    """The error, and the code with which the socket is closed then."""
    error: dict[str, Any] = {}
    async with asyncio.timeout(8):
        with contextlib.suppress(ConnectionClosed):
            while True:
                error = json.loads(await socket.recv())
    return error, socket.close_code


async def driving(site: Site, squad: int = 0, count: int = 60, **given: Any) -> int:
    (unit,) = await site.add_units(1, squad)
    await drive(site, unit, START, count, **given)
    return unit


def at(seconds: float) -> int:
    return to_ms(START) + round(seconds * 1000)


# The door


async def test_it_needs_the_right_to_see_tracks(site: Site) -> None:
    cookie = await site.cookie("clerk", grants("position.read", "unit.read"))
    with pytest.raises(InvalidStatus) as refused:
        async with raw(site, cookie):
            pass
    assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus):
        async with raw(site, ""):
            pass
    with pytest.raises(InvalidStatus):
        async with raw(site, Origin="https://elsewhere.example"):
            pass


async def test_who_says_nothing_is_sent_away(site: Site) -> None:
    async with raw(site) as socket:
        assert await refusal(socket) == ({}, 4408)


@pytest.mark.parametrize("reason", ["", "  ", "ab", None, 7, "x" * 201])
async def test_without_a_reason_nothing_is_shown_and_nothing_was_read(site: Site, reason: Any) -> None:
    unit = await driving(site)
    async with raw(site) as socket:
        await socket.send(json.dumps(hello(START, 600, units=[unit], reason=reason)))
        error, code = await refusal(socket)
    assert (error["type"], error["code"], code) == ("error", "reason_needed", 4400)
    assert await rows_of(site, f"unit:{unit}") == []


@pytest.mark.parametrize(
    "given",
    [
        {"units": []},
        {"units": list(range(1, 22))},
        {"units": ["7"]},
        {"units": [7], "area": "113.09,28.19,113.11,28.21"},
        {"units": None},
        {"area": "113.0,28.0,113.2,28.2"},
        {"area": "here"},
        {"area": ["113.09", 1]},
        {"to": at(-1)},
        {"from": at(-90_000)},
        {"from": None},
        {"from": 10**30},
        {"from": now_ms() + 3_600_000, "to": now_ms() + 7_200_000},
        {"speed": 0.5},
        {"speed": 61},
        {"speed": True},
        {"speed": "10"},
        {"at": at(601)},
        {"at": "now"},
        {"playing": 1},
    ],
    ids=lambda given: "-".join(given),  # their values are of this moment, and other in each worker
)
async def test_a_replay_that_is_none_is_refused(site: Site, given: dict[str, Any]) -> None:
    async with raw(site) as socket:
        await socket.send(json.dumps(hello(START, 600, **given)))
        error, code = await refusal(socket)
    assert error["type"] == "error"
    assert error["detail"]
    assert {"expected", "got"} <= set(error)
    assert code == 4400


@pytest.mark.parametrize(
    "first",
    ["", "[]", "{}", b"\x00", "[" * 50_000]
    + [
        json.dumps(hello(START, 600) | given)
        for given in (
            {"type": "look"},
            {"version": 2},
            {"replay": 5},
            {"topics": ["unit.presence"]},
            {"look": 5},
            {"look": {"look": 1}},
            {"follow": [-1]},
            {"every": 3},
        )
    ],
    ids=[
        *["empty", "list", "object", "bytes", "deep"],
        *["type", "version", "replay", "topics", "look", "cells", "follow", "every"],
    ],
)
async def test_a_bad_hello_is_refused(site: Site, first: str | bytes) -> None:
    async with raw(site) as socket:
        await socket.send(first)
        error, code = await refusal(socket)
    assert (error["type"], error["code"], code) == ("error", "bad-message", 4400)


async def test_a_unit_that_may_not_be_seen_is_none(site: Site) -> None:
    other = await driving(site, squad=2)
    cookie = await site.cookie("north", grants("track.read", districts=[site.districts[0]]))
    for unit in (other, 4_000_000_000):
        async with raw(site, cookie) as socket:
            await socket.send(json.dumps(hello(START, 600, units=[unit])))
            error, code = await refusal(socket)
        assert (error["code"], error["detail"], code) == ("no_unit", f"there is no unit {unit}", 4400)
        assert await rows_of(site, f"unit:{unit}") == []


# What is written down


async def test_each_unit_is_a_row_of_the_access_log_before_a_position_comes(site: Site) -> None:
    units = [await driving(site), await driving(site)]
    async with raw(site) as socket:
        await socket.send(json.dumps(hello(START, 600, units=units, reason="a complaint")))
        welcome = json.loads(await socket.recv())
        for unit in units:
            assert await rows_of(site, f"unit:{unit}") == [("track.replayed", "a complaint")]
    assert (welcome["type"], welcome["replay"], welcome["time"]) == ("welcome", True, at(0))
    assert (welcome["from"], welcome["to"]) == (at(0), at(600))
    statement = text("SELECT details FROM audit WHERE object = :object")
    async with site.store.snapshot() as session:
        details = await session.scalar(statement, {"object": f"unit:{units[0]}"})
    assert (details["from"], details["to"]) == (at(0), at(600))


async def test_an_area_is_one_row(site: Site) -> None:
    async with replaying(site, hello(START, 600, area="113.08,28.19,113.11,28.21")):
        pass
    assert await rows_of(site, "area:113.080000,28.190000,113.110000,28.210000") == [("track.replayed", "a test")]


# What is shown


async def test_a_day_is_played_in_order_to_its_end(site: Site) -> None:
    unit = await driving(site, count=13)
    async with replaying(site, hello(START, 120, units=[unit], speed=60)) as watcher:
        times = []
        while not watcher.marks or watcher.marks[-1]["state"] != "ended":
            await asyncio.sleep(0.02)
            if unit in watcher.positions:
                times.append(watcher.positions[unit].time)
        await watcher.until(lambda: watcher.positions[unit].time == at(120))
        assert times == sorted(times)
        assert len(set(times)) >= 3
        kinds = [message["type"] for message in watcher.messages]
        assert kinds[:2] == ["welcome", "registry"]
        assert watcher.marks[-1] == {"type": "replay", "time": at(120), "speed": 60.0, "state": "ended"}


async def test_controls_are_answered(site: Site) -> None:
    unit = await driving(site)
    async with replaying(site, hello(START, 600, units=[unit], playing=False)) as watcher:
        await watcher.send({"type": "seek", "time": at(305)})
        await watcher.until(lambda: watcher.positions[unit].time == at(300))
        await watcher.send({"type": "seek", "time": at(105)})
        await watcher.until(lambda: watcher.positions[unit].time == at(100))
        assert watcher.marks[-1] == {"type": "replay", "time": at(105), "speed": 1.0, "state": "paused"}
        await watcher.send({"type": "speed", "speed": 30})
        await watcher.send({"type": "play"})
        await watcher.until(lambda: watcher.positions[unit].time >= at(140))
        await watcher.send({"type": "pause"})
        await watcher.until(lambda: watcher.marks[-1]["state"] == "paused")
        assert watcher.marks[-1]["speed"] == 30.0
        await watcher.look_at(*WIDE)
        await watcher.until(lambda: watcher.answered == watcher.look_number)
        assert unit in watcher.positions
        await watcher.look_at(90, 20, 90.1, 20.1)
        await watcher.until(lambda: watcher.answered == watcher.look_number)
        assert unit not in watcher.positions
        await watcher.send({"type": "follow", "units": [unit]})
        await watcher.until(lambda: unit in watcher.positions)
        await watcher.send({"type": "every", "milliseconds": 1000})
        await watcher.send({"type": "play"})
        await watcher.until(lambda: watcher.marks[-1]["state"] == "playing")


@pytest.mark.parametrize(
    "message",
    [
        "",
        "[]",
        b"\x01",
        '{"type": "shout"}',
        '{"type": "topics", "topics": []}',
        '{"type": "seek"}',
        '{"type": "seek", "time": "now"}',
        '{"type": "seek", "time": NaN}',
        '{"type": "seek", "time": 1e999}',
        '{"type": "seek", "time": true}',
        '{"type": "seek", "time": 5}',
        '{"type": "speed"}',
        '{"type": "speed", "speed": 0}',
        '{"type": "speed", "speed": 1e9}',
        '{"type": "speed", "speed": NaN}',
        '{"type": "look", "look": -1}',
        '{"type": "follow", "units": 5}',
        '{"type": "every", "milliseconds": 7}',
        "[" * 50_000,
    ],
    ids=lambda message: str(message)[:40],
)
async def test_a_bad_message_is_told_and_the_replay_goes_on(site: Site, message: str | bytes) -> None:
    async with replaying(site, hello(START, 600, playing=False)) as watcher:
        assert watcher._socket is not None
        marks = len(watcher.marks)
        await watcher._socket.send(message)
        await watcher.until(lambda: watcher.of_type("error"))
        (error,) = watcher.of_type("error")
        assert error["code"] == "bad-message"
        assert error["expected"] is not None
        assert len(watcher.marks) == marks
        await watcher.send({"type": "seek", "time": at(60)})
        await watcher.until(lambda: watcher.marks[-1]["time"] == at(60))


# Several, and rights


async def test_two_replays_do_not_meet_and_the_map_lives_on(site: Site) -> None:
    unit = await driving(site)
    one, other = (hello(START, 600, units=[unit], at=at(seconds), playing=False) for seconds in (100, 200))
    async with (
        replaying(site, one) as first,
        replaying(site, other) as second,
        watching(site.web, await site.cookie()) as live,
    ):
        assert (first.positions[unit].time, second.positions[unit].time) == (at(100), at(200))
        moved = await site.move(unit, 113.12, 28.2)
        await live.until(lambda: unit in live.positions)
        assert live.positions[unit].time == moved.time
        assert (first.positions[unit].time, second.positions[unit].time) == (at(100), at(200))


async def test_no_more_than_some_run_at_a_time(site: Site) -> None:
    unit = await driving(site)
    message = hello(START, 600, units=[unit])
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(MOST_REPLAYS):
            await stack.enter_async_context(replaying(site, message))
        async with raw(site) as socket:
            await socket.send(json.dumps(message))
            error, code = await refusal(socket)
        assert (error["code"], code) == ("too_many", 4429)
        assert len(await rows_of(site, f"unit:{unit}")) == MOST_REPLAYS, "who was refused has read nothing"
    for _ in range(50):  # the places are free when the sockets are gone
        async with raw(site) as socket:
            await socket.send(json.dumps(message))
            if json.loads(await socket.recv())["type"] == "welcome":
                return
        await asyncio.sleep(0.05)
    raise AssertionError("no place became free")


async def test_rights_that_are_taken_hold_within_two_seconds(site: Site) -> None:
    mine, other = await driving(site, squad=0), await driving(site, squad=2)
    cookie = await site.cookie("narrowed", grants("track.read"))
    async with replaying(site, hello(START, 600), cookie) as watcher:
        await watcher.until(lambda: {mine, other} <= set(watcher.positions))
        await site.cookie("narrowed", grants("track.read", districts=[site.districts[0]]))
        await watcher.until(lambda: other not in watcher.positions, timeout=RIGHTS_S)
        assert other in watcher.gone
        await watcher.until(lambda: mine in watcher.positions)
        await site.cookie("narrowed", grants("unit.read"))
        await watcher.until(lambda: watcher.close_code, timeout=RIGHTS_S)
        assert watcher.close_code == 4401
