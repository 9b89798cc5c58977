"""Budget: extra calls (retries, hedges) are paid for by the calls that are made anyway.

Retrying a fixed number of times multiplies the load of a service exactly when it has too much of it. Here every call
earns a part of an extra one, so that extra calls stay below that share however many calls fail, and what was earned
long ago is not spent on today's outage: the balance fades, to 1/e of it in `window_s`. A few extra calls may be had on
credit, else a service with few calls would never have any; the debt fades in the same way.

Invariant: spent <= ratio * earned + reserve * (1 + seconds since the start / window_s).
Source: Finagle's RetryBudget (20 %, credits live 10 s); its reserve is additive, ours is a debt to be paid first.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from gateway.services.policy.options import BudgetOptions

_ONE = 1 - 1e-6
"""A hundred fifths add up to a little less than twenty."""


class Budget:
    """One balance, in extra calls. shared: another budget that must afford each extra call, too, and pays as well."""

    __slots__ = ("_balance", "_clock", "_settled_s", "options", "shared")

    def __init__(
        self, options: BudgetOptions, shared: Budget | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.options = options
        self.shared = shared
        self._clock = clock
        self._balance = 0.0
        self._settled_s = clock()

    def earn(self) -> None:
        """A call is made."""
        self._settle()
        self._balance += self.options.ratio
        if self.shared is not None:
            self.shared.earn()

    def spend(self) -> bool:
        """Pay for one extra call; False, and nothing is paid, when there is not enough."""
        if self.left < _ONE:
            return False
        self._balance -= 1
        if self.shared is not None:
            self.shared.spend()
        return True

    @property
    def left(self) -> float:
        """Extra calls that could be made now, credit included; what is less than 1 buys none."""
        self._settle()
        own = self._balance + self.options.reserve
        return own if self.shared is None else min(own, self.shared.left)

    def _settle(self) -> None:
        now_s = self._clock()
        if now_s > self._settled_s:
            self._balance *= math.exp((self._settled_s - now_s) / self.options.window_s)
            self._settled_s = now_s
