"""The shop's commands: what each sends to its service, under which key, and what is refused before that."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import respx

from tests.unit.resolvers.conftest import Ask
from tests.unit.resolvers.rows import CUSTOMER, ORDER, PRODUCT, STOCK, TICKET, page

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
    "place": (
        "orders",
        "/orders",
        ORDER,
        'mutation{placeOrder(input:{customerId:"c-1",items:[{productId:"p-1",quantity:3}]}){id total}}',
        {"customer_id": "c-1", "items": [{"product_id": "p-1", "quantity": 3}]},
        {"placeOrder": {"id": "o-1", "total": "56.70"}},
    ),
    "cancel": (
        "orders",
        "/orders/o-1/cancel",
        ORDER | {"status": "cancelled"},
        'mutation{cancelOrder(id:"o-1"){status}}',
        None,
        {"cancelOrder": {"status": "CANCELLED"}},
    ),
    "open": (
        "support",
        "/tickets",
        TICKET,
        'mutation{openTicket(input:{customerId:"c-1",subject:"s"}){id}}',
        {"customer_id": "c-1", "subject": "s", "body": "", "order_id": None, "priority": "normal"},
        {"openTicket": {"id": "t-1"}},
    ),
    "open, with all there is to say": (
        "support",
        "/tickets",
        TICKET,
        'mutation{openTicket(input:{customerId:"c-1",subject:"s",body:"b",orderId:"o-1",priority:HIGH}){id}}',
        {"customer_id": "c-1", "subject": "s", "body": "b", "order_id": "o-1", "priority": "high"},
        {"openTicket": {"id": "t-1"}},
    ),
    "close": (
        "support",
        "/tickets/t-1/close",
        TICKET | {"status": "closed", "closed_at": "2026-01-21T08:00:00Z"},
        'mutation{closeTicket(id:"t-1"){status closedAt}}',
        None,
        {"closeTicket": {"status": "CLOSED", "closedAt": "2026-01-21T08:00:00+00:00"}},
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


@pytest.mark.parametrize(
    ("document", "field"),
    [('mutation{cancelOrder(id:"o-1"){id}}', "cancelOrder"), ('mutation{closeTicket(id:"t-1"){id}}', "closeTicket")],
)
async def test_a_refusal_reaches_the_client(services: respx.MockRouter, ask: Ask, document: str, field: str) -> None:
    """With the service's own code and words."""
    problem = {"status": 409, "code": "ORDER_NOT_CANCELLABLE", "detail": "It has been shipped."}
    media_type = {"content-type": "application/problem+json"}
    services.post(url__regex=r".*/(cancel|close)").respond(409, json=problem, headers=media_type)
    service = "orders" if field == "cancelOrder" else "support"
    response = await ask(service, document)
    assert response.data == {field: None}
    assert response.errors == [
        {
            "message": "It has been shipped.",
            "path": [field],
            "extensions": {"code": "ORDER_NOT_CANCELLABLE", "service": service},
        }
    ]


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


@pytest.mark.parametrize("id", ["../x", "..", "../..", "a/b", "", "x" * 65])
@pytest.mark.parametrize(
    ("service", "field"),
    [
        ("customers", 'renameCustomer(id: $id, name: "A") { id }'),
        ("customers", "eraseCustomer(id: $id)"),
        ("catalog", 'changePrice(id: $id, price: "1") { id }'),
        ("orders", "confirmOrder(id: $id) { id }"),
        ("orders", "shipOrder(id: $id) { id }"),
        ("orders", "cancelOrder(id: $id) { id }"),
        ("support", "closeTicket(id: $id) { id }"),
        ("inventory", 'adjustStock(productId: $id, warehouse: "HAM", change: 1) { onHand }'),
    ],
)
async def test_an_impossible_id_never_becomes_part_of_a_path(
    services: respx.MockRouter, ask: Ask, service: str, field: str, id: str
) -> None:
    """A command goes to where it was meant, or nowhere."""
    response = await ask(service, f"mutation ($id: ID!) {{ {field} }}", id=id)
    assert [error["extensions"] for error in response.errors] == [{"code": "NOT_FOUND"}]
    assert len(services.calls) == 0


async def test_reads_after_a_command_see_what_it_did(services: respx.MockRouter, ask: Ask) -> None:
    """Two commands in one mutation, each followed by the same list: the second list is not the first one's."""
    route = services.get("http://orders.test/orders").respond(json={"lists": {"c-1": page(ORDER)}})
    services.post("http://orders.test/orders/o-1/cancel").respond(json=ORDER)
    field = 'cancelOrder(id:"o-1"){customer{recentOrders{status}}}'
    response = await ask("orders", f"mutation{{a:{field} b:{field}}}")
    assert response.errors == []
    assert route.call_count == 2
