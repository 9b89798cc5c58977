"""What the handlers read of events and states: no more than they need, so that services may change the rest."""

from __future__ import annotations

from datetime import datetime

import msgspec


class CustomerData(msgspec.Struct):
    """Registered, or as a snapshot tells it."""

    name: str
    country: str


class CustomerRenamed(msgspec.Struct):
    name: str


class ProductData(msgspec.Struct):
    """As a snapshot tells it. Prices are not kept: those of orders never change."""

    name: str
    category: str


class Item(msgspec.Struct):
    product_id: str
    quantity: int
    unit_price_cents: int


class OrderData(msgspec.Struct):
    """Placed, or as a snapshot tells it."""

    customer_id: str
    status: str
    placed_at: datetime
    currency: str
    total_cents: int
    items: list[Item]


class OrderMoved(msgspec.Struct):
    """Confirmed, shipped or cancelled."""

    status: str
