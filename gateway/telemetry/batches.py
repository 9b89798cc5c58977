"""BatchWatch: how large the batches of loaders are, and how long they take in requests that are traced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.services.loader import Loader
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.outcomes import outcome_of
from gateway.telemetry.tracing import current_span, fail


class BatchWatch:
    """Watches every batch of every loader: what a RequestContext takes as `watch_batch`."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def __call__(self, loader: Loader[Any, Any], keys: Sequence[Any]) -> Mapping[Any, Any]:
        """The loader's own fetch of these keys."""
        kind, service = type(loader).__name__, loader.service
        self._metrics.batches.record(len(keys), service, kind)
        spans = loader.context.spans
        if spans is None:
            return await loader.fetch(keys)
        attributes = {"braid.service": service, "braid.loader": kind, "braid.keys": len(keys)}
        span = spans.open(f"load {service}", attributes)
        token = current_span.set(span)
        try:
            return await loader.fetch(keys)
        except BaseException as error:
            fail(span, outcome_of(error, loader.context))
            raise
        finally:
            current_span.reset(token)
            span.end()
