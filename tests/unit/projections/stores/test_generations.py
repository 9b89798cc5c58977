"""Generations are built, promoted and dropped beside each other; a query is answered by exactly one of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, select

from gateway.projections import bookkeeping
from gateway.projections.projection import Projection
from gateway.projections.store import Generation, NotBuilt, Reading, State, Store, StoreError
from tests.unit.projections.stores.shop import Place, order, orders, revenue, served, shop


def test_a_generation_goes_from_building_to_kept(home: Place, store: Store) -> None:
    first = store.create(shop())
    assert (first.number, first.version, first.state, first.promoted_at) == (1, 1, State.BUILDING, None)
    with pytest.raises(NotBuilt):
        served(store)
    with pytest.raises(StoreError):
        store.promote(first)
    assert store.mark_ready(first).state is State.READY
    promoted = store.promote(first)
    assert promoted.state is State.LIVE
    assert promoted.promoted_at is not None
    assert store.promote(first) == promoted
    assert store.mark_ready(first).state is State.LIVE
    second = home.live(store, order(2))
    other = store.create(shop(name="reports"))
    assert [(each.number, each.state) for each in store.generations("orders")] == [(1, State.KEPT), (2, State.LIVE)]
    assert store.generations() == [*store.generations("orders"), other]
    assert store.promote(first).state is State.LIVE
    assert [each.state for each in store.generations("orders")] == [State.LIVE, State.KEPT]
    assert second.made_at.tzinfo is not None


def test_another_process_sees_the_same(home: Place, store: Store) -> None:
    home.live(store, order(1, "SEEN"))
    other = home.open()
    assert served(other) == {"o-1": "SEEN"}
    home.live(other, order(1, "NEWER"))
    assert served(store) == {"o-1": "NEWER"}
    assert store.generations() == other.generations()


def test_nothing_is_needed_before_it_is_used(store: Store) -> None:
    """A gateway may be up before the first worker."""
    assert store.generations() == []
    with pytest.raises(NotBuilt):
        served(store)


def test_code_reads_the_generation_of_its_own_version(home: Place, store: Store) -> None:
    """Old and new code run side by side, before and after the new one is promoted."""
    home.live(store, order(1, "OLD"))
    building = store.create(shop(2))
    with pytest.raises(NotBuilt):
        served(store, version=2)
    writer = home.write(store, building)
    with writer.transaction() as tx:
        tx.put(orders, order(1, "NEW"))
    writer.finish_build()
    ready = store.mark_ready(building)
    assert (served(store, 1), served(store, 2)) == ({"o-1": "OLD"}, {"o-1": "NEW"})
    store.promote(ready)
    assert (served(store, 1), served(store, 2)) == ({"o-1": "OLD"}, {"o-1": "NEW"})


def test_a_generation_can_be_asked_for(home: Place, store: Store) -> None:
    first = home.live(store, order(1, "FIRST"))
    home.live(store, order(1, "SECOND"))
    assert served(store, generation=first) == {"o-1": "FIRST"}


def test_code_with_other_tables_of_the_same_version_is_told_so(home: Place, store: Store) -> None:
    generation = home.live(store, order(1))
    tables = MetaData()
    Table("orders", tables, Column("id", Integer, primary_key=True))
    changed = Projection("orders", version=1, tables=tables, streams=("orders",))
    fresh = home.open()
    with pytest.raises(StoreError, match="needs a new version"):
        fresh.read(changed, lambda reading: reading.rows(select(func.count())))
    with pytest.raises(StoreError, match="needs a new version"):
        fresh.writer(generation, changed, "test")


def test_a_look_sees_one_moment(home: Place, store: Store) -> None:
    """What is committed between two of its statements is not there for the second."""
    generation = home.live(store, order(1))
    writer = home.write(store, generation)

    def look(reading: Reading) -> tuple[int, int]:
        count = select(func.count().label("n")).select_from(orders)
        first = (reading.get(count) or {})["n"]
        with writer.transaction() as tx:
            tx.put(orders, order(2))
        return first, (reading.get(count) or {})["n"]

    assert store.read(shop(), look) == (1, 1)
    assert len(served(store)) == 2
    assert store.read(shop(), lambda reading: reading.get(select(orders).where(orders.c.id == "none"))) is None


def test_a_look_that_fails_keeps_no_moment(home: Place, store: Store) -> None:
    """Whoever gets its connection next sees what is there then."""
    generation = home.live(store, order(1))
    writer = home.write(store, generation)

    def fail(reading: Reading) -> None:
        reading.get(select(orders))
        raise LookupError

    for number in range(2, 15):
        with pytest.raises(LookupError):
            store.read(shop(), fail)
        with writer.transaction() as tx:
            tx.put(orders, order(number))
        assert len(served(store)) == number


def test_a_look_cannot_write(home: Place, store: Store) -> None:
    home.live(store, order(1))
    harmful: Any = orders.delete()
    with pytest.raises(StoreError):
        store.read(shop(), lambda reading: reading.rows(harmful))
    assert len(served(store)) == 1


def test_dropped_is_gone(home: Place, store: Store) -> None:
    """A number is not given again: who still knows the old one must not meet another."""
    first = home.live(store, order(1, "FIRST"))
    with pytest.raises(StoreError, match="live"):
        store.drop(first)
    second = home.live(store, order(1, "SECOND"))
    store.drop(first)
    store.drop(first)
    assert store.generations() == [second]
    fresh = home.open()
    for refused in (
        lambda: served(store, generation=first),
        lambda: served(fresh, generation=first),
        lambda: home.write(store, first),
        lambda: store.promote(first),
        lambda: store.mark_ready(first),
        lambda: store.edit(shop(), first, lambda tx: tx.delete(orders, "o-1")),
    ):
        with pytest.raises(StoreError):
            refused()
    store.drop(store.create(shop()))
    assert store.create(shop()).number == 4


def test_a_reader_may_go_on_with_what_is_dropped(home: Place, store: Store) -> None:
    """And the drop ends, once it has."""
    first = home.live(store, *(order(number, "FIRST") for number in range(100)))
    home.live(store, order(1, "SECOND"))
    other = home.open()
    threads: list[threading.Thread] = []

    def look(reading: Reading) -> int:
        reading.get(select(revenue))  # and no other table yet
        threads.append(threading.Thread(target=lambda: other.drop(first)))
        threads[0].start()
        threads[0].join(0.3)
        return len(reading.rows(select(orders).order_by(orders.c.status, orders.c.total)))

    assert store.read(shop(), look, first) == 100
    threads[0].join(10)
    assert not threads[0].is_alive()
    with pytest.raises(StoreError):
        served(home.open(), generation=first)


def while_reading(read: Callable[[], object], work: Callable[[], None], readers: int = 4) -> tuple[int, list[Any]]:
    """Read all the time in some threads, until the work is done. Gives how often, and what went wrong."""
    done = threading.Event()
    counts, wrong = [0] * readers, list[Any]()

    def go(reader: int) -> None:
        while not done.is_set():
            try:
                read()
            except Exception as error:
                wrong.append(error)
            counts[reader] += 1

    threads = [threading.Thread(target=go, args=(reader,)) for reader in range(readers)]
    for thread in threads:
        thread.start()
    try:
        work()
    finally:
        done.set()
        for thread in threads:
            thread.join()
    return min(counts), wrong


def test_promoting_and_dropping_disturb_no_reader(home: Place, store: Store) -> None:
    """No read fails, none finds rows of two generations, and none an older one than it found before."""
    rows = 40
    home.live(store, *(order(number, "1") for number in range(rows)))
    other = home.open()
    newest = threading.local()

    def read() -> None:
        found = served(other)
        numbers = {int(status) for status in found.values()}
        assert len(found) == rows
        assert len(numbers) == 1
        assert min(numbers) >= getattr(newest, "number", 0)
        newest.number = min(numbers)

    def work() -> None:
        for _ in range(5):
            live = store.generations("orders")[-1]
            home.live(store, *(order(number, str(live.number + 1)) for number in range(rows)))
            store.drop(live)

    count, wrong = while_reading(read, work)
    assert wrong == []
    assert count > 5
    assert set(served(other).values()) == {"6"}


def test_marks_can_be_left_by_others(home: Place, store: Store) -> None:
    """While somebody owns it, and in turn with them; in one that is still being built as well."""
    generation = store.create(shop())
    writer = home.write(store, generation)
    with writer.transaction() as tx:
        tx.put(orders, order(1))
    other = home.open()

    def mark(total: int) -> int:
        def change(tx: Any) -> int:
            row = tx.get(orders, "o-1")
            tx.put(orders, {**row, "total": row["total"] + total})
            return row["total"]

        return other.edit(shop(), generation, change)

    assert (mark(1), mark(1)) == (100, 101)
    writer.finish_build()
    threads = [threading.Thread(target=mark, args=(1,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(10):
        with writer.transaction() as tx:
            row = tx.get(orders, "o-1") or {}
            tx.put(orders, {**row, "total": row["total"] + 1})
    for thread in threads:
        thread.join()
    with writer.transaction() as tx:
        assert (tx.get(orders, "o-1") or {})["total"] == 100 + 2 + 4 + 10

    mark(1)
    with writer.transaction() as tx:  # what it knew of the row is not true any more
        assert (tx.get(orders, "o-1") or {})["total"] == 117

    def fail(tx: Any) -> None:
        tx.delete(orders, "o-1")
        raise LookupError

    with pytest.raises(LookupError):
        other.edit(shop(), generation, fail)
    assert len(served(store, generation=generation)) == 1


def test_bookkeeping_is_beside_the_rows(home: Place, store: Store) -> None:
    generation = home.live(store)
    version = {"stream": "orders", "subject": "o-1", "version": 3, "life": 0}
    with home.write(store, generation).transaction() as tx:
        tx.put(bookkeeping.versions, version)
    assert store.read(shop(), lambda reading: reading.rows(select(bookkeeping.versions))) == [version]


def test_a_store_can_be_closed_and_used_again(home: Place, store: Store) -> None:
    """Closing gives back connections; what needs one later makes it."""
    generation = home.live(store, order(1))
    store.close()
    store.close()
    assert len(served(store)) == 1
    with pytest.raises(StoreError):
        store.create(replace_name(shop(), "../orders"))
    assert store.generations() == [generation]


def replace_name(projection: Projection, name: str) -> Projection:
    return Projection(name, version=1, tables=projection.tables, streams=projection.streams)


def test_a_generation_made_by_nobody_is_not_there(home: Place, store: Store) -> None:
    made = home.live(store)
    ghost: Generation = replace(made, number=77)
    with pytest.raises(StoreError):
        served(store, generation=ghost)
