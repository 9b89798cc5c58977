"""What the orders service tells of its orders."""

from __future__ import annotations

from typing import Literal

import msgspec

from mock_services.kit.events import EventType
from mock_services.orders.model import Order


class OrderConfirmed(msgspec.Struct, frozen=True):
    """It will be delivered."""

    id: str
    customer_id: str
    status: Literal["confirmed"]


class OrderShipped(msgspec.Struct, frozen=True):
    """It is on its way."""

    id: str
    customer_id: str
    status: Literal["shipped"]


class OrderCancelled(msgspec.Struct, frozen=True):
    """It will not be delivered."""

    id: str
    customer_id: str
    status: Literal["cancelled"]


PLACED = EventType("order.placed", Order, creates=True)
CONFIRMED = EventType("order.confirmed", OrderConfirmed)
SHIPPED = EventType("order.shipped", OrderShipped)
CANCELLED = EventType("order.cancelled", OrderCancelled)
EVENTS = (PLACED, CONFIRMED, SHIPPED, CANCELLED)
