"""The customers service in the graph: Customer, how to find customers, and the commands on them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from msgspec.structs import asdict

from gateway.subgraphs import Info, Keys, SubgraphSchema, each_found, lookup
from resolvers import customers
from resolvers.customers import Segment, Tier
from schema.commands import IdempotencyKey
from schema.paging import After, Connection, First, by_first, checked, nodes_by_first, page_info

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

    @strawberry.field(directives=[by_first], description="The first customers, by id.")
    async def customers(self, info: Info, first: First = 20, country: Country = None) -> list[Customer] | None:
        return (await _page(info, first, None, country)).nodes

    @strawberry.field(directives=[nodes_by_first], description="All customers, by id, page by page.")
    async def customers_connection(
        self, info: Info, first: First = 20, after: After = None, country: Country = None
    ) -> Connection[Customer] | None:
        return await _page(info, first, after, country)


async def _page(info: Info, first: int, after: str | None, country: str | None) -> Connection[Customer]:
    page = await customers.list_customers(info.context, checked(first), after, country)
    return Connection(nodes=[Customer.of(row) for row in page.items], page_info=page_info(page.next))


@strawberry.input(description="A customer to be registered.")
class RegisterCustomerInput:
    name: str = strawberry.field(description="Full name, not empty.")
    email: str = strawberry.field(description="Where mail reaches the customer.")
    country: str = strawberry.field(description="ISO 3166-1 alpha-2: `DE`.")
    city: str = strawberry.field(description="Where the customer lives.")
    segment: Segment = strawberry.field(default=Segment.CONSUMER, description="Whom the customer buys for.")


@strawberry.type
class Mutation:
    @strawberry.mutation(description="Register a customer. Errors: `INVALID_BODY`.")
    async def register_customer(
        self, info: Info, input: RegisterCustomerInput, idempotency_key: IdempotencyKey = None
    ) -> Customer | None:
        new = customers.NewCustomer(input.name, input.email, input.country, input.city, input.segment)
        return Customer(**asdict(await customers.register_customer(info.context, new, idempotency_key)))

    @strawberry.mutation(description="Give a customer another name. Errors: `NOT_FOUND`, `INVALID_BODY`.")
    async def rename_customer(
        self, info: Info, id: strawberry.ID, name: str, idempotency_key: IdempotencyKey = None
    ) -> Customer | None:
        return Customer(**asdict(await customers.rename_customer(info.context, id, name, idempotency_key)))

    @strawberry.mutation(
        description="Forget who a customer is: afterwards there is no such customer, only the id in orders, tickets "
        "and reviews. Again changes nothing. Answers the id. Errors: `NOT_FOUND`."
    )
    async def erase_customer(
        self, info: Info, id: strawberry.ID, idempotency_key: IdempotencyKey = None
    ) -> strawberry.ID | None:
        return strawberry.ID(await customers.erase_customer(info.context, id, idempotency_key))


schema = SubgraphSchema(query=Query, mutation=Mutation)
