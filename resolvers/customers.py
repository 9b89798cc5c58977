"""Customers, from the customers service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

import msgspec

from gateway.services.request import RequestContext
from gateway.services.rest import PageLoader, RowLoader, RowPage
from resolvers.commands import give
from resolvers.ids import ID, in_path


class Segment(Enum):
    CONSUMER = "consumer"
    BUSINESS = "business"


class Tier(Enum):
    STANDARD = "standard"
    SILVER = "silver"
    GOLD = "gold"


class CustomerRow(msgspec.Struct):
    id: str
    name: str
    email: str
    country: str
    city: str
    segment: Segment
    tier: Tier
    created_at: datetime


class NewCustomer(msgspec.Struct):
    name: str
    email: str
    country: str
    city: str
    segment: Segment


class ErasedRow(msgspec.Struct):
    id: str


class Customers(RowLoader[CustomerRow]):
    service, path, row, key_form = "customers", "/customers", CustomerRow, ID


class CustomerPages(PageLoader[CustomerRow]):
    service, path, row = "customers", "/customers", CustomerRow


async def find_customer(context: RequestContext, id: str) -> CustomerRow | None:
    return await context.loader(Customers).load(id)


async def find_customers(context: RequestContext, ids: Sequence[str]) -> list[CustomerRow | Exception | None]:
    """One result for each id, in their order."""
    return await context.loader(Customers).load_each(ids)


async def list_customers(
    context: RequestContext, first: int, after: str | None, country: str | None
) -> RowPage[CustomerRow]:
    return await context.loader(CustomerPages).page(limit=first, cursor=after, country=country)


async def register_customer(context: RequestContext, customer: NewCustomer, key: str | None) -> CustomerRow:
    """Raises SourceRefused: INVALID_BODY."""
    return await give(context, "customers", "/customers", customer, key=key, decode_as=CustomerRow)


async def rename_customer(context: RequestContext, id: str, name: str, key: str | None) -> CustomerRow:
    """Raises SourceRefused: NOT_FOUND, INVALID_BODY."""
    path = f"/customers/{in_path(id)}/rename"
    return await give(context, "customers", path, {"name": name}, key=key, decode_as=CustomerRow)


async def erase_customer(context: RequestContext, id: str, key: str | None) -> str:
    """The id. Raises SourceRefused: NOT_FOUND."""
    path = f"/customers/{in_path(id)}/erase"
    return (await give(context, "customers", path, None, key=key, decode_as=ErasedRow)).id
