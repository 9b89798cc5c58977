"""Tickets, from the support service."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import msgspec

from gateway.services.request import RequestContext
from gateway.services.rest import ListLoader, RowLoader
from resolvers.commands import give
from resolvers.ids import ID, in_path


class TicketStatus(Enum):
    OPEN = "open"
    PENDING = "pending"
    CLOSED = "closed"


class Priority(Enum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class TicketRow(msgspec.Struct):
    id: str
    customer_id: str
    order_id: str | None
    subject: str
    body: str
    status: TicketStatus
    priority: Priority
    created_at: datetime
    closed_at: datetime | None


class NewTicket(msgspec.Struct):
    customer_id: str
    subject: str
    body: str
    order_id: str | None
    priority: Priority


class Tickets(RowLoader[TicketRow]):
    service, path, row, key_form = "support", "/tickets", TicketRow, ID


class OpenTicketsByCustomer(ListLoader[TicketRow]):
    service, path, row, key_form = "support", "/tickets", TicketRow, ID
    parameter, filters = "customer_ids", {"status": "open"}


async def find_ticket(context: RequestContext, id: str) -> TicketRow | None:
    return await context.loader(Tickets).load(id)


async def open_tickets(context: RequestContext, customer_id: str, first: int) -> list[TicketRow]:
    """Newest first; empty for an unknown customer."""
    return (await context.loader(OpenTicketsByCustomer, limit=first).load(customer_id)).items


async def open_ticket(context: RequestContext, ticket: NewTicket, key: str | None) -> TicketRow:
    """Raises SourceRefused: INVALID_BODY."""
    return await give(context, "support", "/tickets", ticket, key=key, decode_as=TicketRow)


async def close_ticket(context: RequestContext, id: str, key: str | None) -> TicketRow:
    """Raises SourceRefused: NOT_FOUND."""
    return await give(context, "support", f"/tickets/{in_path(id)}/close", None, key=key, decode_as=TicketRow)
