"""Each event is applied once, in the order of its aggregate, whatever order events come in and however often."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.events import Event, Position, SnapshotPage
from gateway.projections import bookkeeping
from gateway.projections.policy import Policy
from gateway.projections.projector import Projector
from tests.unit.projections.plain import PlainWriter, Tables
from tests.unit.projections.shelf import Shelf, batch, changed, event, events, made, of

SIX = events(("t1", made()), *(("t1", changed(status)) for status in "abcde"))
LOST = events(("t1", made()), *(("t1", changed(status)) for status in "abcd"), ("t1", ("thing.lost.v1", {})))
TWO = events(
    ("t1", made("o1", 5)), ("t2", made("o1", 7)), ("t1", changed("a")), ("t2", changed("b")), ("t1", changed("c"))
)

# Made once: thousands of runs need a store.
shelf = Shelf()
writer = PlainWriter(shelf.projection)


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    writer.close()


@contextmanager
def following() -> Iterator[tuple[Projector, PlainWriter]]:
    """A projector at the beginning of a stream."""
    writer.clear()
    projector = Projector(shelf.projection, writer, Policy(), clock=lambda: 0.0, jitter=lambda: 1.0)
    projector.begin("stock", {"stock": Position("", 0)})
    yield projector, writer


def applied(batches: Sequence[Sequence[Event]]) -> tuple[Tables, list[tuple[object, ...]]]:
    """Tables, and letters that are left."""
    with following() as (projector, writer):
        for each in batches:
            projector.apply("stock", "stock", batch(each))
        return writer.tables(), writer.rows(bookkeeping.letters)


def test_events_in_their_order_give_these_rows() -> None:
    tables, letters = applied([TWO])
    assert letters == []
    assert tables["things"] == [
        ("t1", "o1", None, 5, "c", "made,a,c"),
        ("t2", "o1", None, 7, "b", "made,b"),
    ]
    assert tables["totals"] == [("o1", 2, 12)]


def test_all_720_orders_of_six_events_give_the_same_rows() -> None:
    """In one batch, and each in a batch of its own."""
    expected = applied([SIX])
    assert expected[0]["things"] == [("t1", "o1", None, 5, "e", "made,a,b,c,d,e")]
    orders = list(itertools.permutations(SIX))
    assert len(orders) == 720
    for order in orders:
        assert applied([order]) == expected
    for order in orders[::24]:
        assert applied([[event] for event in order]) == expected


def test_what_is_gone_does_not_come_back_in_any_order() -> None:
    expected = applied([LOST])
    assert expected[0]["things"] == []
    for order in itertools.islice(itertools.permutations(LOST), 0, None, 7):
        tables, letters = applied([order])
        assert (tables["things"], letters) == ([], [])


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_duplicates_and_interleavings_change_nothing(data: st.DataObject) -> None:
    """Each event comes one to five times, in any order, in batches of any size, about two aggregates."""
    copies = data.draw(st.lists(st.integers(1, 5), min_size=len(TWO), max_size=len(TWO)))
    order = data.draw(st.permutations([event for event, n in zip(TWO, copies, strict=True) for _ in range(n)]))
    size = data.draw(st.integers(1, len(order)))
    batches = [order[first : first + size] for first in range(0, len(order), size)]
    assert applied(batches) == applied([TWO])


def test_an_early_event_waits_for_its_predecessor() -> None:
    first, second, third, *_ = SIX
    with following() as (projector, writer):
        assert projector.apply("stock", "stock", batch([third])).parked == 1
        assert writer.tables()["things"] == []
        assert projector.apply("stock", "stock", batch([second])).parked == 1
        outcome = projector.apply("stock", "stock", batch([first]))
        assert outcome.applied == 3
        assert writer.tables()["things"][0][-1] == "made,a,b"
        assert writer.rows(bookkeeping.letters) == []


def test_unknown_types_are_let_be_but_move_the_position() -> None:
    told = events(("t1", made()), ("t1", ("thing.polished.v1", {})), ("t1", changed("a")))
    with following() as (projector, writer):
        outcome = projector.apply("stock", "stock", batch(told))
        assert (outcome.applied, outcome.ignored, outcome.parked) == (2, 1, 0)
        assert projector.positions() == {"stock": Position("h", 3)}
        assert writer.rows(bookkeeping.versions) == [("stock", "t1", 3, 0)]


def test_two_versions_of_an_event_are_understood_in_one_stream() -> None:
    told = events(("t1", ("thing.made.v1", {"owner": "o1", "price": "7.00"})), ("t2", made("o1", 3)))
    tables, letters = applied([told])
    assert letters == []
    assert [row[3] for row in tables["things"]] == [7, 3]


def test_a_version_that_nobody_knows_is_set_aside() -> None:
    """It is not let be like an unknown name: what it tells would be lost."""
    told = events(("t1", made()), ("t1", ("thing.changed.v9", {"state": "a"})), ("t2", made("o1", 3)))
    with following() as (projector, writer):
        assert projector.apply("stock", "stock", batch(told)).parked == 1
        (letter,) = writer.rows(bookkeeping.letters)
        assert letter[:4] == ("stock", "t1", 2, "thing.changed.v9")
        assert [row[0] for row in writer.tables()["things"]] == ["t1", "t2"]


def test_an_owner_may_come_after_her_things() -> None:
    named = events(("o1", ("owner.named.v1", {"name": "Ada"})))
    rows: list[Tables] = []
    for first, second in ((("stock", TWO), ("people", named)), (("people", named), ("stock", TWO))):
        with following() as (projector, writer):
            projector.begin("people", {"people": Position("", 0)})
            projector.apply(first[0], first[0], batch(first[1]))
            projector.apply(second[0], second[0], batch(second[1]))
            rows.append(writer.tables())
    assert rows[0] == rows[1]
    assert {row[2] for row in rows[0]["things"]} == {"Ada"}


def test_one_transaction_holds_a_batch() -> None:
    with following() as (projector, writer):
        before = writer.commits
        projector.apply("stock", "stock", batch([*TWO, *of(TWO, "t1")]))
        assert writer.commits == before + 1


def test_events_about_what_was_gone_before_the_snapshot_are_passed_over() -> None:
    """They would wait for ever for a predecessor that nobody tells. Behind the snapshot's end they wait."""
    with following() as (projector, writer):
        projector.begin_build("stock", {"stock": Position("h", 2)}, 0)
        projector.fill("stock", SnapshotPage([], Position("h", 4), None))
        old, late = (event(*changed("a")[:1], f"t{at}", 3, changed("a")[1], at) for at in (4, 5))
        outcome = projector.apply("stock", "stock", batch([old, late]))
        assert (outcome.ignored, outcome.parked) == (1, 1)
        assert [row[:3] for row in writer.rows(bookkeeping.letters)] == [("stock", "t5", 3)]
        again = event("thing.changed.v1", "t4", 4, changed("b")[1], 6)
        assert projector.apply("stock", "stock", batch([again])).applied == 1
