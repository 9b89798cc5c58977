"""Metrics of a worker: what became of the events that it read, and how fast they can be seen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily, Metric

from gateway.projections.status import WINDOW_BOUNDS_S, Counters

_LABELS = ("projection", "generation", "stream")
_BUCKETS = [*(f"{bound:g}" for bound in WINDOW_BOUNDS_S), "+Inf"]


def collect_following(counters: Counters) -> Iterator[Metric]:
    """Since the worker began to follow each of them."""
    text = "Events read, by what became of them."
    events = CounterMetricFamily("braid_projection_events", text, labels=(*_LABELS, "outcome"))
    text = "Transactions in which they were applied."
    batches = CounterMetricFamily("braid_projection_batches", text, labels=_LABELS)
    window = HistogramMetricFamily(
        "braid_projection_window_seconds",
        "Consistency window: from when something happened at its service until it can be seen in the projection.",
        labels=_LABELS,
    )
    for (projection, generation, stream), counted in counters.items():
        names = (projection, str(generation), stream)
        for outcome, count in (
            ("applied", counted.applied),
            ("duplicate", counted.duplicates),
            ("ignored", counted.ignored),
            ("parked", counted.parked),
        ):
            events.add_metric((*names, outcome), count)
        batches.add_metric(names, counted.batches)
        buckets = list(zip(_BUCKETS, accumulate(counted.window.counts), strict=True))
        window.add_metric(names, buckets, counted.window.sum_s)
    yield from (events, batches, window)
