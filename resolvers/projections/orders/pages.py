"""Pages of orders under a filter, in any order, read on by cursor: nothing is counted or skipped to get to a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product, takewhile
from operator import itemgetter

from sqlalchemy import select

from gateway.projections.transaction import Row
from resolvers.projections.orders.cursors import Values, read_cursor, write_cursor
from resolvers.projections.orders.filters import Key
from resolvers.projections.orders.finding import Finder, Place
from resolvers.projections.orders.tables import category_counts, customers, order_views

GROUPING = ("country", "status", "category")
"""Columns of few values. Sorted by these first, orders are read group by group."""

NEWEST_FIRST = (Key("placed_at", descending=True),)


@dataclass(frozen=True, slots=True)
class OrderPage:
    """rows: of order_views, with the customer's `name`. end_cursor: None on the last page."""

    rows: Sequence[Row]
    end_cursor: str | None


def complete(sort: Sequence[Key]) -> tuple[Key, ...]:
    """The sort as one that no two orders are equal by. A column that comes again says nothing."""
    keys: dict[str, Key] = {}
    for key in sort or NEWEST_FIRST:
        keys.setdefault(key.column, key)
    if not keys.keys() & {"placed_at", "total"}:
        keys["placed_at"] = NEWEST_FIRST[0]
    last = list(keys.values())[-1]
    return (*keys.values(), Key("id", last.descending))


def read_page(finder: Finder, sort: Sequence[Key], first: int, after: str | None) -> OrderPage:
    """The first orders by the sort behind the cursor. Raises InvalidCursor."""
    keys = complete(sort)
    values = read_cursor(keys, after) if after is not None else None
    found: list[Row] = []
    for group, behind in _groups(finder, keys, values):
        found += _read_group(finder, group, keys, behind, first + 1 - len(found))
        if len(found) > first:
            found = found[:first]
            return OrderPage(found, write_cursor(keys, [found[-1][key.column] for key in keys]))
    return OrderPage(found, None)


def arrange(rows: Sequence[Row], sort: Sequence[Key]) -> Sequence[Row]:
    """The same rows in another order; rows that are equal by it stay as they were."""
    arranged = list(rows)
    for key in reversed(sort):
        arranged.sort(key=itemgetter(key.column), reverse=key.descending)
    return arranged


def _read_group(finder: Finder, group: Place, keys: Sequence[Key], after: Values | None, limit: int) -> Sequence[Row]:
    keys = [key for key in keys if key.column not in group]
    places = _places(finder, group)
    if not places:
        return ()
    driver = finder.driver(keys[0].column, places)
    columns = [key.column for key in keys]
    page = finder.found(places, columns, driver, keys=keys, after=after, limit=limit).subquery()
    # Outer joins, that nothing is looked at before the page: there is such an order, and it has a customer.
    joined = page.outerjoin(order_views, order_views.c.id == page.c.id).outerjoin(
        customers, customers.c.id == order_views.c.customer_id
    )
    statement = select(order_views, customers.c.name).select_from(joined)
    return finder.reading.rows(statement.order_by(*(key.by(page.c.__getitem__) for key in keys)))


def _places(finder: Finder, group: Place) -> Sequence[Place]:
    return finder.places(group, by_country=finder.filter.countries is not None or "country" in group)


def _groups(finder: Finder, keys: Sequence[Key], values: Values | None) -> Iterator[tuple[Place, Values | None]]:
    """What the leading keys of few values can be, in their order, from where the cursor is on.

    Each with what of the cursor's values is left for the keys within the group.
    """
    leading = list(takewhile(lambda key: key.column in GROUPING, keys))
    # What is fetched as a whole is sorted as a whole.
    if leading and finder.driver(None, _places(finder, {})) is not None:
        leading = []
    choices = [_values_of(finder, key) for key in leading]
    start = tuple(values[: len(leading)]) if values is not None else None
    is_behind = start is None
    for group in product(*choices):
        if not is_behind and group == start:
            is_behind = True
            assert values is not None
            yield _place(leading, group), values[len(leading) :]
        elif is_behind or _is_behind(leading, group, start):
            yield _place(leading, group), None


def _values_of(finder: Finder, key: Key) -> Sequence[str]:
    if key.column == "category":
        found = finder.reading.rows(select(category_counts.c.category).distinct())
        values = {row["category"] for row in found}
    else:
        values = {getattr(cell, key.column) for cell in finder.cells}
    return sorted(values, reverse=key.descending)


def _place(leading: Sequence[Key], group: Sequence[str]) -> Place:
    return {key.column: value for key, value in zip(leading, group, strict=True)}


def _is_behind(leading: Sequence[Key], group: Sequence[str], start: Sequence[int | str] | None) -> bool:
    """Also where the cursor's own group is no longer there."""
    assert start is not None
    for key, value, began in zip(leading, group, start, strict=True):
        if value != began:
            return (value < str(began)) if key.descending else (value > str(began))
    return False
