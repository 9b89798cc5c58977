"""Admission: what the server asks before it lets an operation in."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from gateway.admission.errors import CostBudgetSpent, Overloaded, RateLimited
from gateway.admission.limit import AdaptiveLimit, LimitSettings
from gateway.admission.rates import RateCounts, RateLimits, RateSettings
from gateway.admission.watch import watching

# Long enough for the queue to be gone, short enough not to be felt as an outage.
RETRY_AFTER_S = 1


class Admission:
    """One process's gate. rates: None when no client is limited."""

    def __init__(self, limit: LimitSettings | None = None, rates: RateSettings | None = None) -> None:
        self.limit = AdaptiveLimit(limit or LimitSettings())
        self.rates = None if rates is None else RateLimits(rates)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Open for as long as requests come; needs the event loop that answers them."""
        try:
            async with watching(self.limit):
                yield
        finally:
            if self.rates is not None:
                await self.rates.close()

    def enter(self) -> None:
        """Count an operation in; `limit.leave` counts it out. Raises Overloaded."""
        if not self.limit.try_enter():
            raise Overloaded("The gateway has too much to do at the moment; please try again.", RETRY_AFTER_S)

    def collect(self) -> Iterator[Metric]:
        """What `/metrics` tells."""
        limit = self.limit
        yield GaugeMetricFamily("braid_admission_limit", "Operations let in at once, as of now.", limit.limit)
        yield GaugeMetricFamily(
            "braid_admission_in_flight", "Operations that were let in and not yet answered.", limit.in_flight
        )
        yield GaugeMetricFamily(
            "braid_event_loop_turn_seconds",
            "How long work waited for its turn of the event loop when it was last measured.",
            limit.turn_s,
        )
        yield CounterMetricFamily("braid_admission_cuts", "Times that the limit was lowered.", limit.cuts)
        refused = CounterMetricFamily("braid_admission_refused", "Requests not let in, by code.", labels=("code",))
        refused.add_metric((Overloaded.code,), limit.refused)
        counts = self.rates.counts if self.rates is not None else RateCounts()
        refused.add_metric((RateLimited.code,), counts.limited)
        refused.add_metric((CostBudgetSpent.code,), counts.overspent)
        uncounted = "Requests and costs let through because the storage of the rate limits was away."
        yield CounterMetricFamily("braid_rate_limits_uncounted", uncounted, counts.uncounted)
        yield refused
