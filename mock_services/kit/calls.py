"""CallLog: which requests arrived, by route. Tests use it as the oracle for "how often was this service asked?"."""

from __future__ import annotations

from collections import Counter, deque

import msgspec
from starlette.datastructures import Headers
from starlette.types import Scope

LOG_LENGTH = 500


class Call(msgspec.Struct, eq=False):
    """One request as it arrived. `status` is null while it is unanswered.

    deadline_ms: for how long the caller wants the answer at most, as its header `Braid-Deadline-Ms` says.
    """

    method: str
    path: str
    query: str
    request_id: str | None
    traceparent: str | None
    deadline_ms: str | None
    status: int | None = None


class CallCounts(msgspec.Struct, frozen=True):
    """Requests since start or reset. routes: by `METHOD /route/{template}`. max_in_flight: most at one moment."""

    total: int
    routes: dict[str, int]
    in_flight: int
    max_in_flight: int


class CallLog:
    """Counts on arrival, so that a request that hangs, fails or is cancelled has still been counted."""

    def __init__(self) -> None:
        self._routes: Counter[str] = Counter()
        self._recent: deque[Call] = deque(maxlen=LOG_LENGTH)
        self._in_flight = 0
        self._max_in_flight = 0

    def arrive(self, route: str, scope: Scope) -> Call:
        """Count one request. Every call of arrive is followed by one of leave."""
        headers = Headers(scope=scope)
        call = Call(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            request_id=headers.get("x-request-id"),
            traceparent=headers.get("traceparent"),
            deadline_ms=headers.get("braid-deadline-ms"),
        )
        self._routes[route] += 1
        self._recent.append(call)
        self._in_flight += 1
        self._max_in_flight = max(self._max_in_flight, self._in_flight)
        return call

    def leave(self) -> None:
        """A request is over, answered or not."""
        self._in_flight -= 1

    def reset(self) -> None:
        """Forget what arrived. Requests still in flight stay in flight: they count for the new maximum only."""
        self._routes.clear()
        self._recent.clear()
        self._max_in_flight = self._in_flight

    def counts(self) -> CallCounts:
        """The counters now."""
        return CallCounts(
            self._routes.total(), dict(sorted(self._routes.items())), self._in_flight, self._max_in_flight
        )

    def recent(self) -> list[Call]:
        """The last LOG_LENGTH requests, oldest first."""
        return list(self._recent)
