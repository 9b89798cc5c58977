"""The gateway as its users run it, over a copy of the shop: what it answers, and what that costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mock_services.estate import Estate
from resolvers.projections.orders.filters import OrderFilter, Range
from resolvers.projections.orders.pages import complete
from tests.shop.gateway_process import GatewayProcess
from tests.shop.rest_shop import money
from tests.shop.search.conftest import StoredCopy
from tests.shop.search.joined import JoinedShop, Row

QUESTION = """query ($country: [String!], $status: [OrderStatus!]) {
  searchOrders(filter: {country: $country, category: [BOOKS], status: $status, total: {gt: "100"}},
               sort: [{by: PLACED_AT, direction: DESC}], first: 50, arrange: [{by: TOTAL, direction: DESC}]) {
    totalCount pageInfo { hasNextPage }
    nodes { id total customerName items { quantity product { id stock { available } } } } } }"""


@pytest.fixture(scope="module")
def gateway(
    running_estate: Estate, stored_copy: StoredCopy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[GatewayProcess]:
    log = tmp_path_factory.mktemp("gateway") / "stderr"
    with GatewayProcess(running_estate.urls(), log, {"BRAID_PROJECTIONS__STORE": str(stored_copy.folder)}) as serving:
        yield serving


def ask_for_books(gateway: GatewayProcess) -> Any:
    """Those of customers in Norway and Germany, shipped or delivered: in a small shop, few are in the first alone."""
    return gateway.ask(QUESTION, country=["NO", "DE"], status=["SHIPPED", "DELIVERED"]).whole()["searchOrders"]


def test_the_demo_question_is_one_look_and_one_call(
    gateway: GatewayProcess, estate: Estate, services: dict[str, httpx.Client], joined: JoinedShop
) -> None:
    """The 50 newest with a book, over 100, by total descending, with live stock: only inventory is asked, once."""
    found = ask_for_books(gateway)
    assert estate.calls() == {"inventory": {"GET /stock": 1}}
    filter = OrderFilter(("NO", "DE"), ("shipped", "delivered"), ("books",), Range(10001))
    orders = joined.sorted(filter, complete(()))
    assert found["totalCount"] == len(orders) > 50
    assert found["pageInfo"] == {"hasNextPage": True}
    stocks: dict[str, int] = {}

    def item_of(part: Row) -> Row:
        id = part["product_id"]
        if id not in stocks:
            stocks[id] = services["inventory"].get(f"/stock/{id}").json()["available"]
        return {"quantity": part["quantity"], "product": {"id": id, "stock": {"available": stocks[id]}}}

    assert found["nodes"] == [
        {
            "id": order["id"],
            "total": money(order["total"]),
            "customerName": order["name"],
            "items": [item_of(part) for part in order["parts"]],
        }
        for order in sorted(orders[:50], key=lambda order: -order["total"])
    ]


def test_search_and_reports_answer_while_every_service_is_down(gateway: GatewayProcess, estate: Estate) -> None:
    """What is not in the projection is null, with an error; all else is as before."""
    query = """{ searchOrders(first: 3) { nodes { id customerName order { status } } }
                 revenueReport(by: [COUNTRY]) { rows { country revenue } total { orders } } }"""
    before = gateway.ask(query).whole()
    for name in estate.services:
        estate.kill(name)
    answer = gateway.ask(query)
    assert not any(estate.is_alive(name) for name in estate.services)
    assert answer.data["revenueReport"] == before["revenueReport"]
    for row, was in zip(answer.data["searchOrders"]["nodes"], before["searchOrders"]["nodes"], strict=True):
        assert row == was | {"order": {"status": None}}
    assert {error["extensions"]["service"] for error in answer.errors} == {"orders"}


def test_many_summaries_are_one_look(gateway: GatewayProcess, estate: Estate, joined: JoinedShop) -> None:
    query = "{ customers(first: 50) { id summary { lifetimeValue orders { total } lastOrder { id } } } }"
    customers = gateway.ask(query).whole()["customers"]
    assert estate.calls() == {"customers": {"GET /customers": 1}}
    for customer in customers:
        orders = joined.orders_of(customer["id"])
        value = sum(order["total"] for order in orders if order["status"] != "cancelled")
        assert customer["summary"]["lifetimeValue"] == money(value)
        assert customer["summary"]["orders"] == {"total": len(orders)}
        assert (customer["summary"]["lastOrder"] is None) == (not orders)
    assert gateway.ask('{ customerSummary(id: "c-nobody") { lifetimeValue } }').whole() == {"customerSummary": None}


def test_a_gateway_without_the_projection_answers_everything_else(running_estate: Estate, tmp_path: Path) -> None:
    store = {"BRAID_PROJECTIONS__STORE": str(tmp_path / "nothing")}
    with GatewayProcess(running_estate.urls(), tmp_path / "stderr", store) as gateway:
        answer = gateway.ask(
            """{ orders(first: 1) { id customer { name summary { lifetimeValue } } } searchOrders { totalCount }
                 revenueReport(by: []) { total { orders } } customerSummary(id: "c-000001") { lifetimeValue } }"""
        )
    (order,) = answer.data["orders"]
    assert order["customer"]["name"]
    assert order["customer"]["summary"] is None
    assert (answer.data["searchOrders"], answer.data["revenueReport"], answer.data["customerSummary"]) == (
        None,
        None,
        None,
    )
    assert [error["extensions"]["code"] for error in answer.errors] == ["PROJECTION_NOT_BUILT"] * 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("first: 0", "`first` must be from 1 to 200"),
        ("first: 201", "`first` must be from 1 to 200"),
        ('after: "x"', "`after` is no cursor"),
        ('filter: {total: {gt: "0.001"}}', "at most two decimals"),
        (f"filter: {{country: {['DE'] * 101}}}".replace("'", '"'), "`country` may list at most 100"),
    ],
)
def test_what_a_client_asks_wrongly_is_told(arguments: str, message: str, gateway: GatewayProcess) -> None:
    (error,) = gateway.ask(f"{{ searchOrders({arguments}) {{ nodes {{ id }} }} }}").errors
    assert message in error["message"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "arguments", ["first: 0", "first: 1001", 'filter: {fromMonth: "2026-13"}', 'filter: {toMonth: "now"}']
)
def test_what_a_client_asks_wrongly_of_a_report_is_told(arguments: str, gateway: GatewayProcess) -> None:
    (error,) = gateway.ask(f"{{ revenueReport(by: [MONTH], {arguments}) {{ total {{ orders }} }} }}").errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        ('total: {gte: "100", lt: "100.01"}', Range(10000, 10000)),
        ('total: {gt: "100", gte: "10", lte: "200", lt: "150"}', Range(10001, 14999)),
        ('total: {gt: "0"}', Range(1)),
    ],
)
def test_bounds_are_exact(filter: str, expected: Range, gateway: GatewayProcess, joined: JoinedShop) -> None:
    found = gateway.ask(f"{{ searchOrders(filter: {{{filter}}}) {{ totalCount }} }}").whole()["searchOrders"]
    assert found["totalCount"] == len(joined.found(OrderFilter(total=expected)))


def test_times_without_an_offset_are_utc(gateway: GatewayProcess) -> None:
    query = "query ($from: DateTime!) { searchOrders(filter: {placedAt: {gte: $from}}) { totalCount } }"
    counts = [
        gateway.ask(query, **{"from": time}).whole()["searchOrders"]["totalCount"]
        for time in ("2026-09-01T00:00:00", "2026-09-01T00:00:00Z", "2026-09-01T02:00:00+02:00")
    ]
    assert len(set(counts)) == 1
    assert 0 < counts[0] < 2000


def test_a_text_without_words_finds_nothing_and_an_empty_one_everything(gateway: GatewayProcess) -> None:
    query = "query ($text: String) { searchOrders(text: $text) { totalCount } }"
    counts = [gateway.ask(query, text=text).whole()["searchOrders"]["totalCount"] for text in (None, "", "  ", "?!")]
    assert counts == [2000, 2000, 2000, 0]
