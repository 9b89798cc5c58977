"""Breaker: a service that fails is left alone for a while, and then asked by one call whether it is well again.

    closed ── too many failures ──> open ── its time is over, and a call comes ──> half open
      ^                              ^                                                │ exactly one call is let through
      └────── it is answered ────────┼────────────────────────────────────────────────┤
                                     └── it fails: twice the time; it tells nothing: the same time

Two rules open it. The share of failures over a window finds a service that half fails. A row of failures finds one that
is gone: after a thousand good calls the share would take the whole window to say so, and with few calls it never does.

What says nothing of the service's health (a client that went away, a deadline too short to tell) counts for nothing:
`Verdict.NOTHING`. Counts are for one state: what a call that began in an earlier one has to tell comes too late.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from enum import Enum, auto

from gateway.services.policy.options import BreakerOptions

CLOSED, HALF_OPEN, OPEN = "closed", "half open", "open"


class Verdict(Enum):
    """What a call tells of the service."""

    WELL = auto()
    FAILED = auto()
    NOTHING = auto()


class Breaker:
    """One service's breaker. jitter: gives numbers between 0 and 1.

    openings: how often it has opened.
    period:   number of the state that it is in, counted from its start.
    """

    def __init__(
        self,
        options: BreakerOptions,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._options = options
        self._clock = clock
        self._jitter = jitter
        self._state = CLOSED
        self.period = 0
        self._until_s = 0.0
        self._open_s = options.open_s
        self._in_row = 0
        self._window = _Window(options.window_s)
        self.openings = 0

    @property
    def state(self) -> str:
        """CLOSED, HALF_OPEN while a call tries whether the service is well, or OPEN."""
        return self._state

    @property
    def refuses(self) -> bool:
        """Whether a call made now would be refused."""
        return self._state is not CLOSED and (self._state is HALF_OPEN or self._clock() < self._until_s)

    def admit(self) -> int | None:
        """Let a call through, or refuse it: None. Whoever is let through must `tell`, with the number got here."""
        if self._state is not CLOSED:
            if self.refuses:
                return None
            self._enter(HALF_OPEN)
        return self.period

    def tell(self, period: int, verdict: Verdict) -> None:
        """What came of a call."""
        if period != self.period or not self._options.enabled:
            return
        if self._state is HALF_OPEN:
            self._judge_probe(verdict)
        elif verdict is Verdict.WELL:
            self._in_row = 0
            self._window.add(self._clock(), 0)
        elif verdict is Verdict.FAILED:
            self._in_row += 1
            self._window.add(self._clock(), 1)
            if self._too_many():
                self._open(self._options.open_s)

    def _too_many(self) -> bool:
        options, calls = self._options, self._window.calls
        if self._in_row >= options.failures_in_row:
            return True
        return calls >= options.min_calls and self._window.failures >= options.failure_ratio * calls

    def _judge_probe(self, verdict: Verdict) -> None:
        if verdict is Verdict.WELL:
            self._in_row = 0
            self._window = _Window(self._options.window_s)
            self._enter(CLOSED)
        else:
            # A probe that told nothing gets no successor at once either: one call per period, whatever becomes of it.
            self._open(self._open_s if verdict is Verdict.NOTHING else 2 * self._open_s)

    def _open(self, open_s: float) -> None:
        self._open_s = min(open_s, self._options.max_open_s)
        # All gateways that saw the same outage would else come back in the same moment.
        self._until_s = self._clock() + self._open_s * (0.8 + 0.4 * self._jitter())
        self.openings += 1
        self._enter(OPEN)

    def _enter(self, state: str) -> None:
        self._state = state
        self.period += 1


class _Window:
    """Calls and failures of the last window_s seconds, or of half of that: forgotten by halves, so that it is cheap."""

    __slots__ = ("_began_s", "_calls", "_failures", "_half_s", "_old_calls", "_old_failures")

    def __init__(self, window_s: float) -> None:
        self._half_s = window_s / 2
        self._began_s = 0.0
        self._calls = self._failures = self._old_calls = self._old_failures = 0

    def add(self, now_s: float, failures: int) -> None:
        """One call."""
        age_s = now_s - self._began_s
        if age_s >= self._half_s:
            recent = age_s < 2 * self._half_s
            self._old_calls, self._old_failures = (self._calls, self._failures) if recent else (0, 0)
            self._calls = self._failures = 0
            self._began_s = now_s
        self._calls += 1
        self._failures += failures

    @property
    def calls(self) -> int:
        return self._calls + self._old_calls

    @property
    def failures(self) -> int:
        return self._failures + self._old_failures
