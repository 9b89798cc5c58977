"""Metrics of the policies that stand between calls and their services. They count by themselves; here it is told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from gateway.services.errors import CircuitOpen, ServiceBusy
from gateway.services.policy.breaker import CLOSED, HALF_OPEN, OPEN
from gateway.services.policy.policy import ServicePolicy

BREAKER_STATES = {CLOSED: 0, HALF_OPEN: 1, OPEN: 2}
"""As the gauge tells them."""


def collect_policies(policies: Sequence[ServicePolicy]) -> Iterator[Metric]:
    """One sample per service in each family; the families of hedging have only services that hedge."""
    yield from _breakers(policies)
    yield from _places(policies)
    yield from _budgets(policies)
    yield from _extra_calls(policies)


def _breakers(policies: Sequence[ServicePolicy]) -> Iterator[Metric]:
    state = _gauge("braid_breaker_state", "A service's breaker: 0 closed, 1 half open, 2 open.")
    openings = _counter("braid_breaker_openings", "How often it has opened.")
    for policy in policies:
        state.add_metric((policy.service,), BREAKER_STATES[policy.breaker.state])
        openings.add_metric((policy.service,), policy.breaker.openings)
    yield from (state, openings)


def _places(policies: Sequence[ServicePolicy]) -> Iterator[Metric]:
    in_flight = _gauge("braid_service_calls_in_flight", "Calls to a service under way.")
    waiting = _gauge("braid_service_calls_waiting", "Calls that wait until fewer are under way.")
    refused = _counter("braid_service_calls_refused", "Calls that were not made, by code.", "code")
    for policy in policies:
        in_flight.add_metric((policy.service,), policy.bulkhead.in_flight)
        waiting.add_metric((policy.service,), policy.bulkhead.waiting)
        refused.add_metric((policy.service, ServiceBusy.code), policy.busy)
        refused.add_metric((policy.service, CircuitOpen.code), policy.refused)
    yield from (in_flight, waiting, refused)


def _budgets(policies: Sequence[ServicePolicy]) -> Iterator[Metric]:
    process = GaugeMetricFamily("braid_retry_budget", "Retries that the whole process could make now.")
    left = _gauge("braid_service_budget", "Extra calls that could be made to a service now, by kind.", "kind")
    for policy in policies:
        left.add_metric((policy.service, "retry"), policy.retry_budget.left)
        if policy.hedging is not None:
            left.add_metric((policy.service, "hedge"), policy.hedging.budget.left)
    if policies and (shared := policies[0].retry_budget.shared) is not None:
        process.add_metric((), shared.left)
    yield from (process, left)


def _extra_calls(policies: Sequence[ServicePolicy]) -> Iterator[Metric]:
    retries = _counter("braid_service_retries", "Calls that were made again.")
    hedges = _counter("braid_service_hedges", "Reads that were sent a second time; won: that one was first.", "result")
    delay = _gauge("braid_service_hedge_delay_seconds", "After how long a read is sent a second time.")
    for policy in policies:
        retries.add_metric((policy.service,), policy.retries)
        if (hedging := policy.hedging) is None:
            continue
        hedges.add_metric((policy.service, "won"), hedging.won)
        hedges.add_metric((policy.service, "lost"), hedging.hedges - hedging.won)
        if hedging.latencies.quantile_s is not None:
            delay.add_metric((policy.service,), hedging.latencies.quantile_s)
    yield from (retries, hedges, delay)


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=("service", *labels))


def _counter(name: str, text: str, *labels: str) -> CounterMetricFamily:
    return CounterMetricFamily(name, text, labels=("service", *labels))
