"""What is decided while an example is drawn: random, a function of a seed, and able to be made simpler."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")
IsFree = Callable[[], bool]


def always_free() -> bool:
    return True


class Impossible(Exception):
    """What was decided so far leaves no way on; the example is drawn again from another seed."""


class Choices:
    """Decisions that depend on the seed. is_free: asked once for each; "no" makes it the simplest instead.

    The simplest are the first option, the least number, and no. A shrinker is free to say no, so failures become small.
    Each place of an example draws from its own stream (`within`): simplifying one leaves the others as they are.
    """

    def __init__(self, seed: str, is_free: IsFree = always_free) -> None:
        self._seed = seed
        self._is_free = is_free
        self._random = Random(seed)

    def within(self, place: str) -> Choices:
        """The decisions of one place."""
        return Choices(f"{self._seed}/{place}", self._is_free)

    def number(self, least: int, most: int) -> int:
        drawn = self._random.randint(least, most)
        return drawn if self._is_free() else least

    def one(self, options: Sequence[T]) -> T:
        return options[self.number(0, len(options) - 1)]

    def some(self, options: Sequence[T], least: int = 1, most: int | None = None) -> list[T]:
        """Different options, in any order."""
        rest = list(options)
        count = self.number(min(least, len(rest)), len(rest) if most is None else min(most, len(rest)))
        return [rest.pop(self.number(0, len(rest) - 1)) for _ in range(count)]

    def chance(self, percent: int) -> bool:
        drawn = self._random.random() * 100 < percent
        return drawn and self._is_free()

    def random(self) -> Random:
        """The same decisions as Python's random numbers."""
        return _DrawnRandom(self._random.getrandbits(64), self._is_free)


class _DrawnRandom(Random):
    """At its simplest, random() is nearly 1: a query has plain fields without aliases, arguments and conditions."""

    def __init__(self, number: int, is_free: IsFree) -> None:
        super().__init__(number)
        self._is_free = is_free

    def random(self) -> float:
        drawn = super().random()
        return drawn if self._is_free() else 0.999

    def randint(self, a: int, b: int) -> int:
        drawn = a + int(super().random() * (b - a + 1))
        return drawn if self._is_free() else a

    def choice(self, seq: Sequence[Any]) -> Any:
        drawn = seq[int(super().random() * len(seq))]
        return drawn if self._is_free() else seq[0]
