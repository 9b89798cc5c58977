"""What the payments service knows of customers: each has an account. It is kept when the customer is erased."""

from __future__ import annotations

from typing import Any

from mock_services.kit.connection import Connection

CUSTOMER_ERASED = "customer.erased.v1"


def open_account(db: Connection, type: str | None, data: Any) -> None:
    """Of an event of the customers service, or an item of its snapshot."""
    if type != CUSTOMER_ERASED:
        db.run("INSERT INTO accounts VALUES (:id, 'EUR') ON CONFLICT (customer_id) DO NOTHING", {"id": data["id"]})
