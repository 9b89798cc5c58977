"""A customer's dashboard: four services side by side, because the customer's id is known from the start (`@lookup`)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mock_services.estate import Estate
from tests.shop.gateway_process import Answer, GatewayProcess
from tests.shop.queries import BUSY_CUSTOMER, DASHBOARD, UNKNOWN_CUSTOMER
from tests.shop.rest_shop import RestShop, moment, money
from tests.shop.waiting import wait_until
from tests.shop_services.postgresql import BACKENDS

pytestmark = pytest.mark.parametrize("backend", BACKENDS, indirect=True, scope="session")

ONE_CALL_EACH = {
    "customers": {"GET /customers": 1},
    "orders": {"GET /orders": 1},
    "support": {"GET /tickets": 1},
    "payments": {"GET /billing": 1},
}
LATENCIES_MS = {"customers": 50, "orders": 100, "support": 150, "payments": 200}
RUNS = 12
"""At most: the machine may be busy, and the first that is quick enough will do."""


def in_graph(id: str, shop: RestShop) -> dict[str, Any]:
    """The dashboard's data, from four REST APIs by hand."""
    customer, billing = shop.customer(id), shop.billing(id)
    return {
        "customer": {
            "name": customer["name"],
            "email": customer["email"],
            "tier": customer["tier"].upper(),
            "recentOrders": [
                {
                    "id": order["id"],
                    "placedAt": moment(order["placed_at"]),
                    "status": order["status"].upper(),
                    "total": money(order["total_cents"]),
                }
                for order in shop.orders(5, customer_id=id)
            ],
            "openTickets": [
                {"id": ticket["id"], "subject": ticket["subject"], "priority": ticket["priority"].upper()}
                for ticket in shop.open_tickets(id)
            ],
            "billing": {
                "totalPaid": money(billing["total_paid_cents"]),
                "outstanding": money(billing["outstanding_cents"]),
                "lastPaymentAt": moment(billing["last_payment_at"]),
            },
        }
    }


def fastest(ask: Callable[[], Answer], enough_s: float = 0.0) -> float:
    """Seconds of the quickest run; no more runs once one takes no longer than enough_s."""
    best = ask().seconds
    for _ in range(RUNS):
        if best <= enough_s:
            break
        best = min(best, ask().seconds)
    return best


def test_it_takes_four_calls(gateway: GatewayProcess, estate: Estate, shop: RestShop) -> None:
    """And says what the four services say."""
    answer = gateway.ask(DASHBOARD, id=BUSY_CUSTOMER).whole()
    assert estate.calls() == ONE_CALL_EACH
    assert answer == in_graph(BUSY_CUSTOMER, shop)
    assert len(answer["customer"]["recentOrders"]) == 5
    assert len(answer["customer"]["openTickets"]) > 1


def test_lookups_change_neither_calls_nor_answer(
    gateway: GatewayProcess, without_lookups: GatewayProcess, estate: Estate
) -> None:
    """Off, the same four calls are made in two rounds."""
    late = without_lookups.ask(DASHBOARD, id=BUSY_CUSTOMER).whole()
    assert estate.calls() == ONE_CALL_EACH
    assert late == gateway.ask(DASHBOARD, id=BUSY_CUSTOMER).whole()


def test_it_takes_as_long_as_the_slowest_service(
    gateway: GatewayProcess, without_lookups: GatewayProcess, estate: Estate
) -> None:
    """50, 100, 150 and 200 ms: 200 and at most 40 of our own, not 500; without lookups 50 + 200."""
    expected = gateway.ask(DASHBOARD, id=BUSY_CUSTOMER).whole()
    without_lookups.ask(DASHBOARD, id=BUSY_CUSTOMER).whole()
    for service, latency_ms in LATENCIES_MS.items():
        estate.chaos(service, latency_ms=latency_ms)

    def ask(gateway: GatewayProcess) -> Answer:
        answer = gateway.ask(DASHBOARD, id=BUSY_CUSTOMER)
        assert answer.whole() == expected
        return answer

    assert 0.200 <= fastest(lambda: ask(gateway), 0.240) <= 0.240
    assert 0.250 <= fastest(lambda: ask(without_lookups), 0.290) < 0.5


def test_all_four_calls_are_under_way_at_once(
    gateway: GatewayProcess, estate: Estate, background: ThreadPoolExecutor
) -> None:
    """Whatever the clock says: no service answers, and each has been asked. Let go, they make up the whole answer."""
    expected = gateway.ask(DASHBOARD, id=BUSY_CUSTOMER).whole()
    for service in ONE_CALL_EACH:
        estate.chaos(service, hang=True)
    asking = background.submit(gateway.ask, DASHBOARD, id=BUSY_CUSTOMER)
    wait_until(lambda: all(estate.call_counts(service)["in_flight"] == 1 for service in ONE_CALL_EACH), 1.2)
    estate.clear_chaos()
    assert asking.result().whole() == expected


def test_without_lookups_the_customer_is_waited_for(
    without_lookups: GatewayProcess, estate: Estate, background: ThreadPoolExecutor
) -> None:
    """The other three are asked only when the first has answered: what the test above would see without lookups."""
    estate.chaos("customers", hang=True)
    asking = background.submit(without_lookups.ask, DASHBOARD, id=BUSY_CUSTOMER)
    wait_until(lambda: estate.call_counts("customers")["in_flight"] == 1, 1.2)
    assert estate.calls() == {"customers": {"GET /customers": 1}}
    estate.clear_chaos()
    asking.result().whole()
    assert estate.calls() == ONE_CALL_EACH


@pytest.mark.parametrize("id", [UNKNOWN_CUSTOMER, "not/an id?&"])
def test_of_an_unknown_customer_nothing_is_answered(id: str, gateway: GatewayProcess, estate: Estate) -> None:
    """null without errors, though the other services were asked beside: what they say of nobody does not show."""
    answer = gateway.ask(DASHBOARD, id=id)
    assert answer.text == '{"data":{"customer":null}}'
    asked = ONE_CALL_EACH if id == UNKNOWN_CUSTOMER else {}
    assert estate.calls() == asked


def test_failures_of_what_nobody_asked_for_do_not_show(gateway: GatewayProcess, estate: Estate) -> None:
    """There is no customer, so it does not matter that their tickets and orders could not be had."""
    estate.chaos("support", error_rate=1)
    estate.chaos("orders", error_rate=1)
    answer = gateway.ask(DASHBOARD, id=UNKNOWN_CUSTOMER)
    assert answer.text == '{"data":{"customer":null}}'
    # How often they were tried again is for the retry budget to say.
    routes = {service: set(asked) for service, asked in estate.calls().items()}
    assert routes == {service: set(asked) for service, asked in ONE_CALL_EACH.items()}


def test_several_dashboards_in_one_request_share_their_calls(
    gateway: GatewayProcess, estate: Estate, shop: RestShop
) -> None:
    """Three customers, one of whom is not there: still a call to each service."""
    fields = DASHBOARD[DASHBOARD.index("{\n    name") : DASHBOARD.rindex("}")]
    ids = {"a": BUSY_CUSTOMER, "b": UNKNOWN_CUSTOMER, "c": "c-000046"}
    answer = gateway.ask(
        "{" + " ".join(f'{key}: customer(id: "{id}") {fields}' for key, id in ids.items()) + "}"
    ).whole()
    assert estate.calls() == ONE_CALL_EACH
    assert answer["b"] is None
    for key in ("a", "c"):
        assert answer[key] == in_graph(ids[key], shop)["customer"]
