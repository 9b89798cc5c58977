"""A worker follows every generation that it can own, and what is wrong with a source stops nothing else."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import NoReturn

import pytest
from structlog.testing import capture_logs

from gateway.events import Event, Position
from gateway.projections.operations import build, letters, promote, retry, rollback, skip, verify
from gateway.projections.projection import Projection
from gateway.projections.projector import Projector
from gateway.projections.status import GenerationStatus, StreamState, StreamStatus, read_status
from gateway.projections.store import Fenced, Generation, Owned, Reading, State, Store, StoreError
from gateway.projections.stores import open_store
from tests.unit.projections.running import QUICK, tables, until, working
from tests.unit.projections.shelf import Shelf, batch, changed, events, made
from tests.unit.projections.town import Town

pytestmark = pytest.mark.anyio


def status(store: Store, projection: Projection, number: int | None = None) -> GenerationStatus:
    (one,) = read_status(store, [projection])
    wanted = number or one.serving
    return next(each for each in one.generations if each.generation.number == wanted)


def stream(store: Store, projection: Projection, name: str) -> StreamStatus:
    return next(each for each in status(store, projection).streams if each.stream == name)


def states(store: Store, projection: Projection) -> dict[str, StreamState]:
    return {each.stream: each.state for each in status(store, projection).streams}


def is_live(store: Store, projection: Projection) -> bool:
    return any(each.state is State.LIVE for each in store.generations(projection.name))


def is_equal(store: Store, projection: Projection, town: Town, generation: Generation | None = None) -> bool:
    return is_live(store, projection) and tables(store, projection, generation) == town.expected()


def populate(town: Town) -> None:
    town.name("o1", "Ada")
    for number in range(5):
        town.make(f"t{number}", "o1", number)


async def test_what_was_never_built_is_built_and_serves(store: Store, shelf: Shelf, town: Town) -> None:
    """And follows what happens then."""
    populate(town)
    async with working(store, [shelf.projection], town) as worker:
        await until(lambda: is_equal(store, shelf.projection, town))
        town.change("t1", "sold")
        town.name("o1", "Eve")
        await until(lambda: is_equal(store, shelf.projection, town))
        counters = worker.counters["shelf", 1, "stock"]
        await until(lambda: counters.applied == 1)
        assert sum(counters.window.counts) == 1
        assert 0 < counters.window.sum_s < 10


async def test_nothing_is_built_that_nobody_asked_for(store: Store, shelf: Shelf, town: Town) -> None:
    policy = dataclasses.replace(QUICK, auto_build=False)
    async with working(store, [shelf.projection], town, policy):
        await asyncio.sleep(0.3)
        assert store.generations() == []


async def test_an_event_is_there_soon(store: Store, shelf: Shelf, town: Town) -> None:
    """Nothing in its way waits for a look: it is told by the source and committed."""
    policy = dataclasses.replace(QUICK, wait_s=30.0, look_s=5.0)
    populate(town)
    promote(store, shelf.projection, number=(await build(store, shelf.projection, town, holder="t")).number)
    async with working(store, [shelf.projection], town, policy) as worker:
        await until(lambda: ("shelf", 1, "stock") in worker.counters)
        for number in range(20):
            town.change("t1", f"s{number}")
            await asyncio.sleep(0.02)
        window = worker.counters["shelf", 1, "stock"].window
        await until(lambda: sum(window.counts) == 20)
        assert window.sum_s / 20 < 0.5


async def test_what_failed_is_tried_again_when_it_is_due(store: Store, shelf: Shelf, town: Town) -> None:
    """Not only with the next look."""
    policy = dataclasses.replace(QUICK, look_s=300.0)
    populate(town)
    shelf.broken = {"bad"}
    promote(store, shelf.projection, number=(await build(store, shelf.projection, town, holder="t")).number)
    async with working(store, [shelf.projection], town, policy) as worker:
        await until(lambda: ("shelf", 1, "stock") in worker.counters)
        town.change("t1", "bad")
        await until(lambda: status(store, shelf.projection).letters.dead == 1)


async def test_kept_generations_stay_fresh_and_can_serve_again(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    async with working(store, [shelf.projection], town):
        await until(lambda: is_equal(store, shelf.projection, town))
        second = await build(store, shelf.projection, town, holder="operator", policy=QUICK)
        promote(store, shelf.projection)
        first = next(each for each in store.generations("shelf") if each.state is State.KEPT)
        town.change("t2", "sold")
        town.erase("o1")
        for generation in (first, second):
            await until(lambda generation=generation: is_equal(store, shelf.projection, town, generation))
        assert rollback(store, shelf.projection).number == first.number
        assert tables(store, shelf.projection) == town.expected()
        town.change("t3", "sold")
        await until(lambda: is_equal(store, shelf.projection, town))


async def test_only_so_many_are_kept(store: Store, shelf: Shelf, town: Town) -> None:
    async with working(store, [shelf.projection], town):
        await until(lambda: is_live(store, shelf.projection))
        for _ in range(2):
            await build(store, shelf.projection, town, holder="operator", policy=QUICK)
            promote(store, shelf.projection)
        await until(lambda: [each.number for each in store.generations("shelf")] == [2, 3])


async def test_a_second_worker_stands_by_and_takes_over(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    async with working(store, [shelf.projection], town, holder="second") as second:
        await until(lambda: ("shelf", 1, "stock") in second.counters)
        async with working(store, [shelf.projection], town, holder="third") as third:
            await asyncio.sleep(0.3)
            assert not third.counters
            second.stop()
            await until(lambda: ("shelf", 1, "stock") in third.counters)
            town.change("t1", "sold")
            await until(lambda: is_equal(store, shelf.projection, town))
            assert not second.counters


async def test_a_service_that_is_down_stops_nothing_and_loses_nothing(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    projection = shelf.projection
    async with working(store, [projection], town):
        await until(lambda: is_equal(store, projection, town))
        town.services["stock"].log.is_down = True
        await until(lambda: stream(store, projection, "stock").state is StreamState.UNAVAILABLE)
        town.name("o1", "Eve")
        await until(lambda: tables(store, projection)["owners"] == [("o1", "Eve")])
        assert stream(store, projection, "people").state is StreamState.FOLLOWING
        town.change("t1", "sold")
        town.services["stock"].log.is_down = False
        await until(lambda: is_equal(store, projection, town))
        assert stream(store, projection, "stock").state is StreamState.FOLLOWING


async def test_garbage_is_told_and_not_applied(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    projection = shelf.projection
    async with working(store, [projection], town):
        await until(lambda: is_equal(store, projection, town))
        before = stream(store, projection, "stock").applied
        town.services["stock"].is_garbled = True
        town.change("t1", "sold")
        await until(lambda: stream(store, projection, "stock").state is StreamState.MALFORMED)
        assert stream(store, projection, "stock").applied == before
        assert "answered something else" in stream(store, projection, "stock").message
        town.services["stock"].is_garbled = False
        await until(lambda: is_equal(store, projection, town))


async def test_a_feed_that_began_anew_stops_its_stream_alone(store: Store, shelf: Shelf, town: Town) -> None:
    """What was read goes on serving; a new build makes it right again."""
    populate(town)
    projection = shelf.projection
    async with working(store, [projection], town):
        await until(lambda: is_equal(store, projection, town))
        served = tables(store, projection)
        town.services["stock"].rewrite()
        await until(lambda: stream(store, projection, "stock").state is StreamState.REWRITTEN)
        town.make("t9", "o1")
        assert "braid projections build shelf" in stream(store, projection, "stock").message
        assert tables(store, projection)["things"] == served["things"]
        await build(store, projection, town, holder="operator", policy=QUICK)
        promote(store, projection)
        await until(lambda: is_equal(store, projection, town))
        # The other one cannot be kept up to date, so what is to be erased could stay in it.
        await until(lambda: [each.number for each in store.generations("shelf")] == [2])


async def test_partitions_are_read_beside_each_other(store: Store, shelf: Shelf, town: Town) -> None:
    """Each from a checkpoint of its own; a build and a verification know all of them."""
    town.partitions = 3
    populate(town)
    projection = shelf.projection
    async with working(store, [projection], town):
        await until(lambda: is_equal(store, projection, town))
        for number in range(5):
            town.change(f"t{number}", "sold")
        await until(lambda: is_equal(store, projection, town))
        names = [each.stream for each in status(store, projection).streams]
        assert names == [f"{name}/{number}" for name in ("people", "stock") for number in range(3)]
        assert (await verify(store, projection, town)).is_right
    town.partitions = 2
    async with working(store, [projection], town):
        await until(lambda: stream(store, projection, "stock/0").state is StreamState.FOLLOWING)
    town.partitions = 4
    async with working(store, [projection], town):
        await until(lambda: "stock/3" in states(store, projection))
        await until(lambda: states(store, projection)["stock/3"] is StreamState.REWRITTEN)


async def test_a_checkpoint_beyond_the_head_stops_the_stream(store: Store, shelf: Shelf, town: Town) -> None:
    """A service that was restored to an earlier state would give positions a second time."""
    populate(town)
    projection = shelf.projection
    async with working(store, [projection], town):
        await until(lambda: is_equal(store, projection, town))
    stock = town.services["stock"]
    history, events = stock.log.history, stock.log.behind(0, 3)
    stock.rewrite()
    restored(town, history, events)
    async with working(store, [projection], town):
        await until(lambda: stream(store, projection, "stock").state is StreamState.REWRITTEN)


def restored(town: Town, history: str, events: list[Event]) -> None:
    log = town.services["stock"].log
    for event in events:
        log.append(event.type, event.subject, bytes(event.data))
    log.history = history


async def test_a_feed_that_forgot_the_next_events_stops_the_stream(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    projection = shelf.projection
    async with working(store, [projection], town):
        await until(lambda: is_equal(store, projection, town))
    town.change("t1", "sold")
    town.change("t2", "sold")
    town.services["stock"].log.prune(town.services["stock"].log.head - 1)
    async with working(store, [projection], town):
        await until(lambda: stream(store, projection, "stock").state is StreamState.PRUNED)
        assert "braid projections build shelf" in stream(store, projection, "stock").message


async def test_letters_are_retried_and_skipped_by_the_worker(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    projection = shelf.projection
    shelf.broken = {"bad", "worse"}
    async with working(store, [projection], town):
        await until(lambda: is_equal(store, projection, town))
        town.change("t1", "bad")
        town.change("t2", "worse")
        town.change("t3", "good")
        await until(lambda: status(store, projection).letters.dead == 2)
        assert status(store, projection).letters.oldest_s is not None
        assert [each.subject for each in letters(store, projection, state="dead")] == ["t1", "t2"]
        assert shelf.calls.count(("t1", 2)) == 4
        assert {row[0]: row[4] for row in tables(store, projection)["things"]}["t3"] == "good"
        shelf.broken = {"worse"}
        assert retry(store, projection, stream="stock", subject="t1") == 1
        await until(lambda: status(store, projection).letters.dead == 1)
        assert skip(store, projection, stream="stock", subject="t2", reason="known") == 1
        await until(lambda: status(store, projection).letters.skipped == 1)
        assert status(store, projection).letters.parked == 0
        town.change("t2", "good")
        await until(lambda: _history(store, projection, "t2") == "made,good")
        assert _history(store, projection, "t1") == "made,bad"


def _history(store: Store, projection: Projection, id: str, generation: Generation | None = None) -> str:
    return next(row[-1] for row in tables(store, projection, generation)["things"] if row[0] == id)


async def test_a_projection_with_too_many_letters_stops_until_there_is_room(
    store: Store, shelf: Shelf, town: Town
) -> None:
    populate(town)
    projection = shelf.projection
    shelf.broken = {"bad"}
    async with working(
        store, [projection], town, dataclasses.replace(QUICK, max_parked=2, attempts=1, batch=1, catching_up=1)
    ):
        await until(lambda: is_equal(store, projection, town))
        for number in range(4):
            town.change(f"t{number}", "bad")
        await until(lambda: stream(store, projection, "stock").state is StreamState.STOPPED)
        assert status(store, projection).letters.parked == 2
        shelf.broken = set()
        retry(store, projection)
        await until(lambda: is_equal(store, projection, town))
        assert stream(store, projection, "stock").state is StreamState.FOLLOWING


async def test_lag_is_told(store: Store, shelf: Shelf, town: Town) -> None:
    populate(town)
    projection = shelf.projection
    async with working(store, [projection], town):
        await until(lambda: is_equal(store, projection, town))
        assert stream(store, projection, "stock").lag_s == 0
        town.services["stock"].log.is_down = True
        await until(lambda: (stream(store, projection, "stock").lag_s or 0) > 0.2)


async def test_a_generation_of_other_code_is_let_be(store: Store, shelf: Shelf, town: Town) -> None:
    """Its own worker may still run beside this one. What this one serves is built beside."""
    populate(town)
    newer = Shelf(version=2)
    async with working(store, [shelf.projection], town):
        await until(lambda: is_equal(store, shelf.projection, town))
        async with working(store, [newer.projection], town, holder="newer"):
            await until(lambda: len(store.generations("shelf")) == 2)
            await until(lambda: store.generations("shelf")[1].state is State.LIVE)
            town.change("t1", "sold")
            for projection in (shelf.projection, newer.projection):
                await until(lambda projection=projection: tables(store, projection) == town.expected())
        assert store.read(shelf.projection, _number) == 1
        assert store.read(newer.projection, _number) == 2


def _number(reading: Reading) -> int:
    return reading.generation.number


async def test_a_build_that_fails_rests_and_tells_it_once(store: Store, shelf: Shelf, town: Town) -> None:
    """Somebody who looks for what is wrong must find it, and the service not be asked all the time."""
    populate(town)
    people = town.services["people"]
    faults = 0

    def fail() -> NoReturn:
        nonlocal faults
        faults += 1
        raise StoreError("the disk is full")

    town.between = [fail] * 1000
    with capture_logs() as logs:
        async with working(store, [shelf.projection], town):
            await until(lambda: faults >= 4)
            town.between = []
            await until(lambda: is_equal(store, shelf.projection, town))
    told = [entry["event"] for entry in logs]
    assert told.count("projection stands still") == 1
    assert told.count("projection is being built") == 1
    assert people.asked.count("page") < 50


async def test_who_was_taken_over_while_asleep_writes_nothing(store: Store, shelf: Shelf, tmp_path: Path) -> None:
    """What it read before it fell asleep is not applied behind what the new owner did."""
    asleep = open_store(tmp_path / "store", lease_s=0.2)
    generation = asleep.create(shelf.projection)
    zombie = Projector(shelf.projection, asleep.writer(generation, shelf.projection, "zombie"), QUICK)
    zombie.begin("stock", {"stock": Position("h", 0)})
    told = events(("t1", made()), ("t1", changed("a")))
    await until(lambda: _takes(store, generation, shelf, told), "the lease's end")
    with pytest.raises(Fenced):
        zombie.apply("stock", "stock", batch(told[:1]))
    with pytest.raises(Fenced):
        zombie.attend()
    zombie.writer.close()
    asleep.close()
    assert _history(store, shelf.projection, "t1", generation) == "made,a"


def _takes(store: Store, generation: Generation, shelf: Shelf, told: list[Event]) -> bool:
    try:
        writer = store.writer(generation, shelf.projection, "heir")
    except Owned:
        return False
    heir = Projector(shelf.projection, writer, QUICK)
    assert heir.positions() == {"stock": Position("h", 0)}
    heir.apply("stock", "stock", batch(told))
    writer.close()
    return True
