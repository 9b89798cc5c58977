"""A projection that would show every fault: what is applied is written down in its order, and sums are added to.

`applied` has a row for whatever a handler was told, in the order of telling, so that an event that was applied twice,
or before its predecessor, stands there. `sums` is only ever added to: what was lost or applied twice stays in it.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, MetaData, Table, Text

from gateway.projections.projection import Change, Projection
from gateway.projections.transaction import Transaction

NAME = "ledger"
STATE = "state"

tables = MetaData()

# place: from 1, of what was told of this subject. type: of the event, or STATE.
applied = Table(
    "applied",
    tables,
    Column("stream", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("place", BigInteger, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
)
told = Table(
    "told",
    tables,
    Column("stream", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("times", BigInteger, nullable=False),
)
customers = Table("customers", tables, Column("id", Text, primary_key=True), Column("name", Text, nullable=False))
orders = Table(
    "orders",
    tables,
    Column("id", Text, primary_key=True),
    Column("customer_id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("total_cents", BigInteger, nullable=False),
)
sums = Table(
    "sums",
    tables,
    Column("customer_id", Text, primary_key=True),
    Column("status", Text, primary_key=True),
    Column("orders", BigInteger, nullable=False),
    Column("cents", BigInteger, nullable=False),
)


class CustomerData(msgspec.Struct):
    name: str


class OrderData(msgspec.Struct):
    customer_id: str
    status: str
    total_cents: int


class StatusData(msgspec.Struct):
    status: str


projection = Projection(NAME, version=1, tables=tables, streams=("customers", "orders"))


@projection.state("customers", CustomerData)
@projection.on("customers", "customer.registered.v1", CustomerData)
@projection.on("customers", "customer.renamed.v1", CustomerData)
def customer(change: Change[CustomerData], tx: Transaction) -> None:
    _write_down(change, tx)
    tx.put(customers, {"id": change.subject, "name": change.data.name})


@projection.state("orders", OrderData)
@projection.on("orders", "order.placed.v1", OrderData)
def placed(change: Change[OrderData], tx: Transaction) -> None:
    _write_down(change, tx)
    old = tx.get(orders, change.subject)
    if old is not None and change.type is None:
        _sum(tx, old["customer_id"], old["status"], -1, -old["total_cents"])
    data = change.data
    row = {"customer_id": data.customer_id, "status": data.status, "total_cents": data.total_cents}
    tx.put(orders, {"id": change.subject, **row})
    _sum(tx, data.customer_id, data.status, 1, data.total_cents)


@projection.on("orders", "order.confirmed.v1", StatusData)
@projection.on("orders", "order.shipped.v1", StatusData)
@projection.on("orders", "order.cancelled.v1", StatusData)
def moved(change: Change[StatusData], tx: Transaction) -> None:
    """As careless as it can be: whoever applies it twice, or to an order that is not there, leaves the sums wrong."""
    _write_down(change, tx)
    old = tx.get(orders, change.subject)
    if old is None:
        raise LookupError
    _sum(tx, old["customer_id"], old["status"], -1, -old["total_cents"])
    _sum(tx, old["customer_id"], change.data.status, 1, old["total_cents"])
    tx.put(orders, {**old, "status": change.data.status})


def _sum(tx: Transaction, customer_id: str, status: str, count: int, cents: int) -> None:
    tx.add(sums, {"customer_id": customer_id, "status": status}, {"orders": count, "cents": cents})


def _write_down(change: Change[Any], tx: Transaction) -> None:
    before = tx.get(told, change.stream, change.subject)
    place = 1 if before is None else before["times"] + 1
    key = {"stream": change.stream, "subject": change.subject}
    tx.put(told, {**key, "times": place})
    tx.put(applied, {**key, "place": place, "version": change.version, "type": change.type or STATE})
