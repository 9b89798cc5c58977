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
FEW_OF_SEVERAL = 20_000
"""The same when they are to have other words, too: among all there may be none to be found."""

NONE: Sequence[str] = ()
LISTED = 500
"""Products that are listed in a statement; more are looked up by it."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word, or several that only customers' names have.

    customers, products: whose names have it. few: the number of their orders, None when not small.
    """

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
    """The words of a text; the last one may be the beginning of one, unless a space follows it.

    Words that are in no product's name must all be in the customer's: they are one, as rare as all of them together.
    """
    found = words(text)[:MOST_WORDS]
    wanted = [f"{word} " for word in found]
    if wanted and not text[-1].isspace():
        wanted[-1] = found[-1]
    products_of = {word: _read_products(reading, word) for word in wanted}
    several = {word: held for word, held in products_of.items() if held is not NONE}
    names = "".join(word for word in wanted if word not in several)
    # Whether one word's orders are many is for the page to find out; of several, hardly any may have all.
    most = FEW_OF_SEVERAL if len(several) + bool(names) > 1 else FEW
    of_names = [_read_word(reading, names, NONE, most)] if names else []
    return of_names + [_read_word(reading, word, held, most) for word, held in several.items()]


def _read_products(reading: Reading, word: str) -> Sequence[str] | Select[Any]:
    """The products whose name has a word; a statement that selects them when they are many."""
    product_ids = select(products.c.id).where(products.c.number.in_(matches(product_names, word, reading.dialect)))
    listed = [row["id"] for row in reading.rows(product_ids.limit(LISTED + 1))]
    if not listed:
        return NONE
    return listed if len(listed) <= LISTED else product_ids


def _read_word(reading: Reading, word: str, held: Sequence[str] | Select[Any], most: int) -> Word:
    """held: the products whose name has it. most: how many orders are still few."""
    of_customers = matches(customer_names, word, reading.dialect)
    found = Word(select(customers.c.id).where(customers.c.number.in_(of_customers)), held, None)
    orders = found.orders().limit(most + 1).subquery()
    row = reading.get(select(func.count().label("orders")).select_from(orders))
    count = row["orders"] if row else 0
    return Word(found.customers, held, count if count <= most else None)
