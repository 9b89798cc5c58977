"""A transaction is what its handler believes it is, however late its rows are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from gateway.projections.store import RowRefused, Store, Writer
from gateway.projections.transaction import Transaction
from tests.unit.projections.plain import PlainWriter
from tests.unit.projections.stores.shop import Place, order, orders, revenue, shop, statuses

MAY = {"country": "NO", "month": 5}


@pytest.fixture(params=["while building", "once built"])
def writer(request: pytest.FixtureRequest, home: Place, store: Store) -> Writer:
    made = home.write(store, store.create(shop()))
    if request.param == "once built":
        made.finish_build()
    return made


def test_rows_come_back_as_they_were_put(writer: Writer) -> None:
    """With the types of their columns, before and after they are stored."""
    row = order(1, "PLACED", 7, is_paid=True, weight=1.5, details={"æ": [1, None, "x"]})
    empty = order(2)
    with writer.transaction() as tx:
        tx.put(orders, row)
        tx.put(orders, empty)
        assert tx.get(orders, "o-1") == row
        assert list(tx.rows(select(orders).order_by(orders.c.number))) == [row, empty]
    with writer.transaction() as tx:
        assert tx.get(orders, "o-1") == row
        assert tx.get(orders, "o-2") == empty
        assert tx.get(orders, "o-3") is None


def test_a_row_is_replaced_and_removed(writer: Writer) -> None:
    with writer.transaction() as tx:
        tx.put(orders, order(1, "PLACED"))
        tx.put(orders, order(1, "CONFIRMED"))
        tx.put(orders, order(2))
        tx.delete(orders, "o-2")
        tx.delete(orders, "never")
    with writer.transaction() as tx:
        assert statuses(tx) == {"o-1": "CONFIRMED"}
        tx.put(orders, order(1, "SHIPPED"))  # unseen, so the store has to find out
        tx.delete(orders, "o-1")
        tx.put(orders, order(1, "AGAIN"))
    with writer.transaction() as tx:
        assert statuses(tx) == {"o-1": "AGAIN"}


def test_what_was_done_is_seen(writer: Writer) -> None:
    """By every statement that follows, also one that looks for it in a subquery or through an alias."""
    with writer.transaction() as tx:
        tx.put(orders, order(1, total=10))
        tx.put(orders, order(2, total=30))
        large = select(orders.c.id).where(orders.c.total > 20)
        assert [row["id"] for row in tx.rows(large)] == ["o-2"]
        tx.put(orders, order(3, total=50))
        other = orders.alias()
        inner = select(other.c.id).where(other.c.id.in_(large)).order_by(other.c.number)
        assert [row["id"] for row in tx.rows(inner)] == ["o-2", "o-3"]
        assert tx.run(update(orders).where(orders.c.total > 20).values(status="LARGE")) == 2
        assert (tx.get(orders, "o-1") or {})["status"] == "PLACED"
        assert (tx.get(orders, "o-3") or {})["status"] == "LARGE"
        tx.put(orders, order(1, total=60))
        assert tx.run(delete(orders).where(orders.c.total > 55)) == 1
        assert tx.get(orders, "o-1") is None


def test_amounts_add_up(writer: Writer) -> None:
    """Whether the row is there, was just put, was removed, or is not known."""
    key = (MAY["country"], MAY["month"])
    with writer.transaction() as tx:
        tx.add(revenue, MAY, {"orders": 1, "total": 10})
        tx.add(revenue, MAY, {"orders": 1, "total": 5})
        tx.add(revenue, MAY, {"total": -1})
        tx.add(revenue, {**MAY, "month": 6}, {"orders": 1})
        assert tx.get(revenue, *key) == {**MAY, "orders": 2, "total": 14, "note": None}
    with writer.transaction() as tx:
        tx.add(revenue, MAY, {"orders": 1, "total": 100})  # not known
    with writer.transaction() as tx:
        assert (tx.get(revenue, *key) or {})["total"] == 114
        tx.add(revenue, MAY, {"total": 1})  # known
        tx.put(revenue, {**MAY, "month": 6, "orders": 9, "total": 9, "note": "put"})
        tx.add(revenue, {**MAY, "month": 6}, {"total": 1})  # just put
    with writer.transaction() as tx:
        rows = {row["month"]: (row["orders"], row["total"], row["note"]) for row in tx.rows(select(revenue))}
        assert rows == {5: (3, 115, None), 6: (9, 10, "put")}
        tx.add(revenue, MAY, {"total": 1})
        tx.delete(revenue, *key)
        tx.add(revenue, MAY, {"total": 2})  # removed
        assert tx.get(revenue, *key) == {**MAY, "orders": 0, "total": 2, "note": None}


def test_many_rows_are_read_at_once(writer: Writer) -> None:
    with writer.transaction() as tx:
        for number in range(1, 51):
            tx.put(orders, order(number, total=number))
    with writer.transaction() as tx:
        tx.put(orders, order(50, total=5000))
        tx.prefetch(orders, [(f"o-{number}",) for number in range(1, 101)])
        found = [tx.get(orders, f"o-{number}") for number in range(1, 101)]
        assert [row["total"] for row in found if row] == [*range(1, 50), 5000]


def test_rows_are_found_whoever_put_them(home: Place, store: Store, writer: Writer) -> None:
    """By the next owner, and behind a transaction that failed; larger keys and smaller ones than were seen yet."""
    with writer.transaction() as tx:
        for number in (5, 1, 9):
            tx.put(orders, order(number))
        tx.add(revenue, MAY, {"orders": 1})
    writer.close()
    again = home.write(store, writer.generation)
    for _ in range(2):
        with suppress(LookupError), again.transaction() as tx:
            assert [tx.get(orders, f"o-{number}") is not None for number in (0, 1, 4, 5, 9)] == [0, 1, 0, 1, 1]
            assert (tx.get(revenue, "NO", 5) or {})["orders"] == 1
            tx.put(orders, order(99))
            raise LookupError


def test_an_exception_undoes_everything(writer: Writer) -> None:
    def fail() -> None:
        with writer.transaction() as tx:
            tx.put(orders, order(1))
            statuses(tx)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with writer.transaction() as tx:
        assert statuses(tx) == {}


def test_a_part_can_be_undone(writer: Writer) -> None:
    """What it wrote, and what was only going to be written; with what was known of the rows before."""
    with writer.transaction() as tx:
        tx.put(orders, order(1, "BEFORE"))
        tx.add(revenue, MAY, {"orders": 1})
        with suppress(LookupError), tx.savepoint():
            tx.put(orders, order(1, "INSIDE"))
            tx.put(orders, order(2, "INSIDE"))
            tx.add(revenue, MAY, {"orders": 10})
            assert statuses(tx) == {"o-1": "INSIDE", "o-2": "INSIDE"}
            tx.delete(orders, "o-1")
            raise LookupError
        assert (tx.get(orders, "o-1") or {})["status"] == "BEFORE"
        assert tx.get(orders, "o-2") is None
        with tx.savepoint():
            tx.put(orders, order(3, "KEPT"))
            with suppress(LookupError), tx.savepoint():
                tx.put(orders, order(3, "DEEPER"))
                raise LookupError
        tx.add(revenue, MAY, {"orders": 2})
    with writer.transaction() as tx:
        assert statuses(tx) == {"o-1": "BEFORE", "o-3": "KEPT"}
        assert (tx.get(revenue, "NO", 5) or {})["orders"] == 3


def test_what_a_statement_did_in_a_part_can_be_undone(writer: Writer) -> None:
    """With what was learned of rows while it was done, or that there were none."""
    with writer.transaction() as tx:
        tx.put(orders, order(1, "BEFORE"))
        tx.put(orders, order(2, "BEFORE"))
    with writer.transaction() as tx:
        with suppress(LookupError), tx.savepoint():
            tx.run(update(orders).values(status="INSIDE"))
            assert (tx.get(orders, "o-1") or {})["status"] == "INSIDE"
            tx.run(delete(orders))
            assert tx.get(orders, "o-2") is None
            raise LookupError
        assert (tx.get(orders, "o-1") or {})["status"] == "BEFORE"
        assert (tx.get(orders, "o-2") or {})["status"] == "BEFORE"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda tx: tx.put(orders, {"id": "o-9"}),
        lambda tx: tx.put(orders, {**order(9), "unheard": 1}),
        lambda tx: tx.put(orders, order(9, total=None)),
        lambda tx: tx.put(orders, order(9, total=1 << 70)),
        lambda tx: tx.put(orders, order(9, status={"not": "text"})),
        lambda tx: tx.add(revenue, {"country": "NO"}, {"orders": 1}),
    ],
    ids=["columns missing", "unknown column", "null", "too large", "of another type", "part of a key"],
)
def test_a_row_that_does_not_fit_is_refused(writer: Writer, wrong: Callable[[Transaction], Any]) -> None:
    """Not as a fault of the store, and not later than at the end of its part; the others are stored."""
    with writer.transaction() as tx:
        tx.put(orders, order(1))
        with pytest.raises(RowRefused) as refused, tx.savepoint():
            wrong(tx)
        tx.put(orders, order(2))
    assert "not': 'text" not in refused.value.message
    with writer.transaction() as tx:
        assert set(statuses(tx)) == {"o-1", "o-2"}


def steps() -> st.SearchStrategy[list[tuple[Any, ...]]]:
    number, amount = st.integers(1, 3), st.integers(-5, 5)
    step = st.one_of(
        st.tuples(st.just("put"), number, amount),
        st.tuples(st.just("delete"), number),
        st.tuples(st.just("add"), number, amount),
        st.tuples(st.just("get"), number),
        st.tuples(st.just("rows")),
        st.tuples(st.just("run"), number),
    )
    kind = st.sampled_from(["part", "undone"])
    inner = st.tuples(kind, st.lists(step, max_size=3))
    part = st.tuples(kind, st.lists(st.one_of(step, step, inner), max_size=4))
    end = st.tuples(st.sampled_from(["commit", "abort"]))
    return st.lists(st.one_of(step, step, step, part, end), max_size=20)


def perform(tx: Any, steps: list[tuple[Any, ...]]) -> Iterator[Any]:
    """Do the steps, and tell what each let see."""
    for what, *arguments in steps:
        key = {"country": "NO", "month": arguments[0]} if arguments else {}
        match what:
            case "put":
                tx.put(revenue, {**key, "orders": 1, "total": arguments[1], "note": "put"})
            case "delete":
                tx.delete(revenue, *key.values())
            case "add":
                tx.add(revenue, key, {"total": arguments[1]})
            case "get":
                row = tx.get(revenue, *key.values())
                yield row and (row["orders"], row["total"])
            case "rows":
                yield sorted((row["month"], row["total"]) for row in tx.rows(select(revenue)))
            case "run":
                yield tx.run(update(revenue).where(revenue.c.month > arguments[0]).values(orders=7))
            case "part":
                with tx.savepoint():
                    yield list(perform(tx, arguments[0]))
            case "undone":
                seen: list[Any] = []
                with suppress(ArithmeticError), tx.savepoint():
                    seen = list(perform(tx, arguments[0]))
                    raise ArithmeticError
                yield seen
            case _:
                pass


def outcome(writer: Any, script: list[tuple[Any, ...]]) -> list[Any]:
    seen: list[Any] = []
    rest = list(script)
    while rest:
        end = next((place for place, step in enumerate(rest) if step[0] in {"commit", "abort"}), len(rest))
        with suppress(ArithmeticError), writer.transaction() as tx:
            seen += perform(tx, rest[:end])
            if rest[end:] and rest[end][0] == "abort":
                raise ArithmeticError
        rest = rest[end + 1 :]
    with writer.transaction() as tx:
        seen += perform(tx, [("rows",)])
        tx.run(delete(revenue))
    return seen


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=steps())
def test_any_steps_give_what_a_plain_writer_gives(home: Place, script: list[tuple[Any, ...]]) -> None:
    """One that keeps nothing back, and writes every row as it comes."""
    if not home.writers:
        store = home.open()
        home.write(store, store.create(shop()))
    writer, plain = home.writers[0], PlainWriter(shop())
    try:
        assert outcome(writer, script) == outcome(plain, script)
    finally:
        plain.close()
