"""JoinedShop: the oracle. All rows of three services, by their REST APIs, joined and looked through one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx

from gateway.projections.search import words
from resolvers.projections.orders.filters import Key, OrderFilter, Range
from resolvers.projections.orders.numbers import microseconds
from resolvers.projections.orders.reports import RevenueQuery

Row = dict[str, Any]


@dataclass(frozen=True)
class JoinedShop:
    """orders: each with its customer's country and name, its products' categories and names, what it has of each."""

    orders: Sequence[Row]
    customers: Mapping[str, Row]

    @classmethod
    def of(cls, urls: Mapping[str, str]) -> JoinedShop:
        """As the services tell it now."""
        customers = {row["id"]: row for row in _all(urls["customers"], "/customers")}
        products = {row["id"]: row for row in _all(urls["catalog"], "/products")}
        orders = [_join(order, customers, products) for order in _all(urls["orders"], "/orders")]
        return cls(orders, customers)

    def found(self, filter: OrderFilter) -> list[Row]:
        return [order for order in self.orders if _matches(order, filter)]

    def sorted(self, filter: OrderFilter, keys: Sequence[Key]) -> list[Row]:
        """keys: complete."""
        rows = self.found(filter)
        for key in reversed(keys):
            rows.sort(key=lambda row, column=key.column: row[column], reverse=key.descending)
        return rows

    def counts(self, filter: OrderFilter, column: str) -> dict[str, int]:
        return dict(Counter(order[column] for order in self.found(filter)))

    def category_counts(self, filter: OrderFilter) -> dict[str, int]:
        return dict(Counter(category for order in self.found(filter) for category in order["mix"]))

    def revenue(self, query: RevenueQuery) -> dict[tuple[str, ...], tuple[int, int, set[str]]]:
        """Revenue, pieces and ids of orders by the dimensions' values."""
        sums: dict[tuple[str, ...], tuple[int, int, set[str]]] = {}
        for order in self.orders:
            month = order["time"][:7]
            if order["status"] == "cancelled" or (
                query.countries is not None and order["country"] not in query.countries
            ):
                continue
            if not (query.from_month or month) <= month <= (query.to_month or month):
                continue
            for item in order["parts"]:
                if query.categories is None or item["category"] in query.categories:
                    told = {"country": order["country"], "category": item["category"], "month": month}
                    place = tuple(told[name] for name in query.by)
                    revenue, pieces, ids = sums.get(place, (0, 0, set()))
                    amount = item["quantity"] * item["unit_price_cents"]
                    sums[place] = (revenue + amount, pieces + item["quantity"], ids | {order["id"]})
        return sums

    def orders_of(self, customer_id: str) -> list[Row]:
        return [order for order in self.orders if order["customer_id"] == customer_id]


def _all(url: str, path: str) -> Iterable[Row]:
    with httpx.Client(base_url=url) as client:
        cursor: str | None = ""
        while cursor is not None:
            page = client.get(path, params={"limit": 200} | ({"cursor": cursor} if cursor else {})).json()
            yield from page["items"]
            cursor = page["next"]


def _join(order: Row, customers: Mapping[str, Row], products: Mapping[str, Row]) -> Row:
    customer = customers.get(order["customer_id"], {"country": "", "name": None})
    parts = [item | {"category": products[item["product_id"]]["category"]} for item in order["items"]]
    mix = sorted({part["category"] for part in parts})
    names = [customer["name"] or "", *(products[item["product_id"]]["name"] for item in order["items"])]
    return {
        "id": order["id"],
        "customer_id": order["customer_id"],
        "country": customer["country"],
        "name": customer["name"],
        "status": order["status"],
        "category": mix[0],
        "mix": mix,
        "placed_at": microseconds(datetime.fromisoformat(order["placed_at"])),
        "time": order["placed_at"],
        "total": order["total_cents"],
        "parts": parts,
        "words": {word for name in names for word in words(name)},
    }


def _matches(order: Row, filter: OrderFilter) -> bool:
    return (
        (filter.countries is None or order["country"] in filter.countries)
        and (filter.statuses is None or order["status"] in filter.statuses)
        and (filter.categories is None or bool(set(filter.categories) & set(order["mix"])))
        and _is_in(order["total"], filter.total)
        and _is_in(order["placed_at"], filter.placed_at)
        and (filter.text is None or _has(order["words"], filter.text))
    )


def _is_in(value: int, range: Range) -> bool:
    return (range.low is None or value >= range.low) and (range.high is None or value <= range.high)


def _has(found: set[str], text: str) -> bool:
    *whole, last = wanted = words(text)
    if text[-1].isspace() or len(last) < 2:
        return set(wanted) <= found
    return set(whole) <= found and any(word.startswith(last) for word in found)
