"""The orders service keeps copies of customers and prices, fed by their services' events, and needs neither of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_services.estate import Estate
from mock_services.generator import Sizes, generate

NEW = {"name": "Ida Lund", "email": "ida@example.com", "country": "NO", "city": "Oslo"}
PRODUCT = "p-00003"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Estate]:
    """Three services of one's own."""
    generate(tmp_path, 1, Sizes(customers=5, products=5, orders=20))
    with Estate(tmp_path, services=["customers", "catalog", "orders"]) as estate:
        yield estate


def post(shop: Estate, service: str, path: str, body: Any = None) -> httpx.Response:
    return httpx.post(shop.url(service) + path, json=body, timeout=10, trust_env=False)


def place(shop: Estate, customer: str) -> httpx.Response:
    return post(shop, "orders", "/orders", {"customer_id": customer, "items": [{"product_id": PRODUCT, "quantity": 1}]})


def register(shop: Estate) -> str:
    return post(shop, "customers", "/customers", NEW).json()["id"]


def reprice(shop: Estate, cents: int) -> None:
    assert post(shop, "catalog", f"/products/{PRODUCT}/price", {"amount_cents": cents}).status_code == 200


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_new_customer_can_order_and_an_erased_one_cannot(shop: Estate) -> None:
    """Soon after; what was ordered stays."""
    id = register(shop)
    eventually(lambda: place(shop, id).status_code == 201)
    assert post(shop, "customers", f"/customers/{id}/erase").status_code == 200
    eventually(lambda: place(shop, id).json().get("code") == "UNKNOWN_CUSTOMER")
    orders = httpx.get(f"{shop.url('orders')}/orders?customer_id={id}", trust_env=False).json()["items"]
    assert len(orders) >= 1


def test_a_new_customer_has_an_account(tmp_path: Path) -> None:
    """At the payments service, soon after; it stays when the customer is erased."""
    generate(tmp_path, 1, Sizes(customers=5, products=5, orders=20))
    with Estate(tmp_path, services=["customers", "payments"]) as shop:
        id = register(shop)
        billing = f"{shop.url('payments')}/billing/{id}"
        eventually(lambda: httpx.get(billing, trust_env=False).status_code == 200)
        assert post(shop, "customers", f"/customers/{id}/erase").status_code == 200
        other = register(shop)
        eventually(lambda: httpx.get(billing.replace(id, other), trust_env=False).status_code == 200)
        assert httpx.get(billing, trust_env=False).json()["charge_count"] == 0


def test_a_new_price_is_that_of_new_orders(shop: Estate) -> None:
    """What was placed before keeps its own."""
    before = place(shop, "c-000001").json()
    reprice(shop, 4711)
    eventually(lambda: place(shop, "c-000001").json()["total_cents"] == 4711)
    assert httpx.get(f"{shop.url('orders')}/orders/{before['id']}", trust_env=False).json() == before
    assert before["total_cents"] != 4711


def test_orders_need_no_other_service(shop: Estate) -> None:
    """At the prices that were known last, with both of the others dead."""
    reprice(shop, 4712)
    eventually(lambda: place(shop, "c-000001").json()["total_cents"] == 4712)
    for name in ("customers", "catalog"):
        shop.kill(name)
        assert not shop.is_alive(name)
    assert place(shop, "c-000001").json()["total_cents"] == 4712


def test_what_happened_meanwhile_is_learned_afterwards(shop: Estate) -> None:
    """While orders was dead, and after the other service was."""
    shop.kill("orders")
    assert not shop.is_alive("orders")
    id = register(shop)
    shop.restart("orders")
    eventually(lambda: place(shop, id).status_code == 201)
    shop.kill("customers")
    assert not shop.is_alive("customers")
    shop.restart("customers")
    other = register(shop)
    eventually(lambda: place(shop, other).status_code == 201)


def test_forgotten_events_are_made_good_by_the_snapshot(shop: Estate) -> None:
    """Orders was dead while a customer came and the feed forgot it."""
    eventually(lambda: place(shop, "c-000001").status_code == 201)
    shop.kill("orders")
    id = register(shop)
    reprice(shop, 4713)
    for name in ("customers", "catalog"):
        assert post(shop, name, "/_feed/prune", {"through": 10}).json()["pruned"] > 0
    shop.restart("orders")
    eventually(lambda: place(shop, id).status_code == 201)
    eventually(lambda: place(shop, id).json()["total_cents"] == 4713)
    other = register(shop)
    eventually(lambda: place(shop, other).status_code == 201)
