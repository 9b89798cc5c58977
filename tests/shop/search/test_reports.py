"""Revenue and customers' summaries are what a brute-force join over the services' own APIs adds up to."""

from __future__ import annotations

from itertools import combinations
from random import Random

import pytest

from resolvers.catalog import Category
from resolvers.orders import OrderStatus
from resolvers.projections.orders.reports import DIMENSIONS, RevenueQuery, read_revenue, read_summaries
from tests.shop.search.copies import Copy
from tests.shop.search.joined import JoinedShop

BY = [by for size in range(4) for by in combinations(DIMENSIONS, size)]
CATEGORIES = tuple(category.value for category in Category)


def query_of(seed: int, by: tuple[str, ...]) -> RevenueQuery:
    random = Random(f"{seed} {by}")
    return RevenueQuery(
        by=tuple(random.sample(by, len(by))),
        countries=random.choice((None, ("DE",), ("NO", "FR", "XX"))),
        categories=random.choice((None, ("books",), tuple(random.sample(CATEGORIES, 3)))),
        from_month=random.choice((None, "2025-03")),
        to_month=random.choice((None, "2026-08")),
        first=10_000,
    )


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("seed", range(6))
def test_revenue_is_what_orders_come_to(seed: int, by: tuple[str, ...], shop_copy: Copy, joined: JoinedShop) -> None:
    """By any combination, under any filter, without cancelled orders; and the total of all rows."""
    query = query_of(seed, by)
    report = shop_copy.read(lambda reading: read_revenue(reading, query))
    expected = joined.revenue(query)
    adds_up = query.categories is None or len(query.categories) == 1
    found = {tuple(row[name] for name in query.by): row for row in report.rows}
    if by:
        assert list(found) == sorted(expected)
    for place, row in found.items():
        revenue, pieces, ids = expected[place]
        orders = len(ids) if adds_up or "category" in by else None
        assert (row["revenue"], row["pieces"], row["orders"]) == (revenue, pieces, orders)
    every = {id for _, _, ids in expected.values() for id in ids}
    assert report.total["revenue"] == sum(revenue for revenue, _, _ in expected.values())
    assert report.total["orders"] == (len(every) if adds_up else None)


def test_the_largest_come_first_and_the_total_is_of_all(shop_copy: Copy, joined: JoinedShop) -> None:
    query = RevenueQuery(by=("country",), largest_first=True, first=3)
    report = shop_copy.read(lambda reading: read_revenue(reading, query))
    expected = sorted(((revenue, place) for place, (revenue, _, _) in joined.revenue(query).items()), reverse=True)
    assert len(expected) > 3
    assert [(row["revenue"], (row["country"],)) for row in report.rows] == expected[:3]
    assert report.total["revenue"] == sum(revenue for revenue, _ in expected)


def test_summaries_are_what_customers_orders_add_up_to(shop_copy: Copy, joined: JoinedShop) -> None:
    """Of every customer, also of those who have not ordered; of nobody else."""
    found = shop_copy.read(lambda reading: read_summaries(reading, [*joined.customers, "c-nobody"]))
    assert set(found) == set(joined.customers)
    assert any(not joined.orders_of(id) for id in found)
    for id, row in found.items():
        orders = joined.orders_of(id)
        newest = max(orders, key=lambda order: (order["placed_at"], order["id"]), default=None)
        assert (row["lifetime"] or 0) == sum(order["total"] for order in orders if order["status"] != "cancelled")
        assert row["last_order"] == (newest and newest["id"])
        assert row["last_order_at"] == (newest and newest["placed_at"])
        for status in OrderStatus:
            assert (row[status.value] or 0) == sum(order["status"] == status.value for order in orders)
