"""Traces: whether a request is sampled is decided first, and one that is not makes no span at all.

Spans know their parents explicitly. Only a sampled request also keeps the current span in a context variable, so that a
call to a service finds the batch or fetch that it belongs to. What a batch loads was asked for by several fetches:
batches hang below the request.

Services are told the decision by `traceparent` in any case, so that they do not decide anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from random import getrandbits

from opentelemetry.context import Context
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    TracerProvider,
    set_span_in_context,
)

from gateway import __version__
from gateway.services.request import RequestContext

Attribute = str | int | float | bool

current_span: ContextVar[Span | None] = ContextVar("current_span", default=None)
"""The batch or fetch under way, in requests that are sampled."""

_HALF = 1 << 64
_SAMPLED = 1


class Tracing:
    """Decides which requests are traced, and opens their spans.

    provider: of the SDK, sampling everything it is asked for; whoever made it shuts it down.
    ratio:    0 to 1, of the requests that come without a decision.
    follow:   a client's `traceparent` decides for its request; otherwise the ratio does, by the trace's id.
    """

    def __init__(self, provider: TracerProvider, ratio: float, *, follow: bool = True) -> None:
        self._tracer = provider.get_tracer("braid", __version__)
        self._bound = round(ratio * _HALF)
        self._follow = follow

    def begin(self, context: RequestContext) -> None:
        """Decide, and put what follows into the context: `traceparent` to send on, and `spans` when it is sampled."""
        parent = context.traceparent
        if parent is None:
            if getrandbits(64) < self._bound:
                context.spans = RequestSpans(self._tracer, None)
            else:
                context.traceparent = f"00-{getrandbits(128):032x}-{getrandbits(64):016x}-00"
            return
        wanted = bool(int(parent[53:], 16) & _SAMPLED)
        if wanted if self._follow else int(parent[19:35], 16) < self._bound:
            context.spans = RequestSpans(self._tracer, parent)
        elif wanted:  # the client's decision is not ours, so we cannot send its header on as it is
            context.traceparent = f"{parent[:36]}{getrandbits(64):016x}-00"


class RequestSpans:
    """The spans of one sampled request. `request` is the outermost one; it ends by `end`."""

    __slots__ = ("_context", "_tracer", "request")

    def __init__(self, tracer: Tracer, parent: str | None) -> None:
        self._tracer = tracer
        above = Context() if parent is None else set_span_in_context(_remote(parent), Context())
        self.request = tracer.start_span("graphql", context=above, kind=SpanKind.SERVER)
        self._context = set_span_in_context(self.request, Context())

    def open(
        self,
        name: str,
        attributes: Mapping[str, Attribute],
        *,
        parent: Span | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        start_ns: int | None = None,
    ) -> Span:
        """A span below `parent`, by default below the request. start_ns: when it began, if not now (epoch time)."""
        above = self._context if parent is None else set_span_in_context(parent, Context())
        return self._tracer.start_span(name, context=above, kind=kind, attributes=attributes, start_time=start_ns)


def fail(span: Span, code: str) -> None:
    """Mark a span as failed, by a code. Exceptions are never recorded: their messages and frames may hold secrets."""
    span.set_attribute("error.type", code)
    span.set_status(Status(StatusCode.ERROR, code))


def traceparent_of(span: Span) -> str:
    """The W3C header value that makes a service's spans children of this one."""
    told = span.get_span_context()
    return f"00-{told.trace_id:032x}-{told.span_id:016x}-{told.trace_flags & 0xFF:02x}"


def _remote(parent: str) -> Span:
    """The client's span, from a valid `traceparent`."""
    trace_id, span_id, flags = int(parent[3:35], 16), int(parent[36:52], 16), TraceFlags(int(parent[53:], 16))
    return NonRecordingSpan(SpanContext(trace_id, span_id, is_remote=True, trace_flags=flags))
