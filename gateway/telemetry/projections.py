"""Metrics of projections, as their store tells: the same in the gateway, which reads them, and in their workers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

if TYPE_CHECKING:
    from gateway.projections.status import GenerationStatus, ProjectionStatus

LETTERS = ("early", "waiting", "retrying", "dead")


class Statuses(Protocol):
    """What is known of the projections. See gateway.projections.watch.StatusWatch."""

    @property
    def statuses(self) -> Sequence[ProjectionStatus]: ...
    @property
    def fault(self) -> str: ...


def collect_projections(known: Statuses | None) -> Iterator[Metric]:
    """Nothing but the families' names where there are no projections.

    While the store cannot be read there are no samples but that: what was true a while ago is no news.
    """
    up = _gauge("braid_projection_store_up", "Whether the store of projections could be read at this scrape.")
    if known is not None:
        up.add_metric((), 0 if known.fault else 1)
    yield up
    statuses = known.statuses if known is not None else ()
    yield from _generations(statuses)
    generations = [(status.name, one) for status in statuses for one in status.generations]
    yield from _streams(generations)
    yield from _letters(generations)
    yield from _builds(generations)


def _generations(statuses: Sequence[ProjectionStatus]) -> Iterator[Metric]:
    serving = _gauge(
        "braid_projection_serving_generation",
        "The generation that answers queries, by number; 0: none.",
        "projection",
    )
    version = _gauge("braid_projection_version", "Version of the projection's code in this process.", "projection")
    generations = _gauge("braid_projection_generations", "Generations that there are.", "projection", "state")
    for status in statuses:
        serving.add_metric((status.name,), status.serving or 0)
        version.add_metric((status.name,), status.version)
        states = Counter(one.generation.state.value for one in status.generations)
        for state in ("building", "ready", "live", "kept"):
            generations.add_metric((status.name, state), states[state])
    yield from (serving, version, generations)


def _streams(generations: Sequence[tuple[str, GenerationStatus]]) -> Iterator[Metric]:
    labels = ("projection", "generation", "stream")
    events = _gauge("braid_projection_lag_events", "Events that the stream had and the tables had not.", *labels)
    seconds = _gauge(
        "braid_projection_lag_seconds", "How old the tables may be; none while they have never been complete.", *labels
    )
    state = _gauge("braid_projection_stream_state", "1 for the state that the stream is in.", *labels, "state")
    for projection, one in generations:
        for stream in one.streams:
            names = (projection, str(one.generation.number), stream.stream)
            events.add_metric(names, stream.lag_events)
            state.add_metric((*names, stream.state.value), 1)
            if stream.lag_s is not None:
                seconds.add_metric(names, stream.lag_s)
    yield from (events, seconds, state)


def _letters(generations: Sequence[tuple[str, GenerationStatus]]) -> Iterator[Metric]:
    labels = ("projection", "generation")
    letters = _gauge("braid_projection_letters", "Events that are set aside, by why.", *labels, "state")
    oldest = _gauge("braid_projection_oldest_letter_seconds", "Age of the oldest of them; 0 without any.", *labels)
    for projection, one in generations:
        if not one.streams:  # of other code, whose letters are not looked at
            continue
        names = (projection, str(one.generation.number))
        for why in LETTERS:
            letters.add_metric((*names, why), getattr(one.letters, why))
        oldest.add_metric(names, one.letters.oldest_s or 0)
    yield from (letters, oldest)


def _builds(generations: Sequence[tuple[str, GenerationStatus]]) -> Iterator[Metric]:
    labels = ("projection", "generation", "stream")
    done = _gauge("braid_projection_build_done", "Aggregates that an unfinished build has read.", *labels)
    total = _gauge("braid_projection_build_total", "Aggregates that there were when it began, if known.", *labels)
    for projection, one in generations:
        for progress in one.build:
            names = (projection, str(one.generation.number), progress.stream)
            done.add_metric(names, progress.done)
            if progress.total is not None:
                total.add_metric(names, progress.total)
    yield from (done, total)


def _gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, labels=labels)
