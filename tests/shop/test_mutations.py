"""Commands through the graph: what they change, what they answer, and that each is given once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from mock_services.estate import Estate
from tests.shop.gateway_process import GatewayProcess
from tests.shop.rest_shop import RestShop, money
from tests.shop.waiting import wait_until
from tests.shop_services.postgresql import BACKENDS

pytestmark = pytest.mark.parametrize("backend", BACKENDS, indirect=True, scope="session")

BUYER = "c-000825"
"""Other tests look at other customers, and find them as they were."""
PRODUCT = "p-00007"

PLACE_ORDER = """
mutation ($input: PlaceOrderInput!) {
  placeOrder(input: $input) {
    id status total
    items { quantity unitPrice product { name } }
    customer { name recentOrders(first: 1) { id } }
  }
}
"""


def an_order(quantity: int = 3) -> dict[str, Any]:
    return {"customerId": BUYER, "items": [{"productId": PRODUCT, "quantity": quantity}]}


def test_a_placed_order_is_read_back_in_the_same_request(
    gateway: GatewayProcess, estate: Estate, shop: RestShop
) -> None:
    """From the order's own answer, from two other services, and from orders again, which already lists it."""
    placed = gateway.ask(PLACE_ORDER, input=an_order()).whole()["placeOrder"]
    assert estate.calls() == {
        "orders": {"POST /orders": 1, "GET /orders": 1},
        "customers": {"GET /customers": 1},
        "catalog": {"GET /products": 1},
    }
    product = shop.product(PRODUCT)
    cents = product["price"]["amount_cents"]
    assert placed == {
        "id": placed["id"],
        "status": "PLACED",
        "total": money(3 * cents),
        "items": [{"quantity": 3, "unitPrice": money(cents), "product": {"name": product["name"]}}],
        "customer": {"name": shop.customer(BUYER)["name"], "recentOrders": [{"id": placed["id"]}]},
    }
    stored = shop.order(placed["id"])
    assert (stored["customer_id"], stored["total_cents"]) == (BUYER, 3 * cents)
    read = gateway.ask("query ($id: ID!) { order(id: $id) { total } }", id=placed["id"]).whole()
    assert read == {"order": {"total": placed["total"]}}


def test_an_empty_order_is_refused(gateway: GatewayProcess, estate: Estate, shop: RestShop) -> None:
    """With the service's own code and words; nothing is stored, nothing else asked."""
    newest = shop.orders(1)
    estate.reset_calls()
    answer = gateway.ask(PLACE_ORDER, input={"customerId": BUYER, "items": []})
    assert estate.calls() == {"orders": {"POST /orders": 1}}
    assert (answer.status, answer.data) == (200, {"placeOrder": None})
    assert answer.errors == [
        {
            "message": "an order must hold at least one item",
            "path": ["placeOrder"],
            "extensions": {"code": "ORDER_EMPTY", "service": "orders"},
        }
    ]
    assert shop.orders(1) == newest


def test_a_shipped_order_cannot_be_cancelled(gateway: GatewayProcess, estate: Estate, shop: RestShop) -> None:
    """It stays as it is."""
    (order,) = shop.orders(1, status="shipped")
    estate.reset_calls()
    answer = gateway.ask("mutation ($id: ID!) { cancelOrder(id: $id) { status customer { name } } }", id=order["id"])
    assert estate.calls() == {"orders": {"POST /orders/{id}/cancel": 1}}
    assert (answer.status, answer.data) == (200, {"cancelOrder": None})
    (error,) = answer.errors
    assert (error["path"], error["extensions"]["code"]) == (["cancelOrder"], "ORDER_NOT_CANCELLABLE")
    assert shop.order(order["id"]) == order


def test_an_unknown_order_cannot_be_cancelled(gateway: GatewayProcess, estate: Estate) -> None:
    """Whatever its id: one that no order can have does not become part of a path."""
    for id, calls in (("o-none", {"orders": {"POST /orders/{id}/cancel": 1}}), ("../tickets/t-1/close", {})):
        estate.reset_calls()
        answer = gateway.ask("mutation ($id: ID!) { cancelOrder(id: $id) { status } }", id=id)
        assert estate.calls() == calls
        assert answer.data == {"cancelOrder": None}
        assert [error["extensions"]["code"] for error in answer.errors] == ["NOT_FOUND"]


def test_mutations_of_one_request_run_one_after_the_other(
    gateway: GatewayProcess, estate: Estate, shop: RestShop
) -> None:
    """What the first selects is read before the second is begun: each sees its own order as the newest."""
    answer = gateway.ask(
        """mutation ($one: PlaceOrderInput!, $two: PlaceOrderInput!) {
          first: placeOrder(input: $one) { ...Placed } second: placeOrder(input: $two) { ...Placed } }
        fragment Placed on Order { id items { quantity } customer { recentOrders(first: 1) { id } } }""",
        one=an_order(1),
        two=an_order(2),
    ).whole()
    assert estate.calls() == {"orders": {"POST /orders": 2, "GET /orders": 2}}
    assert [answer[key]["items"][0]["quantity"] for key in ("first", "second")] == [1, 2]
    for placed in answer.values():
        assert placed["customer"]["recentOrders"] == [{"id": placed["id"]}]
    assert [order["id"] for order in shop.orders(2)] == [answer["second"]["id"], answer["first"]["id"]]


def test_a_refused_mutation_does_not_stop_the_next(gateway: GatewayProcess, estate: Estate) -> None:
    answer = gateway.ask(
        """mutation ($bad: PlaceOrderInput!, $good: PlaceOrderInput!) {
          bad: placeOrder(input: $bad) { id } good: placeOrder(input: $good) { status } }""",
        bad=an_order(0),
        good=an_order(1),
    )
    assert estate.calls() == {"orders": {"POST /orders": 2}}
    assert answer.data == {"bad": None, "good": {"status": "PLACED"}}
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [(["bad"], "INVALID_BODY")]


def test_an_order_is_placed_though_its_customer_cannot_be_read(
    gateway: GatewayProcess, estate: Estate, shop: RestShop
) -> None:
    """The failure costs the customer's name only, and is no reason to place the order again."""
    estate.chaos("customers", error_rate=1)
    answer = gateway.ask(PLACE_ORDER, input=an_order())
    assert estate.calls("orders") == {"POST /orders": 1, "GET /orders": 1}
    placed = answer.data["placeOrder"]
    assert placed["customer"] == {"name": None, "recentOrders": [{"id": placed["id"]}]}
    assert {error["extensions"]["code"] for error in answer.errors} == {"SUBREQUEST_HTTP_ERROR"}
    assert shop.orders(1)[0]["id"] == placed["id"]


def test_a_command_without_an_answer_is_not_given_twice(
    gateway: GatewayProcess, estate: Estate, background: ThreadPoolExecutor
) -> None:
    """Nobody knows whether it was carried out. The next one is not begun before that is settled."""
    estate.chaos("orders", hang=True, route="POST /orders")
    both = """mutation ($input: PlaceOrderInput!) { placeOrder(input: $input) { id }
              addReview(input: {productId: "p-00007", authorId: "c-000825", rating: 4, title: "Good"}) { id } }"""
    asking = background.submit(gateway.ask, both, input=an_order())
    wait_until(lambda: estate.call_counts("orders")["in_flight"] == 1, 1.2)
    assert "reviews" not in estate.calls()
    answer = asking.result()
    assert estate.calls() == {"orders": {"POST /orders": 1}, "reviews": {"POST /graphql": 1}}
    assert answer.data["placeOrder"] is None
    assert answer.data["addReview"]["id"]
    assert [(error["path"], error["extensions"]["code"]) for error in answer.errors] == [
        (["placeOrder"], "SUBREQUEST_TIMEOUT")
    ]


def test_a_review_is_added_through_the_remote_subgraph(gateway: GatewayProcess, estate: Estate, shop: RestShop) -> None:
    """Its author and product come from the services that own them."""
    review = gateway.ask(
        """mutation ($input: AddReviewInput!) {
          addReview(input: $input) { rating title author { name } product { name } } }""",
        input={"productId": PRODUCT, "authorId": BUYER, "rating": 4, "title": "Good value"},
    ).whole()["addReview"]
    assert estate.calls() == {
        "reviews": {"POST /graphql": 1},
        "customers": {"GET /customers": 1},
        "catalog": {"GET /products": 1},
    }
    assert review == {
        "rating": 4,
        "title": "Good value",
        "author": {"name": shop.customer(BUYER)["name"]},
        "product": {"name": shop.product(PRODUCT)["name"]},
    }


def test_a_ticket_is_opened_and_closed(gateway: GatewayProcess, estate: Estate, shop: RestShop) -> None:
    """Between the two it is one of the customer's open tickets."""
    opened = gateway.ask(
        """mutation ($input: OpenTicketInput!) {
          openTicket(input: $input) { id status priority customer { openTickets { id } } } }""",
        input={"customerId": BUYER, "subject": "Where is it?"},
    ).whole()["openTicket"]
    assert (opened["status"], opened["priority"]) == ("OPEN", "NORMAL")
    assert {"id": opened["id"]} in opened["customer"]["openTickets"]
    closed = gateway.ask(
        "mutation ($id: ID!) { closeTicket(id: $id) { status customer { openTickets { id } } } }", id=opened["id"]
    ).whole()["closeTicket"]
    assert closed["status"] == "CLOSED"
    assert opened["id"] not in [ticket["id"] for ticket in closed["customer"]["openTickets"]]
    assert estate.calls() == {
        "support": {"POST /tickets": 1, "POST /tickets/{id}/close": 1, "GET /tickets": 2},
    }
    assert opened["id"] not in [ticket["id"] for ticket in shop.open_tickets(BUYER)]


def test_a_mutation_is_not_run_by_get(gateway: GatewayProcess, estate: Estate) -> None:
    """A link cannot change anything."""
    query = httpx.QueryParams({"query": 'mutation { cancelOrder(id: "o-0020000") { id } }'})
    answer = gateway.get(f"/graphql?{query}", accept="application/json")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert estate.calls() == {}
