"""Watched sources: the subgraphs and clients of a gateway, each measured and, in sampled requests, traced.

They are put around the real ones where these are made, and change nothing of what those do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from time import perf_counter
from typing import Any

from opentelemetry.trace import Span, SpanKind

from gateway.services.client import ServiceClient
from gateway.services.policy.policy import ServicePolicy
from gateway.services.request import RequestContext
from gateway.subgraphs.remote import RemoteSubgraph
from gateway.subgraphs.subgraph import Subgraph, SubgraphRequest, SubgraphResponse
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.outcomes import ERRORS, OK, outcome_of
from gateway.telemetry.telemetry import Telemetry
from gateway.telemetry.tracing import RequestSpans, current_span, fail, traceparent_of


class WatchedSubgraph:
    """A Subgraph that measures what the one inside does. A remote one's fetches are calls to its service, too."""

    def __init__(self, inner: Subgraph, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics
        self._name = inner.name
        self._is_remote = isinstance(inner, RemoteSubgraph)

    @property
    def name(self) -> str:
        return self._name

    async def fetch(self, request: SubgraphRequest, context: RequestContext) -> SubgraphResponse:
        """See Subgraph.fetch."""
        spans, started = context.spans, perf_counter()
        outcome = OK
        try:
            if spans is None:
                response = await self._inner.fetch(request, context)
            else:
                response = await self._traced(request, context, spans)
            if response.errors:
                outcome = ERRORS
            return response
        except BaseException as error:
            outcome = outcome_of(error, context)
            raise
        finally:
            took = perf_counter() - started
            self._metrics.fetches.record(took, self._name, outcome)
            if request.entities:
                self._metrics.entities.add(request.entities, self._name)
            if self._is_remote:
                self._metrics.calls.record(took, self._name, OK if outcome == ERRORS else outcome)

    async def _traced(self, request: SubgraphRequest, context: RequestContext, spans: RequestSpans) -> SubgraphResponse:
        kind = SpanKind.CLIENT if self._is_remote else SpanKind.INTERNAL
        attributes = {"braid.subgraph": self._name, "braid.entities": request.entities}
        span = spans.open(f"fetch {self._name}", attributes, kind=kind)
        # In-process subgraphs must all get the very same context; a remote one's service gets this span as parent.
        inner = replace(context, traceparent=traceparent_of(span)) if self._is_remote else context
        token = current_span.set(span)
        try:
            response = await self._inner.fetch(request, inner)
            if response.errors:
                fail(span, ERRORS)
                span.set_attribute("braid.errors", len(response.errors))
            return response
        except BaseException as error:
            fail(span, outcome_of(error, context))
            raise
        finally:
            current_span.reset(token)
            span.end()

    async def close(self) -> None:
        await self._inner.close()


class WatchedServiceClient(ServiceClient):
    """A ServiceClient whose calls are measured. Made like one; `watch_sources` says where its calls are counted."""

    metrics: Metrics

    async def _call(
        self, method: str, path: str, context: RequestContext, params: Any, body: Any, decode_as: Any
    ) -> Any:
        spans, started = context.spans, perf_counter()
        span: Span | None = None
        if spans is not None:
            attributes = {"braid.service": self.name, "http.request.method": method}
            parent = current_span.get()
            span = spans.open(f"call {self.name}", attributes, parent=parent, kind=SpanKind.CLIENT)
            context = replace(context, traceparent=traceparent_of(span))
        outcome = OK
        try:
            return await super()._call(method, path, context, params, body, decode_as)
        except BaseException as error:
            outcome = outcome_of(error, context)
            raise
        finally:
            self.metrics.calls.record(perf_counter() - started, self.name, outcome)
            if span is not None:
                if outcome != OK:
                    fail(span, outcome)
                span.end()


def watch_sources(
    subgraphs: Mapping[str, Subgraph], services: Mapping[str, WatchedServiceClient], telemetry: Telemetry
) -> dict[str, Subgraph]:
    """The subgraphs, watched. The clients are changed to be watched, too."""
    telemetry.failures.sources.update(subgraphs, services)
    for client in services.values():
        client.metrics = telemetry.metrics
    return {name: WatchedSubgraph(subgraph, telemetry.metrics) for name, subgraph in subgraphs.items()}


def policies_of(subgraphs: Mapping[str, Subgraph], services: Mapping[str, WatchedServiceClient]) -> list[ServicePolicy]:
    """The policies of all services that are called, by name of the service. subgraphs: not yet watched."""
    sources = (*services.values(), *(remote for remote in subgraphs.values() if isinstance(remote, RemoteSubgraph)))
    return sorted((source.policy for source in sources), key=lambda policy: policy.service)
