"""What only NATS can do to a reader or a relay."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from nats.js.api import StreamConfig

from gateway.events import (
    START,
    EventsMalformed,
    EventSource,
    EventsPruned,
    EventsRewritten,
    EventsUnavailable,
    MemoryLog,
    NatsBroker,
    Position,
    open_events,
)
from gateway.events.nats.connection import Link
from gateway.events.nats.outlet import NatsOutlet
from gateway.events.outlet import RelayStopped, to_send
from tests.unit.events.conformance import NEVER_S, check_order, read_all
from tests.unit.events.nats_rig import NatsRig

pytestmark = pytest.mark.anyio

STREAM = "braid-things"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[NatsRig]:
    made = NatsRig(tmp_path)
    await made.open()
    yield made
    await made.close()


async def link_of(rig: NatsRig) -> Link:
    return await rig.connection.link()


async def test_events_before_garbage_are_read_and_what_is_behind_it_is_not_skipped(rig: NatsRig) -> None:
    """However often it is asked."""
    for subject in ("a", "b"):
        await rig.tell(subject)
    jetstream = (await link_of(rig)).jetstream
    await jetstream.publish("braid.things", b"who is there?")
    source = rig.source()
    batch = await source.read(START, limit=10, wait_s=0)
    check_order(batch.events)
    assert (batch.position.number, batch.head) == (2, 3)
    for _ in range(2):
        with pytest.raises(EventsMalformed, match="at 3 that is no event"):
            await source.read(batch.position, limit=10, wait_s=0)


async def test_a_message_that_was_deleted_is_not_passed_over(rig: NatsRig) -> None:
    """Nobody knows what was in it."""
    for subject in "abcab":
        await rig.tell(subject)
    jetstream = (await link_of(rig)).jetstream
    await jetstream.delete_msg(STREAM, 3)
    source = rig.source()
    batch = await source.read(START, limit=10, wait_s=0)
    assert batch.position.number == 2
    with pytest.raises(EventsPruned):
        await source.read(batch.position, limit=10, wait_s=0)
    check_order((await source.read(Position("", 3), limit=10, wait_s=0)).events, after=3)


async def test_a_stream_that_is_not_there_may_come(rig: NatsRig) -> None:
    """To who begins; who has read of it before is told that it was deleted."""
    await rig.tell("a")
    source = rig.source()
    here = await source.head()
    jetstream = (await link_of(rig)).jetstream
    await jetstream.delete_stream(STREAM)
    with pytest.raises(EventsRewritten):
        await source.read(here, limit=10, wait_s=NEVER_S)
    with pytest.raises(EventsUnavailable, match="is braid relay running"):
        await source.read(START, limit=10, wait_s=0)
    with pytest.raises(EventsUnavailable):
        await source.head()


async def test_a_reader_who_waits_is_told_that_the_broker_was_killed(rig: NatsRig) -> None:
    """At once, and not when its wait is over."""
    await rig.tell("a")
    source = rig.source()
    here = (await source.read(START, limit=10, wait_s=0)).position
    waiting = asyncio.create_task(source.read(here, limit=10, wait_s=NEVER_S))
    await asyncio.sleep(0.2)
    started = time.monotonic()
    await rig.stop()
    with pytest.raises(EventsUnavailable):
        await waiting
    assert time.monotonic() - started < NEVER_S / 2
    await rig.start()
    await rig.tell("b")
    check_order(await read_all(source, here), after=1)


async def test_a_broker_that_was_paused_loses_nobody(rig: NatsRig) -> None:
    source = rig.source()
    await rig.tell("a")
    here = (await source.read(START, limit=10, wait_s=0)).position
    rig.server.pause()
    with pytest.raises(EventsUnavailable):
        await source.read(here, limit=10, wait_s=0)
    rig.server.resume()
    await rig.tell("b")
    check_order(await read_all(source, here), after=1)


async def test_an_event_is_with_its_reader_in_a_moment(rig: NatsRig) -> None:
    """From the broker's receipt on. Patient: this machine does other things meanwhile."""
    source = rig.source()
    here = await source.head()
    took: list[float] = []
    for _ in range(60):
        waiting = asyncio.create_task(source.read(here, limit=10, wait_s=NEVER_S))
        await asyncio.sleep(0.005)
        await rig.tell("a")
        started = time.monotonic()
        here = (await waiting).position
        took.append(time.monotonic() - started)
    assert statistics.median(took) < 0.05


async def test_readers_leave_nothing_behind_at_the_broker(rig: NatsRig) -> None:
    """However often they jump about."""
    await rig.tell("a")
    await rig.tell("b")
    source = rig.source()
    first = (await source.read(START, limit=1, wait_s=0)).position
    for _ in range(20):
        await source.read(START, limit=1, wait_s=0)
        await source.read(first, limit=1, wait_s=0)
    link = await link_of(rig)
    assert (await link.stream_info(STREAM)).state.consumer_count <= 2
    await source.close()
    await asyncio.sleep(0.1)
    assert (await link.stream_info(STREAM)).state.consumer_count == 0


async def test_what_is_asked_for_in_vain_does_not_stop_a_reader(rig: NatsRig) -> None:
    """A reader whose request for messages ran out at the broker asks again."""
    source = rig.source()
    here = await source.head()
    for subject in "abc":
        assert not (await source.read(here, limit=5, wait_s=0.05)).events
        await rig.tell(subject)
        here = (await source.read(here, limit=5, wait_s=NEVER_S)).position
    assert here.number == 3


async def test_each_subject_has_its_partition(rig: NatsRig) -> None:
    """And each partition its source, with a name for its checkpoint."""
    broker = NatsBroker(rig.server.url, prefix="shop", partitions=4)
    log = MemoryLog()
    for number in range(40):
        log.append("thing.changed.v1", f"s-{number % 10}", b"{}")
    outlet = NatsOutlet("things", rig.connection, broker, "test")
    await outlet.publish(to_send(log.behind(0, 40), await outlet.open(), "test", START, log.history))
    events = open_events({}, broker)
    sources = events.sources("things")
    assert [source.name for source in sources] == ["things/0", "things/1", "things/2", "things/3"]
    found = [await read_all(source) for source in sources]
    assert sorted(event.position for part in found for event in part) == list(range(1, 41))
    assert sum(len({event.subject for event in part}) for part in found) == 10
    for source in sources:
        await source.close()
    await events.close()


async def refusal(rig: NatsRig, log: MemoryLog | None = None) -> str:
    """Why a relay cannot begin, or cannot publish what the log has."""
    outlet = NatsOutlet("things", rig.connection, rig.broker, "late")
    if log is None:
        with pytest.raises(RelayStopped) as raised:
            await outlet.open()
        return raised.value.message
    parcels = to_send(log.behind(0, 10), await outlet.open(), "late", START, log.history)
    with pytest.raises(RelayStopped) as raised:
        await outlet.publish(parcels)
    return raised.value.message


async def test_a_relay_does_not_go_on_behind_what_it_cannot_read(rig: NatsRig) -> None:
    await rig.tell("a")
    jetstream = (await link_of(rig)).jetstream
    await jetstream.purge_stream(STREAM)
    assert "no longer keeps the last event" in await refusal(rig)
    await jetstream.publish("braid.things", b"{}")
    assert "no relay has written" in await refusal(rig)


async def test_an_event_that_the_broker_does_not_take_stops_its_relay(rig: NatsRig) -> None:
    """Too large for any message, or for this stream."""
    log = MemoryLog()
    log.append("thing.changed.v1", "a", b'"%b"' % (b"x" * 2_000_000))
    assert "larger than the broker takes" in await refusal(rig, log)
    jetstream: Any = (await link_of(rig)).jetstream
    await jetstream.update_stream(StreamConfig(name=STREAM, subjects=["braid.things"], max_msg_size=100))
    small = MemoryLog()
    small.append("thing.changed.v1", "a", b"{}")
    assert "does not take the events" in await refusal(rig, small)


async def test_a_broker_that_is_not_there_may_be_asked_again() -> None:
    events = open_events({}, NatsBroker("nats://127.0.0.1:1"))
    sources: list[EventSource] = list(events.sources("things"))
    for _ in range(2):
        with pytest.raises(EventsUnavailable, match=r"^The broker with events of 'things' does not answer\.$"):
            await sources[0].read(START, limit=1, wait_s=0)
    await sources[0].close()
    await events.close()
    await events.close()
