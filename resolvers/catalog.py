"""Products, from the catalog service."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Any

import msgspec

from gateway.services.request import RequestContext
from gateway.services.rest import PageLoader, RowLoader, RowPage
from resolvers.commands import give
from resolvers.ids import ID, in_path


class Category(Enum):
    BOOKS = "books"
    ELECTRONICS = "electronics"
    HOME = "home"
    GARDEN = "garden"
    TOYS = "toys"
    SPORTS = "sports"
    CLOTHING = "clothing"
    BEAUTY = "beauty"
    GROCERY = "grocery"
    TOOLS = "tools"


class Price(msgspec.Struct):
    amount_cents: int
    currency: str


class ProductRow(msgspec.Struct):
    id: str
    sku: str
    name: str
    category: Category
    price: Price
    attributes: dict[str, Any]


class Products(RowLoader[ProductRow]):
    service, path, row, key_form = "catalog", "/products", ProductRow, ID


class ProductPages(PageLoader[ProductRow]):
    service, path, row = "catalog", "/products", ProductRow


async def find_product(context: RequestContext, id: str) -> ProductRow | None:
    return await context.loader(Products).load(id)


async def find_products(context: RequestContext, ids: Sequence[str]) -> list[ProductRow | Exception | None]:
    """One result for each id, in their order."""
    return await context.loader(Products).load_each(ids)


async def list_products(
    context: RequestContext, first: int, after: str | None, category: Category | None
) -> RowPage[ProductRow]:
    name = category.value if category else None
    return await context.loader(ProductPages).page(limit=first, cursor=after, category=name)


async def change_price(context: RequestContext, id: str, amount_cents: int, key: str | None) -> ProductRow:
    """Raises SourceRefused: NOT_FOUND, INVALID_BODY."""
    path = f"/products/{in_path(id)}/price"
    return await give(context, "catalog", path, {"amount_cents": amount_cents}, key=key, decode_as=ProductRow)
