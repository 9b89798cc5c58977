"""What orders come to, from the projection `orders`: by country, category and month, and for one customer."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import strawberry
from graphql import GraphQLError
from strawberry.federation.schema_directives import Key, ListSize

from gateway.projections.transaction import Row
from gateway.services.rest import BAD_USER_INPUT
from gateway.subgraphs import Info, SubgraphSchema
from resolvers.orders import OrderStatus as Status
from resolvers.projections.orders import summaries
from resolvers.projections.orders.numbers import moment
from resolvers.projections.orders.reports import RevenueQuery, read_revenue
from resolvers.projections.reading import read_projection
from schema.catalog import Category
from schema.money import from_cents

MOST_ROWS = 1000
_CATEGORIES = {category.value: category for category in Category}
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@strawberry.federation.type(keys=[Key(fields="id", resolvable=False)])
class Order:
    id: strawberry.ID


@strawberry.type(description="How many orders a customer has, by how far they have come.")
class OrderCounts:
    placed: int = strawberry.field(description="Not confirmed yet.")
    confirmed: int = strawberry.field(description="Confirmed, and not on their way yet.")
    shipped: int = strawberry.field(description="On their way.")
    delivered: int = strawberry.field(description="Delivered.")
    returned: int = strawberry.field(description="Sent back.")
    cancelled: int = strawberry.field(description="Cancelled.")
    total: int = strawberry.field(description="All of them.")

    @classmethod
    def of(cls, row: Row) -> OrderCounts:
        counts: dict[str, int] = {status.value: row[status.value] or 0 for status in Status}
        return OrderCounts(**counts, total=sum(counts.values()))


@strawberry.type(description="A customer's orders, summed up.")
class CustomerSummary:
    customer: Customer | None = strawberry.field(description="Whose orders.")
    lifetime_value: Decimal = strawberry.field(description="What they come to, in EUR, without cancelled ones.")
    orders: OrderCounts = strawberry.field(description="How many there are.")
    last_order: Order | None = strawberry.field(description="The newest one, whatever became of it.")
    last_order_at: datetime | None = strawberry.field(description="When that was placed.")

    @classmethod
    def of(cls, row: Row) -> CustomerSummary:
        return CustomerSummary(
            customer=Customer(id=row["id"]),
            lifetime_value=from_cents(row["lifetime"] or 0),
            orders=OrderCounts.of(row),
            last_order=Order(id=row["last_order"]) if row["last_order"] else None,
            last_order_at=moment(row["last_order_at"]) if row["last_order"] else None,
        )


@strawberry.federation.type(keys=["id"])
class Customer:
    id: strawberry.ID

    @strawberry.field(description="The customer's orders, summed up; null when nothing is known of the customer yet.")
    async def summary(self, info: Info) -> CustomerSummary | None:
        row = await info.context.loader(summaries.Summaries).load(self.id)
        return CustomerSummary.of(row) if row else None


@strawberry.enum(description="What revenue is told apart by.")
class RevenueDimension(Enum):
    COUNTRY = "country"
    CATEGORY = "category"
    MONTH = "month"


@strawberry.enum(description="How rows of revenue are sorted.")
class RevenueOrder(Enum):
    DIMENSIONS = strawberry.enum_value("dimensions", description="By the columns of `by`, one after the other.")
    REVENUE = strawberry.enum_value("revenue", description="The largest first.")


@strawberry.input(description="Which orders, or which parts of them. All that is given must hold.")
class RevenueFilter:
    country: list[str] | None = strawberry.field(default=None, description="Of the customer, ISO 3166-1 alpha-2.")
    category: list[Category] | None = strawberry.field(default=None, description="Only what was sold of these.")
    from_month: str | None = strawberry.field(default=None, description="The first month, `2026-01`, UTC.")
    to_month: str | None = strawberry.field(default=None, description="The last month.")


@strawberry.type(description="What was sold, at the prices of the day, without cancelled orders.")
class Revenue:
    revenue: Decimal = strawberry.field(description="In EUR.")
    pieces: int = strawberry.field(description="How many pieces.")
    orders: int | None = strawberry.field(
        description="Null where several categories of a filter are put together, for an order may be in each of them."
    )

    @classmethod
    def amounts(cls, row: Row) -> dict[str, Any]:
        return {"revenue": from_cents(row["revenue"]), "pieces": row["pieces"], "orders": row["orders"]}


@strawberry.type(description="Revenue of one country, category and month, as far as these are told apart.")
class RevenueRow(Revenue):
    country: str | None = strawberry.field(description="Null also for customers that are not known.")
    category: Category | None = strawberry.field(description="Null also for products that are not known.")
    month: str | None = strawberry.field(description="`2026-09`, UTC.")

    @classmethod
    def of(cls, row: Row) -> RevenueRow:
        return RevenueRow(
            **cls.amounts(row),
            country=row.get("country") or None,
            category=_CATEGORIES.get(row.get("category", "")),
            month=row.get("month"),
        )


@strawberry.type(description="What was sold.")
class RevenueReport:
    rows: list[RevenueRow] = strawberry.field(description="Those with orders only.")
    total: Revenue = strawberry.field(description="Of all rows, also of those that are behind `first`.")


By = Annotated[
    list[RevenueDimension],
    strawberry.argument(description="What rows are told apart by, and sorted; without any, there is only the total."),
]
Filter = Annotated[RevenueFilter | None, strawberry.argument(description="Which orders; all, unless given.")]
Rows = Annotated[int, strawberry.argument(description=f"How many rows at most: 1 to {MOST_ROWS}.")]

rows_by_first = ListSize(assumed_size=None, slicing_arguments=["first"], sized_fields=["rows"])


@strawberry.type
class Query:
    @strawberry.field(
        directives=[rows_by_first], description="What was sold, by country, category and month, in any combination."
    )
    async def revenue_report(
        self,
        info: Info,
        by: By,
        filter: Filter = None,
        order: RevenueOrder = RevenueOrder.DIMENSIONS,
        first: Rows = 200,
    ) -> RevenueReport | None:
        query = _query(by, filter or RevenueFilter(), order, first)
        report = await read_projection(info.context, "orders", lambda reading: read_revenue(reading, query))
        return RevenueReport(
            rows=[RevenueRow.of(row) for row in report.rows], total=Revenue(**Revenue.amounts(report.total))
        )

    @strawberry.field(description="The orders of the customer with this id, summed up.")
    async def customer_summary(self, info: Info, id: strawberry.ID) -> CustomerSummary | None:
        row = await info.context.loader(summaries.Summaries).load(id)
        return CustomerSummary.of(row) if row else None


def _query(by: list[RevenueDimension], filter: RevenueFilter, order: RevenueOrder, first: int) -> RevenueQuery:
    if not 1 <= first <= MOST_ROWS:
        raise _refused(f"`first` must be from 1 to {MOST_ROWS}.")
    for month in (filter.from_month, filter.to_month):
        if month is not None and not _MONTH.fullmatch(month):
            raise _refused("A month is written `2026-09`.")
    return RevenueQuery(
        by=tuple(dict.fromkeys(dimension.value for dimension in by)),
        countries=None if filter.country is None else tuple(filter.country),
        categories=None if filter.category is None else tuple(category.value for category in filter.category),
        from_month=filter.from_month,
        to_month=filter.to_month,
        largest_first=order is RevenueOrder.REVENUE,
        first=first,
    )


def _refused(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": BAD_USER_INPUT})


schema = SubgraphSchema(query=Query)
