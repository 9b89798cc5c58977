"""What became of each change of the graph while the gateway ran."""

from __future__ import annotations

import time
from collections.abc import Iterator

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

SWAPPED = "swapped"
UNCHANGED = "unchanged"
REFUSED = "refused"


class Reloads:
    """Counts by outcome, and when the graph that serves was loaded."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {SWAPPED: 0, UNCHANGED: 0, REFUSED: 0}
        self._loaded_at = time.time()
        self._refused = False

    def note(self, outcome: str) -> None:
        self.counts[outcome] += 1
        self._refused = outcome == REFUSED
        if outcome == SWAPPED:
            self._loaded_at = time.time()

    def collect(self) -> Iterator[Metric]:
        text = "Times that the configuration was read again: the graph was swapped, was unchanged, or was refused."
        family = CounterMetricFamily("braid_reloads", text, labels=("outcome",))
        for outcome, count in self.counts.items():
            family.add_metric((outcome,), count)
        yield family
        text = "1 while the last change stands refused and the graph before it serves, else 0."
        yield GaugeMetricFamily("braid_reload_refused", text, value=float(self._refused))
        text = "When the graph that serves was loaded, in Unix time."
        yield GaugeMetricFamily("braid_graph_loaded_timestamp_seconds", text, value=self._loaded_at)
