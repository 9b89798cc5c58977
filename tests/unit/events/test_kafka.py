"""What only Kafka can do to a reader or a relay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, Producer

from gateway.events import (
    START,
    EventsMalformed,
    EventsPruned,
    EventsRewritten,
    EventsUnavailable,
    KafkaBroker,
    MemoryLog,
    Position,
)
from gateway.events.kafka import codes
from gateway.events.kafka.outlet import KafkaOutlet
from gateway.events.kafka.partition import Bounds, Partition, client_settings
from gateway.events.kafka.source import KafkaSource
from gateway.events.outlet import RelayFenced, RelayStopped, to_send
from tests.unit.events.conformance import check_order, read_all
from tests.unit.events.kafka_mock import END_TXN, PRODUCER_FENCED
from tests.unit.events.kafka_rig import KafkaRig

pytestmark = pytest.mark.anyio

TOPIC = "braid.things"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[KafkaRig]:
    made = KafkaRig(tmp_path)
    await made.open()
    yield made
    await made.close()


def put(rig: KafkaRig, value: bytes) -> None:
    """Past the relay, and its transactions."""
    producer = Producer(client_settings(rig.mock.bootstrap))
    producer.produce(TOPIC, value, partition=0)
    assert producer.flush(10) == 0


async def test_a_position_moves_over_the_ends_of_transactions(rig: KafkaRig) -> None:
    """They take offsets, and are no events: a reader that has read everything is not behind."""
    for subject in "abc":
        await rig.tell(subject)
    source = rig.source()
    batch = await source.read(START, limit=10, wait_s=0)
    assert [event.position for event in batch.events] == [1, 2, 3]
    assert batch.position.number == batch.head == 5
    idle = await source.read(batch.position, limit=10, wait_s=0.5)
    assert (list(idle.events), idle.position.number, idle.head) == ([], 6, 6)
    await rig.tell("a")
    check_order((await source.read(idle.position, limit=10, wait_s=5)).events, after=3)


async def test_events_before_garbage_are_read_and_what_is_behind_it_is_not_skipped(rig: KafkaRig) -> None:
    await rig.tell("a")
    put(rig, b"who is there?")
    await rig.tell("b")
    source = rig.source()
    batch = await source.read(START, limit=10, wait_s=0)
    assert [event.position for event in batch.events] == [1]
    for _ in range(2):
        with pytest.raises(EventsMalformed, match="no event of 'things'"):
            await source.read(batch.position, limit=10, wait_s=0)


async def test_a_topic_that_is_not_there_may_come(rig: KafkaRig) -> None:
    """To who begins; who has read of it before is told that it was deleted."""
    source = KafkaSource("others", rig.broker, 7)
    with pytest.raises(EventsUnavailable):
        await source.read(START, limit=1, wait_s=0)
    with pytest.raises(EventsRewritten):
        await source.read(Position("known", 3), limit=1, wait_s=0)
    await source.close()
    await source.close()


class Shortened(Partition):
    """As if the broker no longer kept what lies before offset 4: the mock forgets nothing."""

    def bounds(self, history: str = "") -> Bounds:
        return Bounds(4, super().bounds(history).end)


class ShortenedSource(KafkaSource):
    """Reads such a partition."""

    def _open(self) -> Partition:
        self._partition = self._partition or Shortened("things", self._broker.bootstrap, TOPIC, 0)
        return self._partition


async def test_events_that_are_no_longer_kept_are_not_skipped(rig: KafkaRig) -> None:
    for subject in "abca":
        await rig.tell(subject)
    source = ShortenedSource("things", rig.broker, 0)
    for number in (0, 3):
        with pytest.raises(EventsPruned):
            await source.read(Position("", number), limit=10, wait_s=0)
    check_order(await read_all(source, Position("", 4)), after=2)
    await source.close()


async def test_a_relay_that_was_replaced_is_told(rig: KafkaRig) -> None:
    """The broker fences it: the mock is told to answer as if."""
    log = MemoryLog()
    log.append("thing.changed.v1", "a", b"{}")
    outlet = KafkaOutlet("things", rig.broker)
    tails = await outlet.open()
    rig.mock.fail(END_TXN, PRODUCER_FENCED)
    with pytest.raises(RelayFenced):
        await outlet.publish(to_send(log.behind(0, 1), tails, "one", START, log.history))
    await outlet.close()


async def test_a_relay_does_not_go_on_behind_what_it_cannot_read(rig: KafkaRig) -> None:
    put(rig, b"who is there?")
    outlet = KafkaOutlet("things", rig.broker)
    with pytest.raises(RelayStopped, match="no relay has written"):
        await outlet.open()
    await outlet.close()


async def test_a_topic_with_other_partitions_is_not_written(rig: KafkaRig) -> None:
    """A subject's events would move to another one."""
    outlet = KafkaOutlet("things", KafkaBroker(rig.broker.bootstrap, partitions=2))
    with pytest.raises(RelayStopped, match="has 1 partitions, and 2 are configured"):
        await outlet.open()
    await outlet.close()


async def test_an_event_that_the_broker_does_not_take_stops_its_relay(rig: KafkaRig) -> None:
    log = MemoryLog()
    log.append("thing.changed.v1", "a", b'"%b"' % (b"x" * 3_000_000))
    outlet = KafkaOutlet("things", rig.broker)
    parcels = to_send(log.behind(0, 1), await outlet.open(), "one", START, log.history)
    with pytest.raises(RelayStopped, match="larger than the broker takes"):
        await outlet.publish(parcels)
    await outlet.close()


async def test_the_loop_is_not_kept_waiting(rig: KafkaRig) -> None:
    """A reader who waits blocks a thread, and nothing else."""
    source: Any = rig.source()
    here = await source.head()
    waiting = asyncio.create_task(source.read(here, limit=1, wait_s=1.0))
    turns = 0
    while not waiting.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 20
    assert not (await waiting).events


@pytest.mark.parametrize("name", [name for name in vars(codes) if name.isupper()])
def test_the_clients_own_codes_are_what_it_has(name: str) -> None:
    assert getattr(codes, name) == getattr(KafkaError, f"_{name}")
