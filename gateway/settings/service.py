"""`service_defaults`, and what every block of `subgraphs` says of its service: how it is called."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import Field

from gateway.services.policy.options import BreakerOptions, BudgetOptions, HedgeOptions, PolicyOptions, RetryOptions
from gateway.settings.values import Count, Seconds, Section

SectionT = TypeVar("SectionT", bound=Section)

Ratio = Annotated[float, Field(gt=0, le=1)]
Number = Annotated[int, Field(ge=0)]

_POLICY, _RETRY, _BREAKER, _HEDGE = PolicyOptions(), RetryOptions(), BreakerOptions(), HedgeOptions()
_BUDGET = BudgetOptions()


class RetryBudgetSection(Section):
    """How many retries the whole process may make. No service may spend what calls to others have earned."""

    ratio: Annotated[float, Field(ge=0, le=1)] = _BUDGET.ratio
    """Retries per call, on average; 0 for none but the reserve."""
    reserve: Number = _BUDGET.reserve
    """Retries that may be made on credit, so that a service with few calls gets any at all."""
    window_s: Seconds = _BUDGET.window_s
    """Seconds after which what a call has earned is gone, on average."""

    def to_budget(self) -> BudgetOptions:
        """The same as the value that a budget takes."""
        return self.to_options(BudgetOptions)


class RetrySection(Section):
    """What is tried again: reads that were refused or broken off before an answer, or answered 502, 503 or 504."""

    max_retries: Number = _RETRY.max_retries
    """Further tries of one call; 0 for none. Commands and mutations have none, ever."""
    backoff_s: Seconds = _RETRY.backoff_s
    """Longest wait before the first retry; it doubles with each, and the wait is random up to it."""
    max_backoff_s: Seconds = _RETRY.max_backoff_s
    """Longest wait before any retry."""
    max_retry_after_s: Seconds = _RETRY.max_retry_after_s
    """A service's `Retry-After` up to this is waited for; after a longer one the call is not tried again."""


class BreakerSection(Section):
    """When a service is left alone for a while. Calls then fail at once, with CIRCUIT_OPEN."""

    enabled: bool = _BREAKER.enabled
    """Off, every call is made, whatever became of those before."""
    window_s: Seconds = _BREAKER.window_s
    """Seconds over which the share of failures is taken."""
    min_calls: Count = _BREAKER.min_calls
    """Calls in that time without which the share says nothing."""
    failure_ratio: Ratio = _BREAKER.failure_ratio
    """Share of calls that must fail: no connection, no answer in time, a status of 500 or more."""
    failures_in_row: Count = _BREAKER.failures_in_row
    """Failures without a success between them that suffice, whatever the share."""
    open_s: Seconds = _BREAKER.open_s
    """Seconds until one call is let through to see, give or take a fifth; each failing one doubles them."""
    max_open_s: Seconds = _BREAKER.max_open_s
    """Seconds to which they may grow."""


class HedgeSection(Section):
    """Whether a slow read is sent a second time, and the first usable answer taken."""

    enabled: bool = _HEDGE.enabled
    """Only for services that have more than one replica, and reads that may be made twice."""
    quantile: Annotated[float, Field(ge=0.5, lt=1)] = _HEDGE.quantile
    """The second is sent when the first takes longer than this share of the last 500 reads."""
    min_samples: Annotated[int, Field(ge=20, le=500)] = _HEDGE.min_samples
    """Reads that must have been answered before that time is known."""
    max_extra: Ratio = _HEDGE.max_extra
    """Second calls per read, on average, at most."""


class ServiceSection(Section):
    """How a service is called. docs/resilience.md gives the reasons for the defaults."""

    timeout_s: Seconds = _POLICY.timeout_s
    """Seconds for one call, from waiting for a connection to the last byte, retries and all; never more than what is
    left of the request."""
    max_response_bytes: Count = 8 * 1024 * 1024
    """A longer answer, after decompression, is an error."""
    max_connections: Count = _POLICY.max_connections
    """Connections, and so calls, open at once. Further calls wait, within their timeout."""
    keep_connections: bool = True
    """Use a connection for one call after the other. Off, each call has its own: for a service that may answer twice,
    since a second answer that comes during the next call is taken for that one's. A service that is caught at it loses
    its kept connections by itself."""
    queue: Number = _POLICY.queue
    """Calls that may wait. Further ones fail at once, with SERVICE_BUSY."""
    retry: RetrySection = RetrySection()
    breaker: BreakerSection = BreakerSection()
    hedge: HedgeSection = HedgeSection()

    def to_policy(self, deadline_s: float) -> PolicyOptions:
        """The same as the value that a service's policy takes. deadline_s: what a request has that asks for no less."""
        return self.to_options(
            PolicyOptions,
            # Where requests have less time than the service, what they leave to it must do, or it could hang for ever.
            patience_s=min(self.timeout_s, 0.8 * deadline_s),
            retry=self.retry.to_options(RetryOptions),
            breaker=self.breaker.to_options(BreakerOptions),
            hedge=self.hedge.to_options(HedgeOptions),
        )


def fill_in(section: SectionT, defaults: Section) -> SectionT:
    """The section with what it does not say taken from `defaults`, key by key; `defaults` may know fewer keys."""
    taken: dict[str, object] = {}
    for name in defaults.model_fields_set:
        value, own = getattr(defaults, name), getattr(section, name)
        if name not in section.model_fields_set:
            taken[name] = value
        elif isinstance(value, Section):
            taken[name] = fill_in(own, value)
    return section.model_copy(update=taken)
