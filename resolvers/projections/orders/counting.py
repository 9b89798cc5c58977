"""How many orders there are under a filter: in all, and by status, country and category.

Where the filter asks for countries, statuses and categories only, sums that are kept up to date tell, however many
there are. Otherwise orders are counted one by one, and no more than MOST of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from gateway.projections.transaction import Row
from resolvers.projections.orders.finding import Finder
from resolvers.projections.orders.numbers import categories_in
from resolvers.projections.orders.tables import UNKNOWN, category_counts, mix_counts

MOST = 10_000

Counts = Sequence[tuple[str, int]]
"""Names with how many orders each has, the largest first."""


@dataclass(frozen=True, slots=True)
class Facets:
    """Orders by status, by country and by category, in each of which an order is counted.

    is_exact: False when there are more than MOST orders: then these are the counts of MOST of them.
    """

    total: int
    statuses: Counts
    countries: Counts
    categories: Counts
    is_exact: bool


def count_orders(finder: Finder) -> int:
    """How many there are; MOST when there are more and they had to be counted."""
    filter = finder.filter
    if not filter.is_countable():
        rows = _found(finder)
        return min(len(rows), MOST)
    if filter.categories is None:
        return sum(cell.orders for cell in finder.cells)
    return sum(row["orders"] for row in _by_mix(finder))


def read_facets(finder: Finder) -> Facets:
    """The counts of what the filter leaves."""
    filter = finder.filter
    if filter.is_countable() and filter.categories is None:
        cells = [{"country": cell.country, "status": cell.status, "orders": cell.orders} for cell in finder.cells]
        of_category = category_counts.c
        statement = (
            select(of_category.category, func.sum(of_category.orders).label("orders"))
            .where(*filter.of_place(of_category.country, of_category.status))
            .group_by(of_category.category)
        )
        categories = {row["category"]: int(row["orders"]) for row in finder.reading.rows(statement)}
        return _facets(cells, categories, True)
    if filter.is_countable():
        rows, is_exact = _by_mix(finder), True
    else:
        found = _found(finder)
        rows, is_exact = [{**row, "orders": 1} for row in found[:MOST]], len(found) <= MOST
    categories: Counter[str] = Counter()
    mixes: Counter[int] = Counter()
    for row in rows:
        mixes[row["categories"]] += row["orders"]
    for mix, orders in mixes.items():
        for category in categories_in(mix):
            categories[category] += orders
    return _facets(rows, categories, is_exact)


def _facets(cells: Sequence[Row], categories: Mapping[str, int], is_exact: bool) -> Facets:
    statuses: Counter[str] = Counter()
    countries: Counter[str] = Counter()
    for cell in cells:
        statuses[cell["status"]] += cell["orders"]
        countries[cell["country"]] += cell["orders"]
    known = {category: orders for category, orders in categories.items() if category != UNKNOWN}
    return Facets(statuses.total(), _counts(statuses), _counts(countries), _counts(known), is_exact)


def _counts(orders: Mapping[str, int]) -> Counts:
    return sorted(((name, count) for name, count in orders.items() if count), key=lambda each: (-each[1], each[0]))


def _by_mix(finder: Finder) -> list[Row]:
    """Orders by country, status and mix of categories: each in one row."""
    counts, filter = mix_counts.c, finder.filter
    statement = select(mix_counts).where(
        counts.orders > 0, *filter.of_place(counts.country, counts.status), *filter.of_mix(counts.categories)
    )
    return list(finder.reading.rows(statement))


def _found(finder: Finder) -> list[Row]:
    """Up to MOST + 1 orders, in no order: each one's country, status and categories."""
    places = finder.places({}, by_country=finder.filter.countries is not None)
    if not places:
        return []
    driver = finder.driver(None, places)
    found = finder.found(places, ("country", "status", "categories"), driver, limit=MOST + 1)
    return list(finder.reading.rows(found))
