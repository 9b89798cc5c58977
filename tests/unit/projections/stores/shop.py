"""A small projection for the stores' tests, and the stores that they are run on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from typing import Any

import psycopg
from sqlalchemy import JSON, Boolean, Column, Float, Index, Integer, MetaData, Table, Text, select

from gateway.projections.projection import Projection
from gateway.projections.search import SearchTable
from gateway.projections.store import Generation, Store, Writer
from gateway.projections.stores import open_store
from gateway.projections.transaction import Row, Transaction
from tests.shop_services.postgresql import administrator

tables = MetaData()

orders = Table(
    "orders",
    tables,
    Column("id", Text, primary_key=True),
    Column("number", Integer, nullable=False, index=True),
    Column("status", Text, nullable=False),
    Column("total", Integer, nullable=False),
    Column("is_paid", Boolean),
    Column("weight", Float),
    Column("details", JSON),
)
Index("orders_by_status", orders.c.status, orders.c.total)

revenue = Table(
    "revenue",
    tables,
    Column("country", Text, primary_key=True),
    Column("month", Integer, primary_key=True),
    Column("orders", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("note", Text),
)

search = SearchTable("orders_search", ("customer", "products"))

LEASE_S = 1.0


def shop(version: int = 1, name: str = "orders") -> Projection:
    return Projection(name, version=version, tables=tables, streams=("orders",), search=(search,))


def order(number: int, status: str = "PLACED", total: int = 100, **others: Any) -> dict[str, Any]:
    row = {"id": f"o-{number}", "number": number, "status": status, "total": total}
    return {**row, "is_paid": None, "weight": None, "details": None, **others}


@dataclass
class Place:
    """Somewhere to keep stores that are gone after the test. Opened stores are closed with it."""

    where: str | Path
    dialect: str
    prefix: str
    opened: list[Store] = field(default_factory=list)
    writers: list[Writer] = field(default_factory=list)

    def open(self) -> Store:
        self.opened.append(open_store(self.where, prefix=self.prefix, lease_s=LEASE_S))
        return self.opened[-1]

    def write(self, store: Store, generation: Generation, holder: str = "test") -> Writer:
        self.writers.append(store.writer(generation, shop(generation.version, generation.projection), holder))
        return self.writers[-1]

    def live(self, store: Store, *rows: Row, version: int = 1) -> Generation:
        """A generation with these orders that serves."""
        generation = store.create(shop(version))
        writer = self.write(store, generation)
        with writer.transaction() as tx:
            for row in rows:
                tx.put(orders, row)
        writer.finish_build()
        writer.close()
        return store.promote(store.mark_ready(generation))

    def close(self) -> None:
        for writer in self.writers:
            writer.close()
        for store in self.opened:
            store.close()


@contextmanager
def place(kind: str, folder: Path) -> Iterator[Place]:
    """kind: `sqlite` or `postgresql`."""
    if kind == "sqlite":
        made = Place(folder / "projections", kind, "braid")
        try:
            yield made
        finally:
            made.close()
        return
    url = administrator()
    made = Place(url, kind, f"braidtest_{token_hex(4)}")
    try:
        yield made
    finally:
        made.close()
        drop_schemas(url, made.prefix)


def drop_schemas(url: str, prefix: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        for (name,) in admin.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname LIKE %s", [f"{prefix}%"]
        ).fetchall():
            admin.execute(f'DROP SCHEMA "{name}" CASCADE'.encode())


def statuses(tx: Transaction) -> dict[str, str]:
    return {row["id"]: row["status"] for row in tx.rows(select(orders.c.id, orders.c.status))}


def served(store: Store, version: int = 1, generation: Generation | None = None) -> dict[str, str]:
    """What queries find: status by id."""
    rows = store.read(shop(version), lambda reading: reading.rows(select(orders.c.id, orders.c.status)), generation)
    return {row["id"]: row["status"] for row in rows}
