"""The relay brings every event into the broker once and in order, whatever befalls it, or says that it cannot."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.events import EventsUnavailable, MemoryLog, MemorySource
from gateway.events.outlet import Parcel, RelayFenced, Stamp, to_send
from gateway.events.relay import Relay, Relayed
from gateway.events.source import Position
from tests.unit.events.relay_rigs import SERVICE, KafkaRelayRig, NatsRelayRig, RelayRig, arrived, check_once_in_order

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["nats", "kafka"])
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RelayRig]:
    makers: dict[str, Callable[[Path], RelayRig]] = {"nats": NatsRelayRig, "kafka": KafkaRelayRig}
    made = makers[request.param](tmp_path)
    yield made
    await made.close()


class Told:
    """What a relay says. `until` waits until it has said something like this, and gives the last of these."""

    def __init__(self) -> None:
        self.all: list[Relayed] = []
        self._news = asyncio.Event()

    def __call__(self, relayed: Relayed) -> None:
        self.all.append(relayed)
        self._news.set()

    async def until(self, holds: Callable[[Relayed], bool]) -> Relayed:
        async with asyncio.timeout(30):
            while not any(map(holds, self.all)):
                self._news.clear()
                await self._news.wait()
        return next(filter(holds, reversed(self.all)))


class Running:
    """A relay at work on a log."""

    def __init__(self, rig: RelayRig, log: MemoryLog, name: str, batch: int = 100, mark_s: float = 100.0) -> None:
        self.told = Told()
        self.outlet = rig.outlet(name)
        relay = Relay(MemorySource(SERVICE, log), self.outlet, name, self.told, batch=batch, wait_s=0.1, mark_s=mark_s)
        self.task = asyncio.create_task(relay.run())

    async def end(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        await self.outlet.close()


def tell(log: MemoryLog, times: int, subjects: int = 20) -> None:
    for _ in range(times):
        subject = f"s-{random.randrange(subjects)}"
        log.append("thing.changed.v1", subject, b'{"id":"%b"}' % subject.encode())


async def caught_up(relay: Running, log: MemoryLog) -> None:
    await relay.told.until(lambda relayed: relayed.position == log.head)


async def check(rig: RelayRig, log: MemoryLog) -> None:
    check_once_in_order(await arrived(rig.broker), log.behind(0, log.head))


async def test_every_event_arrives_once_and_in_order(rig: RelayRig) -> None:
    """Those that were there, and those that come while it runs."""
    log = MemoryLog()
    tell(log, 250)
    relay = Running(rig, log, "one")
    await caught_up(relay, log)
    tell(log, 30)
    last = await relay.told.until(lambda relayed: relayed.position == 280)
    assert (last.sent, last.head, last.problem) == (280, 280, None)
    await relay.end()
    await check(rig, log)


async def test_a_relay_goes_on_where_the_last_one_ended(rig: RelayRig) -> None:
    """Cancelled anywhere, many times."""
    log = MemoryLog()
    chance = random.Random(7)
    cut_short = 0
    for number in range(12):
        tell(log, 60)
        batches = chance.randrange(1, 4)
        relay = Running(rig, log, f"relay {number}", batch=5)
        await relay.told.until(lambda relayed, least=5 * batches: relayed.sent >= least)
        await asyncio.sleep(chance.uniform(0.0, 0.003))
        cut_short += relay.told.all[-1].position < log.head
        await relay.end()
    assert cut_short >= 6
    relay = Running(rig, log, "last", batch=10)
    await caught_up(relay, log)
    await relay.end()
    await check(rig, log)


async def test_what_only_some_partitions_got_is_completed(rig: RelayRig) -> None:
    """A batch goes to all partitions at once; a relay that is killed then may have reached any of them."""
    log = MemoryLog()
    tell(log, 60)
    outlet = rig.outlet("killed")
    tails = list(await outlet.open())
    events = log.behind(0, 60)
    await outlet.publish(to_send(events[:20], tails, "killed", Position(log.history, 0), log.history))
    for parcel in to_send(events[:20], tails, "killed", Position(log.history, 0), log.history):
        tails[parcel.partition] = parcel.stamp
    half = to_send(events[20:], tails, "killed", Position(log.history, 20), log.history)
    some = [parcel for parcel in half if parcel.partition == 1]
    assert 0 < len(some) < len(half)
    await outlet.publish(some[:-1])
    await outlet.close()
    relay = Running(rig, log, "next")
    last = await relay.told.until(lambda relayed: relayed.position == 60)
    assert last.sent == 60 - 20 - (len(some) - 1)
    await relay.end()
    await check(rig, log)


async def test_a_relay_that_was_replaced_writes_nothing_more(rig: RelayRig) -> None:
    if isinstance(rig, KafkaRelayRig):
        pytest.skip("the mock broker fences nobody; test_kafka.py tells the outlet that it was fenced")
    log = MemoryLog()
    tell(log, 10)
    zombie, owner = rig.outlet("zombie"), rig.outlet("owner")
    here = Position(log.history, 0)
    parcels = to_send(log.behind(0, 10), await zombie.open(), "zombie", here, log.history)
    await owner.publish(to_send(log.behind(0, 10), await owner.open(), "owner", here, log.history))
    with pytest.raises(RelayFenced):
        await zombie.publish(parcels)
    await check(rig, log)
    await zombie.close()
    await owner.close()


async def test_a_broker_that_is_killed_gets_the_rest_when_it_is_back(rig: RelayRig) -> None:
    log = MemoryLog()
    tell(log, 100)
    relay = Running(rig, log, "one", batch=10)
    await relay.told.until(lambda relayed: relayed.position >= 50)
    await rig.stop()
    tell(log, 100)
    await relay.told.until(lambda relayed: relayed.problem is not None)
    await rig.start()
    await relay.told.until(lambda relayed: relayed.position == 200)
    await relay.end()
    await check(rig, log)


async def test_a_feed_that_was_made_anew_is_not_mixed_with_the_old(rig: RelayRig) -> None:
    """Whether the relay is at work, or begun afterwards."""
    log = MemoryLog()
    tell(log, 5)
    relay = Running(rig, log, "one")
    await caught_up(relay, log)
    before = log.behind(0, 5)
    log.rewrite()
    tell(log, 9)
    await relay.end()
    late = Running(rig, log, "two")
    last = await late.told.until(lambda relayed: relayed.is_over)
    assert "begun anew" in (last.problem or "")
    await late.task
    await late.end()
    check_once_in_order(await arrived(rig.broker), before)


async def test_a_feed_that_was_restored_to_an_earlier_state_is_not_taken_for_the_old(rig: RelayRig) -> None:
    log = MemoryLog()
    tell(log, 9)
    outlet = rig.outlet("one")
    parcels = to_send(log.behind(0, 9), await outlet.open(), "one", Position(log.history, 0), log.history)
    await outlet.publish(parcels)
    restored = MemoryLog()
    restored.history = log.history
    tell(restored, 3)
    late = Running(rig, restored, "two")
    last = await late.told.until(lambda relayed: relayed.is_over)
    assert "ends before" in (last.problem or "")
    await late.end()
    await outlet.close()


async def test_events_that_the_feed_no_longer_keeps_are_not_skipped(rig: RelayRig) -> None:
    log = MemoryLog()
    tell(log, 5)
    relay = Running(rig, log, "one")
    await caught_up(relay, log)
    await relay.end()
    tell(log, 5)
    log.prune(7)
    late = Running(rig, log, "two")
    last = await late.told.until(lambda relayed: relayed.is_over)
    assert "no longer kept" in (last.problem or "")
    await late.end()


@pytest.mark.parametrize("pruned", [1, 7, 10])
async def test_a_broker_that_has_nothing_gets_what_the_feed_still_keeps(rig: RelayRig, pruned: int) -> None:
    """Who builds a projection then has the rest from the snapshot."""
    log = MemoryLog()
    tell(log, 10)
    log.prune(pruned)
    relay = Running(rig, log, "one")
    await relay.told.until(lambda relayed: relayed.position == 10 or relayed.is_over)
    tell(log, 1)
    await caught_up(relay, log)
    await relay.end()
    check_once_in_order(await arrived(rig.broker), log.behind(pruned, 11))


async def test_marks_keep_a_place_and_are_no_events(rig: RelayRig) -> None:
    """Before, between and behind events: readers pass over them, and a relay goes on behind them."""
    log = MemoryLog()
    tell(log, 20)
    for number in range(2):
        relay = Running(rig, log, f"relay {number}", mark_s=0.05)
        await caught_up(relay, log)
        tell(log, 10)
        await caught_up(relay, log)
        await asyncio.sleep(0.4)
        await relay.end()
    outlet = rig.outlet("looks")
    # No event is settled when it is written.
    assert [tail.settled for tail in await outlet.open() if tail] == [40, 40, 40]
    await outlet.close()
    late = Running(rig, log, "late")
    last = await late.told.until(lambda relayed: relayed.position == 40)
    assert last.sent == 0
    tell(log, 10)
    await caught_up(late, log)
    await late.end()
    await check(rig, log)


async def test_a_feed_that_fails_is_asked_again(rig: RelayRig) -> None:
    log = MemoryLog()
    tell(log, 5)
    log.is_down = True
    relay = Running(rig, log, "one")
    await relay.told.until(lambda relayed: relayed.problem is not None)
    log.is_down = False
    last = await relay.told.until(lambda relayed: relayed.position == 5)
    assert (last.problem, last.is_over) == (None, False)
    await relay.end()
    await check(rig, log)


async def test_an_outlet_that_is_not_reached_says_so(rig: RelayRig) -> None:
    await rig.stop()
    outlet = rig.outlet("one")
    with pytest.raises(EventsUnavailable) as raised:
        await outlet.open()
    assert "127.0.0.1" not in raised.value.message
    await outlet.close()
    await rig.start()


def test_a_parcel_is_what_a_partition_does_not_have() -> None:
    """The newest position decides, partition by partition."""
    log = MemoryLog()
    tell(log, 30, subjects=6)
    here = Position(log.history, 10)
    every = to_send(log.behind(10, 20), [None, None], "r", here, log.history)
    assert [parcel.stamp.position for parcel in every] == list(range(11, 31))
    assert {parcel.stamp for parcel in every} == {Stamp("r", log.history, number, 10) for number in range(11, 31)}
    tails = [Stamp("r", log.history, 20, 10), None]
    some: list[Parcel] = to_send(log.behind(10, 20), tails, "r", here, log.history)
    assert some == [parcel for parcel in every if parcel.partition == 1 or parcel.stamp.position > 20]
