"""NotAdmitted: a request that is refused before anything is done for it."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.errors import BraidError


class NotAdmitted(BraidError):
    """The base of this family.

    retry_after_s: whole seconds after which it is worth another try.
    headers:       names and values that tell the client more.
    """

    def __init__(self, message: str, retry_after_s: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.headers = dict(headers or {})


class Overloaded(NotAdmitted):
    """This process has as much to do as it can finish in time; another one may be free."""

    code = "GATEWAY_OVERLOADED"


class RateLimited(NotAdmitted):
    """This client has sent more requests than its class may in a window of time."""

    code = "RATE_LIMITED"


class CostBudgetSpent(RateLimited):
    """What this client's operations cost together is more than its class may spend in a window of time."""

    code = "COST_BUDGET_SPENT"


class RedisMissing(BraidError):
    """Rate limits are to be counted in Redis, and the package for it is not installed."""

    code = "REDIS_PACKAGE_MISSING"
