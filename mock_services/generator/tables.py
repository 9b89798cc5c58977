"""The seven databases while they are filled: rows go in by the thousand, memory stays bounded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import ModuleType

from mock_services.catalog import store as catalog
from mock_services.customers import store as customers
from mock_services.homes import Filling, Row
from mock_services.inventory import store as inventory
from mock_services.kit import commands, following, outbox
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
_TABLE = re.compile(r"CREATE TABLE (\w+)")


class Table:
    """One table that takes rows."""

    def __init__(self, filling: Filling, service: str, name: str) -> None:
        self._filling = filling
        self._service = service
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
        self._filling.insert(self._service, self.name, self._waiting)
        self.rows += len(self._waiting)
        self._waiting.clear()


class Shop:
    """All tables by name. `finish` makes the databases fit to be served."""

    def __init__(self, filling: Filling) -> None:
        self._filling = filling
        self._tables: dict[str, Table] = {}
        for service, store in STORES.items():
            filling.create(service, store.TABLES + outbox.TABLES + commands.TABLES + following.TABLES)
            filling.insert(service, outbox.FEED, [outbox.new_feed()])
            for name in _TABLE.findall(store.TABLES):
                self._tables[name] = Table(filling, service, name)

    def __getitem__(self, table: str) -> Table:
        return self._tables[table]

    def finish(self) -> dict[str, int]:
        """Write what waits, index. Answers how many rows each table has."""
        for table in self._tables.values():
            table.flush()
        for service, store in STORES.items():
            self._filling.finish(service, store.INDEXES)
        return {name: table.rows for name, table in self._tables.items()}
