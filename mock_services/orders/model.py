"""The shapes that the orders service answers and takes."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from mock_services.kit.params import ID_PATTERN

STATUSES = ("placed", "confirmed", "shipped", "delivered", "returned", "cancelled")
CANCELLABLE = ("placed", "confirmed")
MAX_ITEMS = 100

Status = Literal["placed", "confirmed", "shipped", "delivered", "returned", "cancelled"]
Id = Annotated[str, msgspec.Meta(pattern=ID_PATTERN)]
Cents = Annotated[int, msgspec.Meta(ge=0)]
Quantity = Annotated[int, msgspec.Meta(ge=1, le=1000)]


class OrderItem(msgspec.Struct, frozen=True):
    """unit_price_cents: the price on the day of the order."""

    product_id: str
    quantity: Annotated[int, msgspec.Meta(ge=1)]
    unit_price_cents: Cents


class Order(msgspec.Struct, frozen=True):
    """total_cents: the sum of the items. items: at least one, each product once."""

    id: str
    customer_id: str
    status: Status
    placed_at: str
    currency: Literal["EUR"]
    total_cents: Cents
    items: Annotated[list[OrderItem], msgspec.Meta(min_length=1)]


class NewItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is wanted of one product."""

    product_id: Id
    quantity: Quantity


class NewOrder(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An order to place. That it holds an item is a rule of the shop (ORDER_EMPTY), checked when it is placed."""

    customer_id: Id
    items: Annotated[list[NewItem], msgspec.Meta(max_length=MAX_ITEMS, extra_json_schema={"minItems": 1})]
