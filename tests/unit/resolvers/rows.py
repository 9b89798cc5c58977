"""What the shop's services answer, and what is asked of the graph, as the tests of its fields need them."""

from __future__ import annotations

from typing import Any

ENTITIES = "query($r:[_Any!]!){_entities(representations:$r){%s}}"


CUSTOMER = {
    "id": "c-1",
    "name": "Anneliese Vogel",
    "email": "a@example.com",
    "country": "DE",
    "city": "Hamburg",
    "segment": "business",
    "tier": "gold",
    "created_at": "2024-03-02T10:11:12Z",
}


PRODUCT = {
    "id": "p-1",
    "sku": "BOO-1",
    "name": "The Quiet Harbour",
    "category": "books",
    "price": {"amount_cents": 1890, "currency": "EUR"},
    "attributes": {"pages": 312, "tags": ["sea"]},
}


ORDER = {
    "id": "o-1",
    "customer_id": "c-1",
    "status": "delivered",
    "placed_at": "2026-01-05T09:30:00Z",
    "currency": "EUR",
    "total_cents": 5670,
    "items": [{"product_id": "p-1", "quantity": 3, "unit_price_cents": 1890}],
}


STOCK = {
    "product_id": "p-1",
    "on_hand": 40,
    "reserved": 3,
    "available": 37,
    "warehouses": [{"code": "HAM", "on_hand": 40, "reserved": 3}],
}


CHARGE = {
    "id": "ch-1",
    "order_id": "o-1",
    "customer_id": "c-1",
    "amount_cents": 5,
    "currency": "EUR",
    "status": "pending",
    "method": "direct_debit",
    "created_at": "2026-01-05T09:31:00Z",
    "paid_at": None,
}


BILLING = {
    "customer_id": "c-1",
    "currency": "EUR",
    "total_paid_cents": 56700,
    "outstanding_cents": 0,
    "refunded_cents": 123456789012,
    "last_payment_at": None,
    "charge_count": 10,
}


TICKET = {
    "id": "t-1",
    "customer_id": "c-1",
    "order_id": None,
    "subject": "Parcel has not arrived",
    "body": "...",
    "status": "open",
    "priority": "urgent",
    "created_at": "2026-01-20T08:00:00Z",
    "closed_at": None,
}


def batch(*items: Any) -> dict[str, Any]:
    return {"items": list(items), "missing": []}


def page(*items: Any, next: str | None = None) -> dict[str, Any]:
    return {"items": list(items), "next": next}
