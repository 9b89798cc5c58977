"""A service that hangs, dies or fails costs its own fields, in time, and says so discreetly.

That the victim answered before, and then hung or died, is asked of the victim itself.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import httpx
import pytest

from mock_services.estate import Estate
from mock_services.kit.ports import PORTS
from tests.shop.conftest import MakeGateway
from tests.shop.discretion import indiscretions
from tests.shop.gateway_process import Answer, GatewayProcess
from tests.shop.queries import (
    BUSY_CUSTOMER,
    DASHBOARD,
    FIELD_OWNERS,
    ROOT_OWNERS,
    WIDE,
    WIDE_VARIABLES,
    Path,
    without_service,
)

DEADLINE_S = 2.0
SERVICE_TIMEOUT_S = 1.5
SLACK_S = 0.3
"""For a busy machine, where a limit is a second or more."""

TICKETS = ["customer", "openTickets"]


SINGLE_CALLS = {
    "BRAID_SERVICE_DEFAULTS__BREAKER__ENABLED": "false",
    "BRAID_SERVICE_DEFAULTS__RETRY__MAX_RETRIES": "0",
}


@pytest.fixture(scope="module")
def gateway(make_gateway: MakeGateway) -> Iterator[GatewayProcess]:
    """One that makes each call once and never leaves a service alone: these tests are about single answers.

    What breakers and retries make of many is in tests/chaos.
    """
    with make_gateway(**SINGLE_CALLS) as serving:
        yield serving


def ask_victim(client: httpx.Client) -> int:
    """Status of a request to support itself, with little patience."""
    return client.get("/tickets", params={"customer_id": BUSY_CUSTOMER}, timeout=0.5).status_code


def dashboard(gateway: GatewayProcess) -> Answer:
    return gateway.ask(DASHBOARD, id=BUSY_CUSTOMER)


def without_tickets(whole: dict[str, Any]) -> dict[str, Any]:
    return {"customer": whole["customer"] | {"openTickets": None}}


def check_tickets_missing(answer: Answer, whole: dict[str, Any], code: str) -> None:
    """Everything but the tickets is there, and one error says why they are not."""
    assert answer.status == 200
    assert answer.data == without_tickets(whole)
    (error,) = answer.errors
    assert (error["path"], error["extensions"]) == (TICKETS, {"code": code, "service": "support"})
    assert "support" in error["message"]
    assert indiscretions(json.dumps(answer.errors)) == []


@pytest.fixture
def victim(services: dict[str, httpx.Client]) -> httpx.Client:
    """Support, asked directly: it answers now."""
    assert ask_victim(services["support"]) == 200
    return services["support"]


def hang(estate: Estate) -> None:
    """It accepts requests and never answers."""
    estate.chaos("support", hang=True)


def freeze(estate: Estate) -> None:
    """The whole process stands still; the system still accepts connections for it."""
    estate.pause("support")


@pytest.mark.parametrize("stop_answering", [hang, freeze])
def test_a_hanging_service_costs_its_own_field(
    stop_answering: Callable[[Estate], None], gateway: GatewayProcess, estate: Estate, victim: httpx.Client
) -> None:
    """The answer comes after the service's timeout and within the request's deadline; then all is well again."""
    whole = dashboard(gateway).whole()
    log = gateway.log()
    stop_answering(estate)
    with pytest.raises(httpx.ReadTimeout):
        ask_victim(victim)
    answer = dashboard(gateway)
    assert SERVICE_TIMEOUT_S <= answer.seconds < DEADLINE_S
    check_tickets_missing(answer, whole, "SUBREQUEST_TIMEOUT")
    assert indiscretions(gateway.log().removeprefix(log)) == []
    estate.resume("support")
    estate.clear_chaos()
    assert ask_victim(victim) == 200
    assert dashboard(gateway).whole() == whole


def test_a_killed_service_costs_its_own_field(gateway: GatewayProcess, estate: Estate, victim: httpx.Client) -> None:
    """Also the second time, on a connection that cannot even be tried; after its restart all is well again."""
    whole = dashboard(gateway).whole()
    log = gateway.log()
    estate.kill("support")
    assert (estate.is_alive("support"), estate.exit_code("support")) == (False, -signal.SIGKILL)
    with pytest.raises(httpx.ConnectError):
        ask_victim(victim)
    for _ in range(2):
        check_tickets_missing(dashboard(gateway), whole, "SUBREQUEST_CONNECTION_ERROR")
    assert indiscretions(gateway.log().removeprefix(log)) == []
    estate.restart("support")
    assert ask_victim(victim) == 200
    assert dashboard(gateway).whole() == whole


def test_a_killed_service_costs_no_time(gateway: GatewayProcess, estate: Estate, make_gateway: MakeGateway) -> None:
    """Within 50 ms of normal: asked in turn, of a gateway whose support lives and of one whose own support is dead."""
    with (
        Estate(estate.home, services=["support"]) as apart,
        make_gateway(services=apart.urls(), **SINGLE_CALLS) as bereft,
    ):
        whole = dashboard(gateway).whole()
        assert dashboard(bereft).whole() == whole
        assert apart.calls() == {"support": {"GET /tickets": 1}}
        apart.kill("support")
        assert not apart.is_alive("support")
        normal: list[float] = []
        without: list[float] = []
        for _ in range(15):
            normal.append(dashboard(gateway).seconds)
            answer = dashboard(bereft)
            without.append(answer.seconds)
            check_tickets_missing(answer, whole, "SUBREQUEST_CONNECTION_ERROR")
    assert median(without) < median(normal) + 0.050


@pytest.mark.parametrize("status", [500, 503, 404])
def test_a_failing_service_costs_its_own_field(
    status: int, gateway: GatewayProcess, estate: Estate, services: dict[str, httpx.Client]
) -> None:
    """It is asked once: a status is an answer."""
    whole = dashboard(gateway).whole()
    estate.chaos("support", error_rate=1, status=status)
    assert ask_victim(services["support"]) == status
    estate.reset_calls()
    check_tickets_missing(dashboard(gateway), whole, "SUBREQUEST_HTTP_ERROR")
    assert estate.calls("support") == {"GET /tickets": 1}


@pytest.mark.parametrize("service", PORTS)
def test_a_killed_service_leaves_every_other_field(service: str, gateway: GatewayProcess, estate: Estate) -> None:
    """A query over all seven: what the six others know is answered, and each missing place has its error."""
    whole = gateway.ask(WIDE, **WIDE_VARIABLES).whole()
    left, lost = without_service(whole, service)
    assert lost
    assert _no_nulls(whole)
    estate.kill(service)
    assert not estate.is_alive(service)
    answer = gateway.ask(WIDE, **WIDE_VARIABLES)
    assert answer.status == 200
    assert answer.data == left
    places: list[Path] = [tuple(error["path"]) for error in answer.errors]
    assert len(places) == len(lost)
    assert set(places) == lost
    told = [error["extensions"] for error in answer.errors]
    assert told == [{"code": "SUBREQUEST_CONNECTION_ERROR", "service": service}] * len(told)
    assert indiscretions(json.dumps(answer.errors)) == []
    estate.restart(service)
    assert gateway.ask(WIDE, **WIDE_VARIABLES).whole() == whole


def test_the_wide_query_asks_every_service(gateway: GatewayProcess, estate: Estate) -> None:
    """Else the test above would show less than it says."""
    gateway.ask(WIDE, **WIDE_VARIABLES).whole()
    assert set(estate.calls()) == set(PORTS) == {*ROOT_OWNERS.values(), *FIELD_OWNERS.values()}


def test_when_everything_hangs_there_still_is_an_answer(gateway: GatewayProcess, estate: Estate) -> None:
    """In time. Of seven failures the client hears what they cost: the four roots."""
    for service in PORTS:
        estate.chaos(service, hang=True)
    answer = gateway.ask(WIDE, **WIDE_VARIABLES)
    assert answer.seconds < DEADLINE_S + SLACK_S
    assert (answer.status, answer.data) == (200, dict.fromkeys(ROOT_OWNERS))
    found = {error["path"][0]: error["extensions"] for error in answer.errors}
    assert found == {root: {"code": "SUBREQUEST_TIMEOUT", "service": service} for root, service in ROOT_OWNERS.items()}


def test_the_deadline_is_for_the_whole_request(make_gateway: MakeGateway, estate: Estate) -> None:
    """Shorter than the service's timeout, it decides; what has arrived by then is answered."""
    with make_gateway(BRAID_EXECUTION__DEADLINE_S="0.3") as hurried:
        whole = dashboard(hurried).whole()
        log = hurried.log()
        hang(estate)
        answers = [dashboard(hurried) for _ in range(3)]
        assert indiscretions(hurried.log().removeprefix(log)) == []
    for answer in answers:
        check_tickets_missing(answer, whole, "DEADLINE_EXCEEDED")
        assert answer.seconds >= 0.3 * 0.8  # a fifth is kept for putting the answer together, at most
    assert min(answer.seconds for answer in answers) < 0.3 + 0.1


def test_the_deadline_is_shared_by_all_rounds(make_gateway: MakeGateway, estate: Estate) -> None:
    """Orders take most of it; their customers get what is left, not a time of their own."""
    with make_gateway(BRAID_EXECUTION__DEADLINE_S="0.6") as hurried:
        query = "{ orders(first: 3) { total customer { name } } }"
        hurried.ask(query).whole()
        estate.chaos("orders", latency_ms=400)
        estate.chaos("customers", latency_ms=400)
        answers = [hurried.ask(query) for _ in range(2)]
    assert min(answer.seconds for answer in answers) < 0.6 + 0.1
    for answer in answers:
        assert [order["customer"] for order in answer.data["orders"]] == [{"name": None}] * 3
        assert all(order["total"] for order in answer.data["orders"])
        assert {error["extensions"]["code"] for error in answer.errors} == {"DEADLINE_EXCEEDED"}
        assert {error["extensions"]["service"] for error in answer.errors} == {"customers"}


def _no_nulls(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and all(_no_nulls(item) for item in value)
    if isinstance(value, dict):
        return all(_no_nulls(item) for item in value.values())
    return value is not None
