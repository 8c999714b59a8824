"""Turns of connections: in order, in slices, within bounds."""

import asyncio
import time

import pytest

from backend.avl import turns
from backend.avl.turns import SLICE_S, Turns


class Talker:
    """Notes what it is given, and takes its time."""

    def __init__(self, heard: list[tuple[str, bytes | None]], name: str, cost_s: float = 0.0) -> None:
        self.heard, self.name, self.cost_s = heard, name, cost_s
        self.held = 0

    def turn(self, data: bytes | None) -> None:
        ends = time.perf_counter() + self.cost_s
        while time.perf_counter() < ends:
            pass
        self.heard.append((self.name, data))
        if data == b"mistake":
            raise RuntimeError("of this connection")

    def hold(self) -> None:
        self.held += 1


async def idle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_each_gets_what_it_said_in_order_and_its_end_last() -> None:
    heard: list[tuple[str, bytes | None]] = []
    queue, one, other = Turns(), Talker(heard, "one"), Talker(heard, "other")
    for said in (b"a", b"b"):
        queue.put(one, said)
        queue.put(other, said)
    queue.put(one, None)
    assert heard == [], "nothing is done while sockets are read"
    await idle()
    assert heard == [("one", b"a"), ("other", b"a"), ("one", b"b"), ("other", b"b"), ("one", None)]


async def test_the_loop_does_what_else_is_due_between_two_slices() -> None:
    heard: list[tuple[str, bytes | None]] = []
    queue, slow = Turns(), Talker(heard, "slow", cost_s=SLICE_S / 2)
    for number in range(40):
        queue.put(slow, bytes([number]))
    done: list[int] = []
    while len(heard) < 40:
        await asyncio.sleep(0)
        done.append(len(heard))
    assert len(done) > 10, "it was asked many times meanwhile"
    assert [data for _, data in heard] == [bytes([number]) for number in range(40)]


async def test_beyond_the_bound_sockets_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST_BYTES", 1000)
    queue, talker = Turns(), Talker([], "loud")
    queue.put(talker, b"x" * 500)
    assert talker.held == 0
    queue.put(talker, b"x" * 500)
    assert talker.held == 1
    await idle()
    queue.put(talker, b"x" * 500)
    assert talker.held == 1, "what was taken waits no more"


async def test_a_mistake_in_one_turn_takes_no_turn_from_others() -> None:
    heard: list[tuple[str, bytes | None]] = []
    queue, one, other = Turns(), Talker(heard, "one"), Talker(heard, "other")
    loop, told = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda loop, context: told.append(context["exception"]))
    try:
        queue.put(one, b"mistake")
        queue.put(other, b"fine")
        await idle()
    finally:
        loop.set_exception_handler(None)
    assert heard[-1] == ("other", b"fine")
    assert [str(error) for error in told] == ["of this connection"]
