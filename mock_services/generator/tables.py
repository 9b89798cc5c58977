"""The seven database files while they are filled: rows go in by the thousand, memory stays bounded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from mock_services.catalog import store as catalog
from mock_services.customers import store as customers
from mock_services.inventory import store as inventory
from mock_services.kit.database import create_database, finish_database
from mock_services.orders import store as orders
from mock_services.payments import store as payments
from mock_services.reviews import store as reviews
from mock_services.support import store as support

# Each store module declares TABLES and INDEXES.
STORES: dict[str, ModuleType] = {
    "customers": customers,
    "catalog": catalog,
    "orders": orders,
    "inventory": inventory,
    "payments": payments,
    "support": support,
    "reviews": reviews,
}
BATCH = 5000

Row = tuple[Any, ...]


class Table:
    """One table that takes rows."""

    def __init__(self, connection: sqlite3.Connection, name: str) -> None:
        self._connection = connection
        columns = connection.execute(f"SELECT count(*) FROM pragma_table_info('{name}')").fetchone()[0]
        self._insert = f"INSERT INTO {name} VALUES ({', '.join('?' * columns)})"
        self._waiting: list[Row] = []
        self.name = name
        self.rows = 0

    def add(self, rows: Iterable[Row]) -> None:
        """Rows in the order of the table's columns."""
        self._waiting += rows
        if len(self._waiting) >= BATCH:
            self.flush()

    def flush(self) -> None:
        """Hand over what waits."""
        self._connection.executemany(self._insert, self._waiting)
        self.rows += len(self._waiting)
        self._waiting.clear()


class Shop:
    """All tables by name. Made in a directory that is empty; `finish` makes the files fit to be served."""

    def __init__(self, directory: Path) -> None:
        self._connections = {
            service: create_database(directory / f"{service}.db", service, store.TABLES)
            for service, store in STORES.items()
        }
        self._tables = {
            name: Table(connection, name)
            for connection in self._connections.values()
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        }
        for connection in self._connections.values():
            connection.execute("BEGIN")

    def __getitem__(self, table: str) -> Table:
        return self._tables[table]

    def finish(self) -> dict[str, int]:
        """Write what waits, index, close. Answers how many rows each table has."""
        for table in self._tables.values():
            table.flush()
        for service, connection in self._connections.items():
            connection.execute("COMMIT")
            finish_database(connection, STORES[service].INDEXES)
        return {name: table.rows for name, table in self._tables.items() if name != "service"}
