"""What events and states do to the projection: the same rows whatever comes first, nothing left of who is erased."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from resolvers.projections.orders.filters import OrderFilter
from resolvers.projections.orders.reports import RevenueQuery, read_revenue, read_summaries
from resolvers.projections.orders.search import OrderQuestion, look_for_orders
from tests.shop.search.conftest import MakeCopy
from tests.shop.search.copies import Copy

KARI = {"id": "c-1", "name": "Kari Nordmann", "country": "NO"}
BOOK = {"id": "p-1", "name": "The Quiet Fjord", "category": "books"}
LAMP = {"id": "p-2", "name": "Oak Lamp", "category": "home"}
ORDER = {
    "id": "o-1",
    "customer_id": "c-1",
    "status": "placed",
    "placed_at": "2026-09-30T23:59:59Z",
    "currency": "EUR",
    "total_cents": 5000,
    "items": [
        {"product_id": "p-1", "quantity": 2, "unit_price_cents": 1500},
        {"product_id": "p-2", "quantity": 1, "unit_price_cents": 2000},
    ],
}

Tell = Callable[[Copy], None]


def kari(copy: Copy) -> None:
    copy.event("customers", "customer.registered.v1", "c-1", KARI)


def book(copy: Copy) -> None:
    copy.state("catalog", "p-1", BOOK)


def lamp(copy: Copy) -> None:
    copy.state("catalog", "p-2", LAMP)


def placed(copy: Copy) -> None:
    copy.event("orders", "order.placed.v1", "o-1", ORDER)


def confirmed(copy: Copy) -> None:
    move(copy, "confirmed", 2)


def move(copy: Copy, status: str, version: int, id: str = "o-1") -> None:
    copy.event("orders", f"order.{status}.v1", id, {"id": id, "customer_id": "c-1", "status": status}, version)


def erase(copy: Copy) -> None:
    copy.event("customers", "customer.erased.v1", "c-1", {"id": "c-1"}, 2)


def tell(copy: Copy, *told: Tell) -> Copy:
    for each in told:
        each(copy)
    return copy


def found(copy: Copy, text: str) -> list[str | None]:
    """The names of the customers of the orders that have this text."""
    question = OrderQuestion(OrderFilter(text=text))
    return [row["name"] for row in copy.read(lambda reading: look_for_orders(reading, question)).page.rows]


def revenue(copy: Copy) -> dict[str, Any]:
    query = RevenueQuery(by=("country", "category", "month"))
    rows = copy.read(lambda reading: read_revenue(reading, query)).rows
    return {f"{row['country']} {row['category']} {row['month']}": row["revenue"] for row in rows}


def test_streams_may_come_in_any_order(make_copy: MakeCopy) -> None:
    """A customer after her order, products after both, a confirmation before either: the same rows, twelve times."""
    orders = [
        told
        for told in permutations((kari, book, lamp, placed, confirmed))
        if told.index(placed) < told.index(confirmed)
    ]
    expected = tell(make_copy().finish(), kari, book, lamp, placed, confirmed).rows()
    assert len(expected["order_views"]) == 1
    for told in orders[1::5]:
        assert tell(make_copy().finish(), *told).rows() == expected, [each.__name__ for each in told]


@pytest.mark.parametrize("status", ["confirmed", "cancelled"])
def test_a_snapshot_is_what_its_events_were(status: str, make_copy: MakeCopy) -> None:
    """An order told as it is now, against one told as it came to be; and once more what is known already."""
    events = tell(make_copy().finish(), kari, book, lamp, placed)
    move(events, status, 2)
    snapshot = tell(make_copy(), kari, book, lamp)
    snapshot.state("orders", "o-1", ORDER | {"status": status}, 2)
    assert snapshot.finish().rows() == events.rows()
    tell(snapshot, kari, book, lamp)
    snapshot.state("orders", "o-1", ORDER | {"status": status}, 2)
    assert snapshot.rows() == events.rows()


def test_an_order_is_repaired_by_its_state(make_copy: MakeCopy) -> None:
    """Whatever was wrong of it, nothing of that is left in any table."""
    right = tell(make_copy().finish(), kari, book, lamp, placed)
    wrong = tell(make_copy().finish(), kari, book, lamp)
    items = [{"product_id": "p-2", "quantity": 9, "unit_price_cents": 1}]
    wrong.state("orders", "o-1", ORDER | {"status": "shipped", "total_cents": 9, "items": items})
    assert wrong.rows() != right.rows()
    placed(wrong)
    assert wrong.rows() == right.rows()


def test_an_order_that_is_not_there_cannot_move(copy: Copy) -> None:
    confirmed(copy)
    assert copy.rows()["order_views"] == []
    assert copy.rows()["order_counts"] == []


def test_a_rename_shows_in_her_orders_and_in_the_search(copy: Copy) -> None:
    tell(copy, kari, book, lamp, placed)
    assert found(copy, "nordmann fjord ") == ["Kari Nordmann"]
    copy.event("customers", "customer.renamed.v1", "c-1", {"id": "c-1", "name": "Kari Ødegård"}, 2)
    assert found(copy, "nordmann") == []
    assert found(copy, "degard fjord ") == []
    assert found(copy, "Ødegård FJORD ") == ["Kari Ødegård"]


def test_who_is_erased_is_in_no_table_and_no_file(copy: Copy, tmp_path: Path, make_copy: MakeCopy) -> None:
    """Her orders stay, of an unknown customer: as in a copy that has never heard of her."""
    tell(copy, kari, book, lamp, placed)
    assert copy.finds("customer_names", "kari") == 1
    assert revenue(copy) == {"NO books 2026-09": 3000, "NO home 2026-09": 2000}
    erase(copy)
    assert found(copy, "kari") == []
    assert found(copy, "fjord") == [None]
    assert copy.finds("customer_names", "kari") == copy.finds("customer_names", "nordmann") == 0
    assert "nordmann" not in repr(copy.rows()).lower()
    assert revenue(copy) == {" books 2026-09": 3000, " home 2026-09": 2000}
    assert copy.rows() == tell(make_copy().finish(), book, lamp, placed).rows()
    for file in (tmp_path / "copy-0").glob("orders-*.db"):
        with sqlite3.connect(file) as database:
            dump = "\n".join(str(row) for row in database.iterdump())
        database.close()
        assert "o-1" in dump
        assert "nordmann" not in dump.lower()


def test_who_is_erased_may_have_no_orders_or_get_one_later(copy: Copy, make_copy: MakeCopy) -> None:
    tell(copy, kari, erase)
    assert copy.rows()["customers"] == []
    tell(copy, book, lamp, placed)
    assert copy.rows() == tell(make_copy().finish(), book, lamp, placed).rows()


@pytest.mark.parametrize("moves", [(), ("confirmed",)])
def test_what_is_cancelled_is_no_revenue(copy: Copy, moves: tuple[str, ...]) -> None:
    """It is counted as cancelled, and was the customer's last order."""
    tell(copy, kari, book, lamp, placed)
    for version, status in enumerate((*moves, "cancelled", "cancelled"), 2):
        move(copy, status, version)
    assert revenue(copy) == {}
    summary = copy.read(lambda reading: read_summaries(reading, ["c-1", "c-2"]))
    assert set(summary) == {"c-1"}
    row = summary["c-1"]
    assert (row["lifetime"], row["placed"], row["confirmed"], row["cancelled"], row["last_order"]) == (
        0,
        0,
        0,
        1,
        "o-1",
    )


def test_a_product_of_another_category_moves_its_orders(make_copy: MakeCopy) -> None:
    """As a service may mend its catalogue; and what is gone is unknown."""
    copy = tell(make_copy().finish(), kari, lamp, placed)
    assert revenue(copy) == {"NO  2026-09": 3000, "NO home 2026-09": 2000}
    copy.state("catalog", "p-1", BOOK | {"category": "toys"})
    assert revenue(copy) == {"NO home 2026-09": 2000, "NO toys 2026-09": 3000}
    book(copy)
    assert copy.rows() == tell(make_copy().finish(), kari, lamp, book, placed).rows()
    copy.gone("catalog", "p-1")
    assert copy.rows() == tell(make_copy().finish(), kari, lamp, placed).rows()
    assert copy.finds("product_names", "fjord") == 0


def test_an_order_that_is_gone_leaves_nothing(make_copy: MakeCopy) -> None:
    copy = tell(make_copy().finish(), kari, book, lamp, placed, confirmed)
    copy.gone("orders", "o-1")
    assert copy.rows() == tell(make_copy().finish(), kari, book, lamp).rows()
