"""Full text: which orders have all words of a text in the names of their customer and their products.

Names are stored once, not with each order. So a word is looked up among the customers and among the products, and an
order has it when its customer is among the former or one of its products among the latter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, union_all

from gateway.projections.search import matches, words
from gateway.projections.store import Reading
from resolvers.projections.orders.filters import hidden
from resolvers.projections.orders.tables import (
    customer_names,
    customers,
    order_items,
    order_views,
    product_names,
    products,
)

MOST_WORDS = 8
FEW = 5000
"""Orders that are better looked at one by one than searched for among all."""

LISTED = 500
"""Products that are listed in a statement; more are looked up by it."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word. customers, products: whose names have it. few: the number of their orders, None when not small."""

    customers: Select[Any]
    products: Sequence[str] | Select[Any]
    few: int | None

    def orders(self) -> Select[Any]:
        """Their orders' ids, some of them twice."""
        of_customers = select(order_views.c.id).where(order_views.c.customer_id.in_(self.customers))
        of_products = select(order_items.c.order_id).where(order_items.c.product_id.in_(self.products))
        both = union_all(of_customers, of_products).subquery()
        return select(both.c.id)

    def condition(self, id: ColumnElement[str], customer_id: ColumnElement[str]) -> ColumnElement[bool]:
        """That the order with this id has it."""
        item = order_items.alias()
        held = (
            select(item.c.order_id).where(item.c.order_id == id, hidden(item.c.product_id).in_(self.products)).limit(1)
        )
        # As a value, for each order by itself: of EXISTS, PostgreSQL would rather find all such orders first.
        return or_(customer_id.in_(self.customers), held.scalar_subquery() == id)


def read_words(reading: Reading, text: str) -> Sequence[Word]:
    """The words of a text; the last one may be the beginning of one, unless a space follows it."""
    found = words(text)[:MOST_WORDS]
    last = len(found) - 1
    return [
        _read_word(reading, word + ("" if i == last and not text[-1].isspace() else " "))
        for i, word in enumerate(found)
    ]


def _read_word(reading: Reading, word: str) -> Word:
    of_customers = matches(customer_names, word, reading.dialect)
    of_products = matches(product_names, word, reading.dialect)
    product_ids = select(products.c.id).where(products.c.number.in_(of_products))
    listed = [row["id"] for row in reading.rows(product_ids.limit(LISTED + 1))]
    found = Word(
        select(customers.c.id).where(customers.c.number.in_(of_customers)),
        listed if len(listed) <= LISTED else product_ids,
        None,
    )
    orders = found.orders().limit(FEW + 1).subquery()
    row = reading.get(select(func.count().label("orders")).select_from(orders))
    count = row["orders"] if row else 0
    return Word(found.customers, found.products, count if count <= FEW else None)
