"""The yardstick: a backend for frontends over the shop's services as a Python team writes one today, in one file.

Strawberry, Starlette, httpx and Strawberry's DataLoader, each used as its documentation says: loaders per request,
batched by key, so it has no N+1 either. It answers the two queries of the benchmark and no more.

    SHOP_CUSTOMERS=http://127.0.0.1:7101 SHOP_ORDERS=... uvicorn bench.bff:app
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx
import strawberry
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader
from strawberry.extensions import ParserCache, ValidationCache

SERVICES = ("customers", "orders", "support", "payments")
clients = {
    name: httpx.AsyncClient(base_url=os.environ.get(f"SHOP_{name.upper()}", "http://unset")) for name in SERVICES
}

Loaded = list[dict[str, Any] | None]


async def get(service: str, path: str, **params: Any) -> Any:
    response = await clients[service].get(path, params=params)
    response.raise_for_status()
    return response.json()


def by_key(service: str, path: str, parameter: str, key: str) -> Callable[[list[str]], Awaitable[Loaded]]:
    async def load(keys: list[str]) -> Loaded:
        answer = await get(service, path, **{parameter: ",".join(keys)})
        found = {item[key]: item for item in answer["items"]}
        return [found.get(wanted) for wanted in keys]

    return load


def lists(service: str, path: str, **params: Any) -> Callable[[list[str]], Awaitable[list[list[dict[str, Any]]]]]:
    async def load(keys: list[str]) -> list[list[dict[str, Any]]]:
        answer = await get(service, path, customer_ids=",".join(keys), **params)
        return [answer["lists"][key]["items"] for key in keys]

    return load


class Loaders:
    def __init__(self) -> None:
        self.customers = DataLoader(by_key("customers", "/customers", "ids", "id"), max_batch_size=200)
        self.billing = DataLoader(by_key("payments", "/billing", "customer_ids", "customer_id"), max_batch_size=200)
        self.recent_orders = DataLoader(lists("orders", "/orders", limit=5), max_batch_size=200)
        self.open_tickets = DataLoader(lists("support", "/tickets", status="open"), max_batch_size=200)


Info = strawberry.Info[dict[str, Any], None]


def money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


@strawberry.type
class Ticket:
    id: strawberry.ID
    subject: str
    priority: str


@strawberry.type
class Billing:
    total_paid: Decimal
    outstanding: Decimal
    last_payment_at: datetime | None


@strawberry.type
class Customer:
    id: strawberry.ID
    name: str
    email: str
    tier: str
    country: str

    @staticmethod
    def of(row: dict[str, Any]) -> Customer:
        return Customer(
            id=row["id"], name=row["name"], email=row["email"], tier=row["tier"].upper(), country=row["country"]
        )

    @strawberry.field
    async def recent_orders(self, info: Info, first: int = 5) -> list[Order]:
        assert first == 5, "the loader is made for five"
        return [Order.of(row) for row in await info.context["loaders"].recent_orders.load(self.id)]

    @strawberry.field
    async def open_tickets(self, info: Info) -> list[Ticket]:
        rows = await info.context["loaders"].open_tickets.load(self.id)
        return [Ticket(id=row["id"], subject=row["subject"], priority=row["priority"].upper()) for row in rows]

    @strawberry.field
    async def billing(self, info: Info) -> Billing | None:
        row = await info.context["loaders"].billing.load(self.id)
        if row is None:
            return None
        last = row["last_payment_at"]
        return Billing(
            total_paid=money(row["total_paid_cents"]),
            outstanding=money(row["outstanding_cents"]),
            last_payment_at=datetime.fromisoformat(last) if last else None,
        )


@strawberry.type
class Order:
    id: strawberry.ID
    placed_at: datetime
    status: str
    total: Decimal
    customer_id: strawberry.Private[str]

    @staticmethod
    def of(row: dict[str, Any]) -> Order:
        return Order(
            id=row["id"],
            placed_at=datetime.fromisoformat(row["placed_at"]),
            status=row["status"].upper(),
            total=money(row["total_cents"]),
            customer_id=row["customer_id"],
        )

    @strawberry.field
    async def customer(self, info: Info) -> Customer | None:
        row = await info.context["loaders"].customers.load(self.customer_id)
        return Customer.of(row) if row else None


@strawberry.type
class Query:
    @strawberry.field
    async def customer(self, info: Info, id: strawberry.ID) -> Customer | None:
        row = await info.context["loaders"].customers.load(id)
        return Customer.of(row) if row else None

    @strawberry.field
    async def orders(self, info: Info, first: int = 20) -> list[Order]:
        page = await get("orders", "/orders", limit=first)
        return [Order.of(row) for row in page["items"]]


class Endpoint(GraphQL[dict[str, Any], None]):
    async def get_context(self, request: Request, response: Response) -> dict[str, Any]:  # type: ignore[override]
        return {"request": request, "response": response, "loaders": Loaders()}


def caches(on: bool) -> Sequence[Any]:
    """Strawberry's caches of parsed and validated documents. Off unless asked for, as in most projects."""
    return [lambda: ParserCache(maxsize=100), lambda: ValidationCache(maxsize=100)] if on else []


schema = strawberry.Schema(query=Query, extensions=caches(os.environ.get("BFF_CACHES") == "1"))
app = Starlette(routes=[Mount("/graphql", app=Endpoint(schema))])
