"""Hedging halves the slowest answers of a service that is now and then slow, for few extra calls."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from mock_services.estate import Estate
from tests.chaos.clients import Asked
from tests.chaos.conftest import LET_IN
from tests.chaos.crowd import Crowd, gathered
from tests.shop.conftest import MakeGateway

VICTIM = "support"
USUAL_MS = 10
SLOW_SHARE = 0.02
SLOW_MS = 20 * USUAL_MS
MOST_EXTRA = 0.05
SECONDS = 5.0
PERIOD_S = 0.2

TICKETS = "query Tickets($id: ID!) { customer(id: $id) { email openTickets { subject } } }"
CUSTOMERS = [{"id": f"c-{number:06}"} for number in range(1, 21)]


@contextmanager
def crowd_before(make_gateway: MakeGateway, *, hedging: bool) -> Iterator[Crowd]:
    """Twenty clients of a gateway that knows how long the service usually takes."""
    with (
        make_gateway(BRAID_SUBGRAPHS__SUPPORT__HEDGE__ENABLED=str(hedging).lower(), **LET_IN) as gateway,
        gathered(gateway.url, TICKETS, CUSTOMERS) as crowd,
    ):
        # The latencies that it knows are the last 500: none of them from its start.
        crowd.ask_for(3.0, 0.1)
        yield crowd


def p99_s(answers: list[Asked]) -> float:
    times = sorted(asked.seconds for asked in answers)
    return times[math.ceil(0.99 * len(times)) - 1]


def ask_slow_service(crowd: Crowd, estate: Estate) -> tuple[float, int, int]:
    """p99 in seconds, requests, and how many calls the service had of them. Some of them were slow."""
    estate.reset_calls()
    before = estate.strikes(VICTIM).get("slow", 0)
    estate.chaos(VICTIM, latency_ms=USUAL_MS, fault="slow", probability=SLOW_SHARE, pause_ms=SLOW_MS - USUAL_MS, seed=3)
    answers = crowd.ask_for(SECONDS, PERIOD_S).answers
    slow = estate.strikes(VICTIM)["slow"] - before
    assert all('"errors"' not in asked.body for asked in answers)
    assert slow >= 0.01 * len(answers)
    return p99_s(answers), len(answers), estate.call_counts(VICTIM)["total"]


def test_hedging_halves_p99_for_a_twentieth_more_calls(make_gateway: MakeGateway, estate: Estate) -> None:
    """One call in fifty takes twenty times as long."""
    estate.chaos(VICTIM, latency_ms=USUAL_MS)
    with crowd_before(make_gateway, hedging=False) as crowd:
        plain_s, asked, calls = ask_slow_service(crowd, estate)
    assert calls == asked
    assert plain_s >= SLOW_MS / 1000
    estate.chaos(VICTIM, latency_ms=USUAL_MS)
    with crowd_before(make_gateway, hedging=True) as crowd:
        hedged_s, asked, calls = ask_slow_service(crowd, estate)
    assert 0 < calls - asked <= MOST_EXTRA * asked
    assert hedged_s <= plain_s / 2
