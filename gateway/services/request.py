"""RequestContext: what one client request shares across all of its fetches.

One context serves every subgraph that the request touches, in process or remote, so that loaders batch across them.
It holds nothing that outlives the request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from gateway.services.client import ServiceClient
    from gateway.services.loader import Loader
    from gateway.telemetry.tracing import RequestSpans

    BatchWatcher = Callable[[Loader[Any, Any], Sequence[Any]], Awaitable[Mapping[Any, Any]]]

LoaderT = TypeVar("LoaderT", bound="Loader[Any, Any]")


@dataclass(slots=True, eq=False)
class RequestContext:
    """Shared state of one client request.

    request_id: sent on to every service as `X-Request-Id`.
    deadline:   event-loop time (seconds, `loop.time()`) at which the answer goes out with whatever has arrived.
    services:   clients by service name, shared by all requests.
    headers:    the client's headers that the operator allows to be forwarded; lower-case names.
    traceparent: W3C trace context to send on, or None.
    batching:   False makes every loader ask for one key per call and representations go out without deduplication:
                the naive fan-out, kept for comparison and for tests.
    spans:      the request's trace, when it is sampled. Only telemetry uses it.
    watch_batch: called by loaders instead of their own `fetch`, which it awaits; None for nobody watching.
    """

    request_id: str
    deadline: float
    services: Mapping[str, ServiceClient] = field(default_factory=dict[str, "ServiceClient"])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    traceparent: str | None = None
    batching: bool = True
    loaders: dict[object, Any] = field(default_factory=dict[object, Any])
    spans: RequestSpans | None = None
    watch_batch: BatchWatcher | None = None

    def remaining_s(self) -> float:
        """Seconds left until the deadline; negative when it has passed."""
        return self.deadline - asyncio.get_running_loop().time()

    def loader(self, kind: type[LoaderT], **options: Any) -> LoaderT:
        """The request's loader of this kind with these options (hashable values); made on first use."""
        key = (kind, tuple(sorted(options.items())))
        found = self.loaders.get(key)
        if found is None:
            found = self.loaders[key] = kind(self, **options)
        return found
