"""What the gateway may spend on an attack, and what of a reading is beyond that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from math import log2
from statistics import linear_regression

from tests.hostile.attacks.attack import Attack, Family, Shot, post
from tests.hostile.attacks.gauge import Gauge, Reading

MOST_CPU_S = 0.3
MOST_BYTES = 20_000_000
MOST_HEALTH_S = 0.25
MOST_LOGGED_BYTES = 2_000
MOST_ANSWERED_BYTES = 100_000
"""Of a refusal: an error must not send back what was sent."""
MOST_GROWTH = 2.5
"""Of the CPU, when the size doubles."""
TRIES = 3
"""A budget is exceeded when it is exceeded every time: a first sight fills a cache, a busy machine delays a probe."""
_NOISE_S = 0.002
_LEAST_S = 0.05
_MOST_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Verdict:
    """One shot of an attack. faults: what is wrong, in words; empty when nothing is. reading: the cheapest try."""

    attack: Attack
    shot: Shot
    reading: Reading
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Growth:
    """A family. costs_s: CPU per request for sizes n, 2n, 4n and 8n."""

    family: Family
    costs_s: tuple[float, ...]

    @property
    def factor(self) -> float:
        """What a doubling multiplies the cost by: least squares over the logarithms, all sizes taken together.

        A single step would also measure when the garbage collector ran. What is below the noise is no growth.
        """
        logarithms = [log2(cost + _NOISE_S) for cost in self.costs_s]
        return 2.0 ** linear_regression(range(len(logarithms)), logarithms).slope

    @property
    def faults(self) -> tuple[str, ...]:
        return (f"twice the size costs {self.factor:.1f} times as much",) if self.factor > MOST_GROWTH else ()


def judge(attacks: Iterable[Attack], gauge: Gauge) -> Iterator[Verdict]:
    """A verdict for every attack and way of sending it, up to the first that gets no answer: nor would the next."""
    for attack in attacks:
        for shot in attack.shots:
            verdict = judge_shot(attack, shot, lambda shot=shot: gauge.fire(shot))
            yield verdict
            if verdict.reading.status == 0:
                return


def judge_shot(attack: Attack, shot: Shot, fire: Callable[[], Reading]) -> Verdict:
    """Fire until nothing is wrong, a few times. What must never be is wrong at once."""
    best: Verdict | None = None
    for _ in range(TRIES):
        reading = fire()
        faults = (*wrongs(reading), *excesses(reading))
        verdict = Verdict(attack, shot, reading, faults)
        if not faults or wrongs(reading):
            return verdict
        if best is None or len(faults) < len(best.faults):
            best = verdict
    assert best is not None
    return best


def wrongs(reading: Reading) -> tuple[str, ...]:
    """What must not happen even once."""
    found: list[str] = []
    if reading.status >= 500:
        found.append(f"status {reading.status}")
    if reading.status == 0:
        found.append("no answer")
    if b"Traceback" in reading.answer or b'File \\"' in reading.answer:
        found.append("a traceback in the answer")
    if b"INTERNAL_SERVER_ERROR" in reading.answer:
        found.append("an internal error in the answer")
    if "Traceback" in reading.logged or "request failed" in reading.logged:
        found.append("a failure of our own in the log")
    return tuple(found)


def excesses(reading: Reading) -> tuple[str, ...]:
    """What is beyond a budget."""
    budgets = (
        ("CPU seconds", reading.cpu_s, MOST_CPU_S),
        ("bytes of memory", reading.grown_bytes, MOST_BYTES),
        ("seconds for a health check", reading.health_s, MOST_HEALTH_S),
        ("bytes logged", len(reading.logged), MOST_LOGGED_BYTES),
        ("bytes answered to a bad request", len(reading.answer) if _is_refused(reading) else 0, MOST_ANSWERED_BYTES),
    )
    return tuple(f"{measured:,.3g} {what}, at most {most:,.3g}" for what, measured, most in budgets if measured > most)


def _is_refused(reading: Reading) -> bool:
    """An answer without data: a refusal is told with 200 to clients that take plain JSON only."""
    return reading.status >= 400 or (reading.answer.startswith(b"{") and "data" not in json.loads(reading.answer))


def grow(family: Family, gauge: Gauge) -> Growth:
    """CPU per request at each size, the least of several rounds over texts that no cache has seen."""
    return Growth(family, tuple(_cost(family, family.size * factor, gauge) for factor in (1, 2, 4, 8)))


def _cost(family: Family, size: int, gauge: Gauge) -> float:
    costs: list[float] = []
    while len(costs) < 3 or (sum(costs) < _LEAST_S and len(costs) < _MOST_ROUNDS):
        params = family.make(size)
        unseen = {**params, "query": f"{params['query']} # {family.name} {size} {len(costs)}"}
        begun = gauge.cpu_s()
        gauge.send(post(unseen))
        costs.append(gauge.cpu_s() - begun)
    return min(costs)
