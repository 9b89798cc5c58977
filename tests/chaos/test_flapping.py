"""A service that comes and goes is asked little more often than it would be, commands once, and when down by one probe.

What was asked of it is what the service itself has counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from gateway.services.policy.options import BudgetOptions
from mock_services.estate import Estate
from mock_services.faults import Proxies
from tests.chaos.clients import Asked
from tests.chaos.conftest import CLIENTS, LET_IN
from tests.chaos.counting import calls_by_request, extra_calls, openings
from tests.chaos.crowd import Crowd, gathered
from tests.shop.conftest import MakeGateway
from tests.shop.gateway_process import GatewayProcess
from tests.shop.waiting import wait_until

VICTIM = "support"
OPEN_S = 0.3
SETTINGS = LET_IN | {
    "BRAID_EXECUTION__DEADLINE_S": "1",
    "BRAID_SUBGRAPHS__SUPPORT__BREAKER__OPEN_S": str(OPEN_S),
    "BRAID_SUBGRAPHS__SUPPORT__BREAKER__MAX_OPEN_S": str(OPEN_S),
}
MOST_EXTRA = 0.20
BUDGET = BudgetOptions()
assert BUDGET.ratio == MOST_EXTRA

TICKETS = "query Tickets($id: ID!) { customer(id: $id) { email openTickets { subject } } }"
"""One call to the victim."""
OPEN_TICKET = 'mutation Open($id: ID!) { openTicket(input: {customerId: $id, subject: "Flapping"}) { id } }'

CUSTOMERS = [{"id": f"c-{number:06}"} for number in range(1, CLIENTS + 1)]


@pytest.fixture
def flapping_gateway(make_gateway: MakeGateway, estate: Estate, proxies: Proxies) -> Iterator[GatewayProcess]:
    """With the breaker's times made short, and all else as it is without configuration. Support is behind its proxy."""
    with make_gateway(services={VICTIM: proxies.url(VICTIM)}, **SETTINGS) as serving:
        yield serving


@pytest.fixture
def readers(flapping_gateway: GatewayProcess) -> Iterator[Crowd]:
    with gathered(flapping_gateway.url, TICKETS, CUSTOMERS) as crowd:
        assert all(is_whole(asked) for asked in crowd.ask_once())
        yield crowd


@pytest.fixture
def writers(flapping_gateway: GatewayProcess) -> Iterator[Crowd]:
    with gathered(flapping_gateway.url, OPEN_TICKET, CUSTOMERS) as crowd:
        assert all(is_whole(asked) for asked in crowd.ask_once())
        yield crowd


def is_whole(asked: Asked) -> bool:
    return asked.status == 200 and '"errors"' not in asked.body


def wait_well(readers: Crowd) -> None:
    """Until the breaker, too, has seen that all is well."""
    wait_until(lambda: all(is_whole(asked) for asked in readers.ask_once()), 5.0)


def test_a_service_that_comes_and_goes_gets_a_fifth_more_calls_at_most(readers: Crowd, estate: Estate) -> None:
    """Half a second each: in the bad ones it fails, in the good ones it is asked and answers again."""
    calls: Counter[str] = Counter()
    answers: list[Asked] = []
    for _ in range(4):
        estate.reset_calls()
        estate.chaos(VICTIM, error_rate=1, status=503)
        down = readers.ask_for(0.5, 0.25).answers
        assert not any(is_whole(asked) for asked in down)
        estate.clear_chaos()
        up = readers.ask_for(0.5, 0.25).answers
        assert any(is_whole(asked) for asked in up)
        answers += down + up
        calls += calls_by_request(estate, VICTIM)
    assert estate.strikes(VICTIM)["failure"] > 0
    assert extra_calls(calls) <= MOST_EXTRA * len(calls), f"{extra_calls(calls)} beyond {len(calls)}"
    assert calls.total() <= (1 + MOST_EXTRA) * len(answers)


@pytest.mark.parametrize("failing", [0.1, 0.3])
def test_a_service_that_fails_now_and_then_gets_what_the_budget_allows(
    failing: float, readers: Crowd, estate: Estate
) -> None:
    """A fifth of its calls and the reserve; and retries mend some of its failures."""
    before = estate.strikes(VICTIM).get("failure", 0)
    estate.reset_calls()
    estate.chaos(VICTIM, error_rate=failing, status=503, seed=11)
    answers = readers.ask_for(4.0, 0.25).answers
    calls = calls_by_request(estate, VICTIM)
    failed = estate.strikes(VICTIM)["failure"] - before
    assert failed >= 0.5 * failing * len(answers)
    reserve = BUDGET.reserve * (1 + 4.0 / BUDGET.window_s)
    assert 0 < extra_calls(calls) <= BUDGET.ratio * (len(calls) + CLIENTS) + reserve
    assert sum(not is_whole(asked) for asked in answers) < failed


def test_commands_are_never_sent_again_by_ourselves(writers: Crowd, estate: Estate) -> None:
    """Whatever came of them: a service that fails, and one that breaks off the connection."""
    estate.reset_calls()
    estate.chaos(VICTIM, error_rate=0.3, status=503, seed=5)
    answers = writers.ask_for(2.0, 0.25).answers
    calls = calls_by_request(estate, VICTIM)
    assert sum(not is_whole(asked) for asked in answers) >= 10
    assert set(calls.values()) == {1}
    assert len(calls) <= len(answers)


def test_reads_over_connections_that_break_stay_within_the_budget(
    readers: Crowd, proxies: Proxies, estate: Estate
) -> None:
    """Also connections that were kept: the HTTP library does not send a read once more of its own accord."""
    estate.reset_calls()
    before = proxies.strikes(VICTIM).get("reset", 0)
    proxies.set(VICTIM, fault="reset", probability=0.3, seed=3)
    try:
        answers = readers.ask_for(4.0, 0.25).answers
    finally:
        proxies.clear(VICTIM)
    struck = proxies.strikes(VICTIM)["reset"] - before
    calls = estate.call_counts(VICTIM)["total"] + struck
    assert struck >= 0.15 * len(answers)
    reserve = BUDGET.reserve * (1 + 4.0 / BUDGET.window_s)
    assert calls - len(answers) <= BUDGET.ratio * (len(answers) + CLIENTS) + reserve


def test_commands_are_not_sent_again_over_broken_connections(writers: Crowd, proxies: Proxies, estate: Estate) -> None:
    """The proxy counts what it resets, the service what reaches it: together no more than were asked for."""
    estate.reset_calls()
    before = proxies.strikes(VICTIM).get("reset", 0)
    proxies.set(VICTIM, fault="reset", probability=0.3, seed=5)
    try:
        answers = writers.ask_for(2.0, 0.25).answers
    finally:
        proxies.clear(VICTIM)
    struck = proxies.strikes(VICTIM)["reset"] - before
    assert struck >= 0.15 * len(answers)
    assert sum(not is_whole(asked) for asked in answers) >= struck
    assert struck + estate.call_counts(VICTIM)["total"] <= len(answers)


def test_a_service_that_is_down_is_asked_by_one_probe_in_each_half_open_period(
    readers: Crowd, flapping_gateway: GatewayProcess, estate: Estate
) -> None:
    """Twenty clients ask all the time. Each call that reaches the service is a probe that failed and opened again."""
    estate.chaos(VICTIM, error_rate=1, status=503, latency_ms=100)
    readers.ask_for(0.5, 0.1)
    estate.reset_calls()
    before = openings(flapping_gateway, VICTIM)
    assert before > 0
    refused = readers.ask_for(3.0, 0.25).answers
    counted = estate.call_counts(VICTIM)
    periods = openings(flapping_gateway, VICTIM) - before
    assert counted["total"] == periods
    assert counted["max_in_flight"] == 1
    assert 4 <= periods <= 3.0 / (0.8 * OPEN_S) + 1
    assert sum("CIRCUIT_OPEN" in asked.body for asked in refused) >= len(refused) - periods - 1
    estate.clear_chaos()
    wait_well(readers)


def test_clients_that_give_up_do_not_open_the_breaker(
    readers: Crowd, flapping_gateway: GatewayProcess, estate: Estate
) -> None:
    """Three times as many as failures that would: the next request is answered whole."""
    estate.chaos(VICTIM, fault="slow", pause_ms=5000)
    with httpx.Client(base_url=flapping_gateway.url, trust_env=False, timeout=0.05) as impatient:
        for each in (CUSTOMERS * 2)[:30]:
            with pytest.raises(httpx.ReadTimeout):
                impatient.post("/graphql", json={"query": TICKETS, "variables": each})
    assert estate.call_counts(VICTIM)["total"] >= 30
    estate.clear_chaos()
    assert openings(flapping_gateway, VICTIM) == 0
    assert all(is_whole(asked) for asked in readers.ask_once())
