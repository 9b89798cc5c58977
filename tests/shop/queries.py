"""Queries that several tests ask, and who owns their fields."""

from __future__ import annotations

from typing import Any

BUSY_CUSTOMER = "c-000107"
"""Has hundreds of orders, several open tickets about orders, charges, and reviews."""
UNKNOWN_CUSTOMER = "c-999999"
DELIVERED_ORDER = "o-0000014"
"""Of eight products, by a customer with open tickets."""
PRODUCT = "p-00042"

DASHBOARD = """
query Dashboard($id: ID!) {
  customer(id: $id) {
    name
    email
    tier
    recentOrders(first: 5) { id placedAt status total }
    openTickets { id subject priority }
    billing { totalPaid outstanding lastPaymentAt }
  }
}
"""

WIDE = """
query Wide($customer: ID!, $product: ID!, $order: ID!) {
  customer(id: $customer) {
    email
    recentOrders(first: 2) { id total items { quantity product { sku stock { available } } } payments { amount } }
    openTickets { subject order { status } }
    billing { totalPaid }
    reviews(first: 2) { title product { sku } }
  }
  product(id: $product) { sku stock { available } averageRating reviews(first: 2) { title author { email } } }
  order(id: $order) { status customer { email openTickets { subject } } items { product { sku } } payments { amount } }
  latestReviews(first: 3) { rating product { sku } author { email } }
}
"""
WIDE_VARIABLES = {"customer": BUSY_CUSTOMER, "product": PRODUCT, "order": DELIVERED_ORDER}

ROOT_OWNERS = {"customer": "customers", "product": "catalog", "order": "orders", "latestReviews": "reviews"}
FIELD_OWNERS = {
    "email": "customers",
    "sku": "catalog",
    "recentOrders": "orders",
    "status": "orders",
    "stock": "inventory",
    "payments": "payments",
    "billing": "payments",
    "openTickets": "support",
    "reviews": "reviews",
    "averageRating": "reviews",
}
"""Fields of the wide query that are fetched for themselves; all others come with what they are in."""

Path = tuple[str | int, ...]


def without_service(answer: dict[str, Any], service: str) -> tuple[dict[str, Any], set[Path]]:
    """What is left of the wide query's data when a service is gone, and the places that are null for it."""
    lost: set[Path] = set()

    def without(value: Any, owners: dict[str, str], path: Path) -> Any:
        if isinstance(value, list):
            return [without(item, owners, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        left: dict[str, Any] = {}
        for name, below in value.items():
            place = (*path, name)
            if owners.get(name) == service:
                lost.add(place)
                left[name] = None
            else:
                left[name] = without(below, FIELD_OWNERS, place)
        return left

    return without(answer, ROOT_OWNERS, ()), lost
