"""Placing and cancelling orders, opening and closing tickets."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from mock_services.estate import Estate

Ask = dict[str, httpx.Client]


def place(ask: Ask, *items: tuple[str, int], customer: str = "c-000001") -> Any:
    wanted = [{"product_id": product, "quantity": quantity} for product, quantity in items]
    response = ask["orders"].post("/orders", json={"customer_id": customer, "items": wanted})
    assert response.status_code == 201, response.text
    assert response.headers["location"] == f"/orders/{response.json()['id']}"
    return response.json()


def total(ask: Ask, **filters: str) -> int:
    return ask["orders"].get("/orders", params={"limit": 1, "with_total": "true", **filters}).json()["total"]


def test_a_placed_order_is_the_newest_everywhere(ask: Ask) -> None:
    """By id, first in the list, first of its customer's, and counted."""
    before, before_placed = total(ask), total(ask, status="placed")
    order = place(ask, ("p-00001", 2), ("p-00002", 1), customer="c-000004")
    assert (order["status"], order["customer_id"], order["currency"]) == ("placed", "c-000004", "EUR")
    assert ask["orders"].get(f"/orders/{order['id']}").json() == order
    assert ask["orders"].get("/orders?limit=1").json()["items"] == [order]
    mine = ask["orders"].get("/orders?customer_ids=c-000004&limit=1").json()["lists"]["c-000004"]
    assert mine["items"] == [order]
    assert (total(ask), total(ask, status="placed")) == (before + 1, before_placed + 1)


def test_an_order_costs_what_the_catalogue_says(ask: Ask) -> None:
    """A product given twice is put together."""
    prices = {
        item["id"]: item["price"]["amount_cents"]
        for item in ask["catalog"].get("/products?ids=p-00003,p-00004").json()["items"]
    }
    order = place(ask, ("p-00003", 2), ("p-00004", 1), ("p-00003", 3))
    assert order["items"] == [
        {"product_id": "p-00003", "quantity": 5, "unit_price_cents": prices["p-00003"]},
        {"product_id": "p-00004", "quantity": 1, "unit_price_cents": prices["p-00004"]},
    ]
    assert order["total_cents"] == 5 * prices["p-00003"] + prices["p-00004"]


def test_cancelling_twice_is_as_cancelling_once(ask: Ask) -> None:
    before_placed, before = total(ask, status="placed"), total(ask, status="cancelled")
    order = place(ask, ("p-00001", 1))
    for _ in range(2):
        response = ask["orders"].post(f"/orders/{order['id']}/cancel")
        assert (response.status_code, response.json()) == (200, order | {"status": "cancelled"})
    assert (total(ask, status="placed"), total(ask, status="cancelled")) == (before_placed, before + 1)


@pytest.mark.parametrize("status", ["shipped", "delivered", "returned"])
def test_an_order_on_its_way_cannot_be_cancelled(ask: Ask, status: str) -> None:
    (order,) = ask["orders"].get(f"/orders?status={status}&limit=1").json()["items"]
    response = ask["orders"].post(f"/orders/{order['id']}/cancel")
    assert (response.status_code, response.json()["code"]) == (409, "ORDER_NOT_CANCELLABLE")
    assert ask["orders"].get(f"/orders/{order['id']}").json() == order


def test_an_order_that_does_not_exist_cannot_be_cancelled(ask: Ask) -> None:
    assert ask["orders"].post("/orders/nobody/cancel").status_code == 404


def test_what_was_stored_survives_a_kill(estate: Estate, ask: Ask) -> None:
    """A write that was answered is there after SIGKILL and restart."""
    order = place(ask, ("p-00001", 1))
    estate.kill("orders")
    estate.restart("orders")
    assert ask["orders"].get(f"/orders/{order['id']}").json() == order


def test_a_ticket_is_open_until_it_is_closed(ask: Ask) -> None:
    """And once closed stays as it is."""
    wanted = {"customer_id": "c-000002", "subject": "Where is it?", "order_id": "o-0000001", "priority": "high"}
    response = ask["support"].post("/tickets", json=wanted)
    ticket = response.json()
    assert (response.status_code, response.headers["location"]) == (201, f"/tickets/{ticket['id']}")
    assert ticket.items() >= (wanted | {"status": "open", "body": "", "closed_at": None}).items()
    mine = ask["support"].get("/tickets?customer_ids=c-000002&status=open&limit=1").json()
    assert mine["lists"]["c-000002"]["items"] == [ticket]
    closed = ask["support"].post(f"/tickets/{ticket['id']}/close").json()
    assert closed == ticket | {"status": "closed", "closed_at": closed["closed_at"]}
    assert closed["closed_at"] >= ticket["created_at"]
    assert ask["support"].post(f"/tickets/{ticket['id']}/close").json() == closed
    assert ask["support"].post("/tickets/nobody/close").status_code == 404
