"""The shop's commands through the gateway: each changes its service, is told by it once, and can be given again."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from mock_services.estate import Estate
from tests.shop.gateway_process import GatewayProcess
from tests.shop.rest_shop import money
from tests.shop_services.feeds import check_order, events_after, head
from tests.shop_services.postgresql import BACKENDS

pytestmark = pytest.mark.parametrize("backend", BACKENDS, indirect=True, scope="session")

Services = dict[str, httpx.Client]

# Others look at other products and customers, and find them as they were.
PRODUCT = "p-00900"
NEW = {"name": "Ida Lund", "email": "ida@example.com", "country": "NO", "city": "Oslo"}
REGISTER = """mutation ($input: RegisterCustomerInput!, $key: String) {
  registerCustomer(input: $input, idempotencyKey: $key) { id name tier recentOrders { id } } }"""
PLACE = """mutation ($input: PlaceOrderInput!, $key: String) {
  placeOrder(input: $input, idempotencyKey: $key) { id status } }"""
AN_ORDER = {"customerId": "c-000825", "items": [{"productId": PRODUCT, "quantity": 1}]}


def told_since(services: Services, service: str, position: int) -> list[tuple[str, str]]:
    """Type and subject of each event after the position, which follow each other."""
    events = events_after(services[service], position)
    check_order(events, position)
    return [(event["type"], event["subject"]) for event in events]


def test_a_customer_is_registered_renamed_and_erased(
    gateway: GatewayProcess, estate: Estate, services: Services
) -> None:
    """In the graph at once; after erasing there is no such customer."""
    before = head(services["customers"])
    registered = gateway.ask(REGISTER, input=NEW).whole()["registerCustomer"]
    id = registered.pop("id")
    assert registered == {"name": "Ida Lund", "tier": "STANDARD", "recentOrders": []}
    renamed = gateway.ask('mutation ($id: ID!) { renameCustomer(id: $id, name: "Ida Berg") { name } }', id=id)
    assert renamed.whole() == {"renameCustomer": {"name": "Ida Berg"}}
    read = "query ($id: ID!) { customer(id: $id) { name } }"
    assert gateway.ask(read, id=id).whole() == {"customer": {"name": "Ida Berg"}}
    erase = "mutation ($id: ID!) { eraseCustomer(id: $id) }"
    for _ in range(2):
        assert gateway.ask(erase, id=id).whole() == {"eraseCustomer": id}
    assert gateway.ask(read, id=id).whole() == {"customer": None}
    assert told_since(services, "customers", before) == [
        (f"customer.{what}.v1", id) for what in ("registered", "renamed", "erased")
    ]


def test_a_price_changes(gateway: GatewayProcess, services: Services) -> None:
    """And with it the product in the graph, but no order that was placed before."""
    before, cents = head(services["catalog"]), 4321
    changed = gateway.ask(
        'mutation ($id: ID!) { changePrice(id: $id, price: "43.21") { price stock { onHand } } }', id=PRODUCT
    ).whole()["changePrice"]
    assert changed["price"] == money(cents)
    assert changed["stock"]["onHand"] > 0
    assert services["catalog"].get(f"/products/{PRODUCT}").json()["price"]["amount_cents"] == cents
    assert told_since(services, "catalog", before) == [("product.price_changed.v1", PRODUCT)]


def test_an_order_is_placed_confirmed_shipped_and_then_not_cancelled(
    gateway: GatewayProcess, services: Services
) -> None:
    before = head(services["orders"])
    id = gateway.ask(PLACE, input=AN_ORDER).whole()["placeOrder"]["id"]
    early = gateway.ask("mutation ($id: ID!) { shipOrder(id: $id) { status } }", id=id)
    assert [error["extensions"]["code"] for error in early.errors] == ["ORDER_NOT_SHIPPABLE"]
    for verb, status in (("confirm", "CONFIRMED"), ("ship", "SHIPPED")):
        answer = gateway.ask(f"mutation ($id: ID!) {{ {verb}Order(id: $id) {{ status }} }}", id=id).whole()
        assert answer == {f"{verb}Order": {"status": status}}
    for verb, code in (("cancel", "ORDER_NOT_CANCELLABLE"), ("confirm", "ORDER_NOT_CONFIRMABLE")):
        late = gateway.ask(f"mutation ($id: ID!) {{ {verb}Order(id: $id) {{ status }} }}", id=id)
        assert [error["extensions"]["code"] for error in late.errors] == [code]
    assert told_since(services, "orders", before) == [
        (f"order.{what}.v1", id) for what in ("placed", "confirmed", "shipped")
    ]


def test_an_empty_order_is_refused_and_told_to_nobody(gateway: GatewayProcess, services: Services) -> None:
    before = head(services["orders"])
    answer = gateway.ask(PLACE, input=AN_ORDER | {"items": []})
    assert [error["extensions"]["code"] for error in answer.errors] == ["ORDER_EMPTY"]
    assert told_since(services, "orders", before) == []


def test_stock_is_adjusted(gateway: GatewayProcess, services: Services) -> None:
    """The answer is the stock afterwards; more than there is cannot go."""
    stock, before = services["inventory"].get(f"/stock/{PRODUCT}").json(), head(services["inventory"])
    adjust = """mutation ($id: ID!, $warehouse: String!, $change: Int!) {
      adjustStock(productId: $id, warehouse: $warehouse, change: $change) { onHand available } }"""
    warehouse = stock["warehouses"][0]["code"]
    answer = gateway.ask(adjust, id=PRODUCT, warehouse=warehouse, change=7).whole()["adjustStock"]
    assert answer == {"onHand": stock["on_hand"] + 7, "available": stock["available"] + 7}
    for place, change, code in ((warehouse, -99_999, "STOCK_TOO_LOW"), ("XYZ", 1, "UNKNOWN_WAREHOUSE")):
        refused = gateway.ask(adjust, id=PRODUCT, warehouse=place, change=change)
        assert [error["extensions"]["code"] for error in refused.errors] == [code]
    assert told_since(services, "inventory", before) == [("stock.adjusted.v1", PRODUCT)]


def test_a_ticket_is_told_when_opened_and_when_closed(gateway: GatewayProcess, services: Services) -> None:
    before = head(services["support"])
    opened = gateway.ask('mutation { openTicket(input: {customerId: "c-000825", subject: "Why?"}) { id } }')
    id = opened.whole()["openTicket"]["id"]
    gateway.ask("mutation ($id: ID!) { closeTicket(id: $id) { status } }", id=id).whole()
    assert told_since(services, "support", before) == [("ticket.opened.v1", id), ("ticket.closed.v1", id)]


def test_an_event_names_the_request_of_the_client(gateway: GatewayProcess, services: Services) -> None:
    """From the mutation to whoever reads the feed."""
    gateway.ask(PLACE, input=AN_ORDER).whole()
    event = events_after(services["orders"], head(services["orders"]) - 1)[0]
    log = services["orders"].get("/_calls/log").json()["calls"]
    (request,) = [call["request_id"] for call in log if call["method"] == "POST"][-1:]
    assert event["correlationid"] == request
    assert request


@pytest.mark.parametrize(
    ("document", "input", "other"), [(REGISTER, NEW, {"name": "X"}), (PLACE, AN_ORDER, {"items": []})]
)
def test_a_mutation_given_again_with_its_key_is_done_once(
    gateway: GatewayProcess, services: Services, document: str, input: dict[str, Any], other: dict[str, Any]
) -> None:
    """Also by ten clients at once. For another input the key is refused."""
    key, service = secrets.token_hex(8), "customers" if document == REGISTER else "orders"
    before = head(services[service])
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: gateway.ask(document, input=input, key=key).whole(), range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert len(told_since(services, service, before)) == 1
    refused = gateway.ask(document, input=input | other, key=key)
    assert [error["extensions"]["code"] for error in refused.errors] == ["IDEMPOTENCY_KEY_REUSED"]
    assert len(told_since(services, service, before)) == 1
