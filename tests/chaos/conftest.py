"""The shop behind proxies, a gateway with a short deadline over it, and twenty clients: all of them processes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import psutil
import pytest

from mock_services.estate import Estate
from mock_services.faults import Proxies, running_proxies
from tests.chaos.cells import DEADLINE_S, Cell, Stage
from tests.chaos.crowd import gathered
from tests.chaos.dashboard import DASHBOARD
from tests.chaos.table import lines_of
from tests.shop.conftest import MakeGateway, backend, estate, make_gateway, postgresql, running_estate, sizes
from tests.shop.gateway_process import GatewayProcess

__all__ = ["backend", "estate", "make_gateway", "postgresql", "running_estate", "sizes"]

CLIENTS = 20
LARGEST_ANSWER = 256 * 1024
"""A thirtieth of the default: clients, services and gateway share two cores, and 80 calls a second that are sent up to
8 MiB before they are refused leave nothing for the others. The dashboard's answers are some kilobytes."""
LET_IN = {"BRAID_OVERLOAD__MIN_IN_FLIGHT": str(2 * CLIENTS)}
"""All clients at the same moment, on a machine that is busy with everything else too, are a queue; none is refused."""
SETTINGS = LET_IN | {
    "BRAID_EXECUTION__DEADLINE_S": str(DEADLINE_S),
    "BRAID_SERVICE_DEFAULTS__MAX_RESPONSE_BYTES": str(LARGEST_ANSWER),
    # A breaker would spare the gateway most of each fault; what it does is seen in test_flapping.py.
    "BRAID_SERVICE_DEFAULTS__BREAKER__ENABLED": "false",
}

_played: list[Cell] = []


@pytest.fixture(scope="session")
def proxies(running_estate: Estate) -> Iterator[Proxies]:
    """One before each service."""
    with running_proxies(running_estate.urls()) as proxies:
        yield proxies


@pytest.fixture(scope="session")
def gateway(make_gateway: MakeGateway, proxies: Proxies) -> Iterator[GatewayProcess]:
    """Over the proxies."""
    with make_gateway(services=proxies.urls(), **SETTINGS) as serving:
        yield serving


@pytest.fixture(scope="session")
def customers(running_estate: Estate, gateway: GatewayProcess) -> list[str]:
    """Two for each client, of whom the dashboard is full: every place holds something."""
    found: list[str] = []
    for id in _customers_with_tickets(running_estate.url("support")):
        if _is_full(gateway.ask(DASHBOARD, mine=id, neighbour=id).data):
            found.append(id)
        if len(found) == 2 * CLIENTS:
            return found
    pytest.fail(f"only {len(found)} customers have all that the dashboard asks for")


@pytest.fixture(scope="session")
def stage(running_estate: Estate, proxies: Proxies, gateway: GatewayProcess, customers: list[str]) -> Iterator[Stage]:
    """Warm, and with what each client gets when nothing is disturbed."""
    variables = [{"mine": customers[n], "neighbour": customers[n + 1]} for n in range(0, len(customers), 2)]
    expected = [gateway.ask(DASHBOARD, **each).whole() for each in variables]
    _check_distinct(expected)
    with gathered(gateway.url, DASHBOARD, variables) as crowd:
        stage = Stage(running_estate, proxies, psutil.Process(gateway.pid), crowd, expected)
        for _ in range(3):
            assert stage.all_is_well()
        yield stage


@pytest.fixture(scope="session")
def played() -> list[Cell]:
    """The cells of the matrix, for the table at the end."""
    return _played


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table, also when everything passed."""
    if _played:
        terminalreporter.section("faults by services")
        for line in lines_of(_played):
            terminalreporter.write_line(line)


def _customers_with_tickets(support: str) -> Iterator[str]:
    """Each once. Tests have opened many tickets of a few customers."""
    seen: set[str] = set()
    query: dict[str, str | int] = {"status": "open", "limit": 200}
    while True:
        page = httpx.get(f"{support}/tickets", params=query, trust_env=False).json()
        fresh = {ticket["customer_id"]: None for ticket in page["items"] if ticket["customer_id"] not in seen}
        seen.update(fresh)
        yield from fresh
        if page["next"] is None:
            return
        query["cursor"] = page["next"]


def _check_distinct(expected: Sequence[Any]) -> None:
    """Else an answer that reached the wrong client might not be seen to."""
    emails = [data[alias]["email"] for data in expected for alias in ("mine", "neighbour")]
    assert len(set(emails)) == 2 * CLIENTS
    for place in ("recentOrders", "openTickets", "reviews", "billing"):
        assert len({repr(data["mine"][place]) for data in expected}) == CLIENTS, place


def _is_full(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_is_full, value))
    if isinstance(value, dict):
        return all(map(_is_full, value.values()))
    return value is not None
