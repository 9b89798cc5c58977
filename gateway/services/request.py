"""RequestContext: what one client request shares across all of its fetches.

One context serves every subgraph that the request touches, in process or remote, so that loaders batch across them.
It holds nothing that outlives the request.

A request's time, from its beginning to its deadline, is split in three:

    began ── fetching: all calls ── what the steps behind a call need ── reserve: merging, shaping ── deadline
                                    kept by that call alone              kept by all

so that a call that hangs costs its own fields, and the answer still goes out in time with everything else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from gateway.projections.reader import ProjectionReader
    from gateway.services.client import ServiceClient
    from gateway.services.loader import Loader
    from gateway.telemetry.tracing import RequestSpans

    BatchWatcher = Callable[[Loader[Any, Any], Sequence[Any]], Awaitable[Mapping[Any, Any]]]

LoaderT = TypeVar("LoaderT", bound="Loader[Any, Any]")

kept_for_steps_s: ContextVar[float] = ContextVar("kept_for_steps_s", default=0.0)
"""What a call leaves of the time for fetching to the steps that wait for its own. Set for the tasks of one step.

A batch has that of whoever asked first: where steps of different places in the plan share a call, it is given up a
share too early or too late, by hundredths of a second.
"""


@dataclass(slots=True, eq=False)
class RequestContext:
    """Shared state of one client request.

    request_id: sent on to every service as `X-Request-Id`.
    deadline:   event-loop time (seconds, `loop.time()`) at which the answer goes out with whatever has arrived.
    began:      event-loop time from which `allow` counts.
    asked_s:    what the client gives the request at most; None when it does not say.
    reserve_s:  what of the time before the deadline is kept for merging and shaping.
    step_share_s: what a call leaves to each step behind its own.
    services:   clients by service name, shared by all requests.
    projections: readers by projection's name; each keeps to one generation until the request ends.
    headers:    the client's headers that the operator allows to be forwarded; lower-case names.
    client_headers: all of the client's headers, for deciding how to answer it; never sent on. Lower-case names.
    claims:     of the client's token, which has been checked; None without one.
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
    client_headers: Mapping[str, str] = field(default_factory=dict[str, str])
    claims: Mapping[str, Any] | None = field(default=None, repr=False)
    traceparent: str | None = None
    batching: bool = True
    projections: Mapping[str, ProjectionReader] = field(default_factory=dict[str, "ProjectionReader"])
    loaders: dict[object, Any] = field(default_factory=dict[object, Any])
    spans: RequestSpans | None = None
    watch_batch: BatchWatcher | None = None
    began: float = 0.0
    asked_s: float | None = None
    reserve_s: float = 0.0
    step_share_s: float = 0.0

    def allow(self, seconds: float) -> None:
        """Set the deadline: as late as the operator allows, or earlier when the client asked for less."""
        asked = self.asked_s
        self.deadline = self.began + (seconds if asked is None or asked > seconds else asked)

    def fetching_s(self) -> float:
        """Seconds left until everything fetched must be there; negative when it is too late."""
        return self.deadline - self.reserve_s - asyncio.get_running_loop().time()

    def remaining_s(self) -> float:
        """Seconds that a call made now may take: what is left for fetching, less what it leaves to the steps behind."""
        return self.fetching_s() - kept_for_steps_s.get()

    def loader(self, kind: type[LoaderT], **options: Any) -> LoaderT:
        """The request's loader of this kind with these options (hashable values); made on first use."""
        key = (kind, tuple(sorted(options.items())))
        found = self.loaders.get(key)
        if found is None:
            found = self.loaders[key] = kind(self, **options)
        return found
