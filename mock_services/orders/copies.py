"""What the orders service knows of customers and products: who there is, and what things cost."""

from __future__ import annotations

from typing import Any

from mock_services.kit.connection import Connection

CUSTOMER_ERASED = "customer.erased.v1"


def learn_customer(db: Connection, type: str | None, data: Any) -> None:
    """Of an event of the customers service, or an item of its snapshot."""
    values = {"id": data["id"]}
    if type == CUSTOMER_ERASED:
        db.run("DELETE FROM known_customers WHERE id = :id", values)
    else:
        db.run("INSERT INTO known_customers VALUES (:id) ON CONFLICT (id) DO NOTHING", values)


def learn_price(db: Connection, type: str | None, data: Any) -> None:
    """Of an event of the catalog service, or an item of its snapshot. Orders that were placed keep their prices."""
    db.run(
        "INSERT INTO known_products VALUES (:id, :price)"
        " ON CONFLICT (id) DO UPDATE SET price_cents = excluded.price_cents",
        {"id": data["id"], "price": data["price"]["amount_cents"]},
    )
