"""The customers service in the graph: Customer, and how to find customers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from msgspec.structs import asdict

from gateway.subgraphs import Info, Keys, SubgraphSchema, each_found, lookup
from resolvers import customers
from resolvers.customers import Segment, Tier
from schema.paging import After, Connection, First, checked, page_info

strawberry.enum(Segment, name="CustomerSegment", description="Whom the customer buys for.")
strawberry.enum(Tier, name="CustomerTier", description="How good a customer it is.")

Country = Annotated[
    str | None, strawberry.argument(description="Only customers of this country, ISO 3166-1 alpha-2: `DE`.")
]


@strawberry.federation.type(keys=["id"], description="Someone who buys in the shop.")
class Customer:
    id: strawberry.ID = strawberry.field(description="For instance `c-000123`.")
    name: str | None = strawberry.field(description="Full name.")
    email: str | None = strawberry.field(description="Where mail reaches the customer.")
    country: str | None = strawberry.field(description="ISO 3166-1 alpha-2.")
    city: str | None = strawberry.field(description="Where the customer lives.")
    segment: Segment | None = strawberry.field(description="Whom the customer buys for.")
    tier: Tier | None = strawberry.field(description="How good a customer it is.")
    created_at: datetime | None = strawberry.field(description="When the customer signed up.")

    @classmethod
    def of(cls, row: customers.CustomerRow) -> Customer:
        return Customer(**asdict(row))

    @classmethod
    async def resolve_references(cls, info: Info, keys: Keys) -> list[Customer | None]:
        return each_found(cls.of, await customers.find_customers(info.context, [key["id"] for key in keys]))


@strawberry.type
class Query:
    @strawberry.field(directives=[lookup], description="The customer with this id.")
    async def customer(self, info: Info, id: strawberry.ID) -> Customer | None:
        row = await customers.find_customer(info.context, id)
        return Customer.of(row) if row else None

    @strawberry.field(description="The first customers, by id.")
    async def customers(self, info: Info, first: First = 20, country: Country = None) -> list[Customer] | None:
        return (await _page(info, first, None, country)).nodes

    @strawberry.field(description="All customers, by id, page by page.")
    async def customers_connection(
        self, info: Info, first: First = 20, after: After = None, country: Country = None
    ) -> Connection[Customer] | None:
        return await _page(info, first, after, country)


async def _page(info: Info, first: int, after: str | None, country: str | None) -> Connection[Customer]:
    page = await customers.list_customers(info.context, checked(first), after, country)
    return Connection(nodes=[Customer.of(row) for row in page.items], page_info=page_info(page.next))


schema = SubgraphSchema(query=Query)
