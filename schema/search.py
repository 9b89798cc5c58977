"""Orders across services, from the projection `orders`: found by what customers, products and orders say together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import strawberry
from graphql import GraphQLError
from strawberry.federation.schema_directives import Cost, Key, ListSize

from gateway.projections.transaction import Row
from gateway.services.rest import BAD_USER_INPUT
from gateway.subgraphs import Info, SubgraphSchema
from resolvers.projections.orders import search
from resolvers.projections.orders.counting import Facets
from resolvers.projections.orders.filters import Key as SortKey
from resolvers.projections.orders.filters import OrderFilter, Range
from resolvers.projections.orders.numbers import categories_in, microseconds, moment
from schema.catalog import Category
from schema.money import from_cents, to_cents
from schema.orders import OrderStatus
from schema.paging import After, Connection, First, asks_for, checked, nodes_by_first, page_info

MOST_VALUES = 100
"""Of a list in a filter."""

_STATUSES = {status.value: status for status in OrderStatus}


@strawberry.enum(description="What orders can be sorted by.")
class OrderSortField(Enum):
    PLACED_AT = "placed_at"
    TOTAL = "total"
    STATUS = strawberry.enum_value("status", description="By its name.")
    COUNTRY = strawberry.enum_value("country", description="The customer's, by its code; unknown ones come first.")
    CATEGORY = strawberry.enum_value("category", description="The first of the order's categories by the alphabet.")


@strawberry.enum(description="Smaller or larger ones first.")
class SortDirection(Enum):
    ASC = "asc"
    DESC = "desc"


@strawberry.input(description="One of the columns that orders are sorted by.")
class OrderSort:
    by: OrderSortField = strawberry.field(description="The column.")
    direction: SortDirection = strawberry.field(default=SortDirection.ASC, description="Which come first.")


@strawberry.input(description="Amounts of money, in units of the currency. All that is given must hold.")
class AmountRange:
    gt: Decimal | None = strawberry.field(default=None, description="More than this.")
    gte: Decimal | None = strawberry.field(default=None, description="At least this.")
    lt: Decimal | None = strawberry.field(default=None, description="Less than this.")
    lte: Decimal | None = strawberry.field(default=None, description="At most this.")


@strawberry.input(description="Moments. All that is given must hold.")
class TimeRange:
    gt: datetime | None = strawberry.field(default=None, description="Later.")
    gte: datetime | None = strawberry.field(default=None, description="Then or later.")
    lt: datetime | None = strawberry.field(default=None, description="Earlier.")
    lte: datetime | None = strawberry.field(default=None, description="Then or earlier.")


@strawberry.input(description="Which orders. All that is given must hold; a list holds when any of it does.")
class OrderSearchFilter:
    country: list[str] | None = strawberry.field(
        default=None, description="Of the customer, ISO 3166-1 alpha-2: `[NO, SE]`."
    )
    category: list[Category] | None = strawberry.field(default=None, description="Of any of the order's products.")
    status: list[OrderStatus] | None = strawberry.field(default=None, description="How far it has come.")
    total: AmountRange | None = strawberry.field(default=None, description="Sum of all its items.")
    placed_at: TimeRange | None = strawberry.field(default=None, description="When it was placed.")


@strawberry.federation.type(keys=[Key(fields="id", resolvable=False)])
class Order:
    id: strawberry.ID


@strawberry.federation.type(keys=[Key(fields="id", resolvable=False)])
class Customer:
    id: strawberry.ID


@strawberry.federation.type(keys=[Key(fields="id", resolvable=False)])
class Product:
    id: strawberry.ID


@strawberry.type(description="One product of an order.")
class OrderViewItem:
    product: Product | None = strawberry.field(description="The product as it is now.")
    quantity: int = strawberry.field(description="How many.")
    unit_price: Decimal = strawberry.field(description="What one cost on that day, in units of the order's `currency`.")


@strawberry.type(description="An order as the search knows it, a moment behind its services, whether they run or not.")
class OrderView:
    id: strawberry.ID = strawberry.field(description="The order's.")
    customer_name: str | None = strawberry.field(description="Null when there is no such customer any more, or yet.")
    customer_country: str | None = strawberry.field(description="ISO 3166-1 alpha-2; null as `customerName`.")
    status: OrderStatus | None = strawberry.field(description="How far it has come.")
    placed_at: datetime = strawberry.field(description="When it was placed.")
    total: Decimal = strawberry.field(description='Sum of all items, in units of `currency`: `"56.70"`.')
    currency: str = strawberry.field(description="ISO 4217.")
    categories: list[Category] = strawberry.field(description="Of its products, by the alphabet.")
    order: Order | None = strawberry.field(description="The order as it is now.")
    customer: Customer | None = strawberry.field(description="Who placed it, as they are now.")
    items: list[OrderViewItem] = strawberry.field(
        directives=[ListSize(assumed_size=5, slicing_arguments=None, sized_fields=None)],
        description="Each product once.",
    )

    @classmethod
    def of(cls, row: Row) -> OrderView:
        return OrderView(
            id=row["id"],
            customer_name=row["name"],
            customer_country=row["country"] or None,
            status=_status(row["status"]),
            placed_at=moment(row["placed_at"]),
            total=from_cents(row["total"]),
            currency=row["currency"],
            categories=[Category(category) for category in categories_in(row["categories"])],
            order=Order(id=row["id"]),
            customer=Customer(id=row["customer_id"]),
            items=[
                OrderViewItem(
                    product=Product(id=strawberry.ID(item.product_id)),
                    quantity=item.quantity,
                    unit_price=from_cents(item.unit_price_cents),
                )
                for item in search.items_of(row)
            ],
        )


@strawberry.type(description="How many orders have a status.")
class StatusCount:
    status: OrderStatus | None = strawberry.field(description="How far they have come.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="How many orders are of customers of a country.")
class CountryCount:
    country: str | None = strawberry.field(description="Null for customers that are not known.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="How many orders contain products of a category.")
class CategoryCount:
    category: Category = strawberry.field(description="Of at least one of their products.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="Counts of what is found, the largest first.")
class OrderFacets:
    is_exact: bool = strawberry.field(
        description="Always, for filters by country, category and status. With others, 10,000 orders are counted at "
        "most: when there are more, this is false and the counts are those of 10,000 of them."
    )
    statuses: list[StatusCount] = strawberry.field(description="By how far they have come.")
    countries: list[CountryCount] = strawberry.field(description="By the customer's country.")
    categories: list[CategoryCount] = strawberry.field(description="By category; an order is in each of its own.")

    @classmethod
    def of(cls, facets: Facets) -> OrderFacets:
        return OrderFacets(
            is_exact=facets.is_exact,
            statuses=[StatusCount(status=_status(name), count=count) for name, count in facets.statuses],
            countries=[CountryCount(country=name or None, count=count) for name, count in facets.countries],
            categories=[CategoryCount(category=Category(name), count=count) for name, count in facets.categories],
        )


@strawberry.type(description="One page of what was found.")
class OrderSearch(Connection[OrderView]):
    total_count: int | None = strawberry.field(
        directives=[Cost(weight=20)],
        description="Orders on all pages; 10,000 when there are more and they had to be counted, as for `facets`. "
        "Ask on the first page only.",
    )
    facets: OrderFacets | None = strawberry.field(
        directives=[Cost(weight=20)], description="Of the orders on all pages. Ask on the first page only."
    )


Filter = Annotated[OrderSearchFilter | None, strawberry.argument(description="Which orders; all, unless given.")]
Text = Annotated[
    str | None,
    strawberry.argument(
        description="Only orders whose customer's and products' names have all these words, without regard to case and "
        "accents. The last one may be the beginning of a word, unless a space follows it."
    ),
]
Sort = Annotated[
    list[OrderSort] | None,
    strawberry.argument(description="By this, then by that; newest first unless given. Decides which are the first."),
]
Arrange = Annotated[
    list[OrderSort] | None,
    strawberry.argument(
        description="The order of the rows within the page, when it is to be another: the 50 newest, largest total "
        "first."
    ),
]


@strawberry.type
class Query:
    @strawberry.field(
        directives=[nodes_by_first],
        description="Orders by what they, their customers and their products say, page by page. From a copy: it is a "
        "moment behind the services, and answers also while they do not.",
    )
    async def search_orders(
        self,
        info: Info,
        filter: Filter = None,
        text: Text = None,
        sort: Sort = None,
        first: First = 20,
        after: After = None,
        arrange: Arrange = None,
    ) -> OrderSearch | None:
        question = search.OrderQuestion(
            filter=_filter(filter, text),
            sort=_keys(sort),
            first=checked(first),
            after=after,
            arrange=_keys(arrange),
            with_count=asks_for(info, "totalCount"),
            with_facets=asks_for(info, "facets"),
        )
        answer = await search.search_orders(info.context, question)
        return OrderSearch(
            nodes=[OrderView.of(row) for row in answer.page.rows],
            page_info=page_info(answer.page.end_cursor),
            total_count=answer.count,
            facets=OrderFacets.of(answer.facets) if answer.facets else None,
        )


def _keys(sort: list[OrderSort] | None) -> Sequence[SortKey]:
    return [SortKey(each.by.value, each.direction is SortDirection.DESC) for each in sort or ()]


def _filter(given: OrderSearchFilter | None, text: str | None) -> OrderFilter:
    words = text if text and not text.isspace() else None
    if given is None:
        return OrderFilter(text=words)
    return OrderFilter(
        countries=_values("country", given.country),
        statuses=_values("status", given.status),
        categories=_values("category", given.category),
        total=_range(given.total, to_cents),
        placed_at=_range(given.placed_at, lambda time: microseconds(time if time.tzinfo else time.replace(tzinfo=UTC))),
        text=words,
    )


def _values(name: str, given: Sequence[str | Enum] | None) -> tuple[str, ...] | None:
    if given is not None and len(given) > MOST_VALUES:
        raise GraphQLError(f"`{name}` may list at most {MOST_VALUES}.", extensions={"code": BAD_USER_INPUT})
    return None if given is None else tuple(str(each.value) if isinstance(each, Enum) else each for each in given)


def _range(given: AmountRange | TimeRange | None, whole: Callable[[Any], int]) -> Range:
    """In whole numbers."""
    if given is None:
        return Range()
    lows = [whole(given.gte) if given.gte is not None else None, whole(given.gt) + 1 if given.gt is not None else None]
    highs = [whole(given.lte) if given.lte is not None else None, whole(given.lt) - 1 if given.lt is not None else None]
    return Range(
        max((low for low in lows if low is not None), default=None),
        min((high for high in highs if high is not None), default=None),
    )


def _status(name: str) -> OrderStatus | None:
    """None for one that the graph does not know."""
    return _STATUSES.get(name)


schema = SubgraphSchema(query=Query)
