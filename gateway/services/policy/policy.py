"""ServicePolicy: everything that is around a call to one service, in this order, from the outside in:

    time limit       of the whole call
    retry            reads only, within the budget
    breaker          refuses at once while the service is left alone
    bulkhead         a place among the calls under way, or one in the short queue, or a refusal at once
    hedge            reads only: a second call when the first is late
    attempt          the call itself, its faults translated; what came of it is told to the breaker

The service client and remote subgraphs make their calls through it, so a fault looks the same from both.
"""

from __future__ import annotations

import asyncio
import random
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from gateway.services.call import LIBRARY_FAULTS, source_call, translate_fault
from gateway.services.errors import (
    CircuitOpen,
    ServiceBusy,
    SourceError,
    SourceHttpError,
    SourceTimeout,
    SourceUnreachable,
)
from gateway.services.policy.breaker import CLOSED, Breaker, Verdict
from gateway.services.policy.budget import Budget
from gateway.services.policy.bulkhead import Bulkhead, QueueFull, Room
from gateway.services.policy.hedge import Hedging
from gateway.services.policy.options import BudgetOptions, PolicyOptions
from gateway.services.policy.retry import retry_wait_s
from gateway.services.request import RequestContext

T = TypeVar("T")

Clock = Callable[[], float]
Attempt = Callable[[float], Awaitable[T]]


class ServicePolicy:
    """One service's policy. Made once; shared by all requests.

    retry_budget: the process's; None for one of this service's own. No service may spend what others have earned.
    clock:        seconds from any start. jitter: gives numbers between 0 and 1.
    retries, busy, refused: calls tried again; refused because the queue was full; refused by the breaker.
    """

    def __init__(
        self,
        service: str,
        options: PolicyOptions | None = None,
        retry_budget: Budget | None = None,
        clock: Clock = time.monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        options = options or PolicyOptions()
        self.service = service
        self.options = options
        self.clock = clock
        self.jitter = jitter
        self.patience_s = min(options.timeout_s, options.patience_s)
        self.bulkhead = Bulkhead(options.max_connections, options.queue)
        self.breaker = Breaker(options.breaker, clock, jitter)
        shared = retry_budget or Budget(BudgetOptions(), clock=clock)
        self.retry_budget = Budget(shared.options, shared, clock)
        self.hedging = Hedging(options.hedge, clock) if options.hedge.enabled else None
        self.retries = self.busy = self.refused = 0

    async def call(self, attempt: Attempt[T], context: RequestContext, *, repeatable: bool) -> T:
        """What `attempt` gives. It may be called several times, also at the same time, when it is repeatable.

        attempt: one call to the service, given the seconds that are left for it. It raises SourceErrors, and what the
                 HTTP libraries raise.

        Raises SourceErrors only, those of source_call and ServiceBusy, CircuitOpen; cancellation passes through.
        """
        async with source_call(self.service, self.options.timeout_s, context) as limit:
            return await _Call(self, attempt, repeatable, limit).run()


class _Call(Generic[T]):
    """One call on its way through the policy."""

    __slots__ = ("_attempt", "_began_s", "_limit", "_policy", "_repeatable")

    def __init__(self, policy: ServicePolicy, attempt: Attempt[T], repeatable: bool, limit: asyncio.Timeout) -> None:
        self._policy = policy
        self._attempt = attempt
        self._repeatable = repeatable
        self._limit = limit
        self._began_s = policy.clock()

    async def run(self) -> T:
        """The call, tried again where that is allowed."""
        tries = 0
        while True:
            try:
                return await self._try(tries)
            except SourceError as error:
                wait_s = self._wait_s(error, tries)
                if wait_s is None:
                    raise
            tries += 1
            self._policy.retries += 1
            await asyncio.sleep(wait_s)

    def _wait_s(self, error: SourceError, tries: int) -> float | None:
        """Seconds until the next try; None when there is none. Pays for it."""
        policy = self._policy
        wait_s = retry_wait_s(error, tries, policy.options.retry, policy.jitter) if self._repeatable else None
        if wait_s is None or wait_s >= self._left_s() or policy.breaker.refuses or not policy.retry_budget.spend():
            return None
        return wait_s

    def _left_s(self) -> float:
        until = self._limit.when()
        return float("inf") if until is None else until - asyncio.get_running_loop().time()

    async def _try(self, tries: int) -> T:
        policy = self._policy
        if policy.breaker.refuses:
            raise self._refused()
        room = policy.bulkhead.room()
        try:
            await room.enter()
        except QueueFull:
            policy.busy += 1
            raise self._busy() from None
        period = policy.breaker.admit()  # again: it may have opened while the call waited
        if period is None:
            room.leave()
            raise self._refused()
        if tries == 0:
            policy.retry_budget.earn()
        if policy.hedging is None or not self._repeatable or policy.breaker.state is not CLOSED:
            return await self._admitted(room, period)
        policy.hedging.budget.earn()
        return await policy.hedging.run(self._admitted(room, period), lambda: self._hedge(room))

    async def _hedge(self, room: Room) -> T:
        """The same call once more, at the same time. It is not made at the cost of others, nor while in doubt."""
        policy = self._policy
        assert policy.hedging is not None
        if policy.breaker.state is not CLOSED or not room.try_enter():
            raise self._busy()  # seen by nobody: what comes of the first call counts
        if not policy.hedging.pay():
            room.leave()
            raise self._busy()
        return await self._admitted(room, policy.breaker.period)

    async def _admitted(self, room: Room, period: int) -> T:
        """One call to the service, in a place of the bulkhead, which it gives back."""
        policy, hedging = self._policy, self._policy.hedging
        started_s, verdict = policy.clock(), Verdict.NOTHING
        try:
            answer = await self._attempt(self._left_s())
            verdict = Verdict.WELL
            if hedging is not None and self._repeatable:
                hedging.latencies.add(policy.clock() - started_s)
            return answer
        except asyncio.CancelledError:
            verdict = self._cut_off(policy.clock(), started_s)
            raise
        except SourceError as error:
            verdict = judge(error)
            raise
        except LIBRARY_FAULTS as error:
            translated = translate_fault(policy.service, error)
            verdict = judge(translated)
            # What the libraries had read stays in their frames, and these in the error, until garbage is collected.
            traceback.clear_frames(error.__traceback__)
            raise translated from error
        finally:
            room.leave()
            policy.breaker.tell(period, verdict)

    def _cut_off(self, now_s: float, started_s: float) -> Verdict:
        """What it tells of the service that a call was cancelled before its answer.

        Nothing when the client or the gateway lost interest, and nothing when the request's deadline left the service
        less time than it may take; but that it hangs, when it had that time and the time limit ended the call.
        """
        policy = self._policy
        if self._repeatable and policy.hedging is not None:
            policy.hedging.latencies.add_unfinished(now_s - started_s)
        had_its_time = now_s - self._began_s >= 0.99 * policy.patience_s
        was_at_work = now_s - started_s >= 0.5 * policy.patience_s
        return Verdict.FAILED if self._limit.expired() and had_its_time and was_at_work else Verdict.NOTHING

    def _refused(self) -> CircuitOpen:
        policy = self._policy
        policy.refused += 1
        return CircuitOpen(policy.service, f"Service '{policy.service}' has failed too often and is left alone now.")

    def _busy(self) -> ServiceBusy:
        service = self._policy.service
        return ServiceBusy(service, f"Service '{service}' has as many calls under way, and waiting, as it may have.")


def judge(error: SourceError) -> Verdict:
    """What an error tells of the service's health.

    An answer is an answer: one that cannot be read, or is too large, is a matter of what was asked, and refusing all
    other calls because of it would cost fields that are well.
    """
    if isinstance(error, (SourceUnreachable, SourceTimeout)):
        return Verdict.FAILED
    if isinstance(error, SourceHttpError) and error.status >= 500:
        return Verdict.FAILED
    return Verdict.WELL
