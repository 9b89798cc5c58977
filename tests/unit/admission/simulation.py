"""An event loop in virtual time: one CPU, operations that compute, wait for services and compute again.

What overload does to a real process cannot be told apart from what a busy machine does to it; here it can, exactly and
in milliseconds. The loop is modelled as gateway/turns.py makes it: pieces of work take it in the order in which they
asked, a probe asks as they do, and whether an arrival is let in is decided between two pieces.
"""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field

from gateway.admission.limit import AdaptiveLimit
from gateway.admission.watch import EVERY_S, INTERVAL_S


@dataclass(frozen=True, slots=True)
class World:
    """cpu_s: an operation's, half of it before it waits. wait_s: for services. refusal_s: CPU of a refusal."""

    cpu_s: float = 0.003
    wait_s: float = 0.05
    refusal_s: float = 0.0001

    @property
    def capacity(self) -> float:
        """Operations per second."""
        return 1 / self.cpu_s


@dataclass(slots=True)
class Result:
    """Seconds from arrival to answer; in_flight: the most at once."""

    accepted: list[float] = field(default_factory=list[float])
    refused: list[float] = field(default_factory=list[float])
    in_flight: int = 0


def simulate(limit: AdaptiveLimit, world: World, phases: list[tuple[float, float]], seed: int = 1) -> Result:
    """Offer load: (requests per second, for seconds), one phase after another. Arrivals are random (Poisson)."""
    chance, result = random.Random(seed), Result()
    events: list[tuple[float, int, str, float]] = []
    number = 0

    def at(when: float, what: str, arrived: float = 0.0) -> None:
        nonlocal number
        number += 1
        heapq.heappush(events, (when, number, what, arrived))

    when = end = 0.0
    for rate, seconds in phases:
        when, end = end, end + seconds
        while (when := when + chance.expovariate(rate)) < end:
            at(when, "arrival", when)
    for tick in range(int(end / EVERY_S)):
        at(tick * EVERY_S, "probe")
    for tick in range(1, int(end / INTERVAL_S)):
        at(tick * INTERVAL_S, "interval")
    waiting, free_at, is_taken = deque[tuple[str, float]](), 0.0, False
    while events:
        now, _, what, arrived = heapq.heappop(events)
        if what in ("probe", "fetched"):
            waiting.append((what, arrived or now))
        elif what == "interval":
            limit.saw_interval(INTERVAL_S)
        elif what == "arrival":
            at(max(now, free_at), "read", arrived)
        elif what == "read":
            if limit.try_enter():
                result.in_flight = max(result.in_flight, limit.in_flight)
                waiting.append(("begin", arrived))
            else:
                free_at = max(now, free_at) + world.refusal_s
                result.refused.append(free_at - arrived)
        else:
            is_taken = False
            if what == "probe done":
                limit.saw_turn(now, now - arrived)
            elif what == "begin done":
                at(now + world.wait_s, "fetched", arrived)
            else:
                limit.leave(now - arrived)
                result.accepted.append(now - arrived)
        if waiting and not is_taken:
            is_taken = True
            piece, asked = waiting.popleft()
            free_at = max(now, free_at) + (0.0 if piece == "probe" else world.cpu_s / 2)
            at(free_at, f"{piece} done", asked)
    return result
