"""How many calls a query costs, counted by the services themselves, and that the answers are what the services hold.

`estate.calls()` names every service that was called: equality says also that no other was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mock_services.estate import Estate
from tests.shop.conftest import MakeGateway
from tests.shop.gateway_process import GatewayProcess
from tests.shop.queries import BUSY_CUSTOMER, DELIVERED_ORDER, PRODUCT
from tests.shop.rest_shop import RestShop, Row, money
from tests.shop_services.postgresql import BACKENDS

pytestmark = pytest.mark.parametrize("backend", BACKENDS, indirect=True, scope="session")

IDS_PER_CALL = 200
"""What a service takes at once; more are asked for in chunks."""

ORDERS_AND_CUSTOMERS = {"orders": {"GET /orders": 1}, "customers": {"GET /customers": 1}}


def chunks(keys: set[str]) -> int:
    return -(-len(keys) // IDS_PER_CALL)


def in_graph(order: Row, shop: RestShop) -> dict[str, Any]:
    """An order's `total customer { name }`, joined by hand."""
    return {"total": money(order["total_cents"]), "customer": {"name": shop.customer(order["customer_id"])["name"]}}


def test_a_list_with_its_customers_takes_two_calls(gateway: GatewayProcess, estate: Estate, shop: RestShop) -> None:
    """Twenty orders, one call for them and one for all of their customers."""
    answer = gateway.ask("{ orders(first: 20) { total customer { name } } }").whole()
    assert estate.calls() == ORDERS_AND_CUSTOMERS
    assert answer == {"orders": [in_graph(order, shop) for order in shop.orders(20)]}


def test_without_batching_every_order_costs_a_call(
    gateway: GatewayProcess, unbatched: GatewayProcess, estate: Estate
) -> None:
    """21 = 1 + 20, also for a customer who comes twice: what batching saves. The answer is the same."""
    query = "{ orders(first: 20) { total customer { name } } }"
    one_by_one = unbatched.ask(query).whole()
    assert estate.calls() == {"orders": {"GET /orders": 1}, "customers": {"GET /customers": 20}}
    assert one_by_one == gateway.ask(query).whole()


TWO_HUNDRED = {
    "plain": "{ orders(first: 200) { total customer { name } } }",
    "a named fragment": """
        { orders(first: 200) { ...Line } }
        fragment Line on Order { total customer { ...Name } }
        fragment Name on Customer { name }""",
    "fragments within fragments": """
        { ...All }
        fragment All on Query { orders(first: 200) { ... on Order { total ...Buyer } } }
        fragment Buyer on Order { ... { customer { ... on Customer { ...Name } } } }
        fragment Name on Customer { name }""",
    "the same selected twice over": """
        { orders(first: 200) { customer { name } ...Line total ... on Order { customer { name } } } }
        fragment Line on Order { total customer { name } }""",
    "a variable and a directive": """
        query ($n: Int = 200, $yes: Boolean = true) {
          orders(first: $n) { total customer { name @include(if: $yes) email @skip(if: $yes) } } }""",
}


@pytest.mark.parametrize("form", TWO_HUNDRED)
def test_two_hundred_orders_take_two_calls_in_every_form(
    form: str, gateway: GatewayProcess, estate: Estate, shop: RestShop
) -> None:
    """At most 200 distinct customers are one chunk: 1 + 1 calls, however the query is written."""
    answer = gateway.ask(TWO_HUNDRED[form]).whole()
    assert estate.calls() == ORDERS_AND_CUSTOMERS
    orders = shop.orders(200)
    assert 20 < len({order["customer_id"] for order in orders}) < 200
    assert answer == {"orders": [in_graph(order, shop) for order in orders]}


def test_two_aliases_with_equal_arguments_take_two_calls(
    gateway: GatewayProcess, estate: Estate, shop: RestShop
) -> None:
    """Both ask for the same page and the same customers: each is fetched once."""
    answer = gateway.ask(
        """{ a: orders(first: 200) { total ...Buyer } b: orders(first: 200) { ...Buyer } }
        fragment Buyer on Order { customer { name } }"""
    ).whole()
    assert estate.calls() == ORDERS_AND_CUSTOMERS
    expected = [in_graph(order, shop) for order in shop.orders(200)]
    assert answer["a"] == expected
    assert answer["b"] == [{"customer": order["customer"]} for order in expected]


@pytest.mark.parametrize(
    ("statuses", "calls"), [(("SHIPPED", "CONFIRMED"), 1), (("RETURNED", "DELIVERED", "CANCELLED"), 2)]
)
def test_aliases_with_different_arguments_share_the_calls_for_customers(
    statuses: tuple[str, ...], calls: int, gateway: GatewayProcess, estate: Estate, shop: RestShop
) -> None:
    """n pages are n calls; the distinct customers of all of them together are asked for 200 at a time."""
    fields = (f"{status}: orders(first: 200, status: {status}) {{ total ...Buyer }}" for status in statuses)
    answer = gateway.ask(
        f"{{ {' '.join(fields)} }} fragment Buyer on Order {{ customer {{ ... {{ name }} }} }}"
    ).whole()
    counted = estate.calls()
    pages = {status: shop.orders(200, status=status.lower()) for status in statuses}
    buyers = {order["customer_id"] for page in pages.values() for order in page}
    assert chunks(buyers) == calls
    assert counted == {"orders": {"GET /orders": len(statuses)}, "customers": {"GET /customers": calls}}
    assert answer == {status: [in_graph(order, shop) for order in page] for status, page in pages.items()}


def test_an_order_with_customer_and_products_takes_three_calls(
    gateway: GatewayProcess, estate: Estate, shop: RestShop
) -> None:
    answer = gateway.ask(
        "query ($id: ID!) { order(id: $id) { customer { name } items { product { name } } } }", id=DELIVERED_ORDER
    ).whole()
    assert estate.calls() == ORDERS_AND_CUSTOMERS | {"catalog": {"GET /products": 1}}
    order = shop.order(DELIVERED_ORDER)
    products = [{"product": {"name": shop.product(item["product_id"])["name"]}} for item in order["items"]]
    assert len(products) > 1
    assert answer == {"order": {"customer": {"name": shop.customer(order["customer_id"])["name"]}, "items": products}}


def test_a_product_page_takes_four_calls(gateway: GatewayProcess, estate: Estate, shop: RestShop) -> None:
    """Product, stock, reviews from the remote subgraph, and the reviews' authors from customers."""
    product = gateway.ask(
        "query ($id: ID!) { product(id: $id) { name stock { available } reviews { title author { id name } } } }",
        id=PRODUCT,
    ).whole()["product"]
    assert estate.calls() == {
        "catalog": {"GET /products": 1},
        "inventory": {"GET /stock": 1},
        "reviews": {"POST /graphql": 1},
        "customers": {"GET /customers": 1},
    }
    assert product["name"] == shop.product(PRODUCT)["name"]
    assert product["stock"] == {"available": shop.stock(PRODUCT)["available"]}
    assert product["reviews"]
    for review in product["reviews"]:
        assert review["author"]["name"] == shop.customer(review["author"]["id"])["name"]


@pytest.fixture(scope="module")
def generous_gateway(make_gateway: MakeGateway) -> Iterator[GatewayProcess]:
    """One that lets an operation cost more: of 200 customers with their orders, items and products, cost is 9,800."""
    with make_gateway(BRAID_COST__MAX="10000") as gateway:
        yield gateway


@pytest.mark.parametrize(("customers", "calls"), [(20, 1), (200, 2)])
def test_five_levels_take_a_call_for_each_service_and_chunk(
    customers: int, calls: int, generous_gateway: GatewayProcess, estate: Estate, shop: RestShop
) -> None:
    """customers -> orders -> items -> product -> stock: 1 + 1 calls, and 1 + 1 for every 200 distinct products."""
    answer = generous_gateway.ask(
        """query ($n: Int!) { customers(first: $n) { name recentOrders(first: 3) { total items { quantity product {
             name stock { available } } } } } }""",
        n=customers,
    ).whole()["customers"]
    assert estate.calls() == ORDERS_AND_CUSTOMERS | {
        "catalog": {"GET /products": calls},
        "inventory": {"GET /stock": calls},
    }
    rows = shop.customers(customers)
    orders = {row["id"]: shop.orders(3, customer_id=row["id"]) for row in rows}
    products = {item["product_id"] for found in orders.values() for order in found for item in order["items"]}
    assert chunks(products) == calls
    stocks = {product: shop.stock(product)["available"] for product in products}

    def item_in_graph(item: Row) -> dict[str, Any]:
        name, available = shop.product(item["product_id"])["name"], stocks[item["product_id"]]
        return {"quantity": item["quantity"], "product": {"name": name, "stock": {"available": available}}}

    for customer, row in zip(answer, rows, strict=True):
        assert customer["name"] == row["name"]
        assert customer["recentOrders"] == [
            {"total": money(order["total_cents"]), "items": [item_in_graph(item) for item in order["items"]]}
            for order in orders[row["id"]]
        ]


def test_lists_of_different_lengths_are_calls_of_their_own(gateway: GatewayProcess, estate: Estate) -> None:
    """A customer's last order and last three are two questions to orders; asked for twice, each is still one."""
    answer = gateway.ask(
        """{ customers(first: 200) { last: recentOrders(first: 1) { id } three: recentOrders(first: 3) { id }
             again: recentOrders(first: 1) { id } } }"""
    ).whole()["customers"]
    assert estate.calls() == {"customers": {"GET /customers": 1}, "orders": {"GET /orders": 2}}
    assert len(answer) == 200
    assert all(customer["last"] == customer["again"] == customer["three"][:1] for customer in answer)
    assert any(len(customer["three"]) == 3 for customer in answer)


def test_hundreds_of_orders_of_one_customer_are_read_page_by_page(
    gateway: GatewayProcess, estate: Estate, shop: RestShop
) -> None:
    """Every page is one call, and one for the products of its items; together they are all orders, each once."""
    query = """query ($id: ID!, $after: String) {
      ordersConnection(first: 200, customerId: $id, after: $after) {
        totalCount nodes { id customer { id } } pageInfo { hasNextPage endCursor } } }"""
    found: list[str] = []
    after, pages = None, 0
    while pages == 0 or (after is not None and pages < 10):
        page = gateway.ask(query, id=BUSY_CUSTOMER, after=after).whole()["ordersConnection"]
        found += [order["id"] for order in page["nodes"]]
        after, pages = page["pageInfo"]["endCursor"], pages + 1
        assert page["pageInfo"]["hasNextPage"] is (after is not None)
    assert estate.calls() == {"orders": {"GET /orders": pages}}
    assert pages > 2
    assert found == [order["id"] for order in shop.all_orders(BUSY_CUSTOMER)]
    assert page["totalCount"] == len(found)
