"""Orders, from the orders service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

import msgspec

from gateway.services.request import RequestContext
from gateway.services.rest import ListLoader, PageLoader, RowLoader, RowPage
from resolvers.commands import give
from resolvers.ids import ID, in_path


class OrderStatus(Enum):
    PLACED = "placed"
    CONFIRMED = "confirmed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class ItemRow(msgspec.Struct):
    product_id: str
    quantity: int
    unit_price_cents: int


class OrderRow(msgspec.Struct):
    id: str
    customer_id: str
    status: OrderStatus
    placed_at: datetime
    currency: str
    total_cents: int
    items: list[ItemRow]


class NewItem(msgspec.Struct):
    product_id: str
    quantity: int


class Orders(RowLoader[OrderRow]):
    service, path, row, key_form = "orders", "/orders", OrderRow, ID


class OrderPages(PageLoader[OrderRow]):
    service, path, row = "orders", "/orders", OrderRow


class OrdersByCustomer(ListLoader[OrderRow]):
    service, path, row, key_form = "orders", "/orders", OrderRow, ID
    parameter = "customer_ids"


async def find_order(context: RequestContext, id: str) -> OrderRow | None:
    return await context.loader(Orders).load(id)


async def list_orders(
    context: RequestContext,
    first: int,
    after: str | None = None,
    status: OrderStatus | None = None,
    customer_id: str | None = None,
    with_total: bool = False,
) -> RowPage[OrderRow]:
    """Newest first. The page's `total` is None unless asked for."""
    return await context.loader(OrderPages).page(
        limit=first,
        cursor=after,
        status=status.value if status else None,
        customer_id=customer_id,
        with_total=with_total or None,
    )


async def recent_orders(context: RequestContext, customer_id: str, first: int) -> list[OrderRow]:
    """The customer's newest orders; empty for an unknown customer."""
    return (await context.loader(OrdersByCustomer, limit=first).load(customer_id)).items


async def place_order(context: RequestContext, customer_id: str, items: Sequence[NewItem], key: str | None) -> OrderRow:
    """Raises SourceRefused: ORDER_EMPTY, UNKNOWN_CUSTOMER, UNKNOWN_PRODUCT, INVALID_BODY."""
    body = {"customer_id": customer_id, "items": list(items)}
    return await give(context, "orders", "/orders", body, key=key, decode_as=OrderRow)


async def move_order(context: RequestContext, id: str, verb: str, key: str | None) -> OrderRow:
    """verb: confirm, ship or cancel. Raises SourceRefused: NOT_FOUND, and ORDER_NOT_CONFIRMABLE or the like."""
    return await give(context, "orders", f"/orders/{in_path(id)}/{verb}", None, key=key, decode_as=OrderRow)
