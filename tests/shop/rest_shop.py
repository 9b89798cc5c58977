"""RestShop: the shop as its services' REST APIs tell it, asked for one row at a time and joined by brute force.

What the gateway answers is compared with this. Rows are the services' own; the functions put values as the graph does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

Row = dict[str, Any]


class RestShop:
    """Rows that never change are remembered; orders, tickets and stock are asked for anew."""

    def __init__(self, services: Mapping[str, httpx.Client]) -> None:
        """services: a client of each, by name."""
        self._services = services
        self._remembered: dict[tuple[str, str], Row] = {}

    def customer(self, id: str) -> Row:
        return self._remember("customers", f"/customers/{id}")

    def product(self, id: str) -> Row:
        return self._remember("catalog", f"/products/{id}")

    def stock(self, product_id: str) -> Row:
        return self._get("inventory", f"/stock/{product_id}")

    def order(self, id: str) -> Row:
        return self._get("orders", f"/orders/{id}")

    def billing(self, customer_id: str) -> Row:
        return self._get("payments", f"/billing/{customer_id}")

    def orders(self, limit: int, **filters: str) -> list[Row]:
        """The newest, newest first."""
        return self._get("orders", "/orders", limit=limit, **filters)["items"]

    def all_orders(self, customer_id: str) -> list[Row]:
        """Every order of one customer, newest first, page by page."""
        found: list[Row] = []
        page = self._get("orders", "/orders", limit=200, customer_id=customer_id)
        found += page["items"]
        while page["next"]:
            page = self._get("orders", "/orders", limit=200, customer_id=customer_id, cursor=page["next"])
            found += page["items"]
        return found

    def customers(self, limit: int) -> list[Row]:
        """The first, by id."""
        return self._get("customers", "/customers", limit=limit)["items"]

    def open_tickets(self, customer_id: str) -> list[Row]:
        return self._get("support", "/tickets", customer_id=customer_id, status="open", limit=200)["items"]

    def charges(self, order_id: str) -> list[Row]:
        return self._get("payments", "/charges", order_id=order_id, limit=200)["items"]

    def _remember(self, service: str, path: str) -> Row:
        if (service, path) not in self._remembered:
            self._remembered[service, path] = self._get(service, path)
        return self._remembered[service, path]

    def _get(self, service: str, path: str, **parameters: str | int) -> Any:
        answer = self._services[service].get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()


def money(cents: int) -> str:
    """13386 -> "133.86"."""
    return f"{cents // 100}.{cents % 100:02}"


def moment(time: str | None) -> str | None:
    """2026-09-30T17:05:11Z -> 2026-09-30T17:05:11+00:00."""
    return None if time is None else time.replace("Z", "+00:00")
