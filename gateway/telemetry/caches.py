"""CountedCache: a bounded cache that knows how much it holds and how often it was of use."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Hashable
from math import inf
from typing import TypeVar

from cachetools import LRUCache

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class CountedCache(LRUCache[K, V]):
    """Least recently used out first. Values are never None.

    most: values that it holds. most_bytes: what these may take together, by the estimate of `weigh`. What is larger
    than that alone is not kept.
    """

    def __init__(self, most: int, most_bytes: float = inf, weigh: Callable[[V], int] = lambda value: 0) -> None:
        super().__init__(most_bytes, getsizeof=weigh)
        self._most = most
        self.hits = 0
        self.misses = 0

    @property
    def held_bytes(self) -> int:
        """By estimate."""
        return int(self.currsize)

    def keep(self, key: K, value: V) -> None:
        """Put a value in, for whichever others have to go."""
        while len(self) >= self._most and key not in self:
            self.popitem()
        with contextlib.suppress(ValueError):  # larger than everything together may be
            self[key] = value

    def find(self, key: K) -> V | None:
        """The value, or None; counted."""
        found = self.get(key)
        if found is None:
            self.misses += 1
        else:
            self.hits += 1
        return found
