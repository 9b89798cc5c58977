"""Customers by row."""

from __future__ import annotations

from mock_services.customers.model import Customer
from mock_services.kit.answers import Batch, Page, batch_of, encode_cursor, page_of
from mock_services.kit.connection import Connection
from mock_services.kit.problems import not_found

TABLES = """
CREATE TABLE customers (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, country TEXT NOT NULL, city TEXT NOT NULL,
    segment TEXT NOT NULL, tier TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID;
"""
INDEXES = "CREATE INDEX customers_by_country ON customers (country, id);"

CURSOR = "customers"
_SELECT = "SELECT id, name, email, country, city, segment, tier, created_at FROM customers"


def get_customer(db: Connection, *, id: str) -> Customer:
    row = db.one(f"{_SELECT} WHERE id = :id", {"id": id})
    if row is None:
        raise not_found("customer", id)
    return Customer(*row)


def find_customers(db: Connection, *, ids: list[str]) -> Batch[Customer]:
    rows = db.all(f"{_SELECT} WHERE id IN listed(:ids)", {"ids": ids})
    return batch_of(ids, {row[0]: Customer(*row) for row in rows})


def list_customers(db: Connection, *, limit: int, cursor: tuple[str] | None, country: str | None) -> Page[Customer]:
    """By id, so in the order of joining."""
    condition = "" if country is None else "AND country = :country"
    rows = db.all(
        f"{_SELECT} WHERE id > :after {condition} ORDER BY id LIMIT :rows",
        {"after": cursor[0] if cursor else "", "country": country, "rows": limit + 1},
    )
    return page_of([Customer(*row) for row in rows], limit, lambda customer: encode_cursor(CURSOR, customer.id))
