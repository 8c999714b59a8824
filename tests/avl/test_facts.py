"""Facts as bytes, and their way into the stream before the fix that brought them."""

import asyncio
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.avl.facts import KINDS, Fact, alarm_fact, decode_fact, encode_fact
from backend.avl.messages import ALARM_SOS, Alarm, Outcome
from backend.avl.protocols import PROTOCOLS
from backend.avl.sessions import Session
from backend.bus.subjects import FACTS
from tests.avl.makers import TOKEN, Rig, device, off_duty, running_ingest
from tests.conftest import TestBus

whole = st.integers(0, 2**31 - 1)
moments = st.integers(0, 4_102_444_800_000)
places = st.none() | st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@st.composite
def facts(draw: st.DrawFn) -> Fact:
    longitude, latitude = draw(places) or (None, None)
    name = draw(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200))
    return Fact(
        name,
        draw(st.sampled_from(KINDS)),
        draw(whole),
        draw(whole),
        draw(whole),
        draw(whole),
        draw(moments),
        draw(moments),
        longitude,
        latitude,
        draw(st.integers(0, 2**63 - 1)),
        draw(st.integers(0, 2**64 - 1)),
        draw(whole),
    )


@given(facts())
def test_a_fact_round_trips(fact: Fact) -> None:
    assert decode_fact(encode_fact(fact)) == fact


@given(st.binary(max_size=200))
def test_other_bytes_are_no_fact(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"fact"):
        decode_fact(data)


GOOD = [1, "a:1", "alarm", 7, 1, 2, 3, 1_000, 2_000, 113.1, 28.2, 5, 1, 0]


@pytest.mark.parametrize(
    ("place", "value"),
    [
        pytest.param(0, 2, id="of another version"),
        pytest.param(1, "", id="without an id"),
        pytest.param(1, "a\0b", id="an id that cannot be stored"),
        pytest.param(1, "a" * 201, id="an id that is too long"),
        pytest.param(2, "party", id="of no kind"),
        pytest.param(3, -1, id="no unit"),
        pytest.param(7, 1 << 60, id="after the end of time"),
        pytest.param(9, None, id="half a place"),
        pytest.param(10, 91.0, id="no place on Earth"),
        pytest.param(10, "28.2", id="a word for a number"),
        pytest.param(12, 1.5, id="half an alarm"),
    ],
)
def test_what_cannot_be_stored_is_refused(place: int, value: Any) -> None:
    assert decode_fact(msgpack.packb(GOOD)).unit == 7
    with pytest.raises(ValueError, match="fact"):
        decode_fact(msgpack.packb([*GOOD[:place], value, *GOOD[place + 1 :]]))


async def stated(rig: Rig) -> list[Fact]:
    subscription = await rig.bus.jetstream.pull_subscribe_bind("avl", FACTS)
    found = []
    try:
        for message in await subscription.fetch(10, timeout=0.5):
            found.append(decode_fact(message.data))
            await message.ack_sync()
    except TimeoutError:
        pass
    return found


async def test_an_alarm_without_a_position_is_stated_before_it_is_answered(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url) as rig:
        session = Session("osmand", rig.process.registry, bound="phone")
        assert rig.ingest.take(PROTOCOLS["osmand"], session, [Alarm(alarms=ALARM_SOS, at=1_000)]) is None
        done = asyncio.Event()
        rig.batches.when_stored(done.set)
        assert not done.is_set()
        await asyncio.wait_for(done.wait(), 5)
        (fact,) = await stated(rig)
        assert (fact.id, fact.unit, fact.longitude, fact.cell) == (f"alarm:1:1000:{ALARM_SOS}", 7, None, 0)
        state = (await rig.bus.jetstream.stream_info("fixes")).state
        assert state.messages == 0, "an alarm is no fix: it is in no batch"


async def test_a_personal_telephone_off_duty_raises_no_alarm_and_a_stranger_none(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url) as rig:
        rig.know(device(unit=off_duty(), personal=True))
        session = Session("osmand", rig.process.registry, bound="phone")
        assert rig.ingest.take(PROTOCOLS["osmand"], session, [Alarm(alarms=1)]) is None
        nobody = Session("osmand", rig.process.registry)
        assert rig.ingest.take(PROTOCOLS["osmand"], nobody, [Alarm(alarms=1)]) is Outcome.UNKNOWN_DEVICE
        assert await stated(rig) == []


async def test_the_alarm_of_a_fix_is_stated_once_however_often_it_is_sent(nats_server: TestBus) -> None:
    async with running_ingest(nats_server.url) as rig:
        for _ in range(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", rig.port)
            writer.write(
                f"GET /?id=phone-{TOKEN}&lat=28.2&lon=113.1&alarm=sos&timestamp=1790000000 HTTP/1.1\r\n\r\n".encode()
            )
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            writer.close()
            rig.ingest._known.recent.clear()  # as if it were started anew
            rig.ingest._known.alarms.clear()
        facts = await stated(rig)
        assert [fact.kind for fact in facts] == ["alarm"]
        assert facts[0].longitude == 113.1


def test_an_alarm_that_comes_again_has_the_same_id() -> None:
    one = alarm_fact(device(), 5, 6, None, 0, ALARM_SOS)
    assert alarm_fact(device(), 5, 9, (1.0, 2.0), 3, ALARM_SOS).id == one.id
