"""Reports: what orders come to, by country, category and month, or customer, from sums that are kept up to date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from gateway.projections.store import Reading
from gateway.projections.transaction import Row
from resolvers.projections.orders.filters import is_plain
from resolvers.projections.orders.tables import ALL, customer_summaries, customers, order_views, revenue

DIMENSIONS = ("country", "category", "month")
AMOUNTS = ("revenue", "pieces", "orders")


@dataclass(frozen=True, slots=True)
class RevenueQuery:
    """by: some of DIMENSIONS, in the order in which rows are sorted. Lists as in OrderFilter.

    from_month, to_month: `2026-09`, both included. largest_first: by revenue, instead of by `by`. first: rows at most.
    """

    by: tuple[str, ...]
    countries: tuple[str, ...] | None = None
    categories: tuple[str, ...] | None = None
    from_month: str | None = None
    to_month: str | None = None
    largest_first: bool = False
    first: int = 200


@dataclass(frozen=True, slots=True)
class RevenueReport:
    """rows: what they are by, and AMOUNTS. total: AMOUNTS of all rows, also of those that `first` cut off.

    `orders` is None where categories are put together: an order may be in several.
    """

    rows: Sequence[Row]
    total: Row


def read_revenue(reading: Reading, query: RevenueQuery) -> RevenueReport:
    """Without cancelled orders."""
    statement = _summed(query, query.by).having(func.sum(revenue.c.orders) > 0)
    by = [revenue.c[name].asc() for name in query.by]
    if query.largest_first:
        by.insert(0, func.sum(revenue.c.revenue).desc())
    rows = reading.rows(statement.order_by(*by).limit(query.first)) if query.by else ()
    total = reading.get(_summed(query, ())) or {}
    by_category = "category" in query.by
    return RevenueReport(
        [_row(row, query.by, query.categories is None or by_category or len(query.categories) == 1) for row in rows],
        _row(total, (), query.categories is None or len(query.categories) == 1),
    )


def _summed(query: RevenueQuery, by: Sequence[str]) -> Select[Any]:
    columns = revenue.c
    conditions: list[ColumnElement[bool]] = []
    if query.categories is not None:
        conditions.append(columns.category.in_(query.categories))
    elif "category" in by:
        conditions.append(columns.category != ALL)
    else:
        conditions.append(columns.category == ALL)
    if query.countries is not None:
        conditions.append(columns.country.in_([code for code in query.countries if is_plain(code)]))
    if query.from_month is not None:
        conditions.append(columns.month >= query.from_month)
    if query.to_month is not None:
        conditions.append(columns.month <= query.to_month)
    sums = [func.sum(columns[name]).label(name) for name in AMOUNTS]
    grouped = [columns[name] for name in by]
    return select(*grouped, *sums).where(*conditions).group_by(*grouped)


def _row(row: Row, by: Sequence[str], orders_add_up: bool) -> Row:
    """PostgreSQL sums whole numbers up to decimals."""
    amounts: dict[str, Any] = {name: int(row.get(name) or 0) for name in AMOUNTS}
    if not orders_add_up:
        amounts["orders"] = None
    return {name: row[name] for name in by} | amounts


def read_summaries(reading: Reading, customer_ids: Sequence[str]) -> dict[str, Row]:
    """A row of customer_summaries for each of these customers that there is, or that has ordered.

    With `last_order` and `last_order_at`, the newest one's id and time; all but the id may be None, for nothing yet.
    """
    newest = (
        select(order_views.c.id)
        .where(order_views.c.customer_id == customers.c.id)
        .order_by(order_views.c.placed_at.desc(), order_views.c.id.desc())
        .limit(1)
        .scalar_subquery()
        .label("last_order")
    )
    latest = select(func.max(order_views.c.placed_at)).where(order_views.c.customer_id == customers.c.id)
    statement = (
        select(customers.c.id, customer_summaries, newest, latest.scalar_subquery().label("last_order_at"))
        .select_from(customers.outerjoin(customer_summaries, customer_summaries.c.customer_id == customers.c.id))
        .where(customers.c.id.in_([id for id in customer_ids if is_plain(id)]))
    )
    return {row["id"]: row for row in reading.rows(statement)}
