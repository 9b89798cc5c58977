"""Chance that is a function of the seed.

Each purpose draws from a stream of its own, named by the seed and the purpose: drawing more for reviews leaves the
orders as they were. Only `random()` of the generator is used, whose numbers are the same in every version of Python.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")

# Rank r weighs (r + 10) ** -1.1: Zipf's law with its head flattened, so that the first of 2,000 has 2 % and not 12 %.
HEAD = 10
EXPONENT = 1.1


class Draws:
    """One stream."""

    def __init__(self, seed: int, purpose: str) -> None:
        self.random = Random(f"{seed}/{purpose}").random

    def chance(self, probability: float) -> bool:
        return self.random() < probability

    def between(self, low: float, high: float) -> float:
        """Uniform in low <= x < high."""
        return low + (high - low) * self.random()

    def whole(self, low: int, high: int) -> int:
        """Uniform, both ends included."""
        return low + int((high - low + 1) * self.random())

    def pick(self, choices: Sequence[T]) -> T:
        """Uniform."""
        return choices[int(len(choices) * self.random())]

    def pick_early(self, choices: Sequence[T]) -> T:
        """The earlier, the likelier: the first tenth has a third."""
        return choices[int(len(choices) * self.random() ** 2)]

    def ranks(self, count: int) -> list[int]:
        """0 to count - 1 in random order."""
        keys = [self.random() for _ in range(count)]
        return sorted(range(count), key=keys.__getitem__)


class Weighted(Generic[T]):
    """Choices by weight; a draw costs a binary search."""

    def __init__(self, choices: Sequence[T], weights: Sequence[float]) -> None:
        self._choices = choices
        self._sums = list(accumulate(weights))

    def pick(self, draws: Draws, among: int | None = None) -> T:
        """One of the choices, or of the first `among` of them. Their weights must not all be zero."""
        count = len(self._sums) if among is None else among
        return self._choices[bisect_right(self._sums, draws.random() * self._sums[count - 1], 0, count - 1)]


def zipf_weights(ranks: Sequence[int]) -> list[float]:
    """By the rank of each."""
    return [(rank + HEAD) ** -EXPONENT for rank in ranks]
