"""Two faults of `make chaos`, at one service each, over the gateway as it is configured for the demo."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mock_services.estate import Estate
from mock_services.faults import Proxies, running_proxies
from tests.chaos.dashboard import DASHBOARD, judge, places_of
from tests.shop.conftest import MakeGateway
from tests.shop.gateway_process import GatewayProcess
from tests.shop.queries import BUSY_CUSTOMER

CUSTOMERS = {"mine": BUSY_CUSTOMER, "neighbour": "c-000046"}


@pytest.fixture(scope="module")
def proxies(running_estate: Estate) -> Iterator[Proxies]:
    with running_proxies(running_estate.urls()) as proxies:
        yield proxies


@pytest.fixture(scope="module")
def behind_proxies(make_gateway: MakeGateway, proxies: Proxies) -> Iterator[GatewayProcess]:
    with make_gateway(services=proxies.urls()) as gateway:
        yield gateway


def test_a_gzip_bomb_costs_the_fields_of_its_service(behind_proxies: GatewayProcess, estate: Estate) -> None:
    """Made by the service itself."""
    whole = behind_proxies.ask(DASHBOARD, **CUSTOMERS).whole()
    before = estate.strikes("support")
    estate.chaos("support", fault="gzip_bomb")
    answer = behind_proxies.ask(DASHBOARD, **CUSTOMERS)
    assert estate.strikes("support") != before
    judgement = judge(whole, {"data": answer.data, "errors": answer.errors}, "support")
    assert judgement.lost == places_of("support", whole)
    assert set(judgement.codes) == {"SUBREQUEST_RESPONSE_TOO_LARGE"}
    assert (judgement.missing, judgement.crossed, judgement.blamed) == ([], [], [])
    estate.clear_chaos()
    assert behind_proxies.ask(DASHBOARD, **CUSTOMERS).whole() == whole


def test_a_reset_costs_the_fields_of_its_service(behind_proxies: GatewayProcess, proxies: Proxies) -> None:
    """Made by the proxy before it."""
    whole = behind_proxies.ask(DASHBOARD, **CUSTOMERS).whole()
    proxies.set("payments", fault="reset")
    answer = behind_proxies.ask(DASHBOARD, **CUSTOMERS)
    proxies.clear("payments")
    assert proxies.strikes("payments")["reset"] > 0
    judgement = judge(whole, {"data": answer.data, "errors": answer.errors}, "payments")
    assert judgement.lost == places_of("payments", whole)
    assert set(judgement.codes) == {"SUBREQUEST_CONNECTION_ERROR"}
    assert (judgement.missing, judgement.crossed, judgement.blamed) == ([], [], [])
    assert behind_proxies.ask(DASHBOARD, **CUSTOMERS).whole() == whole
