"""The shop's other commands: what each sends to its service, under which key, and what is refused before that."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import respx

from tests.unit.resolvers.conftest import Ask
from tests.unit.resolvers.test_shop_fields import CUSTOMER, ORDER, PRODUCT, STOCK

pytestmark = pytest.mark.anyio

REGISTER = """mutation { registerCustomer(input: {name: "A", email: "a@b.c", country: "DE", city: "X"})
    { id name segment tier } }"""
REGISTERED = {"name": "A", "email": "a@b.c", "country": "DE", "city": "X", "segment": "consumer"}

# service, path, answer, document, body that must be sent, expected data
COMMANDS: dict[str, tuple[str, str, Any, str, Any, Any]] = {
    "register": (
        "customers",
        "/customers",
        CUSTOMER,
        REGISTER,
        REGISTERED,
        {"registerCustomer": {"id": "c-1", "name": "Anneliese Vogel", "segment": "BUSINESS", "tier": "GOLD"}},
    ),
    "rename": (
        "customers",
        "/customers/c-1/rename",
        CUSTOMER,
        'mutation { renameCustomer(id: "c-1", name: "Anneliese Vogel") { name } }',
        {"name": "Anneliese Vogel"},
        {"renameCustomer": {"name": "Anneliese Vogel"}},
    ),
    "erase": (
        "customers",
        "/customers/c-1/erase",
        {"id": "c-1", "erased_at": "2026-01-05T09:30:00Z"},
        'mutation { eraseCustomer(id: "c-1") }',
        None,
        {"eraseCustomer": "c-1"},
    ),
    "price": (
        "catalog",
        "/products/p-1/price",
        PRODUCT,
        'mutation { changePrice(id: "p-1", price: "18.9") { price currency } }',
        {"amount_cents": 1890},
        {"changePrice": {"price": "18.90", "currency": "EUR"}},
    ),
    "confirm": (
        "orders",
        "/orders/o-1/confirm",
        ORDER | {"status": "confirmed"},
        'mutation { confirmOrder(id: "o-1") { status } }',
        None,
        {"confirmOrder": {"status": "CONFIRMED"}},
    ),
    "ship": (
        "orders",
        "/orders/o-1/ship",
        ORDER | {"status": "shipped"},
        'mutation { shipOrder(id: "o-1") { status } }',
        None,
        {"shipOrder": {"status": "SHIPPED"}},
    ),
    "adjust": (
        "inventory",
        "/stock/p-1/adjust",
        STOCK,
        'mutation { adjustStock(productId: "p-1", warehouse: "HAM", change: -2) { available warehouses { onHand } } }',
        {"warehouse": "HAM", "change": -2},
        {"adjustStock": {"available": 37, "warehouses": [{"onHand": 40}]}},
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_mutation_is_one_command(services: respx.MockRouter, ask: Ask, name: str) -> None:
    """To the service that owns the data; its answer is the mutation's."""
    service, path, answer, document, body, expected = COMMANDS[name]
    route = services.post(f"http://{service}.test{path}").respond(201, json=answer)
    response = await ask(service, document)
    assert (response.errors, response.data) == ([], expected)
    sent = route.calls.last.request.content
    assert (json.loads(sent) if sent else None) == body
    assert route.call_count == 1


async def test_every_command_has_a_key_of_its_own(services: respx.MockRouter, ask: Ask) -> None:
    """Made for it when the client gives none; the client's, when it does."""
    route = services.post(url__regex=r".*/ship").respond(json=ORDER)
    response = await ask(
        "orders",
        'mutation { a: shipOrder(id: "o-1") { id } b: shipOrder(id: "o-1") { id }'
        ' c: shipOrder(id: "o-1", idempotencyKey: "mine:1") { id } }',
    )
    assert response.errors == []
    made, other, mine = (call.request.headers["idempotency-key"] for call in route.calls)
    assert re.fullmatch("[0-9a-f]{32}", made)
    assert re.fullmatch("[0-9a-f]{32}", other)
    assert made != other
    assert mine == "mine:1"


@pytest.mark.parametrize("key", ["", "a b", "ä", "x" * 129, "line\nbreak"])
async def test_a_key_that_services_do_not_take_is_refused(services: respx.MockRouter, ask: Ask, key: str) -> None:
    """It never becomes a header."""
    response = await ask("orders", 'mutation ($k: String) { shipOrder(id: "o-1", idempotencyKey: $k) { id } }', k=key)
    assert [error["extensions"]["code"] for error in response.errors] == ["BAD_USER_INPUT"]
    assert len(services.calls) == 0


@pytest.mark.parametrize("price", ["1.005", "NaN", "Infinity", "1000000.01", "-1e30", "0.001"])
async def test_a_price_is_a_whole_number_of_cents(services: respx.MockRouter, ask: Ask, price: str) -> None:
    response = await ask("catalog", 'mutation ($p: Decimal!) { changePrice(id: "p-1", price: $p) { id } }', p=price)
    assert [error["extensions"]["code"] for error in response.errors] == ["BAD_USER_INPUT"]
    assert len(services.calls) == 0


@pytest.mark.parametrize(
    ("service", "field"),
    [
        ("customers", 'renameCustomer(id: "../x", name: "A") { id }'),
        ("customers", 'eraseCustomer(id: "../x")'),
        ("catalog", 'changePrice(id: "../x", price: "1") { id }'),
        ("orders", 'confirmOrder(id: "../x") { id }'),
        ("orders", 'shipOrder(id: "../x") { id }'),
        ("inventory", 'adjustStock(productId: "../x", warehouse: "HAM", change: 1) { onHand }'),
    ],
)
async def test_an_impossible_id_never_becomes_part_of_a_path(
    services: respx.MockRouter, ask: Ask, service: str, field: str
) -> None:
    response = await ask(service, f"mutation {{ {field} }}")
    assert [error["extensions"] for error in response.errors] == [{"code": "NOT_FOUND"}]
    assert len(services.calls) == 0
