"""What an operator may choose of a service's policy, as values. docs/resilience.md tells of each; ratios are 0 to 1."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BudgetOptions:
    """How many extra calls there may be for the calls that are made anyway.

    ratio:   extra calls per call.
    reserve: extra calls that may be made before calls have paid for them; later ones pay first.
    window_s: how long a call pays, on average.
    """

    ratio: float = 0.2
    reserve: int = 3
    window_s: float = 10.0


@dataclass(frozen=True, slots=True)
class RetryOptions:
    """max_retries: of one call; 0 for none. The wait before the nth is random, up to backoff_s * 2 ** (n - 1)."""

    max_retries: int = 2
    backoff_s: float = 0.025
    max_backoff_s: float = 0.25
    max_retry_after_s: float = 0.5


@dataclass(frozen=True, slots=True)
class BreakerOptions:
    """Opens when of at least min_calls in window_s the share failure_ratio failed, or failures_in_row in a row.

    open_s: mean time until the first probe; each failing probe doubles it, up to max_open_s.
    """

    enabled: bool = True
    window_s: float = 10.0
    min_calls: int = 20
    failure_ratio: float = 0.5
    failures_in_row: int = 10
    open_s: float = 1.0
    max_open_s: float = 30.0


@dataclass(frozen=True, slots=True)
class HedgeOptions:
    """A read that takes longer than `quantile` of the last ones is sent again; max_extra of all reads at most."""

    enabled: bool = False
    quantile: float = 0.95
    min_samples: int = 100
    max_extra: float = 0.05


@dataclass(frozen=True, slots=True)
class PolicyOptions:
    """All of one service's policy.

    timeout_s:       for one call in all: waiting, every try, the whole answer.
    patience_s:      a call without an answer counts against the service when it had so long; timeout_s if that is less.
    max_connections: calls under way at once.
    queue:           calls that may wait for one of these.
    """

    timeout_s: float = 1.5
    patience_s: float = math.inf
    max_connections: int = 20
    queue: int = 100
    retry: RetryOptions = RetryOptions()
    breaker: BreakerOptions = BreakerOptions()
    hedge: HedgeOptions = HedgeOptions()
