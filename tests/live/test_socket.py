"""The conversation on a real socket of a real `web` process, line by line of docs/live-protocol.md."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from backend.bus.beats import Beat, encode_beat
from backend.bus.subjects import beat_subject
from backend.clock import now_ms
from backend.db.events import Event
from backend.identity.devices import add_node, add_unit
from backend.live.frames import HEADER, SNAPSHOT
from tests.identity.signing import disable, grant_just, move_home
from tests.live.client import ALL_TOPICS, each_until
from tests.live.conftest import HELLO_S
from tests.live.fleet import ANCESTORS
from tests.live.site import MIDDLE, WIDE, Site, grants, online, watching

RIGHTS_S = 2.5  # rights hold on open sockets within 2 s; and what a busy machine adds
HELLO: dict[str, Any] = {"type": "hello", "version": 1, "topics": [], "follow": [], "every": 200, "look": None}
LOOK: dict[str, Any] = {"type": "look", "look": 5, "resolution": 6, "cells": [f"{ANCESTORS[6][0]:x}"]}


@contextlib.asynccontextmanager
async def raw(site: Site, cookie: str | None = None, **headers: str) -> AsyncIterator[ClientConnection]:
    """A socket on which nothing was said."""
    given = {**headers, "Cookie": cookie if cookie is not None else await site.cookie()}
    async with connect(site.web.live, additional_headers=given, compression=None, max_size=None) as socket:
        yield socket


async def text_of(socket: ClientConnection, kind: str, timeout: float = 8) -> dict[str, Any]:
    """The next text of this type; others are passed over."""
    async with asyncio.timeout(timeout):
        while True:
            message = await socket.recv()
            if isinstance(message, str) and (found := json.loads(message))["type"] == kind:
                return dict(found)


async def frame_of(socket: ClientConnection, look: int) -> tuple[int, ...]:
    """Header fields of the next frame that bears this look number."""
    async with asyncio.timeout(8):
        while True:
            message = await socket.recv()
            if isinstance(message, bytes) and (header := HEADER.unpack_from(message))[2] == look:
                return header


async def receiving(socket: ClientConnection) -> AsyncIterator[str | bytes]:
    """All messages until it is closed, with whatever code."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            yield await socket.recv()


async def closed(socket: ClientConnection, timeout: float) -> int | None:
    """The code with which the server closes."""
    async with asyncio.timeout(timeout):
        async for _ in receiving(socket):
            pass
    return socket.close_code


# The door


@pytest.mark.parametrize("cookie", ["", "liandong=", "liandong=1.1.00", "liandong=x", "other=1"])
async def test_without_a_good_cookie_the_handshake_is_refused(site: Site, cookie: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with raw(site, cookie):
            pass
    assert refused.value.response.status_code == 403


async def test_a_forged_cookie_is_refused(site: Site) -> None:
    good = await site.cookie()
    forged = good[:-1] + ("0" if good[-1] != "0" else "1")
    with pytest.raises(InvalidStatus):
        async with raw(site, forged):
            pass


async def test_a_key_without_the_atom_is_refused(site: Site) -> None:
    cookie = await site.cookie("clerk", grants("unit.read", "system.read"))
    with pytest.raises(InvalidStatus) as refused:
        async with raw(site, cookie):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://127.0.0.1:1", "http://localhost"])
async def test_another_sites_page_is_refused(site: Site, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with raw(site, Origin=origin):
            pass
    assert refused.value.response.status_code == 403


async def test_our_own_page_is_let_in(site: Site) -> None:
    async with raw(site, Origin=site.web.url) as socket:
        await socket.send(json.dumps(HELLO))
        await text_of(socket, "welcome")


# Hello


async def test_nothing_is_sent_before_hello_then_welcome_registry_parts(site: Site) -> None:
    async with raw(site) as socket:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.recv(), 0.3)
        await socket.send(json.dumps({**HELLO, "topics": list(ALL_TOPICS)}))
        kinds = [json.loads(await socket.recv())["type"] for _ in range(3)]
        assert kinds == ["welcome", "registry", "parts"]
        for topic in sorted(ALL_TOPICS):
            assert (await text_of(socket, "topic"))["topic"] == topic


@pytest.mark.parametrize(
    "first",
    [
        "",
        "nonsense",
        "[]",
        "null",
        "5",
        b"\x00",
        "{}",
        '{"type": "hello"}',
        json.dumps({**HELLO, "version": 2}),
        json.dumps({**HELLO, "type": "look"}),
        json.dumps({**HELLO, "topics": ["no.such"]}),
        json.dumps({**HELLO, "topics": None}),
        json.dumps({**HELLO, "follow": [-1]}),
        json.dumps({**HELLO, "every": 3}),
        json.dumps({**HELLO, "look": 5}),
        json.dumps({**HELLO, "look": {**LOOK, "resolution": 7}}),
        json.dumps({**HELLO, "resume": 5}),
        json.dumps({**HELLO, "resume": {"event": -1}}),
        json.dumps({**HELLO, "resume": {"event": "7"}}),
        json.dumps({**HELLO, "follow": [10**30]}),
        json.dumps({**HELLO, "topics": ["\ud800"]}),
        "[" * 50_000,
    ],
    ids=lambda first: str(first)[:60],
)
async def test_a_bad_hello_is_told_what_was_expected_and_closed_with_4400(site: Site, first: str | bytes) -> None:
    async with raw(site) as socket:
        await socket.send(first)
        error = await text_of(socket, "error")
        assert error["detail"]
        assert error["code"] == "bad-message"
        assert error["expected"] is not None
        assert "got" in error
        assert await closed(socket, 5) == 4400


@pytest.mark.slow
async def test_a_late_hello_is_closed_with_4408(site: Site) -> None:
    async with raw(site) as socket:
        assert await closed(socket, HELLO_S + 3) == 4408


async def test_rights_of_the_moment_of_the_hello_hold_not_those_of_the_handshake(site: Site) -> None:
    """Nobody hears of a change before the hello, so the hello looks itself."""
    taken = await site.cookie("taken", grants())
    narrowed = await site.cookie("narrowed", grants("position.read"))
    first, second = await site.add_units(1, squad=0), await site.add_units(1, squad=2)
    await site.move(first[0], *MIDDLE)
    await site.move(second[0], *MIDDLE)
    async with raw(site, taken) as one, raw(site, narrowed) as other:
        await site.change(lambda session: disable(session, "taken"))
        await site.cookie("narrowed", grants("position.read", squads=[site.squads[0]]))
        await site.known()
        await one.send(json.dumps(HELLO))
        assert await closed(one, 5) == 4401
        await other.send(json.dumps({**HELLO, "follow": [*first, *second]}))
        assert (await frame_of(other, 0))[3] == 1


# After it


@pytest.mark.parametrize(
    "message",
    [
        "",
        "nonsense",
        "[]",
        '"look"',
        "{}",
        b"\x01\x02",
        '{"type": "hello", "version": 1}',
        '{"type": "shout"}',
        '{"type": ["look"]}',
        '{"type": "\\ud800"}',
        '{"type": 100000000000000000000000}',
        '{"type": NaN}',
        "[" * 50_000,
        json.dumps({**LOOK, "look": 70000}),
        json.dumps({**LOOK, "look": 10**40}),
        json.dumps({**LOOK, "cells": ["-" + LOOK["cells"][0]]}),
        json.dumps({**LOOK, "cells": ["f" * 20]}),
        json.dumps({**LOOK, "cells": [*LOOK["cells"], "86"]}),
        '{"type": "follow", "units": [1, -1]}',
        '{"type": "follow"}',
        '{"type": "every", "milliseconds": 250}',
        '{"type": "every", "milliseconds": 1e999}',
        '{"type": "topics", "topics": ["unit.presence", "no.such"]}',
    ],
    ids=lambda message: str(message)[:70],
)
async def test_a_bad_message_is_told_and_nothing_of_it_is_applied(site: Site, message: str | bytes) -> None:
    (unit,) = await site.add_units(1, squad=0)
    await site.move(unit, *MIDDLE)
    async with watching(site.web, await site.cookie()) as client:
        await client.until(lambda: unit in client.positions)
        frames = len(client.frames)
        assert client._socket is not None
        await client._socket.send(message)
        await client.until(lambda: client.of_type("error"))
        (error,) = client.of_type("error")
        assert set(error) == {"type", "code", "detail", "expected", "got"}
        assert error["expected"] is not None
        await site.move(unit, MIDDLE[0] + 0.01, MIDDLE[1])
        await client.until(lambda: client.positions[unit].longitude > MIDDLE[0] + 0.005)
        assert all(kind != SNAPSHOT for kind, _, _ in client.frames[frames:]), "the view is what it was"
        assert client.close_code is None


async def test_too_large_a_message_ends_the_connection(site: Site) -> None:
    async with raw(site) as socket:
        await socket.send(json.dumps(HELLO))
        await text_of(socket, "welcome")
        await socket.send(json.dumps({**LOOK, "filler": "x" * 70_000}))
        assert await closed(socket, 5) == 1009


@pytest.mark.parametrize("resolution", [4, 5, 6, 7, 8])
async def test_a_look_is_answered_by_one_snapshot_that_bears_its_number(site: Site, resolution: int) -> None:
    (unit,) = await site.add_units(1, squad=0)
    await site.move(unit, *MIDDLE)
    async with watching(site.web, await site.cookie()) as client:
        await client.until(lambda: unit in client.positions)
        place = client.positions[unit]
        client.look = (resolution, list(ANCESTORS[resolution]))
        client.look_number = 60_000 + resolution
        await client.send(client._look())
        await client.until(lambda: client.answered == client.look_number)
        assert client.positions[unit] == place
        assert [frame[:2] for frame in client.frames].count((SNAPSHOT, client.look_number)) == 1
        client.look = (resolution, [])
        client.look_number += 1
        await client.send(client._look())
        await client.until(lambda: client.answered == client.look_number)
        assert client.positions == {}


async def test_followed_units_come_wherever_they_are(site: Site) -> None:
    near, far = await site.add_units(2, squad=0)
    async with watching(site.web, await site.cookie()) as client:
        await client.send({"type": "follow", "units": [far]})
        await site.move(far, 90.0, 30.0)
        await site.move(near, *MIDDLE)
        await client.until(lambda: {near, far} <= set(client.positions))
        await site.move(far, 91.0, 31.0)
        await client.until(lambda: client.positions[far].longitude == 91.0)
        assert far not in client.gone
        await client.send({"type": "follow", "units": []})
        await client.until(lambda: far not in client.positions)
        assert near in client.positions


@pytest.mark.slow
async def test_every_says_how_often_positions_come(site: Site) -> None:
    """The module's web ticks each 100 ms, so 1000 means each 0.5 s and 200 each 0.1 s."""
    (unit,) = await site.add_units(1, squad=0)
    async with watching(site.web, await site.cookie()) as often, watching(site.web, await site.cookie()) as seldom:
        await seldom.send({"type": "every", "milliseconds": 1000})
        await seldom.until(lambda: sum(kind == SNAPSHOT for kind, _, _ in seldom.frames) == 3)
        counts = len(often.frames), len(seldom.frames)
        for step in range(60):
            await site.move(unit, MIDDLE[0] + step / 10_000, MIDDLE[1])
            await asyncio.sleep(0.05)
        target = pytest.approx(MIDDLE[0] + 59 / 10_000)
        await each_until((often, seldom), lambda client: client.positions[unit].longitude == target)
        assert len(seldom.frames) - counts[1] <= 8
        assert len(often.frames) - counts[0] > 2 * (len(seldom.frames) - counts[1])


# Events


async def test_a_topics_snapshot_names_its_number_and_events_come_after_it(site: Site) -> None:
    (unit,) = await site.add_units(1, squad=0)
    async with watching(site.web, await site.cookie()) as client:
        await client.send({"type": "topics", "topics": ["system.part"]})
        await site.tell(online(unit, site.home_of[unit]))
        newest = await site.newest()
        await client.until(lambda: client.event >= newest)
        assert not client.events, "not subscribed"
        await client.send({"type": "topics", "topics": ["system.part", "unit.presence"]})
        count = len(client.of_type("topic"))
        await client.until(lambda: len(client.of_type("topic")) > count)
        topic = client.of_type("topic")[-1]
        assert (topic["topic"], topic["number"]) == ("unit.presence", newest)
        await site.tell(online(unit, site.home_of[unit], since=77))
        await client.until(lambda: client.events)
        event = client.events[0]
        assert event["number"] == newest + 1
        assert set(event) == {
            *("type", "number", "topic", "kind", "time", "district", "squad", "unit", "about", "payload")
        }
        assert (event["unit"], event["squad"], event["payload"]) == (unit, site.home_of[unit][1], {"since": 77})


async def test_events_are_told_by_right_and_upto_moves_past_the_others(site: Site) -> None:
    (mine,), (other,) = await site.add_units(1, squad=0), await site.add_units(1, squad=2)
    rights = grants("position.read", "presence.read", squads=[site.squads[0]])
    async with watching(site.web, await site.cookie("squad", rights)) as client:
        await site.tell(online(mine, site.home_of[mine]))
        await site.tell(online(other, site.home_of[other]))
        await site.tell(online(other, None), Event("system.part", "part.away", {"part": "x"}))
        await site.tell(Event("no.topic", "of.ours", {}, squad=site.squads[0]))
        newest = await site.newest()
        await client.until(lambda: client.event == newest)
        assert [event["unit"] for event in client.events] == [mine]
        errors = client.of_type("error")
        assert [error["code"] for error in errors] == ["forbidden", "forbidden"]
        assert all(set(error) == {"type", "code", "detail", "expected", "got"} for error in errors)
        (presence,) = client.of_type("topic")
        assert presence["topic"] == "unit.presence"


async def test_a_complaint_about_a_body_is_hidden_from_that_body_and_beneath(site: Site) -> None:
    """Whatever is granted: all of them may hear everything else."""
    north, south = site.districts
    squad = site.squads[0]
    rights = grants("position.read", "system.read")
    homes = {"of-city": site.city, "of-north": north, "of-squad": squad, "of-south": south}
    for name, body in homes.items():
        await site.change(partial(move_home, login=name, body=body))
    async with contextlib.AsyncExitStack() as stack:
        clients = {}
        for name in homes:
            cookie = await site.cookie(name, rights)
            clients[name] = await stack.enter_async_context(watching(site.web, cookie, None))
            await clients[name].send({"type": "topics", "topics": ["system.part"]})
        await asyncio.sleep(0.3)  # until all of them are asked for
        complaints = {"squad": squad, "district": north, "city": site.city}
        for word, about in complaints.items():
            await site.tell(Event("system.part", "part.away", {"part": word}, about=about))
        newest = await site.newest()
        for client in clients.values():
            await client.until(lambda one=client: one.event >= newest)
        heard = {name: [event["payload"]["part"] for event in client.events] for name, client in clients.items()}
    assert heard == {
        "of-city": ["squad", "district", "city"],
        "of-north": ["squad", "city"],
        "of-squad": ["city"],
        "of-south": ["squad", "district", "city"],
    }


async def test_rows_of_a_topic_are_cut_by_right(site: Site) -> None:
    (mine,), (other,) = await site.add_units(1, squad=0), await site.add_units(1, squad=2)
    async with site.store.transaction() as session:
        connection = await session.connection()
        for unit in (mine, other):
            await connection.exec_driver_sql("INSERT INTO unit_presence VALUES (%s, true, now())", (unit,))
    rights = grants("position.read", "presence.read", squads=[site.squads[0]])
    async with watching(site.web, await site.cookie("rows", rights), None) as client:
        await client.until(lambda: client.of_type("topic"))
        (topic,) = client.of_type("topic")
        units = [row["unit"] for row in topic["rows"]]
        assert mine in units
        assert other not in units


@pytest.mark.slow
async def test_signs_of_life_come_each_5_s(site: Site) -> None:
    async with watching(site.web, await site.cookie("idle", grants("position.read")), None) as client:
        await client.until(lambda: client.of_type("alive"), timeout=8)
        (first,) = client.of_type("alive")
        assert first["event"] == await site.newest()
        with pytest.raises(TimeoutError):
            await client.until(lambda: len(client.of_type("alive")) > 1, timeout=3.5)
        await client.until(lambda: len(client.of_type("alive")) > 1, timeout=4)


@pytest.mark.slow
async def test_a_part_that_falls_silent_is_away_and_comes_back(site: Site) -> None:
    async def beat() -> None:
        await site.bus.publish(beat_subject("recorder"), encode_beat(Beat("recorder", 5, now_ms(), None, {})))

    def state(client: Any) -> str:
        return str(next(part["state"] for part in client.of_type("parts")[-1]["parts"] if part["name"] == "recorder"))

    await beat()
    async with watching(site.web, await site.cookie(), None) as client:
        await client.until(lambda: state(client) == "ok")
        await client.until(lambda: state(client) == "away", timeout=8)
        parts = client.of_type("parts")[-1]["parts"]
        assert {"database", "bus", "ingest", "recorder", "worker", "web"} == {part["name"] for part in parts}
        assert all(set(part) == {"name", "state", "since"} for part in parts)
        await beat()
        await client.until(lambda: state(client) == "ok", timeout=4)


# What the organisation decides


async def test_another_version_of_names_and_rights_is_told(site: Site) -> None:
    async with watching(site.web, await site.cookie(), None) as client:
        (first,) = client.of_type("registry")
        await site.change(lambda session: add_node(session, f"组{now_ms()}", "squad", site.districts[0]))
        await client.until(lambda: len(client.of_type("registry")) > 1, timeout=RIGHTS_S)
        assert client.of_type("registry")[-1]["version"] > first["version"]


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "polled"])
async def test_a_revoked_key_closes_its_sockets_with_4401(site: Site, announced: bool) -> None:
    name = f"revoked {announced}"
    cookie = await site.cookie(name, grants())
    async with watching(site.web, cookie) as client, watching(site.web, await site.cookie()) as other:
        if announced:
            await site.change(lambda session: disable(session, name))
        else:
            async with site.store.transaction() as session:
                await disable(session, name)
        await client.until(lambda: client.close_code, timeout=RIGHTS_S)
        assert client.close_code == 4401
        assert other.close_code is None
    with pytest.raises(InvalidStatus):
        async with raw(site, cookie):
            pass


async def test_rights_taken_on_an_open_socket_take_exactly_those_units(site: Site) -> None:
    fleet = [await site.add_units(2, squad=squad) for squad in range(4)]
    everybody = {unit for units in fleet for unit in units}
    for units in fleet:
        for unit in units:
            await site.move(unit, *MIDDLE)
    name = "narrowing"
    cookie = await site.cookie(name, grants("position.read", districts=site.districts))
    async with watching(site.web, cookie) as client:
        await client.until(lambda: everybody <= set(client.positions))
        before = set(client.positions)
        fewer = grants("position.read", squads=site.squads[:1], units=fleet[3][:1])
        await site.change(lambda session: grant_just(session, name, fewer))
        kept = {unit for unit in before if site.home_of[unit][1] == site.squads[0]} | {fleet[3][0]}
        await client.until(lambda: client.gone, timeout=RIGHTS_S)
        assert set(client.gone) == before - kept
        await client.until(lambda: set(client.positions) == kept)
        count = len(client.frames)
        for unit in (fleet[1][0], fleet[0][0]):
            await site.move(unit, MIDDLE[0] + 0.001, MIDDLE[1])
        await client.until(lambda: client.positions[fleet[0][0]].longitude > MIDDLE[0])
        assert set(client.positions) == kept
        assert len(client.frames) > count


async def test_a_unit_off_duty_is_gone_and_a_straggling_position_does_not_bring_it_back(site: Site) -> None:
    off, witness = await site.add_units(2, squad=0)
    for unit in (off, witness):
        await site.move(unit, *MIDDLE)
    async with watching(site.web, await site.cookie()) as client:
        await client.until(lambda: {off, witness} <= set(client.positions))
        await site.set_duty(off, False)
        await client.until(lambda: off in client.gone, timeout=RIGHTS_S)
        await site.move(off, *MIDDLE)  # an ingest that does not know yet
        moved = await site.move(witness, MIDDLE[0] + 0.01, MIDDLE[1])
        await client.until(lambda: client.positions[witness].time == moved.time)
        assert off not in client.positions
        await site.set_duty(off, True)
        await client.until(
            lambda: client.of_type("registry")[-1]["version"] > client.of_type("registry")[-2]["version"]
        )
        await asyncio.sleep(0.1)
        await site.move(off, *MIDDLE)
        await client.until(lambda: off in client.positions)


async def test_a_unit_counts_to_the_squad_that_the_registry_names(site: Site) -> None:
    """Not to the one that a position claims: an ingest may not know yet that it moved."""
    (unit,), (witness,) = await site.add_units(1, squad=0), await site.add_units(1, squad=2)
    cookie = await site.cookie("south", grants("position.read", squads=[site.squads[2]]))
    async with watching(site.web, cookie) as client:
        site.home_of[unit] = site.home_of[witness]
        await site.move(unit, *MIDDLE)
        await site.move(witness, *MIDDLE)
        await client.until(lambda: witness in client.positions)
        await asyncio.sleep(0.3)
        assert unit not in client.positions


async def test_a_unit_that_the_registry_does_not_know_yet_is_shown_by_its_address(site: Site) -> None:
    async with site.store.transaction() as session:
        unit = await add_unit(session, "new", site.squads[0], "car", "新")  # not announced
    site.home_of[unit] = (site.districts[0], site.squads[0])
    cookie = await site.cookie("north", grants("position.read", squads=[site.squads[0]]))
    async with watching(site.web, cookie) as client:
        await site.move(unit, *MIDDLE)
        await client.until(lambda: unit in client.positions)


async def test_who_looks_at_nothing_gets_no_positions(site: Site) -> None:
    (unit,) = await site.add_units(1, squad=0)
    cookie = await site.cookie()
    async with watching(site.web, cookie, None) as blind, watching(site.web, cookie, WIDE) as seeing:
        await site.move(unit, *MIDDLE)
        await seeing.until(lambda: unit in seeing.positions)
        assert blind.positions == {}
        assert sum(count for _, _, count in blind.frames) == 0
