"""Events in a service's outbox that nobody has read yet, made by the service's own functions, without HTTP between.

To measure how fast they are applied, there must be more of them than the service could take while somebody waits.
"""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

from mock_services.kit.connection import Connection
from mock_services.kit.sqlite import open_sqlite
from mock_services.orders.model import NewItem, NewOrder
from mock_services.orders.store import confirm_order, place_order, ship_order

PER_ORDER = 3
"""Events in the life of an order: placed, confirmed, shipped."""
BATCH = 1000
CUSTOMERS = 1000
"""Of as many as there are, those who order."""


def live_through(database: Path, orders: int, seed: int = 7) -> int:
    """Place, confirm and ship this many orders; the steps of 1,000 orders are told mixed. Gives how many events.

    database: the orders service's file; the service must not be running.
    """
    draws = random.Random(seed)
    with closing(open_sqlite(database, writable=True)) as db:
        customers = _ids(db, "known_customers")
        products = _ids(db, "known_products")
        for begun in range(0, orders, BATCH):
            with db.transaction():
                _live(db, min(BATCH, orders - begun), customers, products, draws)
    return orders * PER_ORDER


def _live(db: Connection, orders: int, customers: list[str], products: list[str], draws: random.Random) -> None:
    placed: list[str] = []
    for _ in range(orders):
        items = [NewItem(id, draws.randint(1, 3)) for id in sorted(set(draws.choices(products, k=draws.randint(1, 3))))]
        placed.append(place_order(db, body=NewOrder(draws.choice(customers), items)).id)
    for step in (confirm_order, ship_order):
        draws.shuffle(placed)
        for id in placed:
            step(db, id=id)


def _ids(db: Connection, table: str) -> list[str]:
    rows = db.all(f"SELECT id FROM {table} ORDER BY id LIMIT {CUSTOMERS}")
    return [id for (id,) in rows]
