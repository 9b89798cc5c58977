"""Which source failed: one log line per source and request, and never a flood of them.

An error counts as a failure of its source when its code is one of ours for sources, or when the source gave no code.
A code of the service's own (NOT_FOUND, OUT_OF_STOCK) is its answer to the client, and no news for the operator. Codes
and names that come out of answers are compared with what is known, never repeated: they could hold anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from gateway.execution.failure import Failure
from gateway.telemetry.metrics import Metrics
from gateway.telemetry.outcomes import SOURCE_CODES

WINDOW_S = 10.0
LINES_PER_WINDOW = 5

_log: structlog.typing.FilteringBoundLogger = structlog.get_logger("gateway.telemetry")


@dataclass(slots=True)
class _Window:
    """Lines about one source and code. withheld: since the last line."""

    began_s: float
    lines: int = 0
    withheld: int = 0


class FailureLog:
    """Tells the log and the metrics which sources failed a request.

    sources: names of subgraphs and services, filled by whoever puts them together; others are told as `unknown`.
    At most LINES_PER_WINDOW lines per source and code in WINDOW_S seconds; the next line says how many were withheld.
    """

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.monotonic) -> None:
        self.sources: set[str] = set()
        self._metrics = metrics
        self._clock = clock
        self._windows: dict[tuple[str, str], _Window] = {}

    def note(self, failures: Iterable[Failure], request_id: str, trace_id: str | None) -> None:
        """One line and one count for each source that failed, with the first code that it failed with."""
        first: dict[str, str] = {}
        for failure in failures:
            cause = failure.cause
            if cause.code in SOURCE_CODES:
                first.setdefault(cause.service if cause.service in self.sources else "unknown", cause.code)
        for source, code in first.items():
            self._metrics.failures.add(1, source, code)
            self._tell(source, code, request_id, trace_id)

    def _tell(self, source: str, code: str, request_id: str, trace_id: str | None) -> None:
        now = self._clock()
        window = self._windows.get((source, code))
        if window is None or now - window.began_s >= WINDOW_S:
            withheld = 0 if window is None else window.withheld
            window = self._windows[source, code] = _Window(now, withheld=withheld)
        if window.lines == LINES_PER_WINDOW:
            window.withheld += 1
            return
        fields: dict[str, str | int] = {"service": source, "code": code, "request_id": request_id}
        if trace_id is not None:
            fields["trace_id"] = trace_id
        if window.withheld:
            fields["withheld"] = window.withheld
        window.lines, window.withheld = window.lines + 1, 0
        _log.warning("source failed", **fields)
