"""Searching for orders: what is asked, and all of it answered in one look at the projection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from gateway.projections.store import Reading
from gateway.projections.transaction import Row
from gateway.services.request import RequestContext
from resolvers.projections.orders.counting import Facets, count_orders, read_facets
from resolvers.projections.orders.filters import Key, OrderFilter
from resolvers.projections.orders.finding import Finder
from resolvers.projections.orders.model import Item
from resolvers.projections.orders.pages import OrderPage, arrange, read_page
from resolvers.projections.reading import read_projection

_items = msgspec.json.Decoder(list[Item])


@dataclass(frozen=True, slots=True)
class OrderQuestion:
    """sort: decides which orders are on the page. arrange: how they stand on it; as sorted when empty."""

    filter: OrderFilter
    sort: Sequence[Key] = ()
    first: int = 20
    after: str | None = None
    arrange: Sequence[Key] = ()
    with_count: bool = False
    with_facets: bool = False


@dataclass(frozen=True, slots=True)
class OrderAnswer:
    """count, facets: None where they were not asked for."""

    page: OrderPage
    count: int | None
    facets: Facets | None


async def search_orders(context: RequestContext, question: OrderQuestion) -> OrderAnswer:
    """Raises InvalidCursor, and what read_projection raises."""
    return await read_projection(context, "orders", lambda reading: look_for_orders(reading, question))


def look_for_orders(reading: Reading, question: OrderQuestion) -> OrderAnswer:
    """Raises InvalidCursor."""
    finder = Finder(reading, question.filter)
    page = read_page(finder, question.sort, question.first, question.after)
    if question.arrange:
        page = OrderPage(arrange(page.rows, question.arrange), page.end_cursor)
    facets = read_facets(finder) if question.with_facets else None
    count = None
    if question.with_count:
        count = facets.total if facets is not None else count_orders(finder)
    return OrderAnswer(page, count, facets)


def items_of(order: Row) -> list[Item]:
    """Of a row of order_views."""
    return _items.decode(order["items"])
