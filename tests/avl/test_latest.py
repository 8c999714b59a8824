"""The newest per unit: where it comes from when an ingest starts, and how boards are filled."""

from dataclasses import replace

from backend.avl.batch import StoredFix
from backend.avl.latest import Latest
from backend.bus.fill import read_chunk
from backend.bus.record import FLAG_OFF_DUTY, unpack
from backend.bus.subjects import BOARD_FILL, Address, position_subject
from backend.clock import now_ms
from backend.identity.registry import Organisation
from tests.avl.makers import Source, device, off_duty, organisation, stored_fix
from tests.avl.recording import Desk, desk
from tests.bus.servers import connected, until

__all__ = ["desk"]


def announced(fix: StoredFix) -> tuple[str, bytes]:
    return position_subject(Address(fix.district, fix.squad, fix.cell, fix.unit)), fix.record()


async def asked(desk: Desk) -> dict[int, int]:
    """What a board that starts is told: unit → time of its record."""
    async with connected(desk.bus._client.connected_url.geturl()) as board:  # type: ignore[union-attr]
        chunks: list[tuple[bool, list[tuple[Address, bytes]]]] = []
        inbox = board.inbox()
        await board.subscribe(inbox, lambda message: chunks.append(read_chunk(message.data)))
        await board.flush()
        await board.publish(BOARD_FILL, b"", reply=inbox)
        await until(lambda: chunks and chunks[-1][0])
    positions = [one for _, part in chunks for one in part]
    assert all(address.unit == unpack(record).unit for address, record in positions)
    return {address.unit: unpack(record).time for address, record in positions}


async def test_filled_from_store_and_stream(desk: Desk) -> None:
    now, source = now_ms(), Source("a")
    await desk.record(source.batch(*(stored_fix(now - 60_000, device=n, unit=n) for n in (1, 2, 3))))
    await desk.put(
        source.batch(stored_fix(now - 1_000, device=2, unit=2), stored_fix(now - 90_000, device=3, unit=3)),
        b"garbage",
        source.batch(stored_fix(now - 2_000, device=2, unit=2), stored_fix(now - 5_000, device=4, unit=4)),
    )
    latest = Latest(desk.bus)
    await latest.fill(desk.database)
    await latest.listen()
    expected = {1: now - 60_000, 2: now - 1_000, 3: now - 60_000, 4: now - 5_000}
    assert latest.moments == expected
    assert await asked(desk) == expected
    assert await desk.unacknowledged() == 3, "reading takes nothing away"


async def test_what_is_off_duty_fills_no_board(desk: Desk) -> None:
    now, source = now_ms(), Source("a")
    await desk.put(
        source.batch(
            stored_fix(now - 9_000, device=1, unit=1),
            stored_fix(now - 1_000, device=1, unit=1, flags=FLAG_OFF_DUTY),
            stored_fix(now - 1_000, device=2, unit=2, flags=FLAG_OFF_DUTY),
        )
    )
    latest = Latest(desk.bus)
    await latest.fill(desk.database)
    await latest.listen()
    assert latest.moments == {1: now - 9_000}
    assert await asked(desk) == {1: now - 9_000}


async def test_what_another_ingest_has_newer_is_told(desk: Desk) -> None:
    now, told = now_ms(), list[int]()
    latest = Latest(desk.bus)
    latest.on_heard(told.append)
    await latest.listen()
    await desk.bus.flush()
    for fix in (stored_fix(now, unit=1), stored_fix(now - 1000, unit=1), stored_fix(now, unit=2)):
        await desk.bus.publish(*announced(fix))
    await until(lambda: 2 in told)
    assert told == [1, 2], "an older one is no news"
    assert latest.position(1) == announced(stored_fix(now, unit=1))
    assert latest.position(3) is None


async def test_empty_fill_is_one_last_chunk(desk: Desk) -> None:
    latest = Latest(desk.bus)
    await latest.fill(desk.database)
    await latest.listen()
    assert await asked(desk) == {}


async def test_hears_other_ingests_and_keeps_the_newer(desk: Desk) -> None:
    now = now_ms()
    latest = Latest(desk.bus)
    await latest.listen()
    async with connected(desk.bus._client.connected_url.geturl()) as other:  # type: ignore[union-attr]
        for moment in (now, now - 1000):
            await other.publish(*announced(stored_fix(moment, unit=1)))
        await other.publish("pos.1.1.garbage", b"short")
        await other.publish(*announced(stored_fix(now, unit=2)))
        await until(lambda: 2 in latest.moments)
    assert latest.moments == {1: now, 2: now}


async def test_off_duty_and_unknown_units_are_not_told(desk: Desk) -> None:
    now = now_ms()
    latest = Latest(desk.bus)
    await latest.listen()
    known = device()
    for unit in (known.unit.number, 99):
        fix = stored_fix(now, unit=unit)
        latest.note(unit, now, *announced(fix))
    latest.forget_off_duty(organisation(known))
    assert await asked(desk) == {known.unit.number: now}
    latest.forget_off_duty(organisation(replace(known, unit=off_duty())))
    assert await asked(desk) == {}
    assert latest.moments[known.unit.number] == now, "what is late stays late"
    latest.forget_off_duty(Organisation())
