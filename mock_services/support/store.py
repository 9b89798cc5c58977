"""Tickets by row."""

from __future__ import annotations

import msgspec

from mock_services.kit.answers import Batch, ListsByOwner, Page, batch_of, encode_cursor, lists_of, page_of
from mock_services.kit.clock import now
from mock_services.kit.connection import Connection
from mock_services.kit.outbox import record
from mock_services.kit.problems import not_found
from mock_services.kit.timeline import Timeline
from mock_services.support.events import CLOSED, OPENED, TicketClosed
from mock_services.support.model import NewTicket, Ticket

TABLES = """
CREATE TABLE tickets (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, customer_id TEXT NOT NULL, order_id TEXT,
    subject TEXT NOT NULL, body TEXT NOT NULL, status TEXT NOT NULL, priority TEXT NOT NULL,
    created_at TEXT NOT NULL, closed_at TEXT
);
"""
INDEXES = """
CREATE INDEX tickets_by_time ON tickets (created_at, id);
CREATE INDEX tickets_by_status ON tickets (status, created_at, id);
CREATE INDEX tickets_by_customer ON tickets (customer_id, status, created_at, id);
"""

CURSOR = "tickets"
_COLUMNS = "id, customer_id, order_id, subject, body, status, priority, created_at, closed_at"
_TIMELINE = Timeline("tickets", "created_at", _COLUMNS)


def get_ticket(db: Connection, *, id: str) -> Ticket:
    row = db.one(f"SELECT {_COLUMNS} FROM tickets WHERE id = :id", {"id": id})
    if row is None:
        raise not_found("ticket", id)
    return Ticket(*row)


def find_tickets(db: Connection, *, ids: list[str]) -> Batch[Ticket]:
    rows = db.all(f"SELECT {_COLUMNS} FROM tickets WHERE id IN listed(:ids)", {"ids": ids})
    return batch_of(ids, {row[0]: Ticket(*row) for row in rows})


def list_tickets(
    db: Connection,
    *,
    limit: int,
    cursor: tuple[str, str] | None,
    status: str | None,
    customer_id: str | None,
    with_total: bool,
) -> Page[Ticket]:
    """Newest first."""
    filters = {"status": status, "customer_id": customer_id}
    rows = _TIMELINE.page(db, limit + 1, cursor, filters)
    total = _TIMELINE.total(db, filters) if with_total else None
    return page_of([Ticket(*row) for row in rows], limit, _cursor, total)


def list_tickets_of_each(
    db: Connection, *, customer_ids: list[str], limit: int, status: str | None, with_total: bool
) -> ListsByOwner[Ticket]:
    """Each customer's newest tickets."""
    filters = {"status": status}
    rows = _TIMELINE.newest_of_each(db, "customer_id", customer_ids, limit + 1, filters)
    totals = _TIMELINE.totals_of_each(db, "customer_id", customer_ids, filters) if with_total else None
    tickets = [Ticket(*row) for row in rows]
    return lists_of(customer_ids, tickets, lambda ticket: ticket.customer_id, limit, _cursor, totals)


def open_ticket(db: Connection, *, body: NewTicket) -> Ticket:
    """Store a ticket. Whoever writes to support is heard, so neither customer nor order is checked."""
    ((number,),) = db.all("SELECT coalesce(max(number), 0) + 1 FROM tickets")
    ticket = Ticket(
        id=f"t-{number:06d}",
        customer_id=body.customer_id,
        order_id=body.order_id,
        subject=body.subject,
        body=body.body,
        status="open",
        priority=body.priority,
        created_at=now(),
        closed_at=None,
    )
    db.insert("tickets", [(number, *msgspec.structs.astuple(ticket))])
    record(db, OPENED, ticket.id, ticket)
    return ticket


def close_ticket(db: Connection, *, id: str) -> Ticket:
    """Close it; a closed one stays as it is."""
    ticket = get_ticket(db, id=id)
    if ticket.status == "closed":
        return ticket
    closed_at = now()
    db.run("UPDATE tickets SET status = 'closed', closed_at = :now WHERE id = :id", {"now": closed_at, "id": id})
    record(db, CLOSED, id, TicketClosed(id, ticket.customer_id, closed_at))
    return msgspec.structs.replace(ticket, status="closed", closed_at=closed_at)


def _cursor(ticket: Ticket) -> str:
    return encode_cursor(CURSOR, ticket.created_at, ticket.id)
