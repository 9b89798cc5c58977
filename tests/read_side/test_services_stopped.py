"""The read side answers with every service stopped, and knows what they said last."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from mock_services.kit.ports import PORTS
from tests.read_side.conftest import Start
from tests.read_side.side import PATIENCE_S, ReadSide
from tests.shop.gateway_process import GatewayProcess
from tests.shop.waiting import wait_until

SEARCH = """{ searchOrders(first: 50, filter: {status: [SHIPPED, DELIVERED], total: {gt: 20}},
                           sort: [{by: TOTAL, direction: DESC}]) {
  totalCount facets { isExact statuses { status count } countries { country count } categories { category count } }
  nodes { id customerName customerCountry status placedAt total currency categories items { quantity unitPrice } }
  pageInfo { endCursor hasNextPage } } }"""
REVENUE = """{ revenueReport(by: [COUNTRY, CATEGORY, MONTH]) {
  rows { country category month revenue pieces orders } total { revenue orders } } }"""
OF_CUSTOMER = """query ($name: String!) { searchOrders(first: 50, text: $name) { nodes { id customerName } } }"""
RENAME = """mutation ($id: ID!, $name: String!) { renameCustomer(id: $id, name: $name) { id name } }"""


@contextmanager
def gateway(side: ReadSide, tmp_path: Path) -> Iterator[GatewayProcess]:
    """Over the same configuration."""
    with GatewayProcess(side.urls, tmp_path / "gateway.log", config=side.config) as gateway:
        wait_until(lambda: not gateway.ask(SEARCH).errors, PATIENCE_S)
        yield gateway


def names_by_order(gateway: GatewayProcess, name: str) -> dict[str, str]:
    nodes: list[dict[str, Any]] = gateway.ask(OF_CUSTOMER, name=name).whole()["searchOrders"]["nodes"]
    return {node["id"]: node["customerName"] for node in nodes}


def test_orders_and_revenue_are_answered_while_no_service_runs(start: Start, tmp_path: Path) -> None:
    """The same as before, without an error; also by a gateway and a projector that have never seen a service."""
    side = start(*PORTS, orders="resolvers.projections.orders")
    with gateway(side, tmp_path) as asked:
        before = [asked.ask(query).whole() for query in (SEARCH, REVENUE)]
        assert before[0]["searchOrders"]["nodes"]
        assert before[1]["revenueReport"]["rows"]
        side.estate.stop()
        assert not any(is_listening(url) for url in side.urls.values())
        assert [asked.ask(query).whole() for query in (SEARCH, REVENUE)] == before
    side.kill_projector()
    side.start_projector()
    side.leave_out("reviews")  # it tells its schema itself, when the gateway starts
    del side.urls["reviews"]
    with gateway(side, tmp_path) as asked:
        assert [asked.ask(query).whole() for query in (SEARCH, REVENUE)] == before
    assert side.projector is not None
    assert side.projector.is_alive()


def test_a_rename_shows_in_her_orders_while_her_service_is_down_again(start: Start, tmp_path: Path) -> None:
    """Under the new name, and no longer under the old one; nothing else of her orders has changed."""
    side = start(*PORTS, orders="resolvers.projections.orders")
    with gateway(side, tmp_path) as asked:
        with httpx.Client(trust_env=False) as client:
            order = client.get(f"{side.urls['orders']}/orders?limit=1").json()["items"][0]
            old = client.get(f"{side.urls['customers']}/customers/{order['customer_id']}").json()["name"]
        hers = set(names_by_order(asked, old))
        assert order["id"] in hers
        asked.ask(RENAME, id=order["customer_id"], name="Xanthippe Quandt").whole()
        wait_until(lambda: order["id"] in names_by_order(asked, "Xanthippe Quandt"), PATIENCE_S)
        side.estate.kill("customers")
        assert not is_listening(side.urls["customers"])
        renamed = names_by_order(asked, "Xanthippe Quandt")
        assert set(renamed.values()) == {"Xanthippe Quandt"}
        assert set(renamed) <= hers
        assert not set(renamed) & set(names_by_order(asked, old))


def is_listening(url: str) -> bool:
    try:
        httpx.get(f"{url}/healthz", trust_env=False, timeout=5)
    except httpx.TransportError:
        return False
    return True
