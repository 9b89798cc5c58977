"""An event loop in virtual time: one CPU, operations that compute, wait for services and compute again.

What overload does to a real process cannot be told apart from what a busy machine does to it; here it can, exactly and
in milliseconds. The loop is modelled as a queue served in the order of arrival, of which a probe sees the length.
"""

from __future__ import annotations

import heapq
import random
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
    free_at = 0.0
    while events:
        now, _, what, arrived = heapq.heappop(events)
        if what == "probe":
            at(max(now, free_at), "turned", now)
        elif what == "turned":
            limit.saw_turn(now, now - arrived)
        elif what == "interval":
            limit.saw_interval(INTERVAL_S)
        elif what == "arrival":
            at(max(now, free_at), "read", arrived)  # it is looked at when all before it has been done
            free_at = max(now, free_at)
        elif what == "read":
            if limit.try_enter():
                result.in_flight = max(result.in_flight, limit.in_flight)
                free_at = max(now, free_at) + world.cpu_s / 2
                at(free_at + world.wait_s, "fetched", arrived)
            else:
                free_at = max(now, free_at) + world.refusal_s
                result.refused.append(free_at - arrived)
        elif what == "fetched":
            free_at = max(now, free_at) + world.cpu_s / 2
            at(free_at, "answered", arrived)
        else:
            limit.leave(now - arrived)
            result.accepted.append(now - arrived)
    return result
