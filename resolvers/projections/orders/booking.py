"""An order's share in every sum: what it adds, and takes away again when it changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from gateway.projections.transaction import Row, Transaction
from resolvers.orders import OrderStatus
from resolvers.projections.orders.model import Item
from resolvers.projections.orders.numbers import moment
from resolvers.projections.orders.tables import (
    ALL,
    category_counts,
    customer_summaries,
    mix_counts,
    order_counts,
    revenue,
)

_STATUSES = tuple(status.value for status in OrderStatus)
_CANCELLED = OrderStatus.CANCELLED.value
_DAY = 24 * 3600 * 1_000_000
"""In microseconds."""

Categories = Mapping[str, str]
"""Of the products of an order."""


def book(tx: Transaction, order: Row, items: Sequence[Item], categories: Categories, sign: int) -> None:
    """Add the order's share to all sums; with sign -1, take it away. order: a row of order_views."""
    book_status(tx, order, set(categories.values()), sign)
    if order["status"] != _CANCELLED:
        book_revenue(tx, order, items, categories, sign)


def book_status(tx: Transaction, order: Row, categories: set[str], sign: int) -> None:
    """Its share in what counts orders by status."""
    place = {"country": order["country"], "status": order["status"]}
    tx.add(order_counts, place, {"orders": sign})
    tx.add(mix_counts, {"categories": order["categories"], **place}, {"orders": sign})
    for category in categories:
        tx.add(category_counts, {"category": category, **place}, {"orders": sign})
    if order["status"] in _STATUSES:
        tx.add(customer_summaries, {"customer_id": order["customer_id"]}, {order["status"]: sign})


def book_revenue(tx: Transaction, order: Row, items: Sequence[Item], categories: Categories, sign: int) -> None:
    """Its share in what orders come to, as if it were not cancelled."""
    tx.add(customer_summaries, {"customer_id": order["customer_id"]}, {"lifetime": sign * order["total"]})
    shares: dict[str, dict[str, int]] = {}
    for item in items:
        for category in (ALL, categories[item.product_id]):
            share = shares.setdefault(category, {"revenue": 0, "pieces": 0, "orders": sign})
            share["revenue"] += sign * item.quantity * item.unit_price_cents
            share["pieces"] += sign * item.quantity
    month = month_of(order["placed_at"])
    for category, share in shares.items():
        place: dict[str, Any] = {"category": category, "country": order["country"], "month": month}
        tx.add(revenue, place, share)


def month_of(time: int) -> str:
    """`2026-09`, UTC. time: microseconds since 1970."""
    return _month_of_day(time // _DAY)


@lru_cache(maxsize=10_000)
def _month_of_day(day: int) -> str:
    """day: since 1970. Orders of a day come together, and writing a date costs a tenth of booking one."""
    return moment(day * _DAY).strftime("%Y-%m")
