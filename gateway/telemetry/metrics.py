"""Counts and durations since the start of the process, for whoever scrapes them.

Own arrays instead of prometheus-client's instruments, which lock on every observation: docs/telemetry.md has the costs.
One event loop writes and reads, so there is nothing to lock; prometheus-client writes the text (`server/metrics.py`).
The set of label values is bounded: names from the configuration, codes of our own, classes of loaders.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Protocol

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from gateway.services.policy.policy import ServicePolicy
from gateway.telemetry.policies import collect_policies
from gateway.telemetry.projections import Statuses, collect_projections
from gateway.telemetry.reloads import Reloads

DURATIONS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
COSTS = (1, 10, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000, 1_000_000)


class Histograms:
    """One histogram per combination of label values. bounds: upper ones, inclusive, ascending."""

    __slots__ = ("_help", "_labels", "_name", "bounds", "series")

    def __init__(self, name: str, text: str, labels: Sequence[str], bounds: Sequence[float]) -> None:
        self._name = name
        self._help = text
        self._labels = tuple(labels)
        self.bounds = tuple(bounds)
        self.series: dict[tuple[str, ...], list[float]] = {}
        """Label values -> observations per bucket, those above all bounds, and last the sum of what was observed."""

    def record(self, value: float, *labels: str) -> None:
        found = self.series.get(labels)
        if found is None:
            found = self.series[labels] = [0] * (len(self.bounds) + 2)
        found[bisect_left(self.bounds, value)] += 1
        found[-1] += value

    def count(self, *labels: str) -> int:
        """Number of observations so far."""
        return int(sum(self.series.get(labels, (0,))[:-1]))

    def collect(self) -> Metric:
        family = HistogramMetricFamily(self._name, self._help, labels=self._labels)
        names = [*(f"{bound:g}" for bound in self.bounds), "+Inf"]
        for labels, found in self.series.items():
            family.add_metric(labels, list(zip(names, accumulate(found[:-1]), strict=True)), found[-1])
        return family


class Counters:
    """One count per combination of label values."""

    __slots__ = ("_help", "_labels", "_name", "series")

    def __init__(self, name: str, text: str, labels: Sequence[str]) -> None:
        self._name = name
        self._help = text
        self._labels = tuple(labels)
        self.series: dict[tuple[str, ...], int] = {}

    def add(self, count: int, *labels: str) -> None:
        self.series[labels] = self.series.get(labels, 0) + count

    def collect(self) -> Metric:
        family = CounterMetricFamily(self._name, self._help, labels=self._labels)
        for labels, count in self.series.items():
            family.add_metric(labels, count)
        return family


class Cache(Protocol):
    """What is told of a cache: how much it holds, and how often it had what was looked for."""

    hits: int
    misses: int

    @property
    def held_bytes(self) -> int: ...

    def __len__(self) -> int: ...


class SharedQueries(Protocol):
    """What is told of queries that were executed together with others. See gateway.sharing.Sharing."""

    taken: int
    repeated: int


class Metrics:
    """All metrics of one gateway. A prometheus-client collector.

    in_flight: requests that are being answered now.
    caches:    by name; filled by whoever owns them.
    policies:  of the services.
    sharing:   None while queries are not shared.
    reloads:   None where nothing is reloaded.
    projections: None where there are none.
    """

    def __init__(self) -> None:
        self.requests = Histograms(
            "braid_request_duration_seconds",
            "Time from the operation's arrival to its answer, by kind of operation and outcome.",
            ("kind", "outcome"),
            DURATIONS_S,
        )
        self.fetches = Histograms(
            "braid_fetch_duration_seconds",
            "Time of one fetch (a step of a plan) from a subgraph, by outcome.",
            ("subgraph", "outcome"),
            DURATIONS_S,
        )
        self.entities = Counters("braid_fetched_entities", "Entities that subgraphs were asked for.", ("subgraph",))
        self.calls = Histograms(
            "braid_service_call_duration_seconds",
            "Time of one HTTP call to a service, by outcome: OK or the code of the error.",
            ("service", "outcome"),
            DURATIONS_S,
        )
        self.batches = Histograms(
            "braid_loader_batch_size", "Keys per batch of a loader.", ("service", "loader"), SIZES
        )
        self.failures = Counters(
            "braid_source_failures", "Requests whose answer lacks something, by source at fault.", ("source", "code")
        )
        self.costs = Histograms("braid_operation_cost", "Estimated cost of operations, by kind.", ("kind",), COSTS)
        self.restricted = Counters(
            "braid_restricted_operations",
            "Operations that asked for something their client may not see, by what became of them.",
            ("outcome",),
        )
        self.tokens = Counters("braid_tokens", "Requests with a token, by OK or the code of the refusal.", ("outcome",))
        self.plans_cut_short = Counters(
            "braid_plans_cut_short", "Plans that were made with fewer choices tried than there are.", ()
        )
        self.in_flight = 0
        self.caches: Mapping[str, Cache] = {}
        self.policies: Sequence[ServicePolicy] = ()
        self.sharing: SharedQueries | None = None
        self.reloads: Reloads | None = None
        self.projections: Statuses | None = None

    def collect(self) -> Iterator[Metric]:
        yield self.requests.collect()
        yield GaugeMetricFamily("braid_requests_in_flight", "Requests being answered now.", value=self.in_flight)
        yield GaugeMetricFamily(
            "braid_tasks", "Tasks of the event loop now, the scrape's among them.", value=_count_tasks()
        )
        yield self.fetches.collect()
        yield self.entities.collect()
        yield self.calls.collect()
        yield self.batches.collect()
        yield self.failures.collect()
        yield self.costs.collect()
        yield self.restricted.collect()
        yield self.tokens.collect()
        yield self.plans_cut_short.collect()
        yield from self._collect_caches()
        yield from collect_policies(self.policies)
        yield from self._collect_sharing()
        if self.reloads is not None:
            yield from self.reloads.collect()
        yield from collect_projections(self.projections)

    def _collect_caches(self) -> Iterator[Metric]:
        entries = GaugeMetricFamily("braid_cache_entries", "What a cache holds now.", labels=("cache",))
        lookups = CounterMetricFamily("braid_cache_lookups", "Look-ups in a cache.", labels=("cache", "result"))
        held = GaugeMetricFamily("braid_cache_bytes", "What that takes in memory, by estimate.", labels=("cache",))
        for name, cache in self.caches.items():
            entries.add_metric((name,), len(cache))
            held.add_metric((name,), cache.held_bytes)
            lookups.add_metric((name, "hit"), cache.hits)
            lookups.add_metric((name, "miss"), cache.misses)
        yield entries
        yield held
        yield lookups

    def _collect_sharing(self) -> Iterator[Metric]:
        taken, repeated = (self.sharing.taken, self.sharing.repeated) if self.sharing is not None else (0, 0)
        text = "Queries that joined an identical one under way."
        yield CounterMetricFamily("braid_shared_queries", text, value=taken)
        text = "Of those, queries that were executed after all, because the one they had joined failed."
        yield CounterMetricFamily("braid_shared_queries_repeated", text, value=repeated)


def _count_tasks() -> int:
    """Of the running event loop; none where there is no loop."""
    try:
        return len(asyncio.all_tasks())
    except RuntimeError:
        return 0
