"""The shapes that the support service answers and takes."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from mock_services.kit.params import ID_PATTERN

STATUSES = ("open", "pending", "closed")

Priority = Literal["low", "normal", "high", "urgent"]
Id = Annotated[str, msgspec.Meta(pattern=ID_PATTERN)]


class Ticket(msgspec.Struct, frozen=True):
    """In the order of the table's columns. order_id: what it is about, if an order. closed_at: None until closed."""

    id: str
    customer_id: str
    order_id: str | None
    subject: str
    body: str
    status: Literal["open", "pending", "closed"]
    priority: Priority
    created_at: str
    closed_at: str | None


class NewTicket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A ticket to open."""

    customer_id: Id
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    body: Annotated[str, msgspec.Meta(max_length=10_000)] = ""
    order_id: Id | None = None
    priority: Priority = "normal"
