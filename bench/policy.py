"""What a service's policy costs a call with which nothing goes wrong: CPU, of calls to nothing.

`python -m bench.policy`; docs/resilience.md holds the last run. Variants take turns; the best round of each counts,
for noise only adds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import uvloop

from gateway.services.call import source_call
from gateway.services.policy.options import HedgeOptions, PolicyOptions
from gateway.services.policy.policy import ServicePolicy
from gateway.services.request import RequestContext

ROUNDS, CALLS = 9, 20_000
TIMEOUT_S = 1.5

Variant = Callable[[RequestContext], Awaitable[int]]


async def attempt(left_s: float) -> int:
    """The service's answer."""
    return 1


async def without(context: RequestContext) -> int:
    return await attempt(TIMEOUT_S)


async def limited(context: RequestContext) -> int:
    async with source_call("a", TIMEOUT_S, context):
        return await attempt(TIMEOUT_S)


def policed(*, hedged: bool) -> Variant:
    policy = ServicePolicy("a", PolicyOptions(hedge=HedgeOptions(enabled=hedged)))
    return lambda context: policy.call(attempt, context, repeatable=True)


async def measure() -> dict[str, float]:
    """CPU microseconds per call, by variant."""
    variants: dict[str, Variant] = {
        "nothing around it": without,
        "a time limit": limited,
        "the policy": policed(hedged=False),
        "the policy, hedging": policed(hedged=True),
    }
    context = RequestContext("bench", asyncio.get_running_loop().time() + 3600)
    best = dict.fromkeys(variants, float("inf"))
    for _ in range(ROUNDS):
        for name, call in variants.items():
            began_s = time.process_time()
            for _ in range(CALLS):
                await call(context)
            best[name] = min(best[name], (time.process_time() - began_s) / CALLS * 1e6)
    return best


if __name__ == "__main__":
    for name, microseconds in uvloop.run(measure()).items():
        print(f"{microseconds:6.1f} µs  {name}")
