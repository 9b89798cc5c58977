"""Telemetry: everything that one gateway tells its operator, and what the pipeline says to it.

seen = telemetry.open_request(context)
seen.planned(operation, plan)
seen.fetched(failures)
seen.answered(response)            # or: seen.ended_by(error)
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from time import perf_counter, time_ns
from typing import TYPE_CHECKING

from gateway.admission.errors import NotAdmitted
from gateway.errors import BraidError
from gateway.operation.errors import RequestError
from gateway.services.request import RequestContext
from gateway.telemetry.batches import BatchWatch
from gateway.telemetry.export import close_provider
from gateway.telemetry.failures import FailureLog
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.tracing import Tracing, fail

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

    from gateway.execution.failure import Failure
    from gateway.operation.operation import Operation
    from gateway.planning.plan import Plan
    from gateway.response.response import GraphQLResponse

COMPLETE = "complete"
PARTIAL = "partial"
"""There are data and errors: something is missing."""
FAILED = "failed"
"""There are no data at all."""
REFUSED = "refused"
"""The client's document or variables are at fault."""
CANCELLED = "cancelled"
"""The client has gone, or the gateway is stopping."""
BROKEN = "broken"
"""A fault of the gateway's own."""

_LONGEST_NAME = 100


class Telemetry:
    """What is told of all requests of one gateway.

    tracing:  None when no traces are wanted; a client's `traceparent` is then just sent on.
    provider: shut down by `close`.
    """

    def __init__(self, tracing: Tracing | None = None, provider: TracerProvider | None = None) -> None:
        self.metrics = Metrics()
        self.failures = FailureLog(self.metrics)
        self._tracing = tracing
        self._provider = provider
        self._watch_batch = BatchWatch(self.metrics)

    def open_request(self, context: RequestContext) -> WatchedRequest:
        """A request begins. Changes its context: what to send on as `traceparent`, its spans, the watch on batches."""
        context.watch_batch = self._watch_batch
        if self._tracing is not None:
            self._tracing.begin(context)
        return WatchedRequest(self, context)

    async def close(self) -> None:
        """Send what traces are waiting. Takes a few seconds at most."""
        if self._provider is not None:
            await close_provider(self._provider)


class WatchedRequest:
    """One request on its way through the pipeline."""

    __slots__ = ("_context", "_kind", "_started", "_started_ns", "_telemetry")

    def __init__(self, telemetry: Telemetry, context: RequestContext) -> None:
        self._telemetry = telemetry
        self._context = context
        self._kind = "unknown"
        self._started = perf_counter()
        self._started_ns = time_ns() if context.spans is not None else 0
        telemetry.metrics.in_flight += 1

    def planned(self, operation: Operation, plan: Plan) -> None:
        """Parsed, validated and planned, now or for an earlier request."""
        self._kind = operation.kind
        spans = self._context.spans
        if spans is None:
            return
        spans.request.update_name(f"graphql {operation.kind}")
        spans.request.set_attribute("graphql.operation.type", operation.kind)
        name = operation.definition.name
        if name is not None:
            spans.request.set_attribute("graphql.operation.name", name.value[:_LONGEST_NAME])
        attributes = {"braid.steps": len(plan.steps), "braid.depth": plan.depth}
        spans.open("plan", attributes, start_ns=self._started_ns).end()

    def fetched(self, failures: Iterable[Failure]) -> None:
        """The sources have answered, or have not."""
        if failures:
            context = self._context
            trace_id = None if context.traceparent is None else context.traceparent[3:35]
            self._telemetry.failures.note(failures, context.request_id, trace_id)

    def restricted(self, outcome: str) -> None:
        """The operation asks for something that its client may not see."""
        self._telemetry.metrics.restricted.add(1, outcome)

    def measured(self, cost: int) -> None:
        """What the operation may cost; refused or not."""
        self._telemetry.metrics.costs.record(cost, self._kind)

    def answered(self, response: GraphQLResponse) -> None:
        """The end, with an answer."""
        if not response.errors:
            self._end(COMPLETE)
        else:
            self._end(FAILED if response.data is None else PARTIAL)

    def ended_by(self, error: BaseException) -> None:
        """The end, without an answer of the pipeline's."""
        if isinstance(error, RequestError | NotAdmitted):
            self._end(REFUSED)
        else:
            self._end(CANCELLED if isinstance(error, asyncio.CancelledError) else BROKEN)

    def _end(self, outcome: str) -> None:
        metrics, spans = self._telemetry.metrics, self._context.spans
        metrics.in_flight -= 1
        metrics.requests.record(perf_counter() - self._started, self._kind, outcome)
        if spans is None:
            return
        spans.request.set_attribute("braid.outcome", outcome)
        spans.request.set_attribute("braid.request_id", self._context.request_id)
        if outcome in (FAILED, BROKEN):
            fail(spans.request, BraidError.code if outcome == BROKEN else FAILED)
        spans.request.end()
