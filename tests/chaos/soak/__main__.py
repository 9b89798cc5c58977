"""`make soak`: nothing is left of 10,000 requests with a 300 ms deadline and of 100,000 mixed ones.

Exit status 1 when a bound is broken. Ten minutes on two idle cores; `--requests 10000` is a tenth of all of it.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

from tests.chaos.asking import Asker, quantile
from tests.chaos.deadlines import BOUND_S, VICTIM, Hurried, asked_of_victim, customers
from tests.chaos.soak.mixed import Mixed, disturb
from tests.chaos.soak.plateaus import growth
from tests.chaos.soak.watch import Held, Watch, watched
from tests.support.verdicts import Verdicts

AT_ONCE = 16
"""Below the 20 connections that a service gets, so that what hangs is in the service and not in the gateway's queue."""
SEGMENTS = 20
MOST_GROWTH_MB = 5.0


async def ask_hurried(watch: Watch, count: int, idle: Held, verdicts: Verdicts) -> None:
    """A client deadline of 300 ms, one source hanging."""
    async with Asker(watch.gateway.url, watch.pids) as asker:
        hurried = await Hurried.prepare(asker, customers(100))
        watch.estate.chaos(VICTIM, hang=True)
        watch.estate.reset_calls()
        await hurried.run(count, AT_ONCE)
    hung = asked_of_victim(watch.estate)
    telling = hurried.telling()
    everything = [round(quantile((each.seconds for each in hurried.answers), share) * 1000, 1) for share in (0.5, 0.99)]
    verdicts.note(f"ms at p50, p99 of all answers, whatever else the machine did: {everything}")
    verdicts.tell("answers during which this machine had the CPU for them", telling, good=telling > count / 2)
    verdicts.tell("requests that hung in the service", hung, good=hung >= telling)
    times = [round(hurried.seconds(share) * 1000, 1) for share in (0.5, 0.9, 0.99, 0.999)]
    verdicts.tell("of these, ms at p50, p90, p99, p99.9", times, good=hurried.seconds(0.99) < BOUND_S)
    watch.estate.clear_chaos()
    held = watch.held()
    verdicts.tell("tasks left", held.tasks - idle.tasks, good=held.tasks == idle.tasks)


async def ask_mixed(watch: Watch, count: int, idle: Held, verdicts: Verdicts) -> None:
    """Everything that clients send. A fifth more than counted comes first, to fill caches and pools."""
    disturb(watch.estate)
    async with Asker(watch.gateway.url, watch.pids) as asker:
        mixed = Mixed(asker)
        await mixed.run(count // 5, AT_ONCE)
        mixed.outcomes.clear()
        watch.estate.reset_calls()
        plateaus = [watch.memory_mb()]
        for _ in range(SEGMENTS):
            await mixed.run(count // SEGMENTS, AT_ONCE)
            plateaus.append(watch.memory_mb())
    verdicts.note(", ".join(f"{number} {kind}" for kind, number in sorted(mixed.outcomes.items())))
    hung = asked_of_victim(watch.estate)
    verdicts.tell("requests that hung in the service", hung, good=hung >= mixed.outcomes["hanging"] > 0)
    watch.estate.clear_chaos()
    held = watch.held()
    verdicts.tell("tasks left", held.tasks - idle.tasks, good=held.tasks == idle.tasks)
    verdicts.tell("sockets left", held.sockets - idle.sockets, good=held.sockets == idle.sockets)
    verdicts.tell("descriptors left", held.descriptors - idle.descriptors, good=held.descriptors == idle.descriptors)
    verdicts.note("MB at rest: " + " ".join(f"{mb:.1f}" for mb in plateaus))
    verdicts.tell("MB grown", round(growth(plateaus), 2), good=growth(plateaus) < MOST_GROWTH_MB)


# Name -> what is done, and which part of the number of requests it is done with.
PARTS: dict[str, tuple[Callable[[Watch, int, Held, Verdicts], Awaitable[None]], int]] = {
    "deadlines": (ask_hurried, 10),
    "mixed": (ask_mixed, 1),
}


async def soak(requests: int, only: str | None = None) -> Verdicts:
    """Whether each bound holds. requests: mixed ones; a tenth as many with the deadline come before them.

    only: one of PARTS; None for both.
    """
    verdicts = Verdicts()
    with watched() as watch:
        disturb(watch.estate)
        async with Asker(watch.gateway.url) as asker:
            await Mixed(asker).run(200, AT_ONCE)
        watch.estate.clear_chaos()
        idle = watch.held()
        for part, (ask, share) in PARTS.items():
            if only not in (None, part):
                continue
            started, count = time.monotonic(), requests // share
            print(f"== {count:,} requests, {AT_ONCE} at once: {ask.__doc__}", flush=True)
            await ask(watch, count, idle, verdicts)
            verdicts.note(f"{time.monotonic() - started:.0f} s")
    return verdicts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000, help="mixed ones; a tenth as many have the deadline")
    parser.add_argument("--only", choices=PARTS)
    options = parser.parse_args()
    return asyncio.run(soak(options.requests, options.only)).exit_status


if __name__ == "__main__":
    sys.exit(main())
