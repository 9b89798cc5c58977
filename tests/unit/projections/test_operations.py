"""What operators may do with generations, and what is refused."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select

from gateway.projections import bookkeeping
from gateway.projections.operations import (
    OperationRefused,
    build,
    described,
    drop,
    letters,
    promote,
    retry,
    rollback,
    skip,
)
from gateway.projections.projection import Projection, ProjectionError
from gateway.projections.reader import ReaderPool
from gateway.projections.status import read_status
from gateway.projections.store import Generation, NotBuilt, Reading, State, Store
from tests.unit.projections.running import QUICK, until, working
from tests.unit.projections.shelf import Shelf, tables, things
from tests.unit.projections.town import Town

pytestmark = pytest.mark.anyio


async def test_promoting_keeps_the_one_before(store: Store, shelf: Shelf, town: Town) -> None:
    town.make("t1")
    first = await build(store, shelf.projection, town, holder="t", policy=QUICK)
    promote(store, shelf.projection)
    second = await build(store, shelf.projection, town, holder="t", policy=QUICK)
    promoted = promote(store, shelf.projection)
    assert (promoted.number, promoted.state) == (second.number, State.LIVE)
    assert [each.state for each in store.generations("shelf")] == [State.KEPT, State.LIVE]
    assert rollback(store, shelf.projection).number == first.number
    assert [each.state for each in store.generations("shelf")] == [State.LIVE, State.KEPT]
    assert drop(store, shelf.projection, second.number).number == second.number


async def test_what_cannot_be_promoted_is_refused(store: Store, shelf: Shelf, town: Town) -> None:
    with pytest.raises(OperationRefused, match="no ready generation"):
        promote(store, shelf.projection)
    store.create(shelf.projection)
    with pytest.raises(OperationRefused, match="is building"):
        promote(store, shelf.projection, number=1)
    with pytest.raises(OperationRefused, match="no kept generation"):
        rollback(store, shelf.projection)
    await build(store, shelf.projection, town, holder="t", policy=QUICK)
    promote(store, shelf.projection)
    with pytest.raises(OperationRefused, match="serves"):
        drop(store, shelf.projection, 1)


async def test_what_has_dead_letters_is_promoted_by_force_only(store: Store, shelf: Shelf, town: Town) -> None:
    shelf.broken = {"bad"}
    town.make("t1")
    async with working(store, [shelf.projection], town):
        await until(lambda: len(store.generations("shelf")) == 1 and store.generations("shelf")[0].state is State.LIVE)
        await build(store, shelf.projection, town, holder="t", policy=QUICK)
        town.change("t1", "bad")
        await until(lambda: len(letters(store, shelf.projection, number=2, state="dead")) == 1)
        with pytest.raises(OperationRefused, match="1 dead letters"):
            promote(store, shelf.projection)
        assert promote(store, shelf.projection, force=True).number == 2


async def test_letters_are_told_without_what_they_hold(store: Store, shelf: Shelf, town: Town) -> None:
    shelf.broken = {"bad"}
    town.make("t1")
    async with working(store, [shelf.projection], town):
        await until(lambda: store.generations("shelf") and store.generations("shelf")[0].state is State.LIVE)
        town.change("t1", "bad")
        await until(lambda: letters(store, shelf.projection, state="dead"))
    (letter,) = letters(store, shelf.projection, stream="stock", subject="t1")
    assert b'"status":"bad"' in letter.event
    told = described(letter)
    assert told["subject"] == "t1"
    assert told["attempts"] == 4
    assert told["retry_at"] is None
    assert "event" not in told
    assert letters(store, shelf.projection, subject="t2") == []
    assert retry(store, shelf.projection, subject="t2") == 0
    assert skip(store, shelf.projection, stream="people", subject="t1", reason="none") == 0


async def test_status_tells_of_everything(store: Store, shelf: Shelf, town: Town) -> None:
    (nothing,) = read_status(store, [shelf.projection])
    assert (nothing.serving, nothing.generations) == (None, [])
    town.make("t1")
    await build(store, shelf.projection, town, holder="t", policy=QUICK)
    store.create(shelf.projection)
    store.create(Shelf(version=2).projection)
    (one,) = read_status(store, [shelf.projection])
    assert (one.name, one.version, one.serving) == ("shelf", 1, 1)
    first, second, other = one.generations
    assert [each.stream for each in first.streams] == ["people", "stock"]
    assert [(each.applied, each.lag_events, each.lag_s) for each in first.streams] == [(0, 0, 0.0), (1, 0, 0.0)]
    assert (first.letters.parked, first.letters.oldest_s, second.streams, other.streams) == (0, None, [], ())


async def test_a_request_reads_one_generation_from_beginning_to_end(store: Store, shelf: Shelf, town: Town) -> None:
    town.make("t1")
    await build(store, shelf.projection, town, holder="t", policy=QUICK)
    promote(store, shelf.projection)
    pool = ReaderPool(store, [shelf.projection], threads=2)
    try:
        reader, later = pool.for_request()["shelf"], pool.for_request()["shelf"]
        assert await asyncio.gather(*(reader.read(number) for _ in range(4))) == [1] * 4
        town.make("t2")
        await build(store, shelf.projection, town, holder="t", policy=QUICK)
        promote(store, shelf.projection)
        assert (await reader.read(number), await later.read(number)) == (1, 2)
        assert [await each.read(count) for each in (reader, later)] == [1, 2]
    finally:
        pool.close()
        pool.close()


class Promoting:
    """A store in which another generation serves after each read that names none."""

    def __init__(self) -> None:
        self.serving = 0

    def read(self, projection: Projection, look: Any, generation: Generation | None = None) -> Any:
        if generation is None:
            self.serving += 1
            generation = Generation(projection.name, self.serving, 1, State.LIVE, datetime.now(UTC))
            time.sleep(0.05)
        return look(SimpleNamespace(generation=generation))


async def test_reads_that_begin_together_meet_one_generation(shelf: Shelf) -> None:
    pool = ReaderPool(cast(Store, Promoting()), [shelf.projection])
    try:
        reader = pool.for_request()["shelf"]
        assert await asyncio.gather(*(reader.read(number) for _ in range(4))) == [1] * 4
    finally:
        pool.close()


async def test_there_is_nothing_to_read_before_a_build(store: Store, shelf: Shelf) -> None:
    pool = ReaderPool(store, [shelf.projection])
    try:
        with pytest.raises(NotBuilt):
            await pool.for_request()["shelf"].read(number)
    finally:
        pool.close()


async def test_a_look_that_ends_an_iterator_fails_and_does_not_hang(store: Store, shelf: Shelf, town: Town) -> None:
    await build(store, shelf.projection, town, holder="t", policy=QUICK)
    pool = ReaderPool(store, [shelf.projection])
    try:
        with pytest.raises(RuntimeError, match="StopIteration"):
            await pool.for_request()["shelf"].read(lambda reading: next(iter(reading.rows(select(things)))))
    finally:
        pool.close()


def number(reading: Reading) -> int:
    return reading.generation.number


def count(reading: Reading) -> int:
    return len(reading.rows(select(things)))


def test_declarations_that_make_no_sense_are_refused() -> None:
    projection = Projection("p", version=1, tables=tables, streams=("stock",))

    def nothing(*_: Any) -> Any:
        return None

    projection.on("stock", "a.b.v2", dict)(nothing)
    with pytest.raises(ProjectionError, match="does not follow 'people'"):
        projection.gone("people", "a.b.v1")(nothing)
    with pytest.raises(ProjectionError, match=r"two handlers for a\.b\.v2"):
        projection.gone("stock", "a.b.v2")(nothing)
    projection.upcast("stock", "a.b.v1", dict, "a.b.v2")(nothing)
    assert projection.event("stock", "a.b.v1") is not None
    projection.upcast("stock", "c.v1", dict, "c.v2")(nothing)
    with pytest.raises(ProjectionError, match=r"no handler for 'c\.v2'"):
        projection.event("stock", "c.v1")
    projection.upcast("stock", "c.v2", dict, "c.v1")(nothing)
    with pytest.raises(ProjectionError, match="in a circle"):
        projection.event("stock", "c.v1")


def test_bookkeeping_has_names_of_its_own() -> None:
    assert all(name.startswith("braid_") for name in bookkeeping.tables.tables)
