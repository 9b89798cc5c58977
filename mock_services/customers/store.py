"""Customers by row. Who has been erased has no row any more, only an entry in `erased_customers`."""

from __future__ import annotations

import msgspec

from mock_services.customers.events import ERASED, PERSONAL, REGISTERED, RENAMED, CustomerErased, CustomerRenamed
from mock_services.customers.model import Customer, ErasedCustomer, NewCustomer, NewName
from mock_services.kit.answers import Batch, Page, batch_of, encode_cursor, page_of
from mock_services.kit.clock import now
from mock_services.kit.commands import forget_answers
from mock_services.kit.connection import Connection
from mock_services.kit.outbox import erase_members, record
from mock_services.kit.problems import not_found

TABLES = """
CREATE TABLE customers (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, country TEXT NOT NULL, city TEXT NOT NULL,
    segment TEXT NOT NULL, tier TEXT NOT NULL, created_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE customer_numbers (last INTEGER NOT NULL);
CREATE TABLE erased_customers (id TEXT PRIMARY KEY, erased_at TEXT NOT NULL) WITHOUT ROWID;
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


def register_customer(db: Connection, *, body: NewCustomer) -> Customer:
    """A number is given once, also when its customer has been erased."""
    ((number,),) = db.all("UPDATE customer_numbers SET last = last + 1 RETURNING last")
    customer = Customer(
        id=f"c-{number:06d}",
        name=body.name,
        email=body.email,
        country=body.country,
        city=body.city,
        segment=body.segment,
        tier="standard",
        created_at=now(),
    )
    db.insert("customers", [msgspec.structs.astuple(customer)])
    record(db, REGISTERED, customer.id, customer)
    return customer


def rename_customer(db: Connection, *, id: str, body: NewName) -> Customer:
    """Nothing happens when it is the name already."""
    customer = get_customer(db, id=id)
    if customer.name == body.name:
        return customer
    db.run("UPDATE customers SET name = :name WHERE id = :id", {"name": body.name, "id": id})
    record(db, RENAMED, id, CustomerRenamed(id, body.name))
    return msgspec.structs.replace(customer, name=body.name)


def erase_customer(db: Connection, *, id: str) -> ErasedCustomer:
    """Forget who it was: the row, what events have told, what commands were answered. Who is erased stays so."""
    row = db.one("SELECT id, erased_at FROM erased_customers WHERE id = :id", {"id": id})
    if row is not None:
        return ErasedCustomer(*row)
    get_customer(db, id=id)
    erased = ErasedCustomer(id, now())
    db.run("DELETE FROM customers WHERE id = :id", {"id": id})
    db.insert("erased_customers", [msgspec.structs.astuple(erased)])
    erase_members(db, id, PERSONAL)
    forget_answers(db, id)
    record(db, ERASED, id, CustomerErased(id))
    return erased
