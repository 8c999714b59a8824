"""One browser's queue: coalescing, order, bounds. The socket here is a gate that the test opens and shuts."""

import asyncio
import json
import time
from collections.abc import Callable, Coroutine
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.websockets import WebSocket

from backend.bus.record import SIZE, unit_and_time
from backend.identity.rights import EVERYTHING, Rights, Scope
from backend.live import client as module
from backend.live.board import Board
from backend.live.changes import Changes
from backend.live.client import REVOKED, STALLED_S, TOO_SLOW, Client
from backend.live.frames import CHANGES, HEADER, RESUME, SNAPSHOT
from backend.live.hub import Hub
from backend.live.interest import INTERVALS_MS, Interest
from backend.live.socket import apply
from tests.live.client import LiveClient
from tests.live.fleet import ANCESTORS, Fact, followed, interests, places, report, scopes, sees, squads, units

CITY = Interest(1, 4, frozenset(ANCESTORS[4]))


class Gate:
    """What a client sends to. Shut, it keeps one message under way, as a full socket does."""

    def __init__(self, taken: Callable[[str | bytes], None]) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.code: int | None = None
        self.taken = taken

    async def send_text(self, text: str) -> None:
        self.taken(text)
        await self.open.wait()

    async def send_bytes(self, data: bytes) -> None:
        self.taken(data)
        await self.open.wait()

    async def close(self, code: int) -> None:
        self.code = code


class Wall:
    """A client of the server, its gate, and the browser behind it."""

    def __init__(self, scope: Scope = EVERYTHING, every: int = 200) -> None:
        self.board = Board()
        self.journals = {interval: self.board.journal() for interval in INTERVALS_MS}
        self.browser = LiveClient("", "", topics=())
        self.sent: list[str | bytes] = []
        self.gate = Gate(self._taken)
        self.client = Client(cast(WebSocket, self.gate), self.board, "person:1", rights_of(scope), None)
        self.client.every = every
        self.time = 0

    def _taken(self, message: str | bytes) -> None:
        self.sent.append(message)
        self.browser.take(message)

    def put(self, unit: int, place: int, squad: int = 1) -> bytes:
        self.time += 1
        address, record = report(unit, squad, place, self.time)
        self.board.put(address, record, heard=self.time)
        return record

    def look(self, interest: Interest) -> None:
        self.browser.look_number, self.browser.look = interest.look, (interest.resolution, sorted(interest.cells))
        self.client.look(interest)

    def tick(self, every: int = 200) -> None:
        changes = Changes(self.board, self.journals[every])
        self.journals[every].clear()
        if self.client.every == every:
            self.client.tick(changes)

    @property
    def frames(self) -> list[tuple[int, list[int]]]:
        """Kind and units of each frame sent."""
        return [(data[0], units_in(data)) for data in self.sent if isinstance(data, bytes)]

    @property
    def texts(self) -> list[dict[str, Any]]:
        return [json.loads(text) for text in self.sent if isinstance(text, str)]


def rights_of(scope: Scope) -> Rights:
    return Rights(frozenset({("position.read", scope)}))


def units_in(data: bytes) -> list[int]:
    count = HEADER.unpack_from(data)[3]
    return [unit_and_time(data[HEADER.size + SIZE * n :])[0] for n in range(count)]


def say_every(client: Client, every: int) -> None:
    # The hub is not needed for this message.
    apply({"type": "every", "milliseconds": every}, client, cast(Hub, None))


async def settle() -> None:
    """Let the sender do what it can do now."""
    for _ in range(12):
        await asyncio.sleep(0)


def with_sender(wall: Wall, scenario: Callable[[Wall], Coroutine[Any, Any, None]]) -> None:
    """Run a scenario beside the client's sender."""

    async def both() -> None:
        sender = asyncio.create_task(wall.client.run())
        try:
            await scenario(wall)
        finally:
            wall.gate.open.set()
            sender.cancel()
            await asyncio.gather(sender, return_exceptions=True)

    asyncio.run(both())


async def shut_with_a_frame_under_way(wall: Wall) -> None:
    """The city in view, unit 1 known, and the gate shut on a frame that shows it again."""
    wall.put(1, 0)
    wall.look(CITY)
    await settle()
    wall.gate.open.clear()
    wall.put(1, 1)
    wall.tick()
    await settle()
    assert wall.client.behind


def test_while_behind_only_the_newest_per_unit_is_kept() -> None:
    async def scenario(wall: Wall) -> None:
        await shut_with_a_frame_under_way(wall)
        count = len(wall.sent)
        for place in (2, 3, 4, 5):
            wall.put(1, place)
            newest = wall.put(2, place)
            wall.tick()
            await settle()
        assert len(wall.sent) == count
        wall.gate.open.set()
        await settle()
        assert [units_in(cast(bytes, data)) for data in wall.sent[count:]] == [[1, 2]]
        assert newest in cast(bytes, wall.sent[-1])
        assert not wall.client.behind

    with_sender(Wall(), scenario)


def test_a_unit_that_left_while_behind_is_gone_and_not_shown_again() -> None:
    async def scenario(wall: Wall) -> None:
        await shut_with_a_frame_under_way(wall)
        wall.put(2, 2)
        wall.tick()
        wall.board.remove(1)
        wall.board.remove(2)
        wall.tick()
        wall.gate.open.set()
        await settle()
        assert wall.browser.positions == {}
        assert set(wall.browser.gone) == {1, 2}
        assert isinstance(wall.sent[-1], str), "nothing after gone"

    with_sender(Wall(), scenario)


def test_a_snapshot_takes_the_place_of_what_waits() -> None:
    async def scenario(wall: Wall) -> None:
        await shut_with_a_frame_under_way(wall)
        wall.put(2, 2)
        wall.tick()
        wall.look(Interest(2, 4, CITY.cells))
        wall.look(Interest(3, 4, CITY.cells))
        wall.gate.open.set()
        await settle()
        assert wall.frames[-2:] == [(CHANGES, [1]), (SNAPSHOT, [1, 2])]
        assert wall.browser.answered == 3
        assert len(wall.frames) == 3

    with_sender(Wall(), scenario)


def test_a_unit_that_came_and_left_around_a_snapshot_is_gone() -> None:
    """It was nowhere when the tick's changes began, and is nowhere at their end; the snapshot between showed it."""

    async def scenario(wall: Wall) -> None:
        wall.tick()
        wall.put(1, 0)
        wall.look(CITY)
        await settle()
        assert set(wall.browser.positions) == {1}
        wall.board.remove(1)
        wall.tick()
        await settle()
        assert wall.browser.positions == {}

    with_sender(Wall(), scenario)


def test_a_unit_that_was_shown_on_account_and_left_before_the_next_tick_is_gone() -> None:
    """It left and was owed as gone, came back before that was sent, was shown, and left again."""

    async def scenario(wall: Wall) -> None:
        await shut_with_a_frame_under_way(wall)
        wall.board.remove(1)
        wall.tick()
        wall.put(1, 2)
        wall.gate.open.set()
        await settle()
        assert set(wall.browser.positions) == {1}
        wall.board.remove(1)
        wall.tick()
        await settle()
        assert wall.browser.positions == {}

    with_sender(Wall(), scenario)


@pytest.mark.parametrize(("before", "after"), [(200, 5000), (5000, 200), (1000, 200)])
def test_another_interval_loses_nobody(before: int, after: int) -> None:
    async def scenario(wall: Wall) -> None:
        wall.put(1, 0)
        wall.look(CITY)
        for every in INTERVALS_MS:
            wall.tick(every)
        await settle()
        if before > after:
            wall.board.remove(1)
            wall.put(2, 0)
            wall.tick(after)  # the quicker clients hear of it, this one does not yet
        else:
            wall.put(2, 0)
            wall.tick(before)
        say_every(wall.client, after)
        if before < after:
            wall.board.remove(1)
            wall.board.remove(2)
        await settle()
        wall.tick(after)
        await settle()
        assert set(wall.browser.positions) == set(wall.board.entries)

    with_sender(Wall(every=before), scenario)


def test_texts_keep_their_order_and_go_before_positions() -> None:
    async def scenario(wall: Wall) -> None:
        await shut_with_a_frame_under_way(wall)
        for number in range(1, 51):
            wall.client.say({"type": "event", "number": number})
        wall.put(1, 2)
        wall.tick()
        wall.gate.open.set()
        await asyncio.sleep(0.01)
        assert [text["number"] for text in wall.texts] == list(range(1, 51))
        assert isinstance(wall.sent[-1], bytes)

    with_sender(Wall(), scenario)


def test_too_many_waiting_texts_end_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_TEXTS", 5)

    async def scenario(wall: Wall) -> None:
        await shut_with_a_frame_under_way(wall)
        count = len(wall.sent)
        for number in range(1, 7):
            wall.client.say({"type": "event", "number": number})
        assert wall.client.close_code == TOO_SLOW == 4409
        wall.gate.open.set()
        await settle()
        assert wall.gate.code == 4409
        assert len(wall.sent) == count, "a torn row of events would look like a whole one"

    with_sender(Wall(), scenario)


def test_after_close_nothing_more_is_sent() -> None:
    async def scenario(wall: Wall) -> None:
        await shut_with_a_frame_under_way(wall)
        count = len(wall.sent)
        wall.client.close(REVOKED)
        wall.client.say({"type": "event", "number": 5})
        wall.put(1, 2)
        wall.tick()
        wall.client.snapshot()
        wall.client.close(TOO_SLOW)
        wall.gate.open.set()
        await settle()
        assert len(wall.sent) == count
        assert wall.gate.code == REVOKED == 4401, "the first reason holds"

    with_sender(Wall(), scenario)


def test_stalled_means_one_message_under_way_for_too_long() -> None:
    async def scenario(wall: Wall) -> None:
        assert not wall.client.stalled(time.monotonic() + 1000), "nothing to send is no stall"
        await shut_with_a_frame_under_way(wall)
        assert not wall.client.stalled(time.monotonic() + STALLED_S / 2)
        assert wall.client.stalled(time.monotonic() + STALLED_S + 0.1)
        wall.gate.open.set()
        await settle()
        assert not wall.client.stalled(time.monotonic() + 1000)

    with_sender(Wall(), scenario)


def test_resume_sends_what_was_heard_since_and_who_is_there() -> None:
    async def scenario(wall: Wall) -> None:
        for unit, heard in ((1, 10_000), (2, 20_000), (3, 20_001)):
            address, record = report(unit, 1, 0, 1)
            wall.board.put(address, record, heard)
        wall.browser.look_number = CITY.look
        wall.client.resume(CITY, 25_000)
        await settle()
        (data,) = [data for data in wall.sent if isinstance(data, bytes)]
        assert (data[0], sorted(units_in(data))) == (RESUME, [2, 3])
        present = data[HEADER.size + 2 * SIZE :]
        assert sorted(int.from_bytes(present[at : at + 4], "little") for at in range(0, len(present), 4)) == [1, 2, 3]

    with_sender(Wall(), scenario)


def test_lost_rights_are_told_as_gone_and_won_ones_shown() -> None:
    async def scenario(wall: Wall) -> None:
        for unit, squad in ((1, 1), (2, 2), (3, 3)):
            wall.put(unit, 0, squad)
        wall.look(CITY)
        await settle()
        assert set(wall.browser.positions) == {1, 2}
        wall.client.change_rights(rights_of(Scope(squads=frozenset({2, 3}))))
        await settle()
        assert wall.browser.gone == [1]
        assert set(wall.browser.positions) == {2, 3}
        wall.put(1, 1, 1)
        wall.tick()
        await settle()
        assert set(wall.browser.positions) == {2, 3}

    with_sender(Wall(Scope(squads=frozenset({1, 2}))), scenario)


def test_a_followed_unit_that_may_not_be_seen_is_not_even_numbered() -> None:
    async def scenario(wall: Wall) -> None:
        await shut_with_a_frame_under_way(wall)
        wall.client.followed = frozenset({5})
        wall.put(5, 0, squad=3)
        wall.tick()
        wall.gate.open.set()
        await settle()
        assert wall.texts == []
        assert set(wall.browser.positions) == {1}

    with_sender(Wall(Scope(squads=frozenset({1}))), scenario)


acts = st.lists(
    st.one_of(
        st.tuples(st.just("put"), units, places, squads),
        st.tuples(st.just("put"), units, places, squads),
        st.tuples(st.just("remove"), units),
        st.tuples(st.just("tick"), st.sampled_from(INTERVALS_MS)),
        st.tuples(st.just("tick"), st.just(200)),
        st.tuples(st.just("gate"), st.booleans()),
        st.tuples(st.just("look"), interests()),
        st.tuples(st.just("follow"), followed),
        st.tuples(st.just("every"), st.sampled_from(INTERVALS_MS)),
        st.tuples(st.just("rights"), scopes),
    ),
    max_size=30,
)


@settings(max_examples=200, deadline=None)
@given(scopes, acts)
def test_whatever_happens_the_browser_ends_with_exactly_what_it_may_see(
    scope: Scope, given_acts: list[tuple[object, ...]]
) -> None:
    """And it never gets, in a message begun after a right was taken, a unit that this right had shown."""
    facts: dict[int, Fact] = {}
    ever_allowed: set[int] = set()

    async def scenario(wall: Wall) -> None:
        client, look = wall.client, 1
        wall.look(Interest(look))
        for act in given_acts:
            match act:
                case ("put", int(unit), int(place), int(squad)):
                    facts[unit] = Fact(place, squad, wall.put(unit, place, squad))
                case ("remove", int(unit)):
                    wall.board.remove(unit)
                    facts.pop(unit, None)
                case ("tick", int(every)):
                    wall.tick(every)
                case ("gate", bool(is_open)):
                    (wall.gate.open.set if is_open else wall.gate.open.clear)()
                case ("look", Interest() as interest):
                    look += 1
                    wall.look(Interest(look, interest.resolution, interest.cells))
                case ("follow", frozenset(follows)):
                    client.followed = follows
                    client.snapshot()
                case ("every", int(every)):
                    say_every(client, every)
                case ("rights", Scope() as changed):
                    client.change_rights(rights_of(changed))
            ever_allowed.update(
                unit for unit, fact in facts.items() if sees(client.scope, client.interest, client.followed, unit, fact)
            )
            await settle()
        wall.gate.open.set()
        for _ in range(3):
            await settle()
            for every in INTERVALS_MS:
                wall.tick(every)
        await settle()
        visible = {
            unit: fact.record
            for unit, fact in facts.items()
            if sees(client.scope, client.interest, client.followed, unit, fact)
        }
        assert set(wall.browser.positions) == set(visible)
        newest = {unit: unit_and_time(record)[1] for unit, record in visible.items()}
        assert {unit: record.time for unit, record in wall.browser.positions.items()} == newest
        told = {unit for _, numbers in wall.frames for unit in numbers} | set(wall.browser.gone)
        assert told <= ever_allowed

    with_sender(Wall(scope), scenario)
