"""The catalog service in the graph: Product, how to find products, and the command on their prices."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry.scalars import JSON

from gateway.subgraphs import Info, Keys, SubgraphSchema, each_found, lookup
from resolvers import catalog
from resolvers.catalog import Category
from schema.commands import IdempotencyKey
from schema.money import from_cents, to_cents
from schema.paging import After, Connection, First, by_first, checked, nodes_by_first, page_info

strawberry.enum(Category, name="ProductCategory", description="Departments of the shop.")

OfCategory = Annotated[Category | None, strawberry.argument(description="Only products of this department.")]


@strawberry.federation.type(keys=["id"], description="Something that the shop sells.")
class Product:
    id: strawberry.ID = strawberry.field(description="For instance `p-00042`.")
    sku: str | None = strawberry.field(description="The warehouse's name for it.")
    name: str | None = strawberry.field(description="What it is called in the shop.")
    category: Category | None = strawberry.field(description="Its department.")
    price: Decimal | None = strawberry.field(description='What one costs today, in units of `currency`: `"18.90"`.')
    currency: str | None = strawberry.field(description="Of `price`, ISO 4217.")
    attributes: JSON | None = strawberry.field(description="An object whose members differ by category.")

    @classmethod
    def of(cls, row: catalog.ProductRow) -> Product:
        return Product(
            id=strawberry.ID(row.id),
            sku=row.sku,
            name=row.name,
            category=row.category,
            price=from_cents(row.price.amount_cents),
            currency=row.price.currency,
            attributes=JSON(row.attributes),
        )

    @classmethod
    async def resolve_references(cls, info: Info, keys: Keys) -> list[Product | None]:
        return each_found(cls.of, await catalog.find_products(info.context, [key["id"] for key in keys]))


@strawberry.type
class Query:
    @strawberry.field(directives=[lookup], description="The product with this id.")
    async def product(self, info: Info, id: strawberry.ID) -> Product | None:
        row = await catalog.find_product(info.context, id)
        return Product.of(row) if row else None

    @strawberry.field(directives=[by_first], description="The first products, by id.")
    async def products(self, info: Info, first: First = 20, category: OfCategory = None) -> list[Product] | None:
        return (await _page(info, first, None, category)).nodes

    @strawberry.field(directives=[nodes_by_first], description="All products, by id, page by page.")
    async def products_connection(
        self, info: Info, first: First = 20, after: After = None, category: OfCategory = None
    ) -> Connection[Product] | None:
        return await _page(info, first, after, category)


async def _page(info: Info, first: int, after: str | None, category: Category | None) -> Connection[Product]:
    page = await catalog.list_products(info.context, checked(first), after, category)
    return Connection(nodes=[Product.of(row) for row in page.items], page_info=page_info(page.next))


@strawberry.type
class Mutation:
    @strawberry.mutation(
        description='Change what a product costs, in units of its currency: `"18.90"`. '
        "Errors: `NOT_FOUND`, `INVALID_BODY`, `BAD_USER_INPUT`."
    )
    async def change_price(
        self, info: Info, id: strawberry.ID, price: Decimal, idempotency_key: IdempotencyKey = None
    ) -> Product | None:
        return Product.of(await catalog.change_price(info.context, id, to_cents(price), idempotency_key))


schema = SubgraphSchema(query=Query, mutation=Mutation)
