"""Every source of events keeps the port's promises."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import msgspec
import pytest

from gateway.events import START, EventsPruned, EventsRewritten, EventsUnavailable, Position
from tests.unit.events.conformance import NEVER_S, Rig, check_order, read_all
from tests.unit.events.kafka_rig import KafkaRig
from tests.unit.events.nats_rig import NatsRig
from tests.unit.events.rigs import FeedRig, MemoryRig

pytestmark = pytest.mark.anyio


class Named(msgspec.Struct):
    """What every rig's events carry at least."""

    id: str


@pytest.fixture(params=["memory", "feed", "nats", "kafka"])
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    makers: dict[str, Callable[[Path], Rig]] = {
        "memory": MemoryRig,
        "feed": FeedRig,
        "nats": NatsRig,
        "kafka": KafkaRig,
    }
    made = makers[request.param](tmp_path)
    await made.open()
    yield made
    await made.close()


async def tell_some(rig: Rig, times: int) -> None:
    """About each subject in turn."""
    for number in range(times):
        await rig.tell(rig.subjects[number % 3])


async def test_events_come_in_their_order(rig: Rig) -> None:
    """In batches of any size, the same ones."""
    await tell_some(rig, 7)
    for limit in (1, 2, 100):
        events = await read_all(rig.source(), limit=limit)
        check_order(events)
        assert [event.subject for event in events] == [rig.subjects[number % 3] for number in range(7)]


async def test_an_event_is_whole(rig: Rig) -> None:
    await rig.tell(rig.subjects[1])
    (event,) = await read_all(rig.source())
    assert (event.specversion, event.position, event.subject) == ("1.0", 1, rig.subjects[1])
    assert event.id
    assert event.source
    assert event.type.endswith(".v1")
    assert event.time.tzinfo is not None
    assert event.decode(Named).id == rig.subjects[1]


async def test_what_was_read_can_be_read_again(rig: Rig) -> None:
    """A reader that stored no position is given the same events, as often as it asks."""
    await tell_some(rig, 5)
    source = rig.source()
    first = await source.read(START, limit=3, wait_s=0)
    for _ in range(3):
        assert await source.read(START, limit=3, wait_s=0) == first
    rest = await source.read(first.position, limit=10, wait_s=0)
    assert [event.position for event in [*first.events, *rest.events]] == [1, 2, 3, 4, 5]


async def test_readers_do_not_take_events_from_each_other(rig: Rig) -> None:
    await tell_some(rig, 4)
    one, other = rig.source(), rig.source()
    assert await read_all(one, limit=1) == await read_all(other) == await read_all(one)


async def test_everything_can_be_replayed_from_zero(rig: Rig) -> None:
    """By a new reader, after others have read to the end."""
    await tell_some(rig, 6)
    events = await read_all(rig.source())
    assert len(events) == 6
    await rig.tell(rig.subjects[0])
    assert (await read_all(rig.source()))[:6] == events


async def test_a_reader_goes_on_after_a_restart(rig: Rig) -> None:
    """Of what lies between, killed with events in it: none is lost, none moved."""
    await tell_some(rig, 3)
    source = rig.source()
    before = await source.read(START, limit=2, wait_s=0)
    await rig.stop()
    with pytest.raises(EventsUnavailable):
        await source.read(START, limit=10, wait_s=0)
    with pytest.raises(EventsUnavailable):
        await source.head()
    await rig.start()
    await rig.tell(rig.subjects[0])
    check_order(await read_all(source, before.position), after=2)
    check_order(await read_all(rig.source()))


async def test_a_wait_is_ended_by_the_first_event(rig: Rig) -> None:
    """For everybody who waits."""
    await rig.tell(rig.subjects[0])
    sources = [rig.source() for _ in range(3)]
    here = (await sources[0].read(START, limit=10, wait_s=0)).position
    waiting = [asyncio.create_task(source.read(here, limit=10, wait_s=NEVER_S)) for source in sources]
    await asyncio.sleep(0.3)
    assert not any(task.done() for task in waiting)
    started = time.monotonic()
    await rig.tell(rig.subjects[1])
    batches = await asyncio.gather(*waiting)
    assert time.monotonic() - started < NEVER_S / 2
    assert [[event.position for event in batch.events] for batch in batches] == [[2], [2], [2]]


async def test_a_wait_ends_without_an_event(rig: Rig) -> None:
    await rig.tell(rig.subjects[0])
    source = rig.source()
    here = (await source.read(START, limit=10, wait_s=0)).position
    started = time.monotonic()
    batch = await source.read(here, limit=10, wait_s=0.3)
    assert time.monotonic() - started >= 0.29
    assert (list(batch.events), batch.position.history) == ([], here.history)
    assert here.number <= batch.position.number == batch.head


async def test_what_is_there_is_not_waited_for(rig: Rig) -> None:
    await tell_some(rig, 2)
    started = time.monotonic()
    batch = await rig.source().read(START, limit=10, wait_s=NEVER_S)
    assert len(batch.events) == 2
    assert time.monotonic() - started < NEVER_S / 2


async def test_a_wait_can_be_cancelled(rig: Rig) -> None:
    """And the source read again afterwards."""
    source = rig.source()
    waiting = asyncio.create_task(source.read(START, limit=10, wait_s=NEVER_S))
    await asyncio.sleep(0.2)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await rig.tell(rig.subjects[0])
    check_order(await read_all(source))


async def test_data_that_nobody_can_decode_harms_no_other_event(rig: Rig) -> None:
    """It is handed on as it came; whoever decodes it finds out."""
    await rig.tell(rig.subjects[0])
    await rig.poison(rig.subjects[1])
    await rig.tell(rig.subjects[0])
    events = await read_all(rig.source())
    check_order(events)
    assert [event.subject for event in events] == [rig.subjects[number] for number in (0, 1, 0)]
    assert bytes(events[1].data) == b"[1, 2]"
    with pytest.raises(msgspec.ValidationError):
        events[1].decode(Named)
    assert [event.decode(Named).id for event in events[::2]] == [rig.subjects[0]] * 2


async def test_the_head_tells_how_far_behind_a_reader_is(rig: Rig) -> None:
    await tell_some(rig, 5)
    batch = await rig.source().read(START, limit=2, wait_s=0)
    assert batch.head - batch.position.number >= 3
    rest = await rig.source().read(batch.position, limit=10, wait_s=0)
    assert (len(rest.events), rest.head - rest.position.number) == (3, 0)


async def test_the_head_is_where_a_reader_begins_who_wants_only_what_is_new(rig: Rig) -> None:
    source = rig.source()
    assert (await source.head()).number == 0
    await tell_some(rig, 3)
    head = await source.head()
    assert head == (await source.read(START, limit=10, wait_s=0)).position
    await rig.tell(rig.subjects[0])
    check_order(await read_all(source, head), after=3)


async def test_events_that_are_no_longer_kept_are_not_skipped(rig: Rig) -> None:
    """A reader who still needs one is told; one who is past them goes on."""
    if isinstance(rig, KafkaRig):
        pytest.skip("the mock broker forgets nothing; test_kafka_source.py tells the source that it has")
    await tell_some(rig, 5)
    source = rig.source()
    first = await source.read(START, limit=2, wait_s=0)
    third = await source.read(first.position, limit=1, wait_s=0)
    await rig.prune(3)
    for after in (START, first.position):
        with pytest.raises(EventsPruned):
            await source.read(after, limit=10, wait_s=0)
    check_order(await read_all(source, third.position), after=3)


async def test_another_history_is_not_taken_for_this_one(rig: Rig) -> None:
    """Whether the new one is still shorter than what was read, or longer already."""
    await tell_some(rig, 3)
    source = rig.source()
    here = (await source.read(START, limit=10, wait_s=0)).position
    await rig.rewrite()
    with pytest.raises(EventsRewritten):
        await source.read(here, limit=10, wait_s=0)
    await tell_some(rig, 5)
    with pytest.raises(EventsRewritten):
        await source.read(here, limit=10, wait_s=0)
    beyond = (await source.head()).number + 2
    with pytest.raises(EventsRewritten):
        await source.read(Position("", beyond), limit=10, wait_s=NEVER_S)
    check_order(await read_all(source))
