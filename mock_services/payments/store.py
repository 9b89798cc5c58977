"""Charges and accounts. A billing summary is always the sum of the charges, taken when it is asked for."""

from __future__ import annotations

from mock_services.kit.answers import Batch, ListsByOwner, Page, batch_of, encode_cursor, lists_of, page_of
from mock_services.kit.connection import Connection
from mock_services.kit.problems import not_found
from mock_services.kit.timeline import Timeline
from mock_services.payments.model import Billing, Charge

TABLES = """
CREATE TABLE accounts (customer_id TEXT PRIMARY KEY, currency TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE charges (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, order_id TEXT NOT NULL, customer_id TEXT NOT NULL,
    amount_cents INTEGER NOT NULL, currency TEXT NOT NULL, status TEXT NOT NULL, method TEXT NOT NULL,
    created_at TEXT NOT NULL, paid_at TEXT
);
"""
INDEXES = """
CREATE INDEX charges_by_time ON charges (created_at, id);
CREATE INDEX charges_by_status ON charges (status, created_at, id);
CREATE INDEX charges_by_order ON charges (order_id, created_at, id);
CREATE INDEX charges_by_customer ON charges (customer_id, created_at, id);
"""

CURSOR = "charges"
_COLUMNS = "id, order_id, customer_id, amount_cents, currency, status, method, created_at, paid_at"
_TIMELINE = Timeline("charges", "created_at", _COLUMNS)


def get_charge(db: Connection, *, id: str) -> Charge:
    row = db.one(f"SELECT {_COLUMNS} FROM charges WHERE id = :id", {"id": id})
    if row is None:
        raise not_found("charge", id)
    return Charge(*row)


def find_charges(db: Connection, *, ids: list[str]) -> Batch[Charge]:
    rows = db.all(f"SELECT {_COLUMNS} FROM charges WHERE id IN listed(:ids)", {"ids": ids})
    return batch_of(ids, {row[0]: Charge(*row) for row in rows})


def list_charges(
    db: Connection,
    *,
    limit: int,
    cursor: tuple[str, str] | None,
    status: str | None,
    order_id: str | None,
    customer_id: str | None,
) -> Page[Charge]:
    """Newest first."""
    filters = {"status": status, "order_id": order_id, "customer_id": customer_id}
    rows = _TIMELINE.page(db, limit + 1, cursor, filters)
    return page_of([Charge(*row) for row in rows], limit, _cursor)


def list_charges_of_each(db: Connection, *, order_ids: list[str], limit: int) -> ListsByOwner[Charge]:
    """Each order's newest charges."""
    rows = _TIMELINE.newest_of_each(db, "order_id", order_ids, limit + 1, {})
    return lists_of(order_ids, [Charge(*row) for row in rows], lambda charge: charge.order_id, limit, _cursor)


def get_billing(db: Connection, *, customer_id: str) -> Billing:
    found = find_billing(db, customer_ids=[customer_id]).items
    if not found:
        raise not_found("account of customer", customer_id)
    return found[0]


def find_billing(db: Connection, *, customer_ids: list[str]) -> Batch[Billing]:
    rows = db.all(
        """
        SELECT accounts.customer_id, accounts.currency,
               coalesce(sum(amount_cents) FILTER (WHERE status = 'succeeded'), 0),
               coalesce(sum(amount_cents) FILTER (WHERE status = 'pending'), 0),
               coalesce(sum(amount_cents) FILTER (WHERE status = 'refunded'), 0),
               max(paid_at) FILTER (WHERE status = 'succeeded'),
               count(charges.id)
        FROM accounts LEFT JOIN charges USING (customer_id)
        WHERE accounts.customer_id IN listed(:customer_ids)
        GROUP BY accounts.customer_id
        """,
        {"customer_ids": customer_ids},
    )
    return batch_of(customer_ids, {row[0]: Billing(*row) for row in rows})


def _cursor(charge: Charge) -> str:
    return encode_cursor(CURSOR, charge.created_at, charge.id)
